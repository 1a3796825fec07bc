# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The profile's values are in force in the running kernel, and keys that are skipped were left alone."""

from __future__ import annotations

from typing import Any

from hardened import Before, live, proc


def test_every_applied_key_has_the_profiles_value(host: Any, applied: dict[str, str]) -> None:
    assert live(host, applied) == applied


def test_skipped_keys_keep_the_hosts_value(host: Any, before: Before, skipped: dict[str, str]) -> None:
    there = {key: before.settings[proc(key)] for key in skipped if proc(key) in before.settings}
    assert live(host, there) == there
