# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Values that were changed in the running kernel, one field of a triplet among them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hardened import Played, live, proc

FIN, RMEM = "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_rmem"
BY_HAND = {FIN: "61", RMEM: "8760 256960 4088001"}


def test_audit_finds_them_and_harden_repairs_them(
    host: Any, playbook: Callable[..., Played], applied: dict[str, str]
) -> None:
    for key, value in BY_HAND.items():
        host.check_output("echo %s > %s", value, proc(key))

    audit = playbook("audit")
    assert audit.code == 2
    assert audit.drifted() == {key: f"now: {value}; wanted {applied[key]}" for key, value in BY_HAND.items()}
    assert audit.counts(host)["drifted"] == 2
    assert live(host, BY_HAND) == BY_HAND, "the audit wrote"

    harden = playbook("harden")
    assert harden.code == 0
    assert harden.counts(host)["applied"] == 2
    assert live(host, BY_HAND) == {key: applied[key] for key in BY_HAND}

    again = playbook("audit")
    assert (again.code, again.drifted()) == (0, {})
