# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Nothing on the host changed but the keys of the plan, the drop-in and the collection's own folder."""

from __future__ import annotations

from conftest import DOCUMENT, DROP_IN, STATE, Before, differing, proc


def test_no_other_network_setting_changed(before: Before, now: Before) -> None:
    changed = differing(before.settings, now.settings)
    assert changed - {proc(key) for key in DOCUMENT} == set()


def test_the_comparison_sees_a_change(before: Before, now: Before) -> None:
    """A record that never differs would prove nothing."""
    assert proc("net.ipv4.tcp_keepalive_time") in differing(before.settings, now.settings)
    assert DROP_IN in differing(before.files, now.files)


def test_no_other_file_changed(before: Before, now: Before) -> None:
    changed = differing(before.files, now.files)
    assert {path for path in changed if path not in (DROP_IN, STATE) and not path.startswith(f"{STATE}/")} == set()
