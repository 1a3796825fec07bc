# Trials on a private host, for the tests of trials: a clock that is put forward, and the processes that stay behind.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""afresh() makes a host, run() tries values on it, stop_the_clock() and time_is_up() make a minute a moment."""

from __future__ import annotations

import os
import time

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply import _trial as trial
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._store import Store
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._take_back import settle
from ansible_collections.fleetnet.linux_tcp.tests.unit.applied import bring_to
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import FIN, RMEM, SOMAXCONN
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import DROP_IN, STATE, clear, get, put, tree, write

BEFORE = {FIN: "77", RMEM: "5000 200000 3000000", SOMAXCONN: "4000"}
OLDER = {FIN: "40", SOMAXCONN: "3000"}
WANTED = {FIN: "30", RMEM: "8760 256960 4088000", SOMAXCONN: "2048"}
LONG_S = 60
SAID = ["an earlier run was not confirmed; %s and the live values were put back first" % DROP_IN]


def run(state="present", targets=None, trial_s=0, check=False):
    targets = WANTED if targets is None else targets
    return bring_to(state, targets, check=check, trial_s=trial_s)


def end(state, name, check=False):
    return settle(state, Store(DROP_IN), name, check)


def afresh():
    """A host that an administrator set, and then an older profile of ours; the world as it is then."""
    clear("/etc", "/var/lib")
    os.mkdir("/etc/sysctl.d", 0o755)
    put(BEFORE)
    run(targets=OLDER)
    return world()


def world():
    return {path: status for path, status in tree().items() if path != STATE + "/lock"}, {
        key: get(key) for key in BEFORE
    }


def live():
    return {key: get(key) for key in BEFORE}


def stop_the_clock(monkeypatch):
    """The clock of trials stands still until time_is_up(), also for a process that stays behind."""
    now = trial.boottime_ns()
    monkeypatch.setattr(trial, "boottime_ns", lambda: now + LONG_S * 10**9 * 2 * os.path.exists("/etc/time-is-up"))
    monkeypatch.setattr(trial, "_TICK_S", 0.02)


def time_is_up():
    """Every trial that began is at its end."""
    write("/etc/time-is-up", "")
    wait_until(lambda: not watchers())
    os.unlink("/etc/time-is-up")


def watchers():
    """The other processes in this private host."""
    mine = os.readlink("/proc/self/ns/net")
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            try:
                if os.readlink("/proc/%s/ns/net" % name) == mine:
                    found.append(int(name))
            except OSError:
                continue
    return found


def wait_until(condition):
    """Without a bound of its own: @isolated ends a test that hangs."""
    while not condition():
        time.sleep(0.02)
