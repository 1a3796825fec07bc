# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Two runs at once on one host: both wait for whoever is at work, then one waits for the other, and neither mixes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hardened import DROP_IN, STATE, Played, live

testinfra_hosts = ["ansible://linux-tcp-rollback-bare"]

# Better than any kernel's own and than what the administrator had, so that nothing else comes out of them.
ONE = {"net.core.somaxconn": "8001", "net.ipv4.tcp_fin_timeout": "31", "net.ipv4.tcp_rmem": "9001 250001 40000001"}
OTHER = {"net.core.somaxconn": "8002", "net.ipv4.tcp_fin_timeout": "32", "net.ipv4.tcp_rmem": "9002 250002 40000002"}
LOCK = f"{STATE}/lock"
WAIT_SECONDS = 90.0


@pytest.fixture
def at_work(host: Any) -> Iterator[str]:
    """A third run, which holds the host's lock: its process id."""
    pid = host.check_output("flock --no-fork %s sleep 100 >/dev/null 2>&1 & echo $!", LOCK)
    yield pid
    host.run("kill %s", pid)


def _waiting(host: Any, besides: str) -> set[str]:
    """The processes that have the lock's file open."""
    found = host.run("find /proc/[0-9]*/fd -lname %s 2>/dev/null", LOCK).stdout.splitlines()
    return {path.split("/")[2] for path in found} - {besides}


def test_they_take_turns(host: Any, playbook: Callable[..., Played], at_work: str) -> None:
    before = live(host, ONE)
    assert before not in (ONE, OTHER)
    with ThreadPoolExecutor() as pool:
        plays = [
            pool.submit(playbook, "harden", "-e", json.dumps({"tcp_hardening_overrides": values}))
            for values in (ONE, OTHER)
        ]
        end = time.monotonic() + WAIT_SECONDS
        while len(_waiting(host, at_work)) < 2 and time.monotonic() < end:
            assert not any(play.done() for play in plays), "a run did not wait"
            time.sleep(0.1)
        assert len(_waiting(host, at_work)) == 2
        assert live(host, ONE) == before
        host.check_output("kill %s", at_work)
        played = [play.result() for play in plays]
    assert [each.code for each in played] == [0, 0]
    assert [each.counts(host)["applied"] for each in played] == [len(ONE), len(OTHER)]

    found = live(host, ONE)
    assert found in (ONE, OTHER)
    lines = host.file(DROP_IN).content_string.splitlines()
    assert {f"{key} = {value}" for key, value in found.items()} <= set(lines)
