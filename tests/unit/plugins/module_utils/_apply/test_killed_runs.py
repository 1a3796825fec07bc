# Tests of runs that are killed: at each of their steps, in each state, and while they put back what an earlier one
# left.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""SIGKILL before every call that could leave something half done; then a look, a dry run, and the run that heals."""

from __future__ import annotations

import os
from itertools import count
from typing import Callable, NamedTuple

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply import _undo
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot._conf import assignments
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host._proc import Refused
from ansible_collections.fleetnet.linux_tcp.tests.unit.applied import bring_to, recovered
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import FIN, RANGE, RESERVED, RMEM, SOMAXCONN, START
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import (
    DROP_IN,
    JOURNAL,
    STATE,
    clear,
    dies_at,
    get,
    isolated,
    put,
    read,
    tree,
    write,
)

BEFORE = {FIN: "77", RMEM: "5000 200000 3000000", RANGE: "32768 60999", START: "1024", RESERVED: "", SOMAXCONN: "4000"}
OLDER = {FIN: "40", RMEM: "6000 200000 3500000", SOMAXCONN: "4000"}
WANTED = {
    FIN: "30",
    RMEM: "8760 256960 4088000",
    RANGE: "600 65001",
    START: "500",
    RESERVED: "8080,9000-9010",
    SOMAXCONN: "2048",
}
HEALED = ["an earlier run had died in the middle; %s and the live values were put back first" % DROP_IN]
NOTED = ["an earlier run had died in the middle; the real run puts its work back first"]


class Case(NamedTuple):
    """A host before a run, and the run."""

    prepare: Callable[[], None]
    state: str
    targets: dict[str, str]


def run(state: str, targets: dict[str, str], check: bool = False, path: str = DROP_IN):
    return bring_to(state, targets, check=check, path=path)


def _nothing() -> None:
    put(BEFORE)


def _theirs() -> None:
    put(BEFORE)
    write(DROP_IN, "# an administrator's\nnet.ipv4.tcp_fin_timeout = 77\n", 0o640, 3, 4)


def _ours() -> None:
    _theirs()
    run("present", OLDER)


def _link() -> None:
    put(BEFORE)
    write("/etc/sysctl.d/10-other.conf", "# other\n")
    os.symlink("10-other.conf", DROP_IN)


def _ours_over_a_link() -> None:
    _link()
    run("present", WANTED)


def _no_folder() -> None:
    put(BEFORE)
    os.rmdir("/etc/sysctl.d")


CASES = {
    "present, the first run": Case(_nothing, "present", WANTED),
    "present, over an administrator's file": Case(_theirs, "present", WANTED),
    "present, a later run": Case(_ours, "present", WANTED),
    "present, over a link": Case(_link, "present", WANTED),
    "present, into no folder": Case(_no_folder, "present", WANTED),
    "absent": Case(_ours, "absent", {}),
    "restored to a file": Case(_ours, "restored", {}),
    "restored to a link": Case(_ours_over_a_link, "restored", {}),
}
# A run that the kernel refuses half way, and that undoes its own work when it is killed.
REFUSED = dict(WANTED, **{"net.ipv4.tcp_wmem": "9999 0 4088000"})


FRESH = {
    **{FIN: "61", SOMAXCONN: "4096", RMEM: "4096 131072 6291456", RESERVED: ""},
    **{RANGE: "32768 60999", "net.ipv4.tcp_wmem": "4096 16384 4194304"},
}


def world():
    """What counts: the files but for the lock and its folder, and the live values."""
    files = {path: status for path, status in tree().items() if path not in (STATE, STATE + "/lock")}
    return files, {key: get(key) for key in list(BEFORE) + ["net.ipv4.tcp_wmem"]}


def settled():
    """The world, without what was only being prepared."""
    files, values = world()
    return {path: status for path, status in files.items() if not path.endswith(".new")}, values


def afresh(case: Case):
    """The host as the case wants it, whatever was before; its world."""
    clear("/etc", "/var/lib")
    os.mkdir("/etc/sysctl.d", 0o755)
    put({START: "0", RANGE: "32768 60999"})
    case.prepare()
    return world()


def deaths(case: Case, targets: dict[str, str]):
    """Kill the run at each of its steps in turn, each time on a fresh host, until it survives.

    Yields the world before it and the number of the step.
    """
    for number in count(1):
        before = afresh(case)
        if not dies_at(number, lambda: run(case.state, targets)):
            assert number > 10, "the run has more steps than that"
            return
        yield before, number


@pytest.mark.slow
@isolated
@pytest.mark.parametrize("name", CASES)
def test_the_next_run_heals_a_run_that_was_killed_at_any_step(name):
    case = CASES[name]
    afresh(case)
    run(case.state, case.targets)
    after = world()
    journals = 0
    for before, number in deaths(case, case.targets):
        interrupted = os.path.exists(JOURNAL)
        journals += interrupted
        assert tree().get(DROP_IN) in (before[0].get(DROP_IN), after[0].get(DROP_IN)), "at %d: half a file" % number
        if not interrupted:
            assert settled() in (before, after), "at %d: neither not begun nor over" % number

        untouched = tree(times=True), world()
        look = run(case.state, case.targets, check=True)
        assert (NOTED[0] in look.said) == interrupted
        assert (tree(times=True), world()) == untouched, "at %d: a dry run wrote something" % number

        found = run(case.state, case.targets)
        assert (HEALED[0] in found.said) == interrupted, "at %d" % number
        assert found.changed or not interrupted
        assert world() == after, "at %d: not what a run that nobody kills leaves" % number
    print("killed at %d steps, healed after %d" % (number, journals))
    assert journals > 3


@pytest.mark.slow
@isolated
@pytest.mark.parametrize("name", CASES)
def test_what_was_before_is_put_back_from_any_step(name):
    """Recovery alone."""
    case = CASES[name]
    afresh(case)
    run(case.state, case.targets)
    after = world()
    for before, number in deaths(case, case.targets):
        interrupted = os.path.exists(JOURNAL)
        assert recovered() == (HEALED if interrupted else [])
        assert world() == before or not interrupted and world() == after, "at %d" % number


@pytest.mark.slow
@isolated
@pytest.mark.parametrize("name", ["present, a later run", "present, over a link", "present, into no folder"])
def test_a_run_that_is_killed_while_it_undoes_its_own_work(name):
    case = CASES[name]
    for before, number in deaths(case, REFUSED):
        recovered()
        assert world() == before, "at %d" % number
    with pytest.raises(Refused, match="net.ipv4.tcp_wmem: '9999 0 4088000' was refused"):
        run(case.state, REFUSED)
    assert world() == before


@pytest.mark.slow
@isolated
@pytest.mark.parametrize("name", CASES)
def test_a_recovery_that_is_killed_is_done_by_the_one_after(name):
    """The run is killed where it leaves the least and the most to put back; then the recovery, at each of its steps."""
    case = CASES[name]

    afresh(case)
    interrupted = [number for _before, number in deaths(case, case.targets) if os.path.exists(JOURNAL)]
    for number in (interrupted[0], interrupted[-1]):
        for step in count(1):
            before = afresh(case)
            assert dies_at(number, lambda: run(case.state, case.targets))
            if not dies_at(step, recovered):
                break
            recovered()
            assert world() == before, "run killed at %d, recovery at %d" % (number, step)
        print("run killed at %d, recovery at %d steps" % (number, step - 1))
        assert step > 3
        assert world() == before


@isolated
def test_a_dead_run_for_another_drop_in_is_healed_too():
    case = CASES["present, the first run"]
    other = "/etc/sysctl.d/91-other.conf"
    for before, _number in deaths(case, WANTED):
        interrupted = os.path.exists(JOURNAL)
        found = run("restored", {}, path=other)
        assert found.said[: len(HEALED)] == HEALED if interrupted else len(found.said) == 1
        assert found.said[-1].startswith("there is no snapshot for %s: nothing to restore" % other)
        if interrupted:
            assert world() == before and found.changed


def reboot():
    """What a kernel has by itself, and then what the drop-in sets; the live values."""
    put({**FRESH, START: "1024"})
    lines = assignments(read(DROP_IN)) if os.path.isfile(DROP_IN) else {}
    if lines:
        put(dict(sorted(lines.items(), reverse=True)))  # the first of the unprivileged ports before the range
    return world()[1]


@pytest.mark.slow
@isolated
@pytest.mark.parametrize("name", CASES)
def test_after_a_reboot_only_what_the_new_drop_in_set_is_taken_back(name, monkeypatch):
    """The new boot's own values are none of the dead run's business, at whatever step it died."""
    case = CASES[name]
    afresh(case)
    run(case.state, case.targets)
    after, swapped_once = world(), False
    for before, number in deaths(case, case.targets):
        interrupted = os.path.exists(JOURNAL)
        swapped = interrupted and before[0].get(DROP_IN) != tree().get(DROP_IN) == after[0].get(DROP_IN)
        swapped_once |= swapped
        booted = reboot()
        with monkeypatch.context() as patch:
            patch.setattr(_undo, "boot_id", lambda: "another boot")
            recovered()
        assert world()[1] == {
            key: before[1][key] if swapped and text == after[1][key] != before[1][key] else text
            for key, text in booted.items()
        }, "at %d" % number
        if interrupted:
            assert world()[0] == before[0], "at %d" % number
    assert swapped_once
