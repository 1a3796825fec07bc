# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""After `restored` the host is what it was before the first run."""

from __future__ import annotations

from typing import Any

from hardened import DROP_IN, STATE, Before, differing


def test_every_live_value_is_back(before: Before, now: Before) -> None:
    changed = differing(before.settings, now.settings)
    assert {path: (before.settings.get(path), now.settings.get(path)) for path in changed} == {}


def test_the_drop_in_is_gone(host: Any) -> None:
    assert not host.file(DROP_IN).exists


def test_no_other_file_differs(before: Before, now: Before) -> None:
    left = differing(before.files, now.files)
    assert {path for path in left if path != STATE and not path.startswith(f"{STATE}/")} == set()
