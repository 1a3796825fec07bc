# Tests of reading what decides at boot on a host: which loader is in charge, its files, whatever lies among them.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Real files in a private host. Hostile ones are read in bounded time and memory."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import time
import tracemalloc

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot._command_line import SOURCE as COMMAND_LINE
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot._conf import FOLDERS
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot._loaders import loader_of
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot._procps import Procps
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot._systemd import _OTHER_INITS, Systemd
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import Assignment, Kernel
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host import _boot as host
from ansible_collections.fleetnet.linux_tcp.tests.unit import namespace
from ansible_collections.fleetnet.linux_tcp.tests.unit.boot.programs import Machine
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import FIN, SOMAXCONN
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import DROP_IN, become_nobody, isolated, tmpfs, write

ETC = "/etc/sysctl.d/"
INSIDE = Kernel("6.12.101", namespace="container")
PROGRAMS = ("/lib/systemd/systemd-sysctl", "/usr/lib/systemd/systemd-sysctl", "/sbin/sysctl", "/usr/sbin/sysctl")
SCRIPTS = ("/etc/init.d/procps", "/etc/init.d/sysctl")


def read(rules=None, keys=(FIN, SOMAXCONN), kernel=INSIDE):
    """(boot, after, unread, notes) under the rules of systemd-sysctl, whatever this machine has."""
    host.loader_of = lambda _view: (rules or Systemd(252), "")
    return standing(keys, kernel)


def standing(keys=(FIN,), kernel=INSIDE):
    """(boot, after, unread, notes), as the host is."""
    notes = []
    found = host.read_boot(keys, DROP_IN, kernel, notes)
    return found.now, found.after, found.unread, list(dict.fromkeys(notes))


def values(found):
    return {key: (one.value, one.source) for key, one in found[0].items()}


def bare():
    """From here on a copy of this machine's files is used, in which there is no loader."""
    Machine("/")
    for path in (
        *PROGRAMS,
        *SCRIPTS,
        "/etc/systemd/system/systemd-sysctl.service",
        "/run/systemd/system/systemd-sysctl.service",
    ):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
    with contextlib.suppress(OSError):
        os.rmdir("/run/systemd/system")
    first_process("anything")


def first_process(name):
    write("/etc/comm", name + "\n")
    namespace.mount("/etc/comm", "/proc/1/comm", None, 4096)


def program(path, text):
    write(path, "\x7fELF ... %s ...\n" % text)


@isolated
@pytest.mark.parametrize("path", PROGRAMS[:2])
@pytest.mark.parametrize(
    "text, globs",
    [
        ("libsystemd-shared-252.so", True),
        ("libsystemd-shared-257.13-1.fc42.so", True),
        ("libsystemd-shared-245.so", True),
        ("libsystemd-shared-244.so", False),
        ("one that is linked statically, such as 219", False),
    ],
)
def test_systemd_sysctl_is_in_charge_where_it_is_there_and_follows_its_version(path, text, globs):
    bare()
    program(path, text)
    program("/sbin/sysctl", "procps-ng 4.0.2")
    write(SCRIPTS[0], "sysctl --system\n")
    rules, note = loader_of(host.View())
    assert isinstance(rules, Systemd) and not note
    assert rules.concerns("net.*".replace(".", "/"), "net/core") is globs


@isolated
@pytest.mark.parametrize("comm", _OTHER_INITS)
@pytest.mark.parametrize("script", SCRIPTS)
def test_an_init_script_is_in_charge_where_another_init_boots(comm, script):
    bare()
    program(PROGRAMS[0], "libsystemd-shared-252.so")
    program("/sbin/sysctl", "%s from procps-ng 4.0.2")
    write(script, "DAEMON=/sbin/sysctl\n$DAEMON -q --system\n")
    assert isinstance(loader_of(host.View())[0], Systemd), "nobody knows what boots this"
    first_process(comm)
    rules, note = loader_of(host.View())
    assert isinstance(rules, Procps) and rules._globs and not rules._bare_globs and not note
    os.makedirs("/run/systemd/system")
    assert isinstance(loader_of(host.View())[0], Systemd), "an init of that name, and it is systemd"


@isolated
@pytest.mark.parametrize("make", [
    lambda: None, lambda: program("/sbin/sysctl", "procps-ng 4.0.2"), lambda: write(SCRIPTS[0], "sysctl --system"),
    lambda: (program("/sbin/sysctl", "BusyBox v1.36"), write(SCRIPTS[1], "sysctl --system")),
    lambda: (program("/sbin/sysctl", "procps-ng 4.0.2"), write(SCRIPTS[1], "sysctl -p")),
], ids=["nothing", "no script", "no program", "busybox", "another command"])  # fmt: skip
def test_an_unknown_loader_is_said_and_taken_for_systemd_sysctl(make):
    bare()
    make()
    write(ETC + "50-x.conf", "net.ipv4.tcp_fin_* = 5\n")
    boot, _after, _unread, notes = standing()
    assert boot == {FIN: Assignment("5", ETC + "50-x.conf:1", None)}
    assert notes == ["what loads sysctl.d at boot here is not known; taken for systemd-sysctl"]


@isolated
@pytest.mark.parametrize("folder", ["/etc", "/run"])
def test_a_masked_service_sets_nothing(folder):
    bare()
    program(PROGRAMS[0], "libsystemd-shared-252.so")
    write(ETC + "50-x.conf", FIN + " = 5\n")
    assert standing()[0]
    os.makedirs(folder + "/systemd/system", exist_ok=True)
    os.symlink("/dev/null", folder + "/systemd/system/systemd-sysctl.service")
    boot, after, unread, notes = standing()
    assert boot == after == {} and notes == [unread] == ["systemd-sysctl.service is masked: no file sets a key at boot"]


@isolated
@pytest.mark.parametrize("path, read", [
    (DROP_IN, True), ("/run/sysctl.d/90-x.conf", True), ("/etc/linked/90-x.conf", True), (ETC + "91-new.conf", True),
    ("/etc/foo/90-x.conf", False), ("/usr/share/90-x.conf", False), ("/etc/sysctl.conf", False),
])  # fmt: skip
def test_a_drop_in_where_nothing_reads_it(path, read, monkeypatch):
    monkeypatch.setattr(host, "loader_of", lambda _view: (Systemd(252), ""))
    os.symlink("/etc/sysctl.d", "/etc/linked")
    write(ETC + "99-x.conf", FIN + " = 5\n")
    notes = []
    found = host.read_boot([FIN], path, INSIDE, notes)
    assert found.now[FIN].value == "5" and notes == []
    folder = os.path.dirname(path)
    assert found.unread == (
        "" if read else "nothing reads %s at boot; set tcp_hardening_path to a name in /etc/sysctl.d" % folder
    )
    assert bool(found.after) is read


@isolated
def test_sysctl_conf_is_read_by_procps_and_by_systemd_through_a_link(monkeypatch):
    monkeypatch.setattr(host, "loader_of", lambda _view: (Procps((4, 0, 4)), ""))
    assert host.read_boot([FIN], "/etc/sysctl.conf", INSIDE, []).unread == "", "it would be read once it is there"
    write("/etc/sysctl.conf", "# empty\n")
    for rules, link, read in (
        (Procps((4, 0, 4)), False, True),
        (Systemd(252), False, False),
        (Systemd(252), True, True),
    ):
        if link:
            os.symlink("../sysctl.conf", ETC + "99-sysctl.conf")
        monkeypatch.setattr(host, "loader_of", lambda _view, rules=rules: (rules, ""))
        assert (host.read_boot([FIN], "/etc/sysctl.conf", INSIDE, []).unread == "") is read


@isolated
def test_files_of_the_folders():
    write(ETC + "20-b.conf", SOMAXCONN + " = 1\n")
    write(ETC + "readme.txt", FIN + " = 1\n")
    os.symlink("/dev/null", ETC + "30-null.conf")
    os.symlink("nowhere", ETC + "31-dangling.conf")
    os.symlink("/etc/x", ETC + "32-link.conf")
    write("/etc/x", "\n%s = 2" % FIN)
    write("/etc/sysctl.conf", FIN + " = 3\n")
    assert values(read()) == {SOMAXCONN: ("1", ETC + "20-b.conf:1"), FIN: ("2", ETC + "32-link.conf:2")}
    assert read()[3] == []
    assert values(read(rules=Procps((4, 0, 2))))[FIN] == ("3", "/etc/sysctl.conf:1")
    os.unlink("/etc/sysctl.conf")
    assert values(read(rules=Procps((4, 0, 2))))[FIN] == ("2", ETC + "32-link.conf:2")
    write(DROP_IN, FIN + " = 4\n")
    assert values(read())[FIN] == ("4", DROP_IN + ":1")
    os.rename("/etc/sysctl.d", "/etc/gone")
    assert read() == ({}, {}, "", [])


@isolated
def test_a_folder_that_is_another_one_by_a_link_counts_once():
    bare()
    apart = [folder for folder in FOLDERS if os.path.realpath(folder) == folder]
    assert 4 <= len(apart) <= 5
    for folder in apart:
        write(folder + "/50-x.conf", "%s = %d\n" % (FIN, len(folder)))
    found, own = host.listed(Systemd(252), "/lib/sysctl.d/x.conf", [])
    assert sorted(found) == sorted(folder + "/50-x.conf" for folder in apart)
    assert own == ("/lib" if len(apart) == 5 else "/usr/lib") + "/sysctl.d/x.conf", (
        "the drop-in's folder counts as the one that it is"
    )


@isolated
def test_what_an_ordinary_user_may_not_read_is_said_to_be_unknown():
    write(ETC + "10-secret.conf", FIN + " = 1\n", 0o600)
    write(ETC + "20-b.conf", SOMAXCONN + " = 1\n")
    assert read()[3] == []
    become_nobody()
    found = read()
    assert found[3] == [ETC + "10-secret.conf cannot be read (Permission denied); what it sets at boot is not known"]
    assert list(found[0]) == [SOMAXCONN]


@isolated
def test_a_folder_that_an_ordinary_user_may_not_read_is_said_too():
    write(ETC + "10-x.conf", FIN + " = 1\n")
    os.chmod("/etc/sysctl.d", 0o700)
    become_nobody()
    assert read()[3] == ["/etc/sysctl.d cannot be read (Permission denied); what it sets at boot is not known"]


@isolated
def test_a_link_to_the_drop_in_will_say_what_the_drop_in_says():
    write(DROP_IN, FIN + " = 1\n")
    os.symlink(DROP_IN, ETC + "99-z.conf")
    write(ETC + "95-x.conf", FIN + " = 2\n")
    found = read()
    assert values(found)[FIN] == ("1", ETC + "99-z.conf:1") and found[1] == {}
    os.unlink(DROP_IN)
    found = read()
    assert values(found)[FIN] == ("2", ETC + "95-x.conf:1") and found[1] == {}


def a_socket(path):
    socket.socket(socket.AF_UNIX).bind(path)


def a_loop(path):
    os.symlink(os.path.basename(path), path)


def a_line_of_10_mb(path):
    write(path, "#" * (10 << 20) + "\n%s = 9\n" % FIN)


def a_glob_of_many_alternatives(path):
    """About 4,000 alternatives of 512 KiB each; and 2 to the 500th in a short line."""
    write(path, "net.ipv4.{%s}%s* = 9\n" % ("," * 4000, "x" * (1 << 19)) + "net.ipv4.%s* = 9\n" % ("{a,b}" * 500))


def a_glob_that_backtracks(path):
    write(path, "net.ipv4.%sx = 9\n" % ("*t" * 1900))


def a_hole_of_a_tebibyte(path):
    with open(path, "wb") as stream:
        stream.truncate(1 << 40)


def resident(name):
    """Memory of this process in KiB. name: VmRSS for now, VmHWM for the most so far."""
    return int(re.search(r"%s:\s+(\d+) kB" % name, namespace.read("/proc/self/status")).group(1))


STOPS = "is no plain file, and stops the loader"


@pytest.mark.alone
@isolated
@pytest.mark.parametrize("rules", [Systemd(252), Procps((4, 0, 2))], ids=["systemd", "procps"])
@pytest.mark.parametrize(
    "make, what",
    [
        (os.mkfifo, STOPS),
        (a_socket, ""),
        (a_loop, ""),
        (os.mkdir, ""),
        (lambda path: os.mknod(path, 0o20666, os.makedev(1, 5)), STOPS),
        (lambda path: os.mknod(path, 0o20666, os.makedev(1, 3)), ""),
        (lambda path: os.mknod(path, 0o60660, os.makedev(7, 200)), STOPS),
        (a_line_of_10_mb, ""),
        (a_hole_of_a_tebibyte, "is too long"),
        (lambda path: write(path, "\0" * (10 << 20)), ""),
        (a_glob_of_many_alternatives, ""),
        (a_glob_that_backtracks, ""),
        (lambda path: write(path, "\r\n" * (1 << 20)), ""),
        (lambda path: write(path, "\r" * (10 << 20)), ""),
    ],
    ids=[
        "fifo",
        "socket",
        "loop",
        "folder",
        "zero",
        "null",
        "disk",
        "10 MB line",
        "hole",
        "zeros",
        "braces",
        "stars",
        "empty lines",
        "returns",
    ],
)
def test_whatever_lies_there_neither_stops_nor_fills_the_reader(rules, make, what):
    path = ETC + "50-x.conf"
    make(path)
    write(ETC + "10-a.conf", FIN + " = 1\n")
    write(ETC + "90-z.conf", SOMAXCONN + " = 2\n")
    with open("/proc/self/clear_refs", "w", encoding="ascii") as stream:
        stream.write("5")  # the peak begins anew
    before, begin = resident("VmRSS"), time.process_time()
    found = read(rules=rules)
    assert time.process_time() - begin < 10
    assert resident("VmHWM") - before < 64 << 10
    expected = "9" if make is a_line_of_10_mb and isinstance(rules, Procps) else "1"
    assert found[0][FIN].value == expected
    assert found[3][:1] == (["%s %s; what it sets at boot is not known" % (path, what)] if what else [])
    if make is a_hole_of_a_tebibyte:
        assert len(found[3]) == 2, "what lies behind all that is read of a tree is not known either"
    else:
        assert found[0][SOMAXCONN].value == "2"


def fill(count):
    """A tree of so many files of 100 lines: comments, other keys, wanted keys, globs."""
    lines = ["# what stands here\n", "\n", "vm.swappiness = 10\n", "net.ipv4.conf.*.rp_filter = 2\n",
             "-net.ipv4.conf.eth%d.rp_filter\n", "net.ipv6.x%d = 1\n",
             "net/ipv4/tcp_keepalive_time = %d\n", "%s = 77\n" % FIN, "net.ipv4.tcp_syn* = 5\n",
             "net.core.somax* = 5\n"]  # fmt: skip
    for number in range(count):
        text = "".join(line % number if "%" in line else line for line in lines)
        write("%s%04d-x.conf" % (ETC, number), text * 10)


@pytest.mark.alone
@pytest.mark.slow
@isolated
@pytest.mark.parametrize(
    "rules", [Systemd(252), Procps((4, 0, 2)), Procps((3, 3, 17))], ids=["systemd", "procps 4", "procps 3"]
)
def test_a_thousand_files_and_a_hundred_thousand_lines(rules):
    """They take less than a second. Memory grows with the wanted keys, not with the tree."""
    names = ["keepalive_time", "sack", "timestamps", "mem", "rmem", "wmem", "syncookies", "tw_reuse", "fack"]
    keys = [FIN, SOMAXCONN, *("net.ipv4.tcp_" + name for name in names)]
    peaks = []
    for count in (50, 1000):
        namespace.clear("/etc/sysctl.d")
        fill(count)
        tracemalloc.start()
        read(rules=rules, keys=keys)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # 950 more files cost the memory of their names alone.
    assert peaks[1] - peaks[0] < 950 * 700, peaks
    times = []
    while len(times) < 5 and min(times, default=1.0) >= 1.0:  # a busy machine slows the processor's own time too
        begin = time.process_time()
        found = read(rules=rules, keys=keys)
        times.append(time.process_time() - begin)
    assert min(times) < 1.0, times
    assert found[0][FIN].value == "77"


def test_the_command_line_counts_where_it_is_the_kernels_own(monkeypatch):
    texts = {"/proc/cmdline": "quiet sysctl.%s=5 sysctl.%s=no" % (FIN, SOMAXCONN)}
    monkeypatch.setattr(host, "read_text", texts.get)
    monkeypatch.setattr(host, "loader_of", lambda _view: (Systemd(252), ""))
    monkeypatch.setattr(host, "listed", lambda _rules, own, _notes: ({ETC + "x.conf": False}, own))
    lines = []
    monkeypatch.setattr(host.Reader, "chunks", lambda _self, _path: lines)

    def told(release="5.8.0", name="host"):
        return values(standing([FIN, SOMAXCONN], Kernel(release, namespace=name)))

    assert told() == {FIN: ("5", COMMAND_LINE)}, "and what the kernel refuses does not stand"
    assert told("5.7.19") == told(name="container") == {}
    lines[:] = [FIN + " = 6\n"]
    assert told() == {FIN: ("6", ETC + "x.conf:1")}
    lines[:] = ["-%s\n" % FIN]
    assert told() == {FIN: ("5", COMMAND_LINE)}, "taken out of the files only"


@isolated
def test_nothing_is_opened_for_writing_and_no_program_is_started():
    write(ETC + "10-a.conf", FIN + " = 1\n")
    before = namespace.everything()
    with namespace.recorded() as found:
        standing()
    assert not found
    assert namespace.everything() == before


@isolated
def test_another_file_system_over_a_folder_is_read_as_it_is():
    write(ETC + "10-a.conf", FIN + " = 1\n")
    tmpfs("/etc/sysctl.d")
    assert read()[0] == {}
