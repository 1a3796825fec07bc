# Tests of many hosts' reports as one fleet: merging, states, changes.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Fleet and its packed form, fed with plain reports."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._names import natural
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._report import _data as packing
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._report._changes import former_from, former_of
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._report._columns import COLUMNS, KIND
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._report._fleet import (
    AMISS,
    CONDITIONS,
    OUTCOMES,
    Fleet,
)
from ansible_collections.fleetnet.linux_tcp.tests.unit.plugins.plugin_utils.reports import (
    KEY,
    SOCKETS,
    report,
    setting,
    valid,
)


def test_the_reports_of_these_tests_are_as_the_schema_has_them():
    valid(report())
    valid(report(settings=[], status="unreachable", kernel="", sockets=SOCKETS))


def fleet_of(*reports):
    fleet = Fleet()
    for number, each in enumerate(reports):
        fleet.add("p%d" % number, each)
    return fleet


def packed(fleet, former=None):
    return json.loads(json.dumps(packing.pack(fleet, "now", "1", [], former), default=list))


def cell_of(**more):
    return fleet_of(report(**more)).hosts["h"].cells[KEY]


@given(st.permutations([1, 2, 3, 4]))
def test_the_newest_report_wins_whatever_the_order(order):
    fleet = Fleet()
    for day in order:
        fleet.add("p%d" % day, report(time="2026-01-0%dT00:00:00Z" % day, kernel="6.%d" % day))
    assert fleet.hosts["h"].kernel == "6.4"
    assert fleet.duplicates["h"][0] == "p4" and sorted(fleet.duplicates["h"]) == ["p1", "p2", "p3", "p4"]


def test_one_report_is_no_duplicate():
    assert fleet_of(report("a"), report("b")).duplicates == {}


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_cell_has_the_outcome_of_the_report_whatever_else_stands_there(outcome):
    drifts = setting(running="5", drift=["running"], outcome=str(outcome))
    assert cell_of(settings=[drifts]).outcome == outcome
    assert cell_of(settings=[drifts], status="failed").outcome == outcome
    row = {"key": KEY, "value": "", "status": "applied", "outcome": str(outcome)}
    assert cell_of(settings=[], applied={"state": "restored", "messages": [], "settings": [row]}).outcome == outcome


def test_what_a_host_came_to():
    def condition(outcome, status="ok"):
        return fleet_of(report(settings=[setting(outcome=outcome)], status=status)).hosts["h"].condition

    assert [condition(outcome) for outcome in ("unchanged", "applied", "skipped", "drifted", "boot")] == [
        "as wanted", "as wanted", "as wanted", "drifted", "drifted"]  # fmt: skip
    assert condition("drifted", "failed") == "failed" and condition("unchanged", "unfinished") == "unfinished"
    assert set(CONDITIONS) == {"failed", "unreachable", "unfinished", "drifted", "as wanted"}
    assert set(AMISS) == {"failed", "unfinished", "drifted", "boot"}


def test_where_the_step_that_applies_skipped_a_key_its_reason_counts():
    row = {
        "key": KEY,
        "value": "",
        "status": "skipped",
        "reason": "read_only",
        "detail": "now it is",
        "outcome": "skipped",
    }
    cell = cell_of(
        settings=[setting(outcome="skipped")], applied={"state": "present", "messages": [], "settings": [row]}
    )
    assert (cell.reason, cell.detail, cell.status) == ("read_only", "now it is", "skipped")


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"schema": 2},
        {**report(), "schema": 1},
        {**report(), "host": None},
        {**report(), "settings": [{}]},
        report(settings=[setting(outcome="fine")]),
        {**report(), "result": {"status": "fine", "message": ""}},
        {**report(), "sockets": {"states": 1}},
    ],
)
def test_what_is_no_report_is_refused_and_leaves_nothing(broken):
    fleet = Fleet()
    with pytest.raises(ValueError):
        fleet.add("p", broken)
    assert not fleet.hosts and not fleet.keys


@pytest.mark.parametrize("time, taken", [
    ("2026-01-01T00:00:00Z", True), ("2026-01-01T00:59:59Z", True), ("2026-01-01T01:00:01Z", False),
    ("9999-12-31T23:59:59Z", False), ("2025-13-01T00:00:00Z", False), ("2025-02-30T00:00:00Z", False),
    ("1969-12-31T23:59:59Z", False), ("0000-00-00T00:00:00Z", False),
])  # fmt: skip
def test_a_report_from_the_future_is_refused_since_it_would_count_for_ever(time, taken):
    fleet = Fleet(1767225600)  # 2026-01-01
    fleet.add("true", report("web1", time="2025-06-01T00:00:00Z"))
    if taken:
        fleet.add("theirs", report("web1", time=time))
    else:
        with pytest.raises(ValueError, match="time .*: no such time, or in the future"):
            fleet.add("theirs", report("web1", time=time))
    assert fleet.hosts["web1"].path == ("theirs" if taken else "true")


def test_the_file_stands_beside_the_host_that_it_claims_to_be_of():
    fleet = Fleet()
    fleet.add("pulled/web1/web1.tcp.json", report("web1"))
    fleet.add("pulled/web9/x\x1b.tcp.json", report("db1"))
    data = packed(fleet)
    texts, hosts = data["texts"], data["hosts"]
    assert hosts["name"] == ["db1", "web1"] and [texts[one] for one in hosts["folder"]] == [
        "pulled/web9",
        "pulled/web1",
    ]
    assert texts[hosts["file"][0]] == "x\\x1b.tcp.json" and hosts["file"][1] == -1, "the host's own name needs no text"


def test_alike_cells_and_texts_are_kept_once():
    fleet = Fleet()
    for number in range(500):
        fleet.add("reports/h%d.tcp.json" % number, report("h%d" % number))
    data = packed(fleet)
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
        report("a"), report("b"), report("gone"), report("down", settings=[], status="unreachable", kernel="")
    )
    after = fleet_of(
        report("a"),
        report(
            "b", settings=[setting(running="5", drift=["running"], detail="new words", outcome="drifted")], kernel="7.0"
        ),
        report("new"),
        report("down"),
    )
    for former in (former_of(before), former_from(packed(before))):
        changes = packed(after, former)["changes"]
        assert [cell[:2] for cell in changes["cells"]] == [[1, 0]]
        assert changes["appeared"] == ["new"] and changes["gone"] == ["gone"]
        rows = {(row[0], row[1], row[2]): row[4] for row in changes["rows"]}
        assert rows[KEY, "unchanged, running 2048", "drifted, running 5"] == ["b"]
        assert rows["kernel", "6.12.1", "7.0"] == ["b"] and rows["result", "unreachable", "ok"] == ["down"]


def test_other_words_are_no_change():
    changes = packed(fleet_of(report(settings=[setting(detail="x", meaning="y")])), former_of(fleet_of(report())))[
        "changes"
    ]
    assert changes["cells"] == [] and changes["rows"] == []


def moved(data):
    """The same report as a version with other columns, in another order, would have written it."""
    order = list(range(len(data["columns"])))[::-1]
    cells = [["?", *(row[place] for place in order)] for row in data["cells"]]
    columns = [["brand_new", "text", ""], *(data["columns"][place] for place in order)]
    return {**data, "kind": "fleetnet.linux_tcp fleet of another version", "columns": columns, "cells": cells}


def test_an_earlier_report_with_other_columns_is_read_by_their_names():
    fleet = fleet_of(report("a"), report("b", settings=[setting(running="5", outcome="drifted")]))
    assert former_from(moved(packed(fleet))) == former_of(fleet)
    assert packed(fleet, former_from(moved(packed(fleet))))["changes"]["cells"] == []


def test_what_an_earlier_report_does_not_have_is_no_change():
    fleet, data = fleet_of(report("a")), packed(fleet_of(report("a")))
    place = [name for name, _kind, _label in data["columns"]].index("target")
    data["columns"][place][0] = "goal"
    former = former_from(data)
    assert "target" not in former.names and packed(fleet, former)["changes"]["cells"] == []


def test_an_earlier_report_without_outcomes_is_refused_by_its_version():
    with pytest.raises(
        ValueError, match="of another version, without the column outcome: kind 'fleetnet.linux_tcp fleet 1'"
    ):
        former_from({"kind": "fleetnet.linux_tcp fleet 1", "texts": [], "cells": [], "keys": [], "hosts": {"name": []}})


def test_what_is_compared_can_be_named_to_people():
    assert all(column.label for column in COLUMNS if column.compared and column.name not in ("outcome", "reason"))


def test_reasons_and_advice_are_in_the_order_of_the_table_of_codes_and_have_its_words():
    advice = [{"code": code, "message": "m"} for code in ("parity", "of_another_version", "nat_hazard")]
    skipped = setting(key="net.ipv4.tcp_fack", reason="excluded", outcome="skipped")
    data = packed(fleet_of(report(settings=[setting(advice=advice), skipped])))
    assert [code for code, _when in data["codes"]["advice"]] == ["nat_hazard", "parity", "of_another_version"]
    assert data["codes"]["reason"] == [["excluded", "asked for with `tcp_hardening_exclude`"]]
    assert [name for name, _sign, _when in data["outcomes"]] == list(OUTCOMES)
    assert len({sign for _name, sign, _when in data["outcomes"]}) == len(OUTCOMES), "each has a sign of its own"


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"kind": "other"},
        {"kind": KIND},
        {"kind": KIND, "texts": [], "cells": [[1]], "keys": [], "hosts": {}},
        {"kind": KIND, "columns": [["outcome", "text", ""]], "texts": [], "cells": [[1]], "keys": [], "hosts": {}},
        {
            "kind": KIND,
            "columns": [["outcome", "text", ""]],
            "texts": [5],
            "cells": [],
            "keys": [],
            "hosts": {"name": []},
            "statuses": [],
        },
        {
            "kind": KIND,
            "columns": [["outcome", "text", ""]],
            "texts": [],
            "cells": [],
            "keys": [],
            "hosts": {"name": [[]], "kernel": [-1], "status": [0], "cells": []},
            "statuses": ["ok"],
        },
        {"kind": "fleetnet.linux_tcp fleet 1", "texts": [], "cells": [], "keys": [], "hosts": {"name": []}},
    ],
)
def test_what_is_no_earlier_report_is_refused(data):
    with pytest.raises(ValueError):
        former_from(data)


def test_every_service_that_is_to_be_restarted_is_named_whatever_it_keeps():
    """A receive buffer from before counts as much as a backlog."""
    findings = [
        {
            "code": "restart",
            "subject": "ssh.service",
            "message": "port 22: receive buffer 131072 bytes, 256960 after a restart",
        },
        {"code": "keepalive", "subject": "keepalive", "message": "1 of 1 connection with keepalive"},
    ]
    seen = {**SOCKETS, "findings": findings}
    (host,) = fleet_of(report(sockets=seen)).sorted()
    assert host.sockets.restarts == ("ssh.service, port 22: receive buffer 131072 bytes, 256960 after a restart",)
