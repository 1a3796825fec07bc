# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Connections: keepalive, buffers that a program fixed, and those from before the change; and counters over a while."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from hardened import Played


def test_keepalive_and_buffers(host: Any, seen: list[dict[str, Any]]) -> None:
    before, after = seen[0], seen[2]
    changed = "unprivileged" not in host.ansible.get_variables()["group_names"]
    assert (
        before["keepalive"]["connections"] == 8 and before["keepalive"]["on"] == 2 and before["keepalive"]["off"] == 6
    )
    assert (before["keepalive"]["longer"], after["keepalive"]["longer"]) == (0, 2 if changed else 0), (
        "their timers keep the old deadline"
    )
    assert before["buffers"]["receive"]["fixed"] == after["buffers"]["receive"]["fixed"] == 2
    assert (before["buffers"]["receive"]["older"], after["buffers"]["receive"]["older"]) == (0, 6 if changed else 0)
    assert before["buffers"]["fixed"] == [{"direction": "in", "port": 8081, "connections": 2}]
    assert before["negotiated"] == {"connections": 8, "timestamps": 8, "sack": 8, "window_scaling": 8}


def test_what_could_not_be_known_is_said(seen: list[dict[str, Any]]) -> None:
    said = " ".join(seen[0]["unknown"])
    assert "SO_ERROR is never read" in said and "net.ipv4.tcp_mem" in said and "SO_LINGER" in said
    assert seen[0]["counters"]["TcpExt.PAWSPassive"] is None and seen[0]["counters"]["TcpExt.ListenDrops"] == 0
    assert seen[0]["orphans"]["max"] is None and seen[0]["memory"]["high"] is None, "they belong to the whole host"


def test_observe_draws_counters(host: Any, playbook: Callable[..., Played]) -> None:
    played = playbook("observe", "-e", "observe_seconds=2", "-e", "observe_interval=1")
    assert played.code == 0
    name = re.escape(host.backend.get_hostname())
    assert re.search(
        rf"^TCP counters   1 host   \d+ s, 3 looks\n\n{name}   no key was changed\n", played.output, re.MULTILINE
    )
    assert re.search(r"^  ESTABLISHED sockets +8\.0  \[##\]$", played.output, re.MULTILINE)
    refused = playbook("observe", "-e", "observe_interval=0")
    assert refused.code != 0 and "observe_seconds: 60 is refused" in refused.output
