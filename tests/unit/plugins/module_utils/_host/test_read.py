# Tests of reading a host: keys, files, listening ports, as root and as nobody; nothing is ever opened for writing.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Against the real kernel, in a network namespace of the test's own."""

from __future__ import annotations

import os
import socket

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import Reading
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host import _proc as proc
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host import _read as host
from ansible_collections.fleetnet.linux_tcp.tests.unit import namespace
from ansible_collections.fleetnet.linux_tcp.tests.unit.applied import keys_in, opened
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import FIN
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import (
    DROP_IN,
    become_nobody,
    isolated,
    put,
    read_only,
    write,
)

CONGESTION = "net.ipv4.tcp_available_congestion_control"
KEYS = [FIN, "net.core.somaxconn", "net.core.netdev_max_backlog", "net.ipv4.tcp_tw_recycle", CONGESTION]


def test_a_key_is_a_path():
    assert proc.proc_path("net.ipv4.conf.lo.rp_filter") == "/proc/sys/net/ipv4/conf/lo/rp_filter"


@isolated
@pytest.mark.parametrize("become", [lambda: None, become_nobody], ids=["root", "nobody"])
def test_keys(become):
    put({FIN: "33"})
    become()
    assert proc.read_key(FIN) == Reading(True, True, "33")
    assert proc.read_key("net.ipv4.tcp_no_such_key") == Reading(False)
    assert proc.read_key("net.ipv4.no_such_folder.key") == Reading(False)
    assert proc.read_key(CONGESTION)._replace(text="") == Reading(True, False, "")


@isolated
@pytest.mark.parametrize("become", [lambda: None, become_nobody], ids=["root", "nobody"])
def test_a_key_below_a_read_only_mount_cannot_be_written(become):
    read_only(proc.proc_path(FIN))
    become()
    assert proc.read_key(FIN) == Reading(True, False, "60", True)


@isolated
def test_a_key_that_may_not_be_read_has_no_text():
    reading = proc.read_key("net.ipv4.route.flush")  # 0200
    assert (reading.present, reading.text) == (True, None)


@isolated
def test_a_private_namespace_is_no_host():
    found = host.read_host(KEYS, DROP_IN)
    assert found.kernel.namespace == "container"
    assert found.kernel.release == os.uname().release
    assert found.kernel.page_size == os.sysconf("SC_PAGE_SIZE")
    assert abs(found.kernel.memory_mb - os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // (1 << 20)) <= 1
    assert list(found.keys) == KEYS and found.at_hand
    assert (found.drop_in, found.ports, found.boot, found.after) == ("", (), {}, {})


@isolated
def test_each_key_is_opened_once_for_reading():
    """A key that is named twice, too: the advice on other keys needs some that the profile has."""
    there = [key for key in KEYS if os.path.exists(proc.proc_path(key))]
    with opened() as files:
        found = host.read_host([*KEYS, *there, FIN], DROP_IN)
    assert keys_in(files) == dict.fromkeys(there, "r") and FIN in there
    assert list(found.keys) == KEYS


@isolated
def test_what_stands_after_the_next_boot():
    write(DROP_IN, "# Set by fleetnet.linux_tcp\n%s = 30\n" % FIN)
    write("/etc/sysctl.d/99-z.conf", "net.core.somaxconn = 9\n")
    found = host.read_host(KEYS, DROP_IN)
    assert found.drop_in == "# Set by fleetnet.linux_tcp\n%s = 30" % FIN
    assert list(found.beneath) == ["net.core.somaxconn"], "without the drop-in nothing sets the other"
    assert {key: (one.value, one.source) for key, one in found.boot.items()} == {
        FIN: ("30", DROP_IN + ":2"),
        "net.core.somaxconn": ("9", "/etc/sysctl.d/99-z.conf:1"),
    }
    assert list(found.after) == ["net.core.somaxconn"]


@isolated
def test_what_an_earlier_run_set_is_read_with_what_was_before():
    text = "# Set by fleetnet.linux_tcp\n%s = 30\nnet.ipv4.conf.all.forwarding = 1\n../x = 1\n" % FIN
    write(DROP_IN, text)
    found = host.read_host([], DROP_IN)
    assert set(found.keys) == {FIN, "net.ipv4.conf.all.forwarding"} and found.before == {}
    snapshot = "%s/90-tcp-hardening.json" % proc.STATE_FOLDER
    os.makedirs(proc.STATE_FOLDER)
    write("/etc/machine-id", "this one\n")
    kept = '{"path": "%s", "machine": "%%s", "live": {"%s": "60\\t1"}, "wrote": {}, "kernels": {}}' % (DROP_IN, FIN)
    write(snapshot, kept % "this one")
    assert host.read_host([], DROP_IN).before == {FIN: "60 1"}
    for damaged in ("{", "[]", '{"live": 5}', '{"live": {"x": 5}}', kept % "another one"):
        write(snapshot, damaged)
        assert host.read_host([], DROP_IN).before == {}
    os.unlink(snapshot)
    write(DROP_IN, "%s = 30\n" % FIN)
    assert host.read_host([], DROP_IN).drop_in == "", "another's file says nothing of what an earlier run set"


@isolated
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: os.mknod(path, 0o20666, os.makedev(1, 5))])
def test_what_is_no_file_in_the_place_of_the_drop_in_does_not_hang(make):
    make(DROP_IN)
    assert host.read_host([], DROP_IN).drop_in == ""
    assert proc.read_text(DROP_IN) is None


@isolated
def test_a_file_without_an_end_is_cut():
    write("/etc/long", "x" * 100)
    assert proc.read_text("/etc/long", 10) == "x" * 10
    assert proc.read_text("/etc/none") is None


@isolated
def test_listening_ports_are_seen_by_everyone():
    sockets = []
    for family, address in (
        (socket.AF_INET, ("0.0.0.0", 8081)),
        (socket.AF_INET, ("0.0.0.0", 7)),
        (socket.AF_INET6, ("::", 8082)),
    ):
        listener = socket.socket(family, socket.SOCK_STREAM)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
        listener.listen(5)
        sockets.append(listener)
    bound = socket.socket()
    bound.bind(("0.0.0.0", 8083))
    become_nobody()
    assert host.read_host([], DROP_IN).ports == (7, 8081, 8082)
    for one in sockets + [bound]:
        one.close()


@isolated
def test_nothing_is_opened_for_writing_and_no_program_is_started():
    before = namespace.everything()
    with namespace.recorded() as found:
        host.read_host(KEYS, DROP_IN)
    assert not found
    assert namespace.everything() == before


@isolated
def test_the_keys_beside_one_that_nobody_knows_are_listed_for_a_hint():
    assert host.read_host(KEYS, DROP_IN).siblings == ()
    found = host.read_host(["net.ipv4.tcp_pacing_ss_ration", "net.nowhere.x"], DROP_IN).siblings
    assert "net.ipv4.tcp_pacing_ss_ratio" in found and all(key.startswith("net.ipv4.") for key in found)


def in_chroot(first: str) -> list[str]:
    """What is said of the live values in a chroot, with the machine's network and with one of its own."""
    folder = "/var/lib"  # an empty one
    os.mkdir(folder + "/proc")
    namespace.mount("/proc", folder + "/proc", None, 4096 | 16384)
    network = os.open(first + "/ns/net", os.O_RDONLY)
    os.chroot(folder)
    said = []
    for own in (True, False):
        if not own:
            namespace.setns(network)
        try:
            proc.require_sysctls()
            said.append("")
        except proc.Refused as exc:
            said.append(str(exc))
    return said


def test_a_chroot_has_no_live_values_of_its_own(monkeypatch):
    """Another root folder, and the network of process 1, as where an image is built. Nothing is written in there. This
    process stands for process 1, which not even root may look at everywhere."""
    if os.geteuid() != 0:
        pytest.skip("needs root")
    first = "/proc/%d" % os.getpid()
    monkeypatch.setattr(proc, "_FIRST", first)
    proc.require_sysctls()
    kind, said = namespace.in_child(lambda: in_chroot(first), namespace.enter)
    assert kind == "value" and said[0] == "", said
    assert "this is a chroot" in said[1] and "set tcp_hardening_live to false" in said[1]
