# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""A dry run leaves no trace."""

from __future__ import annotations

from typing import Any

from hardened import DROP_IN, STATE, Before, differing


def test_no_live_value_changed(before: Before, now: Before) -> None:
    assert differing(before.settings, now.settings) == set()


def test_no_file_changed(before: Before, now: Before) -> None:
    assert differing(before.files, now.files) == set()


def test_neither_drop_in_nor_state_exists(host: Any) -> None:
    for path in (DROP_IN, STATE):
        assert not host.file(path).exists, f"the dry run made {path}"
