# Tests of the one place that works out what became of a key on a host.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""outcome(), over every combination of what it is given."""

from __future__ import annotations

import itertools

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._codes import of_kind
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan._outcome import FATES, outcome

DRIFTS = ((), ("running",), ("boot",), ("running", "boot"))
STATUSES = (None, "applied", "unchanged", "skipped")
ALL = list(itertools.product(("apply", "skip", None), DRIFTS, (False, True), STATUSES, FATES))


@pytest.mark.parametrize(
    "verdict, drift, overridden, status, fate, expected",
    [
        ("skip", (), False, None, "ok", "skipped"),
        ("skip", (), False, "skipped", "failed", "skipped"),
        # An audit.
        ("apply", (), False, None, "ok", "unchanged"),
        ("apply", ("running",), False, None, "ok", "drifted"),
        ("apply", ("running", "boot"), True, None, "ok", "drifted"),
        ("apply", ("boot",), True, None, "ok", "boot"),
        # A change. Of what drifted, applying mends all but what another file sets at boot.
        ("apply", ("running", "boot"), False, "applied", "ok", "applied"),
        ("apply", ("running", "boot"), True, "applied", "ok", "boot"),
        ("apply", ("boot",), True, "unchanged", "ok", "boot"),
        ("apply", (), False, "unchanged", "ok", "unchanged"),
        # A run that failed has set nothing, whatever the step before it said; what was as wanted still is.
        ("apply", ("running",), False, None, "failed", "failed"),
        ("apply", (), False, None, "failed", "unchanged"),
        ("apply", ("running",), False, "applied", "failed", "failed"),
        # A rollout that stopped before this host's turn, and a host that was lost after its plan.
        ("apply", ("running", "boot"), False, None, "unfinished", "unfinished"),
        ("apply", (), False, None, "unfinished", "unchanged"),
        ("apply", ("boot",), False, None, "unreachable", "unfinished"),
        # A rollback has no plan.
        (None, (), False, "applied", "ok", "applied"),
        (None, (), False, "skipped", "ok", "skipped"),
    ],
)
def test_what_became_of_a_key(verdict, drift, overridden, status, fate, expected):
    assert outcome(verdict, drift, overridden, status, fate) == expected


def test_every_case_has_exactly_one_outcome_and_every_outcome_a_case():
    found = {outcome(*case) for case in ALL}
    assert found == set(of_kind("outcome"))


def test_a_failed_host_has_no_key_that_was_set():
    for verdict, drift, overridden, status, _fate in ALL:
        found = outcome(verdict, drift, overridden, status, "failed")
        assert found in ("failed", "skipped") or (found, drift, status) == ("unchanged", (), None)


def test_what_another_file_sets_at_boot_never_counts_as_set():
    for verdict, drift, _overridden, status, fate in ALL:
        if status and fate == "ok":
            assert outcome(verdict, drift, True, status, fate) in ("boot", "skipped")
