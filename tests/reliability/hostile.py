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
            misses = liars.through_callback(part, Path(folder))
        for number, _seed in enumerate(part):
            yield Case("come in", [] if number else misses)


def reports(_scripts: Scripts, seeds: list[str]) -> Iterator[Case]:
    """Broken files through the report, all of them at once."""
    with tempfile.TemporaryDirectory(prefix="reliability-") as place:
        folder, to = Path(place, "from"), Path(place, "to")
        folder.mkdir()
        liars.write_reports(seeds, folder)
        hosts, misses = liars.through_report(folder, to, _NOW)
    for number, _seed in enumerate(seeds):
        yield Case("taken" if number < hosts - liars.GOOD else "left out", [] if number else misses)
