# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The role's tag runs the role and nothing else, whichever way it came in; left out, everything else runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hardened import Played

testinfra_hosts = ["ansible://linux-tcp-site-web"]

SPOILED = {"web": "61", "db": "61", "proxy": "61"}
GOOD = {"web": "30", "db": "30", "proxy": "25"}


def test_only_the_audit(site: Any, playbook: Callable[..., Played]) -> None:
    """It came in by `import_role` with `tasks_from`, finds the drift on every host, and writes nothing."""
    site.spoil()
    traces = site.traces()
    played = playbook("site.yml", "--tags", "audit")
    assert played.code == 2
    assert [played.counts(host)["drifted"] for host in site.hosts.values()] == [1, 1, 1]
    assert site.values() == SPOILED
    assert site.traces() == traces


def test_all_but_the_role(site: Any, playbook: Callable[..., Played]) -> None:
    traces = site.traces()
    assert playbook("site.yml", "--skip-tags", "tcp").code == 0
    assert site.values() == SPOILED
    assert all(after > traces[way] for way, after in site.traces().items())


def test_only_the_role(site: Any, playbook: Callable[..., Played]) -> None:
    traces = site.traces()
    assert playbook("site.yml", "--tags", "tcp").code == 0
    assert site.values() == GOOD
    assert site.traces() == traces
