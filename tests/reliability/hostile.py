# Hosts that lie: results that are broken on purpose through the callback, and files of reports through the report.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Each portion of cases is one run, among 20 good hosts, which have to come out whole.

A run that breaks a promise counts for the first of its cases; fewer cases at once, down to `--case`, show which it was.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.fleetnet.linux_tcp.tests.reliability.private import Case, Scripts
from ansible_collections.fleetnet.linux_tcp.tests.unit import fleet_of_liars as liars

_IN_A_RUN = 5  # liars: in so small a fleet each host has a row of its own
_NOW = 1767312000.0  # 2026-01-02, after all honest reports and before all others


def results(_scripts: Scripts, seeds: list[str]) -> Iterator[Case]:
    """Broken results through the callback."""
    for start in range(0, len(seeds), _IN_A_RUN):
        part = seeds[start : start + _IN_A_RUN]
        with tempfile.TemporaryDirectory(prefix="reliability-") as folder:
            yield from _cases(part, liars.through_callback(part, Path(folder)), "taken or refused")


def reports(_scripts: Scripts, seeds: list[str]) -> Iterator[Case]:
    """Broken files through the report, all of them at once."""
    with tempfile.TemporaryDirectory(prefix="reliability-") as place:
        folder, to = Path(place, "from"), Path(place, "to")
        folder.mkdir()
        liars.write_reports(seeds, folder)
        hosts, found = liars.through_report(folder, to, _NOW)
        taken = hosts - liars.GOOD
        yield from _cases(seeds[:taken], found, "taken")
        yield from _cases(seeds[taken:], [], "left out")


def _cases(seeds: list[str], misses: list[str], outcome: str) -> Iterator[Case]:
    for number, _seed in enumerate(seeds):
        yield Case(outcome, [] if number else misses)
