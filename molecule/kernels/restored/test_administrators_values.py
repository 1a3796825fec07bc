# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""`restored`, after a reboot too, brings back what the host had before the first run, and the administrator's own
values with it."""

from __future__ import annotations

from typing import Any

from hardened import DOCUMENT, DROP_IN, STATE, Before, differing, live, proc

_SET_BY_HAND = {
    "net.core.somaxconn": "3000",
    "net.core.rmem_max": "400000",
    "net.core.netdev_max_backlog": "1500",
    "net.ipv4.tcp_mem": "50000 60000 70000",
    "net.ipv4.tcp_rmem": "4096 100000 3000000",
    "net.ipv4.tcp_fin_timeout": "45",
}


def test_the_values_that_were_set_by_hand_are_back(host: Any) -> None:
    assert live(host, _SET_BY_HAND) == _SET_BY_HAND


def test_every_key_of_the_profile_is_as_before(before: Before, now: Before) -> None:
    paths = [proc(key) for key in DOCUMENT if proc(key) in before.settings]
    assert len(paths) == 22
    assert {path: now.settings[path] for path in paths} == {path: before.settings[path] for path in paths}


def test_the_drop_in_is_gone_and_no_other_file_differs(host: Any, before: Before, now: Before) -> None:
    assert not host.file(DROP_IN).exists
    left = differing(before.files, now.files)
    assert {path for path in left if path != STATE and not path.startswith(f"{STATE}/")} == set()
