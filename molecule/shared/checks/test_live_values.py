# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The profile's values are in force in the running kernel, and keys that are skipped were left alone."""

from __future__ import annotations

from typing import Any

from hardened import Before, live, proc


def test_every_applied_key_has_the_profiles_value(host: Any, applied: dict[str, str]) -> None:
    assert live(host, applied) == applied


def test_skipped_keys_keep_the_hosts_value(before: Before, now: Before, skipped: dict[str, str]) -> None:
    for key in skipped:
        assert now.settings.get(proc(key)) == before.settings.get(proc(key)), key
