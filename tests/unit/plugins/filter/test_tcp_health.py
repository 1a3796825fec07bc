# Tests of the filter tcp_health: it hands on what the rule says, and names the variable where that cannot be used.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Needs ansible-core; skipped where modules run without it."""

from __future__ import annotations

import pytest

errors = pytest.importorskip("ansible.errors")

from ansible_collections.fleetnet.linux_tcp.plugins.filter.tcp_health import FilterModule  # noqa: E402  (needs ansible-core)

LOOKS = [
    {"uptime_s": second, "counters": {"Tcp.OutRsts": count}} for second, count in ((10.0, 0), (15.0, 0), (20.0, 500))
]


def test_it_says_what_the_rule_says():
    judge = FilterModule().filters()["tcp_health"]
    assert judge(LOOKS, {"Tcp.OutRsts": 50})["breaches"]
    assert not judge(LOOKS, {"Tcp.OutRsts": 50}, [{"Tcp.OutRsts": 90.0}] * 3)["breaches"]


def test_a_limit_that_cannot_be_used_names_the_variable():
    with pytest.raises(
        errors.AnsibleFilterError, match="tcp_hardening_health_limits: Tcp.OutRsts: the limit 'x' is refused"
    ):
        FilterModule().filters()["tcp_health"](LOOKS, {"Tcp.OutRsts": "x"})
