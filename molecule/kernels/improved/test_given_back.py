# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""After the letter comes `improve`: it gives back what the kernel, or the administrator's file, has better by itself.

The second run changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hardened import DOCUMENT, DROP_IN, Run, live

# From which kernel on its own value is better than the profile's, and which it is. The last one is no better: it has no
# effect any more, and goes back to what the host had.
_OWN = {
    "net.core.somaxconn": ((5, 4), "4096"),
    "net.core.optmem_max": ((6, 8), "131072"),
    "net.core.rmem_max": ((6, 18), "4194304"),
    "net.core.wmem_max": ((6, 18), "4194304"),
    "net.ipv4.tcp_fack": ((4, 15), "0"),
}
# The administrator's file, which is read before the drop-in, sets the first of these. With the kernel's own values of
# the others a dead peer is found after 600 + 9 x 75 seconds, with the profile's after 1800 + 3 x 30.
_SITES = {
    "net.ipv4.tcp_keepalive_time": "600",
    "net.ipv4.tcp_keepalive_intvl": "75",
    "net.ipv4.tcp_keepalive_probes": "9",
}
# In these the kernel has the larger last number only, and the profile the others.
_MIXED = {
    "net.ipv4.tcp_rmem": {(0, 0): "8760 256960 6291456", (6, 16): "8760 256960 33554432"},
    "net.ipv4.tcp_wmem": {(0, 0): "8760 256960 4194304"},
}


@pytest.fixture(scope="module")
def release(host: Any) -> tuple[int, ...]:
    """The version of the kernel, such as (6, 12)."""
    return tuple(map(int, host.check_output("uname -r").split("-")[0].split(".")[:2]))


@pytest.fixture(scope="module")
def given_back(release: tuple[int, ...]) -> dict[str, str]:
    """Key to value, for those that the host gets back."""
    return {key: value for key, (since, value) in _OWN.items() if release >= since} | _SITES


@pytest.fixture(scope="module")
def mixed(release: tuple[int, ...]) -> dict[str, str]:
    """Key to value, for those that stay set with the better numbers of both."""
    return {key: values[max(since for since in values if since <= release)] for key, values in _MIXED.items()}


@pytest.fixture
def both(runs: Callable[[], list[Run]]) -> list[Run]:
    """The two runs with the policy improve."""
    found = [run for run in runs() if run.playbook == "improve.yml"]
    assert len(found) == 2 and not any(run.errors for run in found)
    return found


def test_the_first_run_gives_them_back(both: list[Run], given_back: dict[str, str], mixed: dict[str, str]) -> None:
    plan, applied = both[0].plan, both[0].applied
    assert plan is not None and applied is not None
    returns = {one["key"]: one for one in plan["settings"] if one["verdict"] == "return"}
    assert {key: one["target"] for key, one in returns.items()} == given_back
    assert {one["reason"] for one in returns.values()} == {"left_profile"}
    assert {key: one["running"] for key, one in returns.items()} == {key: DOCUMENT[key] for key in given_back}
    changed = {one["key"] for one in applied["settings"] if one["status"] == "applied"}
    assert changed == given_back.keys() | mixed.keys()


def test_the_better_values_are_live(host: Any, given_back: dict[str, str], mixed: dict[str, str]) -> None:
    kept = {key: value for key, value in DOCUMENT.items() if key != "net.ipv4.tcp_tw_recycle"}
    expected = {**kept, **mixed, **given_back}
    assert len(expected) == 22
    assert live(host, expected) == expected


def test_the_drop_in_leaves_them(host: Any, given_back: dict[str, str], mixed: dict[str, str]) -> None:
    lines = host.file(DROP_IN).content_string.splitlines()
    pairs = dict(line.split(" = ") for line in lines if line and not line.startswith("#"))
    assert pairs.keys() == DOCUMENT.keys() - given_back.keys() - {"net.ipv4.tcp_tw_recycle"}
    assert {key: pairs[key] for key in mixed} == mixed
    for key in given_back:
        reason = "no_effect" if key == "net.ipv4.tcp_fack" else "better"
        assert lines[lines.index(f"# {key} = {DOCUMENT[key]}") - 1].startswith(f"# skipped ({reason}): ")


def test_the_second_run_changes_nothing(both: list[Run], given_back: dict[str, str]) -> None:
    plan = both[1].plan
    assert plan is not None and both[1].applied is None
    assert plan["compliant"] is True
    skipped = {one["key"] for one in plan["settings"] if one["verdict"] == "skip"}
    assert skipped == given_back.keys() | {"net.ipv4.tcp_tw_recycle"}
    assert not any(one["drift"] for one in plan["settings"])
