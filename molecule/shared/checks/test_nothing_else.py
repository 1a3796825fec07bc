# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Nothing on the host changed but the keys of the plan, the drop-in and the collection's own folder."""

from __future__ import annotations

from hardened import DROP_IN, STATE, Before, differing, proc


def test_no_other_network_setting_changed(before: Before, now: Before, applied: dict[str, str]) -> None:
    changed = differing(before.settings, now.settings)
    assert changed - {proc(key) for key in applied} == set()


def test_no_other_file_changed(before: Before, now: Before) -> None:
    changed = differing(before.files, now.files)
    assert DROP_IN in changed, "a comparison that misses the drop-in would prove nothing"
    assert {path for path in changed if path not in (DROP_IN, STATE) and not path.startswith(f"{STATE}/")} == set()
