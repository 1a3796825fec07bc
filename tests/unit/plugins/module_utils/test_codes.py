# Tests of the table of codes: its form, and that it is as good as plain text where people and other programs meet it.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The rows, their ranks, and JSON."""

from __future__ import annotations

import json
import re

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils import _codes as codes

KINDS = ("reason", "advice", "finding", "change", "outcome")


@pytest.mark.parametrize("code", codes.CODES)
def test_words(code):
    assert re.fullmatch("[a-z][a-z_]+", code) and code.kind in KINDS
    for sentence in (code.when, code.todo):
        assert sentence.strip() == sentence != "" and not sentence.endswith(".") and "|" not in sentence
    assert not code.unasked or code.kind == "reason"
    assert not code.kernel_alone or code.kind == "advice"
    assert getattr(codes, str(code).upper()) == code, "a row is found under its name"


def test_each_code_stands_once_in_its_kind():
    assert len({(code.kind, str(code)) for code in codes.CODES}) == len(codes.CODES)
    assert [code for kind in KINDS for code in codes.of_kind(kind)] == list(codes.CODES), "kinds stand together"


def test_a_code_is_its_name_in_json_and_in_text():
    assert json.dumps({codes.PARITY: [codes.PARITY]}) == '{"parity": ["parity"]}'
    assert "%s" % codes.PARITY == "parity" and str(codes.PARITY).__class__ is str


def test_ranks_follow_the_table_and_what_is_unknown_comes_last():
    assert codes.rank("advice", "nat_hazard") < codes.rank("advice", "no_effect")
    assert codes.rank("advice", "of_another_version") > max(codes.rank(code.kind, code) for code in codes.CODES)
    assert codes.rank("finding", "parity") == len(codes.CODES), "a code counts in its own kind"


def test_strict_mode_fails_on_what_nobody_asked_for():
    unasked = [str(code) for code in codes.CODES if code.unasked]
    assert unasked == ["removed", "absent", "other_namespace", "read_only", "memory"]
