# Tests of the closing table of a staged rollout: hosts on trial, hosts that were not reached, and where it stopped.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The table, over the results of hosts that wait for their turn, are tried, confirmed, taken back or lost."""

from __future__ import annotations

import re

from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._run._record import Run
from ansible_collections.fleetnet.linux_tcp.tests.unit.plugins.plugin_utils.runs import (
    CONFIRMED,
    DONE,
    WITHDRAWN,
    lines,
    planned,
    result,
)


def rolled(*names):
    """A staged rollout whose hosts wait for their turn; and what sysctl_profile returns for one of them on trial."""
    run = Run()
    for name in names:
        run.planned(name, planned(), False)
        run.waits(name)
    return run, dict(result(planned()), trial="4711")


def test_a_rollout_that_was_stopped_says_where_and_whom_it_did_not_reach():
    run, trial = rolled("web1", "web2", "web3", "web4")
    run.planned("web5", planned(DONE), False)
    run.applied("web1", trial)
    run.applied("web1", CONFIRMED)
    run.applied("web2", trial)
    run.applied("web2", WITHDRAWN)
    run.failed("web2", "tcp_hardening_health: too much")
    found = lines(run)
    assert [line.split() for line in found[2:7]] == [
        ["web1", "6.12.101", "2", "0", "1", "0", "0", "0"],
        ["web2", "6.12.101", "0", "0", "1", "0", "2", "0", "failed"],
        ["web3", "6.12.101", "0", "0", "1", "0", "0", "2", "not", "reached"],
        ["web4", "6.12.101", "0", "0", "1", "0", "0", "2", "not", "reached"],
        ["web5", "6.12.101", "0", "2", "1", "0", "0", "0"],
    ]
    (stopped,) = [line for line in found if line.startswith("stopped")]
    assert re.fullmatch(
        r"stopped +not_reached +2 hosts +the rollout stopped at web2; they are as they were, the next run goes on with"
        r" them",
        stopped,
    )


def test_a_host_that_was_lost_on_trial_is_not_applied():
    run, trial = rolled("web1", "web2")
    run.applied("web1", trial)
    run.unreachable("web1", "no route to host")
    found = "\n".join(lines(run))
    assert re.search(r"^web1 .* unreachable$", found, re.MULTILINE) and re.search(
        r"^web2 .* not reached$", found, re.MULTILINE
    )
    assert re.search(
        r"not_confirmed +1 host +lost on trial: the host takes its old values back by itself, when the time is up",
        found,
    )
    assert "the rollout stopped at web1;" in found


def test_a_trial_that_nobody_ended_is_not_confirmed():
    run, trial = rolled("web1")
    run.applied("web1", trial)
    found = lines(run)
    assert found[2].endswith("not confirmed") and [line for line in found if line.startswith("drifted")], (
        "what was found still stands"
    )


def test_a_host_that_fails_in_the_plan_stops_no_rollout():
    run, trial = rolled("web1")
    run.failed("web0", "The profile cannot be used")
    run.applied("web1", trial)
    run.applied("web1", CONFIRMED)
    assert not [line for line in lines(run) if line.startswith("stopped")]


def test_what_the_trial_said_is_said_once_it_is_confirmed():
    run, trial = rolled("web1")
    run.applied("web1", dict(trial, messages=["an earlier run was not confirmed"]))
    run.applied("web1", CONFIRMED)
    assert [line.split()[:1] for line in lines(run) if "an earlier run was not confirmed" in line] == [["note"]]


def test_what_the_gate_does_not_know_is_a_note():
    run, trial = rolled("web1")
    run.judged("web1", {"breaches": [], "unknown": ["Tcp.OutRsts: the counter began anew"], "rates": {}})
    run.applied("web1", trial)
    run.applied("web1", CONFIRMED)
    (note,) = [line for line in lines(run) if line.startswith("note")]
    assert note.endswith("tcp_hardening_health: not known of Tcp.OutRsts: the counter began anew")
