# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""`absent` removes the drop-in and leaves the running kernel as it is.

The last of these files: it leaves no drop-in to the others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hardened import DROP_IN, SNAPSHOT, STATE, Played, differing, look

testinfra_hosts = ["ansible://linux-tcp-rollback-bare"]


def test_the_file_goes_and_the_values_stay(host: Any, applied: dict[str, str], playbook: Callable[..., Played]) -> None:
    snapshot = host.file(SNAPSHOT).content_string
    hardened = look(host)
    assert host.file(DROP_IN).exists
    played = playbook("harden", "-e", "tcp_hardening_state=absent")
    assert played.code == 0
    after = look(host)
    assert {path for path in differing(hardened.files, after.files) if not path.startswith(f"{STATE}/")} == {DROP_IN}
    assert not host.file(DROP_IN).exists
    assert differing(hardened.settings, after.settings) == set()
    assert host.file(SNAPSHOT).content_string == snapshot
    assert played.counts(host)["applied"] == len(applied)
