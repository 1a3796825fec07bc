# Tests of kernel releases and of facts that changed over the years.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""What is no release; at(), is_known() and since() on histories. Real releases are in test_releases.py."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import Kernel
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel import _vendors
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._history import (
    at,
    is_known,
    parse_release,
    since,
)


@pytest.mark.parametrize(
    "text", ["", " ", "linux", "6", "v6.12", " 6.12.1", "el8", "-4.18.0", ".4.18", "\n4.12", "6.", "four.nineteen"]
)
def test_garbage_is_refused_with_the_text_in_the_message(text):
    with pytest.raises(ValueError) as refused:
        parse_release(text)
    assert repr(text) in str(refused.value)
    assert "6.12.101" in str(refused.value)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_gives_a_release_or_a_value_error(text):
    try:
        release = parse_release(text)
    except ValueError:
        return
    assert len(release.upstream) > 1
    assert all(number >= 0 for number in release.upstream)


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 9999), min_size=2, max_size=4),
    st.sampled_from(["", "-1-amd64", "-200.fc43.x86_64", "-default", "+"]),
)
def test_the_numbers_come_back(numbers, rest):
    assert parse_release(".".join(map(str, numbers)) + rest).upstream == tuple(numbers)


def value(history, release):
    return at(history, parse_release(release), "none")


HISTORY = (("2.6.35", "a"), ("4.1", "b"), ("5.10.262", "late"), ("5.13", "c"), ("el8", "d"), ("el8-477", "e"))


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ("2.6.34", "none"),
        ("2.6.35", "a"),
        ("2.6.39", "a"),
        ("3.0.27", "a"),
        ("4.0.9", "a"),
        ("4.1", "b"),
        ("4.1.0", "b"),
        ("4.18.0-240.el7.elrepo.x86_64", "b"),
        ("5.10.0-34-amd64", "b"),
        ("5.10.261", "b"),
        ("5.10.262", "late"),
        ("5.10.300", "late"),
        ("5.11.300", "b"),
        ("5.12", "b"),
        ("5.13", "c"),
        ("5.14.0-427.el9.x86_64", "c"),
        ("7.2.0", "c"),
        ("4.18.0-80.el8.x86_64", "d"),
        ("4.18.0-476.el8.x86_64", "d"),
        ("4.18.0-477.el8.x86_64", "e"),
        ("4.18.0-553.el8_10.x86_64", "e"),
    ],
)
def test_the_value_that_holds(release, expected):
    assert value(HISTORY, release) == expected


def test_a_branch_whose_own_markers_are_not_reached_has_no_value():
    history = (("2.6.35", "upstream"), ("el6-642", "backport"))
    assert value(history, "2.6.32-573.el6.x86_64") == "none"
    assert value(history, "2.6.32-642.el6.x86_64") == "backport"
    assert value(history, "3.10.0-1160.el7.x86_64") == "upstream"


BUILDS = (("4.19", "upstream"), ("el8", "first"), ("el8-80.4.2", "security"), ("el8-477", "late"))


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ("4.18.0-80.el8.x86_64", "first"),
        ("4.18.0-80.1.2.el8_0.x86_64", "first"),
        ("4.18.0-80.4.2.el8_0.x86_64", "security"),
        ("4.18.0-80.11.1.el8_0.x86_64", "security"),
        ("4.18.0-147.el8.x86_64", "security"),
        ("4.18.0-477.el8.x86_64", "late"),
        ("4.18.0-477.10.1.el8_8.x86_64", "late"),
    ],
)
def test_builds_count_as_numbers_with_all_their_parts(release, expected):
    assert value(BUILDS, release) == expected


@pytest.mark.parametrize(
    ("release", "stable", "known"),
    [
        ("5.10.0", "", True),
        ("5.10.300", "", True),
        ("5.10.0-34-amd64", "", True),
        ("5.10.0-300.oe2203.x86_64", "", False),
        ("6.12.0-acme", "", False),
        ("4.18.0-477.el8.x86_64", "", True),
        ("4.18.0-477.lve.el8.x86_64", "", False),
        ("7.4.0", "", False),
    ],
)
def test_what_is_known(release, stable, known):
    assert is_known(HISTORY, parse_release(release, stable)) is known


def test_a_fact_that_changed_in_the_hidden_part_of_a_release_is_not_known(monkeypatch):
    monkeypatch.setitem(_vendors.READ, "ubuntu", (7, 0))
    history = (("5.10", "a"), ("5.15.100", "b"), ("6.0", "c"))
    assert is_known(history, parse_release("5.4.0-216-generic"))
    assert not is_known(history, parse_release("5.15.0-151-generic"))
    assert is_known(history, parse_release("5.15.0-151-generic", "5.15.99"))
    assert is_known(history, parse_release("6.8.0-71-generic"))


def test_a_value_can_be_false():
    assert at((("3.3", True), ("3.13", False)), parse_release("3.13.0"), True) is False


@pytest.mark.parametrize(
    ("markers", "release", "reached"),
    [
        ("4.5 el7", "4.4.302", False),
        ("4.5 el7", "4.5.0", True),
        ("4.5 el7", "3.10.0-1160.el7.x86_64", True),
        ("4.5 el7", "3.10.108", False),
        ("5.2 4.14.177 4.19.72 el8", "4.14.176", False),
        ("5.2 4.14.177 4.19.72 el8", "4.14.177", True),
        ("5.2 4.14.177 4.19.72 el8", "4.15.18", False),
        ("5.2 4.14.177 4.19.72 el8", "4.19.72", True),
        ("5.2 4.14.177 4.19.72 el8", "4.20.17", False),
        ("5.2 4.14.177 4.19.72 el8", "5.2", True),
        ("5.2 4.14.177 4.19.72 el8", "4.18.0-240.el8.x86_64", True),
        ("4.12", "4.11.12", False),
        ("4.12", "4.12.14-122.37-default", True),
        ("4.12", "3.10.0-1160.el7.x86_64", False),
        ("0", "2.6.12", True),
        ("", "6.12.0", False),
    ],
)
def test_since(markers, release, reached):
    assert since(markers, parse_release(release)) is reached


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(2, 9), st.integers(0, 30)), min_size=1, max_size=6, unique=True),
    st.tuples(st.integers(2, 9), st.integers(0, 30)),
    st.integers(0, 300),
)
def test_the_last_marker_not_above_the_release_counts(points, series, patch):
    history = [("{}.{}".format(*point), point) for point in sorted(points)]
    found = value(history, f"{series[0]}.{series[1]}.{patch}")
    assert found == max((point for point in points if point <= series), default="none")


def test_a_kernel_is_a_host_with_small_pages_by_default():
    assert Kernel("6.12.101") == ("6.12.101", None, 4096, "host", "", "")
