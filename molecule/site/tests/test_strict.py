# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Strict in one group: where a key cannot be set its hosts fail, before anything is written, and the others go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hardened import DROP_IN, Played, Run

testinfra_hosts = ["ansible://linux-tcp-site-db"]


def test_only_the_strict_group_fails(
    site: Any, host: Any, playbook: Callable[..., Played], runs: Callable[[], list[Run]]
) -> None:
    """It excludes the keys that it cannot set.

    Without that list it has to fail, and the audit, which comes after, sees nobody.
    """
    site.spoil()
    drop_in = host.file(DROP_IN).content_string
    played = playbook("site.yml", "--tags", "tcp", "-e", '{"tcp_hardening_exclude": []}')
    assert played.code == 2
    (message,) = runs()[-1].errors
    assert (
        message.startswith("tcp_hardening_strict: ")
        and "net.ipv4.tcp_mem" in message
        and "nothing was changed" in message
    )
    assert site.values() == {"web": "30", "db": "61", "proxy": "25"}
    assert host.file(DROP_IN).content_string == drop_in
