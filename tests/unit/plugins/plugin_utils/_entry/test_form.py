# Tests of the entrance: the checker says of each report what a validator of JSON Schema says, and lets nothing else by.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Checker over good and broken reports, held against the package jsonschema; and what answers come to."""

from __future__ import annotations

import json
import math
import random

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._entry import _results as entry
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._entry._form import Checker, Unfit
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._entry._schema import REPORT
from ansible_collections.fleetnet.linux_tcp.tests.unit.hostile import broken
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import FIN
from ansible_collections.fleetnet.linux_tcp.tests.unit.plugins.plugin_utils.reports import (
    SCHEMA,
    SOCKETS,
    report,
    setting,
)
from ansible_collections.fleetnet.linux_tcp.tests.unit.plugins.plugin_utils.runs import planned, result

ROW = {"key": FIN, "value": None, "status": "skipped", "reason": "memory", "detail": "x", "outcome": "skipped"}
FULL = report(
    settings=[setting(advice=[{"code": "parity", "message": "m"}], drift=["boot"]), setting(key=FIN, boot=None)],
    applied={"state": "present", "messages": ["a"], "settings": [ROW]},
    sockets={**SOCKETS, "findings": [{"code": "restart", "subject": "s", "message": "m"}]},
    namespaces={"count": 2, "complete": True, "without": [FIN]},
)
CHECK = Checker(REPORT)


def walked(value):
    """All parts of plain data."""
    yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from walked(part)


def test_a_good_report_comes_through_as_it_is():
    assert CHECK(FULL) == FULL and CHECK({**FULL, "of_tomorrow": 1}) == FULL


def test_the_published_form_is_the_one_that_is_checked():
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == REPORT


def test_the_checker_and_a_validator_of_json_schema_agree():
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(REPORT)
    agreed = {True: 0, False: 0}
    for number in range(3000):
        one = broken(FULL, random.Random(number))
        why = ""
        try:
            found = CHECK(one)
        except Unfit as error:
            found, why = None, str(error)
        numbers = [part for part in walked(one) if isinstance(part, float)]
        # Of what the schema leaves open, and of numbers that JSON does not have, the checker is the stricter one. Its
        # $ is the text's end, as in JSON Schema; in Python a line's end may follow.
        if found is not None:
            assert validator.is_valid(one), (number, [error.message for error in validator.iter_errors(one)])
            assert all(text.isprintable() for text in walked(found) if isinstance(text, str))
            assert not any(isinstance(part, float) and not math.isfinite(part) for part in walked(found))
        elif validator.is_valid(one):
            inner = json.dumps([one["sockets"]["time_wait"], one["sockets"]["keepalive"], one["sockets"]["listeners"]])
            assert not all(map(math.isfinite, numbers)) or len(inner) > 200 or "\\n'" in why, (number, why)
        agreed[found is not None] += 1
    assert min(agreed.values()) > 300, agreed


@pytest.mark.parametrize(
    "change, said",
    [
        ({"kernel": {**FULL["kernel"], "release": 6}}, "kernel.release: 6; expected a text"),
        ({"settings": [setting(key=5)]}, "settings[0].key: 5; expected a text"),
        ({"settings": [setting(key=None)]}, "settings[0].key: None; expected a text"),
        ({"settings": [setting(key=FIN + "\n")]}, "settings[0].key: 'net.ipv4.tcp_fin_timeout\\n'; expected a text of"),
        ({"kernel": {**FULL["kernel"], "memory_mb": float("nan")}}, "kernel.memory_mb: nan; expected a number from"),
        ({"sockets": {**SOCKETS, "states": {"ipv4": {"LISTEN": 1e999}}}}, "sockets.states.ipv4.LISTEN: inf; expected"),
        ({"sockets": {**SOCKETS, "listeners": [{"a": float("inf")}]}}, "sockets.listeners[0]: inf; expected a finite"),
        ({"check": 1}, "check: 1; expected true or false"),
        ({"settings": [setting()] * 2001}, "settings: 2001 entries; expected at most 2000"),
        ({"result": {"status": "ok", "message": "x" * 2001}}, "result.message: 2001 characters; expected at most 2000"),
        ({"kernel": {"release": "6"}}, "kernel.memory_mb is missing"),
        ({"time": "9999-12-31"}, "time: '9999-12-31'; expected a text of the form"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(change, said):
    with pytest.raises(Unfit) as caught:
        CHECK({**FULL, **change})
    assert str(caught.value).startswith(said) and len(str(caught.value)) < 300


def test_a_plan_is_taken_over_typed_and_without_what_nobody_knows():
    plan = {**planned(), "root": True, "drop_in": "x", "refused": ""}
    assert entry.plan({**plan, "ansible_facts": {"a": 1}, "more": [1]}) == plan
    with pytest.raises(Unfit, match=r"kernel\.release: 6; expected a text"):
        entry.plan({**plan, "kernel": {**plan["kernel"], "release": 6}})


def test_long_texts_and_lists_of_texts_of_a_result_are_cut_and_say_so():
    done = {**result(planned()), "messages": ["x" * 6_000_000] * 5000}
    found = entry.applied(done)["messages"]
    assert len(found) == 200 and found[-1] == "and 4801 more (cut)"
    assert {len(one) for one in found[:-1]} == {2000} and found[0].endswith(" ... (cut)")


def test_a_plan_of_hundreds_of_thousands_of_keys_is_refused_by_its_number():
    plan = planned()
    with pytest.raises(Unfit, match="settings: 260000 entries; expected at most 2000"):
        entry.plan({**plan, "settings": plan["settings"][:1] * 260_000})


class _Warning:
    """As versions of Ansible hand a module's warning over."""

    class event:
        msg = "\x1b[2J of a host"


def test_an_answer_loses_what_would_change_the_run_itself():
    given = {
        "ansible_facts": {"tcp_hardening_report_dir": "/x"}, "ansible_stats": {"data": {"a": 1}}, "add_host": {},
        "exception": object(), "msg": "a\nb\x1b[2J", "changed": True, "rc": 1,
        "warnings": [_Warning(), "a\nb", {"msg": "c"}],
        "deprecations": [{"msg": "\x1b"}], "inner": {"\x1b": ["\u202e", object, 5.0, None]},
    }  # fmt: skip
    found = entry.harmless(given)
    assert not {"ansible_facts", "ansible_stats", "add_host", "exception"} & set(found)
    assert found["msg"] == "a\nb\\x1b[2J" and found["changed"] is True and found["rc"] == 1
    assert found["warnings"] == ["\\x1b[2J of a host", "a b", "c"] and found["deprecations"] == [{"msg": "\\x1b"}]
    assert found["inner"] == {"\\x1b": ["\\u202e", "<class 'object'>", 5.0, None]}


@pytest.mark.parametrize("large", [{"a": [[]] * 200_001}, {"a": [[[[[[[[[[[[[[]]]]]]]]]]]]]]}])
def test_an_answer_that_is_too_large_or_too_deep_is_refused(large):
    with pytest.raises(Unfit, match="the result: expected at most 200000 parts on 12 levels"):
        entry.harmless(large)
