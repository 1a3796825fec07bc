# The resolver against the programs that load sysctl.d, as they are on this machine: a table of known traps, and random
# trees.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""In a private copy of this machine's files and a network namespace.

The long run, for three releases of Debian, is `make boot-fuzz`.
"""

from __future__ import annotations

import os
import sys

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils import _boot, _kernel
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host._proc import read_kernel
from ansible_collections.fleetnet.linux_tcp.tests.unit import namespace
from ansible_collections.fleetnet.linux_tcp.tests.unit.boot import programs, trees
from ansible_collections.fleetnet.linux_tcp.tests.unit.boot.programs import PROGRAMS, Machine
from ansible_collections.fleetnet.linux_tcp.tests.unit.boot.trees import Entry
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import FIN
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import isolated

needs_both = pytest.mark.skipif(
    not (PROGRAMS["systemd-sysctl"].is_here and PROGRAMS["procps"].is_here), reason="needs systemd-sysctl and procps"
)

OURS = {"/etc/sysctl.d/90-tcp.conf": FIN + " = 11"}
TCP = {"/etc/sysctl.d/99-tcp.conf": FIN + " = 11", "/etc/sysctl.conf": FIN + " = 22"}
LATER = "/etc/sysctl.d/95-x.conf"

# What the files leave at boot by systemd-sysctl, and by `sysctl --system`; None for the kernel's own value.
TABLE = {
    "sysctl.conf without a link": (TCP, "11", "22"),
    "99-sysctl.conf sorts before 99-tcp.conf": (
        {**TCP, "/etc/sysctl.d/99-sysctl.conf": "->../sysctl.conf"},
        "11",
        "22",
    ),
    "99-sysctl.conf sorts after 90-tcp.conf": (
        {**OURS, "/etc/sysctl.d/99-sysctl.conf": "->../sysctl.conf", "/etc/sysctl.conf": FIN + " = 22"},
        "22",
        "22",
    ),
    "a later name of the vendor": ({**OURS, "/usr/lib/sysctl.d/99-vendor.conf": FIN + " = 33"}, "33", "33"),
    "the same name in run": ({**OURS, "/run/sysctl.d/90-tcp.conf": FIN + " = 33"}, "11", "11"),
    "slashes": ({**OURS, LATER: "net/ipv4/tcp_fin_timeout = 44"}, "44", "44"),
    "a later glob": ({**OURS, LATER: "net.ipv4.tcp_fin_* = 44"}, "11", "11"),
    "a dash that forgives errors": ({**OURS, LATER: "-net.ipv4.tcp_fin_timeout = 44"}, "44", "44"),
    "a bare dash": ({**OURS, LATER: "-net.ipv4.tcp_fin_timeout"}, None, "11"),
    "a link to /dev/null": (
        {"/etc/sysctl.d/90-tcp.conf": "->/dev/null", "/usr/lib/sysctl.d/90-tcp.conf": FIN + " = 33"},
        None,
        None,
    ),
}


def lay(machine, files):
    machine.lay({path: Entry(link=text[2:]) if text.startswith("->") else Entry(text) for path, text in files.items()})


@needs_both
@isolated
@pytest.mark.parametrize("name", TABLE)
def test_known_traps(name):
    files, systemd, procps = TABLE[name]
    machine = Machine("/")
    lay(machine, files)
    for program, expected in (("systemd-sysctl", systemd), ("procps", procps)):
        assert machine.run(program).get(FIN) == expected
        foretold = machine.foretell(program).now.get(FIN)
        assert (foretold and foretold.value) == expected


@needs_both
@isolated
def test_a_read_only_proc_sys_is_silent_for_systemd_sysctl_and_an_error_for_procps():
    machine = Machine("/")
    lay(machine, OURS)
    namespace.read_only("/proc/sys/net")
    codes = {
        name: os.waitpid(os.posix_spawn(PROGRAMS[name].command[0], PROGRAMS[name].command, {}), 0)[1] >> 8
        for name in ("systemd-sysctl", "procps")
    }
    assert codes == {"systemd-sysctl": 0, "procps": 1}
    assert namespace.get(FIN) == "60"


@isolated
def test_in_a_root_folder_without_our_code_every_rule_is_at_hand():
    """`make boot-fuzz` enters the root folders of other releases. What is imported late is loaded before."""
    for folder in ("dev", "proc", "etc", "sbin", "lib/systemd"):
        os.makedirs("/etc/bare/" + folder)
    namespace.write("/etc/bare/lib/systemd/systemd-sysctl", "libsystemd-shared-252.so")
    namespace.write("/etc/bare/sbin/sysctl", "procps-ng 4.0.5")
    for name in [name for name in sys.modules if name.startswith((_boot.__name__ + ".", _kernel.__name__ + "."))]:
        del sys.modules[name]  # as in a process that has not needed them so far
    machine = Machine("/etc/bare")
    assert not os.path.exists(trees.__file__)
    lay(machine, {LATER: "net.ipv4.tcp_fin_* = 0x10\n"})
    for name in ("systemd-sysctl", "procps"):
        assert programs._number(machine.foretell(name).now[FIN]) == "16"


@pytest.mark.slow
@isolated
@pytest.mark.parametrize("name", PROGRAMS)
def test_random_trees(name):
    if not PROGRAMS[name].is_here:
        pytest.skip("needs " + PROGRAMS[name].command[0])
    machine = Machine("/")
    found = {seed: programs.compare(machine, name, seed) for seed in range(150)}
    assert {seed: one.wrong for seed, one in found.items() if one.wrong} == {}
    assert sum(one.settled for one in found.values()) > 200, "the trees set something"


def test_a_seed_is_a_tree():
    assert trees.tree(7) == trees.tree(7) != trees.tree(8)
    found = [trees.tree(seed) for seed in range(60)]
    text = "".join(entry.text or "" for one in found for entry in one.values())
    for part in ("*", "[", "?", "{", "\\", "-net", "=", "#", "\r", "\0", "\xff", "//"):
        assert part in text, part
    entries = [entry for one in found for entry in one.values()]
    assert any(entry.link == "/dev/null" for entry in entries) and any(entry == Entry() for entry in entries)
    assert {path.rpartition("/")[0] for one in found for path in one} == {*trees.FOLDERS, "/etc"}


def test_no_program_is_run_in_the_machines_own_network(monkeypatch):
    monkeypatch.setattr(programs.os, "posix_spawn", None)
    with pytest.raises(AssertionError, match="still in the"):
        Machine("/")
    machine = Machine.__new__(Machine)
    if read_kernel().namespace == "host":
        with pytest.raises(AssertionError, match="still in the"):
            machine.run("procps")
    monkeypatch.setattr(programs, "read_kernel", lambda: read_kernel()._replace(namespace="host"))
    with pytest.raises(AssertionError, match="still in the"):
        machine.run("procps")
