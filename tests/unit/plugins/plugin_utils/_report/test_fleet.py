# Tests of many hosts' reports as one fleet: merging, states, changes.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Fleet and its packed form, fed with plain reports."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._report import _data as packing
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._report._fleet import Fleet, natural

KEY = "net.core.somaxconn"


def setting(**more):
    return {"key": KEY, "meaning": "queue", "unit": "", "wanted": "2048", "running": "2048", "default": "4096", "target": "2048", "verdict": "apply",
            "boot": {"value": "2048", "source": "/etc/sysctl.d/90-x.conf:1"}, "reason": None, "detail": "", "advice": [], "drift": [], **more}  # fmt: skip


def report(name="h", time="2026-01-01T00:00:00Z", settings=None, status="ok", kernel="6.12.1", **more):
    release = {"release": kernel, "memory_mb": 1, "page_size": 4096, "namespace": "host"}
    return {"schema": 1, "time": time, "playbook": "audit", "check": False, "host": {"name": name, "groups": ["g"]},
            "result": {"status": status, "message": ""}, "kernel": release if kernel else None,
            "settings": [setting()] if settings is None else settings, "applied": None, "sockets": None, **more}  # fmt: skip


def fleet_of(*reports):
    fleet = Fleet()
    for number, each in enumerate(reports):
        fleet.add("p%d" % number, each)
    return fleet


def packed(fleet, former=None):
    return json.loads(json.dumps(packing.pack(fleet, "now", "1", [], former), default=list))


def state_of(**more):
    return fleet_of(report(**more)).hosts["h"].cells[KEY].state


@given(st.permutations([1, 2, 3, 4]))
def test_the_newest_report_wins_whatever_the_order(order):
    fleet = Fleet()
    for day in order:
        fleet.add("p%d" % day, report(time="2026-01-0%dT00:00:00Z" % day, kernel="6.%d" % day))
    assert fleet.hosts["h"].kernel == "6.4"
    assert fleet.duplicates["h"][0] == "p4" and sorted(fleet.duplicates["h"]) == ["p1", "p2", "p3", "p4"]


def test_one_report_is_no_duplicate():
    assert fleet_of(report("a"), report("b")).duplicates == {}


def test_states():
    drift = [setting(running="5", drift=["running"])]
    done = {"state": "present", "messages": [], "settings": [{"key": KEY, "status": "applied"}]}
    overridden = [setting(drift=["boot"], advice=[{"code": "overridden_at_boot", "message": "m"}])]
    assert state_of() == "ok"
    assert state_of(settings=drift) == "drift"
    assert state_of(settings=[setting(boot=None, drift=["boot"])]) == "boot"
    assert state_of(settings=drift, applied=done) == "applied"
    assert state_of(settings=overridden, applied=done) == "boot", (
        "applying does not mend what another file undoes at boot"
    )
    assert state_of(settings=drift, status="unfinished") == "unfinished"
    assert state_of(settings=drift, status="failed") == "failed"
    assert state_of(settings=[setting(verdict="skip", reason="removed")], status="failed") == "skipped"
    assert state_of(settings=[], applied={**done, "state": "restored"}) == "applied", "a rollback has no plan"


@pytest.mark.parametrize("broken", [{}, {"schema": 1}, {**report(), "schema": 2}, {**report(), "host": None}, {**report(), "settings": [{}]},
                                    {**report(), "result": {"status": "fine", "message": ""}}, {**report(), "sockets": {"states": 1}}])  # fmt: skip
def test_what_is_no_report_is_refused_and_leaves_nothing(broken):
    fleet = Fleet()
    with pytest.raises(ValueError):
        fleet.add("p", broken)
    assert not fleet.hosts and not fleet.keys


def test_alike_cells_and_texts_are_kept_once():
    data = packed(fleet_of(*[report("h%d" % number) for number in range(500)]))
    assert (
        len(data["cells"]) == 1
        and data["hosts"]["cells"] == [[0] * 500]
        and len(data["texts"]) == len(set(data["texts"])) < 20
    )


def test_hosts_are_in_natural_order():
    assert [host.name for host in fleet_of(report("web10"), report("web2"), report("a")).sorted()] == [
        "a",
        "web2",
        "web10",
    ]


@given(st.lists(st.text(), max_size=5), st.integers(0, 5000))
def test_any_names_can_be_put_in_order(names, digits):
    assert len(sorted([*names, "9" * digits, "x" + "9" * digits], key=natural)) == len(names) + 2


def test_changes_are_the_same_from_a_folder_and_from_an_earlier_report():
    before = fleet_of(
        report("a"), report("b"), report("gone"), report("down", settings=[], status="unreachable", kernel=None)
    )
    after = fleet_of(report("a"), report("b", settings=[setting(running="5", drift=["running"], detail="new words")], kernel="7.0"), report("new"),
                     report("down"))  # fmt: skip
    for former in (packing.former_of(before), packing.former_from(packed(before))):
        changes = packed(after, former)["changes"]
        assert [cell[:2] for cell in changes["cells"]] == [[1, 0]]
        assert changes["appeared"] == ["new"] and changes["gone"] == ["gone"]
        rows = {(row[0], row[1], row[2]): row[4] for row in changes["rows"]}
        assert rows[KEY, "ok, running 2048", "drift, running 5"] == ["b"]
        assert rows["kernel", "6.12.1", "7.0"] == ["b"] and rows["result", "unreachable", "ok"] == ["down"]


def test_other_words_are_no_change():
    changes = packed(
        fleet_of(report(settings=[setting(detail="x", meaning="y")])), packing.former_of(fleet_of(report()))
    )["changes"]
    assert changes["cells"] == [] and changes["rows"] == []


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"kind": "other"},
        {"kind": packing.KIND},
        {"kind": packing.KIND, "texts": [], "cells": [[1]], "keys": [], "hosts": {}},
    ],
)
def test_what_is_no_earlier_report_is_refused(data):
    with pytest.raises(ValueError):
        packing.former_from(data)


def test_every_service_that_is_to_be_restarted_is_named_whatever_it_keeps():
    """A receive buffer from before counts as much as a backlog."""
    findings = [{"code": "restart", "subject": "ssh.service", "message": "port 22: receive buffer 131072 bytes, 256960 after a restart"},
                {"code": "keepalive", "subject": "keepalive", "message": "1 of 1 connection with keepalive"}]  # fmt: skip
    seen = {"states": {}, "time_wait": {}, "keepalive": {}, "listeners": [], "findings": findings}
    (host,) = fleet_of(report(sockets=seen)).sorted()
    assert host.sockets.restarts == ("ssh.service, port 22: receive buffer 131072 bytes, 256960 after a restart",)
