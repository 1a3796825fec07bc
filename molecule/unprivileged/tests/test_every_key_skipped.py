# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Every key is skipped, for the right reason, and that is no failure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from hardened import DOCUMENT, Run


def test_this_container_cannot_write(host: Any) -> None:
    """Guards the others: with a writable /proc/sys they would test something else."""
    run = host.run("echo 1800 > /proc/sys/net/ipv4/tcp_keepalive_time")
    assert run.rc != 0 and "Read-only file system" in run.stderr


def test_nothing_is_left_to_apply(applied: dict[str, str], skipped: dict[str, str]) -> None:
    assert applied == {}
    assert skipped.keys() == DOCUMENT.keys()
    assert set(skipped.values()) == {"read_only", "other_namespace", "removed"}


def test_the_runs_say_so(runs: Callable[[], list[Run]], skipped: dict[str, str]) -> None:
    _strict, first, again = runs()
    assert first.applied is not None and again.applied is None
    reported = {setting["key"]: (setting["status"], setting["reason"]) for setting in first.applied["settings"]}
    assert reported == {key: ("skipped", reason) for key, reason in skipped.items()}
    assert [part["after_header"] for part in first.applied["diff"]] == ["/etc/sysctl.d/90-tcp-hardening.conf"]
    for run in (first, again):
        assert run.plan is not None and run.errors == []
        assert run.plan["summary"]["reasons"] == Counter(skipped.values())
