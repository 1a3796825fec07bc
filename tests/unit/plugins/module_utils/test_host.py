# Tests of reading a host: keys, files, listening ports, as root and as nobody; nothing is ever opened for writing.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Against the real kernel, in a network namespace of the test's own."""

from __future__ import annotations

import os
import socket

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils import _host as host
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils import _proc as proc
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot import File
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel import Reading
from ansible_collections.fleetnet.linux_tcp.tests.unit import namespace
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import DROP_IN, become_nobody, isolated, put, read_only, write

FIN, CONGESTION = "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_available_congestion_control"
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
    assert (found.files, found.drop_in, found.ports) == ((), "", ())


@isolated
def test_files_of_the_folders():
    write("/etc/sysctl.d/20-b.conf", "net.core.somaxconn = 1\n")
    write("/etc/sysctl.d/10-a.conf", "# a\n\n")
    write("/etc/sysctl.d/readme.txt", "no\n")
    os.symlink("/dev/null", "/etc/sysctl.d/30-null.conf")
    os.symlink("nowhere", "/etc/sysctl.d/31-dangling.conf")
    os.symlink("/etc/x", "/etc/sysctl.d/32-link.conf")
    write("/etc/x", "elsewhere\n")
    os.mkdir("/etc/sysctl.d/40-folder.conf")
    os.mkfifo("/etc/sysctl.d/50-fifo.conf")
    write(DROP_IN, "mine\n")
    found = host.read_host([], DROP_IN)
    assert [File("/etc/sysctl.d", name, text) for name, text in [
        ("10-a.conf", "# a"), ("20-b.conf", "net.core.somaxconn = 1"), ("30-null.conf", ""), ("31-dangling.conf", ""),
        ("32-link.conf", "elsewhere"), ("40-folder.conf", ""), ("50-fifo.conf", ""), ("90-tcp-hardening.conf", "mine")]] == list(found.files)
    assert found.drop_in == "mine"


@isolated
def test_a_folder_that_is_another_one_by_a_link_counts_once():
    top = "/etc/top"
    os.makedirs(top + "/usr/lib/sysctl.d")
    os.symlink("usr/lib", top + "/lib")
    write(top + "/usr/lib/sysctl.d/a.conf", "x = 1\n")
    assert host.read_host([], DROP_IN, top).files == (File("/usr/lib/sysctl.d", "a.conf", "x = 1"),)


@isolated
def test_what_an_ordinary_user_may_not_read_is_said_to_be_unknown():
    write("/etc/sysctl.d/10-secret.conf", "x = 1\n", 0o600)
    write(DROP_IN, "secret\n", 0o600)
    become_nobody()
    found = host.read_host([], DROP_IN)
    assert [file.text for file in found.files] == [None, None]
    assert found.drop_in == ""


@isolated
def test_no_folder_at_all():
    os.rmdir("/etc/sysctl.d")
    assert host.read_host([], DROP_IN).files == ()


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
    for family, address in ((socket.AF_INET, ("0.0.0.0", 8081)), (socket.AF_INET, ("0.0.0.0", 7)), (socket.AF_INET6, ("::", 8082))):
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
    for opened in sockets + [bound]:
        opened.close()


@isolated
def test_nothing_is_opened_for_writing_and_no_program_is_started():
    before = namespace.everything()
    with namespace.recorded() as found:
        host.read_host(KEYS, DROP_IN)
    assert not found
    assert namespace.everything() == before
