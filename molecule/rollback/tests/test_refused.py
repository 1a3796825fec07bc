# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""A run that cannot be carried out: file and live values as before, and a message that says what to do.

Each run also has good new values, which come first: they are written, and have to be taken back. That they are good is
shown in test_two_runs.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hardened import SNAPSHOT, STATE, Played, Run, differing, look

testinfra_hosts = ["ansible://linux-tcp-rollback-bare"]

NEW = {"net.ipv4.tcp_fin_timeout": 33, "net.ipv4.tcp_rmem": "9000 250000 4000000", "net.core.somaxconn": 8000}
AS_BEFORE = "Every value and the file are as before"
REFUSED = {
    "by the kernel": (
        # No such congestion control. A container does not see the kernel's modules, so this is not known before.
        {"net.ipv4.tcp_congestion_control": "nosuch"},
        [
            "net.ipv4.tcp_congestion_control: 'nosuch' was refused: No such file or directory (ENOENT); ",
            "exclude the key",
            AS_BEFORE,
        ],
    ),
    "when it is planned": (
        # No privileged ports inside the local port range.
        {"net.ipv4.ip_unprivileged_port_start": 5000},
        [
            "nothing was changed",
            "net.ipv4.ip_local_port_range: 1024 65000 is refused: the kernel takes no port below"
            " ip_unprivileged_port_start, which is 5000 here",
        ],
    ),
    "by reading back": (
        # Taken, and kept as an empty range.
        {"net.ipv4.ping_group_range": "5 2"},
        ["net.ipv4.ping_group_range: '5 2' was accepted, but reads back as '1 0'", AS_BEFORE],
    ),
    "before the first write": (
        # Both could be written here.
        {
            "net.unix.max_dgram_qlen": 11,
            "net.ipv4/../unix/max_dgram_qlen": 11,
            "net.ipv4.tcp_retries2": "9\nnet.ipv4.tcp_retries1 = 4",
        },
        [
            "nothing was changed",
            "'net.unix.max_dgram_qlen' is not a key that this collection sets; expected net.core.NAME or net.ipv4.NAME",
            "'net.ipv4/../unix/max_dgram_qlen' is not a key",
            "net.ipv4.tcp_retries2: '9\\nnet.ipv4.tcp_retries1 = 4' is refused; expected one decimal",
        ],
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_everything_is_as_before(
    name: str, host: Any, playbook: Callable[..., Played], runs: Callable[[], list[Run]]
) -> None:
    bad, said = REFUSED[name]
    before, snapshot = look(host), host.file(SNAPSHOT).content_string
    played = playbook("harden", "-e", json.dumps({"tcp_hardening_overrides": {**NEW, **bad}}))
    assert played.code == 2
    (message,) = runs()[-1].errors
    assert [part for part in said if part not in message] == [], message
    after = look(host)
    assert differing(before.settings, after.settings) == set()
    assert {path for path in differing(before.files, after.files) if not path.startswith(f"{STATE}/")} == set()
    assert host.file(SNAPSHOT).content_string == snapshot
