# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Each host was hardened by its own way, with the values that its groups and itself have in the inventory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hardened import DROP_IN, Run, live

FIN, SOMAXCONN, ALIVE, RESERVED = (
    "net.ipv4.tcp_fin_timeout",
    "net.core.somaxconn",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.ip_local_reserved_ports",
)
# What molecule.yml says for all, for the group web, and for the host db; where it says nothing, the document, or the
# kernel's own where that is better.
KERNELS_OWN = {SOMAXCONN: "4096", RESERVED: ""}
EXPECTED = {
    "linux-tcp-site-web": {FIN: "30", SOMAXCONN: "8192", ALIVE: "1800", RESERVED: "8080,9000-9010"},
    "linux-tcp-site-db": {FIN: "30", SOMAXCONN: "4096", ALIVE: "600", RESERVED: ""},
    "linux-tcp-site-proxy": {FIN: "25", SOMAXCONN: "4096", ALIVE: "1800", RESERVED: ""},
}


@pytest.fixture
def expected(host: Any) -> dict[str, str]:
    return EXPECTED[host.backend.get_hostname()]


def test_an_ordinary_user_is_logged_in(host: Any) -> None:
    assert host.check_output("id -un") == "deploy"


def test_the_hosts_own_values_are_in_force(host: Any, expected: dict[str, str]) -> None:
    assert live(host, expected) == expected


def test_they_stand_in_the_drop_in(host: Any, expected: dict[str, str]) -> None:
    lines = host.file(DROP_IN).content_string.splitlines()
    assert {line for line in lines if line.split(" = ")[0] in expected} == {
        f"{key} = {value}" for key, value in expected.items() if value != KERNELS_OWN.get(key)
    }


def test_so_is_the_rest_of_the_profile(host: Any, applied: dict[str, str]) -> None:
    assert len(applied) >= 13
    assert live(host, applied) == applied


def test_the_way_was_this_one(host: Any, runs: Callable[[], list[Run]]) -> None:
    """One run of the site's playbook did it, as an ordinary user where the play does not say `become`; the audit, which
    came last, agrees."""
    first = runs()[0]
    assert (first.playbook, first.check, first.errors) == ("site.yml", False, [])
    assert first.applied is not None and first.applied["changed"] is True
    assert first.plan is not None and first.plan["compliant"] is True
    assert first.plan["root"] is False
