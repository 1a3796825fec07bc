# Tests of the closing table where keys go back to what they were, or are kept since the host has something better.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Each key in one column, and each reason once."""

from __future__ import annotations

from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._run._record import Run
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import FIN, SOMAXCONN
from ansible_collections.fleetnet.linux_tcp.tests.unit.plugins.plugin_utils.runs import (
    audited,
    counts,
    going_back,
    harden,
    lines,
    planned,
    result,
)


def test_a_key_that_goes_back_is_counted_once_and_said_once():
    run = audited(going_back(), going_back(as_root=False), going_back(running={FIN: "45"}))
    assert counts(run) == {
        "h0": {"applied": "0", "unchanged": "1", "skipped": "0", "drifted": "1", "failed": "0"},
        "h1": {"applied": "0", "unchanged": "1", "skipped": "0", "drifted": "1", "failed": "0"},
        "h2": {"applied": "0", "unchanged": "1", "skipped": "1", "drifted": "0", "failed": "0"},
    }
    told = lines(run)[6:]
    assert told == [
        "back     net.ipv4.tcp_fin_timeout  left_profile  2 hosts  it left the profile; an earlier run set 30: it goes"
        " back to 60 (and 1 other value elsewhere)",
        "skipped  net.ipv4.tcp_fin_timeout  left_profile  1 host   it left the profile; an earlier run set 30, and"
        " somebody changed it since: it stays",
    ]


def test_a_key_that_went_back():
    run = Run()
    harden(run, "h", going_back())
    assert counts(run)["h"] == {"applied": "1", "unchanged": "1", "skipped": "0", "drifted": "0", "failed": "0"}
    assert [line.split()[:3] for line in lines(run)[4:]] == [["back", FIN, "left_profile"]]
    rows = result(going_back())
    rows["settings"][1].update(status="skipped", value="", reason="left_profile", detail="it has 45; left")
    run.planned("late", going_back(), False)
    run.applied("late", rows)
    assert counts(run)["late"] == {"applied": "0", "unchanged": "1", "skipped": "1", "drifted": "0", "failed": "0"}
    assert any(line.startswith("skipped ") and line.endswith("it has 45; left") for line in lines(run))
    run = audited(going_back())
    run.failed("h0", "no space left")
    assert counts(run)["h0"]["failed"] == "1" and not any(line.startswith("back ") for line in lines(run))


def test_what_goes_back_only_at_the_next_boot():
    run = audited(going_back(live=False))
    assert counts(run)["h0"]["drifted"] == "1"


def test_what_is_kept_since_it_is_better():
    running = {SOMAXCONN: "16384", FIN: "60"}
    run = audited(planned(running, {SOMAXCONN: 8192, FIN: 30}, policy="improve"))
    assert counts(run)["h0"] == {"applied": "0", "unchanged": "0", "skipped": "1", "drifted": "1", "failed": "0"}
    assert any(line.split()[:3] == ["skipped", SOMAXCONN, "better"] for line in lines(run))
