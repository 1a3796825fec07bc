# Tests of how a trial ends by itself where something is in its way: it is tried again until it is done.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""On private hosts, with the process that really stays behind."""

from __future__ import annotations

import os
import shutil
import signal

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply import _trial as trial
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._store import Store
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import (
    DROP_IN,
    STATE,
    isolated,
    read,
    read_only,
    unmount,
    write,
)
from ansible_collections.fleetnet.linux_tcp.tests.unit.trials import (
    LONG_S,
    WANTED,
    afresh,
    end,
    live,
    run,
    stop_the_clock,
    time_is_up,
    wait_until,
    watchers,
    world,
)

SYSLOG = "/etc/syslog"
BACK = "the trial of %s was not confirmed: the old values are back" % DROP_IN


@pytest.fixture
def clock(monkeypatch):
    stop_the_clock(monkeypatch)
    monkeypatch.setattr(trial, "_AGAIN_S", 0.02)
    monkeypatch.setattr(trial, "_LOCK_S", 0.05)

    def log(_level, text):
        with open(SYSLOG, "a", encoding="utf-8") as stream:
            stream.write(text + "\n")

    monkeypatch.setattr(trial.syslog, "syslog", log)


def logged():
    return read(SYSLOG).splitlines() if os.path.exists(SYSLOG) else []


def over():
    """Its time is over, and it has been tried to take it back once at least."""
    write("/etc/time-is-up", "")
    wait_until(logged)
    assert live() == WANTED and len(watchers()) == 1


def done(before):
    """What was in the way is gone: everything is as before the trial."""
    wait_until(lambda: not watchers())
    said = logged()
    for path in ("/etc/time-is-up", SYSLOG):
        os.unlink(path)
    assert world() == before
    return said


@isolated
def test_a_trial_ends_once_proc_sys_can_be_written_again(clock):
    before = afresh()
    run(trial_s=LONG_S)
    read_only("/proc/sys")
    over()
    unmount("/proc/sys")
    first, *_others, last = done(before)
    assert first.startswith("the trial of %s is over, but not taken back yet: could not be put back: " % DROP_IN)
    assert first.endswith("; it is tried again") and last == BACK


@isolated
def test_a_trial_ends_once_the_lock_is_free(clock):
    before = afresh()
    run(trial_s=LONG_S)
    with Store(DROP_IN).locked():
        over()
    said = done(before)
    assert len(said) == 2 and "another run has been at work" in said[0] and said[1] == BACK


@isolated
def test_a_trial_ends_though_somebody_hung_up(clock):
    before = afresh()
    run(trial_s=LONG_S)
    (pid,) = watchers()
    os.kill(pid, signal.SIGHUP)
    write("/etc/time-is-up", "")
    assert done(before) == [BACK]


@isolated
def test_a_trial_ends_though_somebody_removed_the_folder(clock):
    (files, values), _tried = afresh(), run(trial_s=LONG_S)
    shutil.rmtree(STATE)
    time_is_up()
    assert world()[1] == values and world()[0][DROP_IN] == files[DROP_IN] and logged() == [BACK]


@isolated
def test_a_confirmed_trial_stays_though_somebody_removed_the_folder_in_that_moment(clock, monkeypatch):
    afresh()
    monkeypatch.setattr(trial, "_TICK_S", 0.5)
    tried = run(trial_s=LONG_S)
    end("confirmed", tried.trial)
    after = read(DROP_IN)
    shutil.rmtree(STATE)
    time_is_up()
    assert live() == WANTED and read(DROP_IN) == after and logged() == []


@isolated
@pytest.mark.parametrize("refuge, systemd, warns", [("", "/", True), ("", "/none", False), ("/etc/refuge", "/", False)])
def test_a_process_that_can_be_ended_with_its_run_is_warned_of(clock, monkeypatch, refuge, systemd, warns):
    afresh()
    monkeypatch.setattr(trial, "_REFUGES", [refuge])
    monkeypatch.setattr(trial, "_SYSTEMD", systemd)
    said = run(trial_s=LONG_S).said
    assert [text.partition(" of this run")[0] for text in said] == (
        ["the process that ends the trial could not leave the control group"] if warns else []
    )
    time_is_up()
