# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""On 5.10 the values are those of the profile, or what 5.10 has better by itself, and two keys are not there yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hardened import DOCUMENT, Played, Run, live

_RAISED = {"net.ipv4.tcp_rmem": "8760 256960 6291456", "net.ipv4.tcp_wmem": "8760 256960 4194304"}
_LEFT = {"net.core.somaxconn": "4096", "net.ipv4.tcp_fack": "0"}  # more by itself; without effect


def test_it_is_the_first_kernel(host: Any) -> None:
    assert host.check_output("uname -r").startswith("5.10.")


def test_the_profile_is_live(host: Any) -> None:
    expected = {**DOCUMENT, **_RAISED, **_LEFT}
    del expected["net.ipv4.tcp_tw_recycle"]
    assert live(host, expected) == expected


def test_what_is_left_has_its_reason(runs: Callable[[], list[Run]]) -> None:
    plan = runs()[-1].plan
    assert plan is not None
    reasons = {setting["key"]: setting["reason"] for setting in plan["settings"] if setting["reason"]}
    assert reasons == {
        "net.ipv4.tcp_tw_recycle": "removed",
        "net.core.somaxconn": "better",
        "net.ipv4.tcp_fack": "no_effect",
        "net.ipv4.tcp_syn_linear_timeouts": "absent",
        "net.ipv4.tcp_rto_max_ms": "absent",
    }


def test_the_audit_finds_nothing(playbook: Callable[..., Played]) -> None:
    audit = playbook("audit")
    assert (audit.code, audit.drifted()) == (0, {})
