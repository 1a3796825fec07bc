# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""A run that the kernel refused in the end says what was refused.

That it left no other trace is what the files beside this one find:
they look at the hosts after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hardened import STATE, Run


def test_the_message_names_the_key_the_value_and_the_answer(runs: Callable[[], list[Run]]) -> None:
    last = runs()[-1]
    assert last.playbook == "refuse.yml" and last.plan is not None and last.applied is None
    assert last.plan["summary"]["apply"] == 23, "something would have been left out, and not put back"
    (message,) = last.errors
    for words in (
        "net.ipv4.ip_default_ttl",
        "300",
        "was refused",
        "Invalid argument",
        "are as before",
    ):
        assert words in message


def test_every_other_key_was_to_change(runs: Callable[[], list[Run]]) -> None:
    settings = runs()[-1].plan["settings"]
    assert {setting["key"] for setting in settings if setting["running"] == setting["target"]} == set()


def test_nothing_waits_to_be_undone(host: Any) -> None:
    assert sorted(host.file(STATE).listdir()) == ["90-tcp-hardening.json", "lock"]
