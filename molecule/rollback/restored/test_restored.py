# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""After `restored`: the values that an administrator had set, and the drop-in that was there, or none."""

from __future__ import annotations

from typing import Any

from hardened import DROP_IN, SNAPSHOT, STATE, Before, differing, live

# As prepare.yml set them.
BY_HAND = {
    "net.ipv4.tcp_fin_timeout": "77",
    "net.ipv4.tcp_rmem": "5000 200000 40000000",
    "net.ipv4.ip_local_port_range": "30000 50001",
}
FILE = "# Set by hand.\nnet.ipv4.tcp_fin_timeout\t= 77\n"


def test_the_administrators_values_are_back(host: Any) -> None:
    assert live(host, BY_HAND) == BY_HAND


def test_so_is_every_other_value(before: Before, now: Before) -> None:
    changed = differing(before.settings, now.settings)
    assert {path: (before.settings.get(path), now.settings.get(path)) for path in changed} == {}


def test_the_drop_in_is_as_it_was(host: Any) -> None:
    file = host.file(DROP_IN)
    if host.backend.get_hostname() == "linux-tcp-rollback-bare":
        assert not file.exists
    else:
        assert file.content_string == FILE
        assert (file.user, file.group, oct(file.mode)) == ("daemon", "games", "0o640")


def test_so_is_every_other_file(before: Before, now: Before) -> None:
    left = differing(before.files, now.files)
    assert {path for path in left if path != STATE and not path.startswith(f"{STATE}/")} == set()


def test_the_snapshot_is_used_up(host: Any) -> None:
    assert host.file(STATE).exists and not host.file(SNAPSHOT).exists
