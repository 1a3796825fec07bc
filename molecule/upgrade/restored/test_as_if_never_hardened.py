# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Taken back on the newest kernel and booted once more, the host has nothing but that kernel's own values."""

from __future__ import annotations

import json
from typing import Any

from hardened import DOCUMENT, STATE


def test_no_file_is_left_over(host: Any, changed_files: set[str]) -> None:
    assert host.file(STATE).listdir() == ["lock"]
    assert changed_files == set()


def test_every_value_is_the_kernels_own(host: Any) -> None:
    plan = host.ansible("fleetnet.linux_tcp.sysctl_profile_info", json.dumps({"values": DOCUMENT}), check=False)
    settings = [setting for setting in plan["settings"] if setting["running"] is not None]
    assert len(settings) == 22
    assert {setting["key"]: setting["boot"] for setting in settings if setting["boot"]} == {}
    exact = {setting["key"]: setting["default"] for setting in settings if not setting["default_estimated"]}
    assert len(exact) == 21
    assert {setting["key"]: setting["running"] for setting in settings if setting["key"] in exact} == exact
