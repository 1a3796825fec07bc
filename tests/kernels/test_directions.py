# Measures on a throwaway kernel which of two values is the better one, and holds the collection's choice against it.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""A catalog that has the wrong direction for one of these keys fails here.

The margins are wide, so that a busy machine changes nothing: a figure is at least twice the other one.
"""

from __future__ import annotations

from typing import Any

import laboratory
import pytest

_SERIES = "6.12"
_SECONDS = 120
_MARGIN = 2
# The policy that keeps what is better.
_KEEPING = "improve"

# Each with an effect of the registry, a worse and a better value.
TRIALS = (
    ("net.core.somaxconn", "connections of a burst", "5,000 connections", "128", "1024"),
    ("net.ipv4.ip_local_port_range", "connections to one destination", "at once", "40000 40999", "38000 42999"),
    ("net.ipv4.tcp_tw_reuse", "connections in a row", "2,000 ports", "2", "1"),
    ("net.ipv4.tcp_rmem", "upload to the host", "100 ms, 1 Gbit/s", "4096 131072 500000", "4096 131072 4000000"),
)


@pytest.fixture(scope="module")
def tried() -> dict[str, Any]:
    """What the kernel answered, by key."""
    names = ("key", "effect", "case", "worse", "better")
    job = {"policy": _KEEPING, "trials": [dict(zip(names, trial)) for trial in TRIALS]}
    found = laboratory.measure(laboratory.kernel(_SERIES), "directions", job, _SECONDS)
    return {content["key"]: content for _mark, content in found}


each_trial = pytest.mark.parametrize(("key", "worse", "better"), [(row[0], *row[3:]) for row in TRIALS])


@each_trial
def test_the_better_value_is_better(tried: dict[str, Any], key: str, worse: str, better: str) -> None:
    figures = [figure.get("value", figure) for figure in tried[key]["figures"]]
    low, high = figures if tried[key]["better"] == "higher" else figures[::-1]
    assert high >= _MARGIN * low, figures


@each_trial
def test_the_collection_does_not_choose_the_worse_one(tried: dict[str, Any], key: str, worse: str, better: str) -> None:
    """Neither where the host runs with it, nor where the profile has it. The kernel's own may be better than both."""
    assert worse not in tried[key]["chosen"]
