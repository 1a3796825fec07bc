# The page docs/vendors.md.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""page(): what was compared, for people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from _compare import Verdict

# What could not be had, and why: prose that a person writes.
MISSING = Path(__file__).resolve().parent / "missing.md"
_HEAD = """\
# Vendors' kernels, from their sources

<!-- Written by `make vendors` (tests/vendors). Do not edit. What could not be read is in tests/vendors/missing.md. -->

**{trees} trees, {compared} checks, {differences} differences.**

Each of these source trees was held against [the catalog](keys.md) key by key: there or not; an own value in each
network namespace or not; the lowest and the highest number that the handler takes; the value with which the kernel
begins. What a table does not say is not compared, and counted under *not told*: bounds in seconds, which depend on HZ;
bounds that follow from the size of a struct; handlers that check for themselves. [kernels.md](kernels.md) has what
running kernels did.

- *keys* is how many keys of the catalog the tree has.
- Nothing of a tree is in this repository. `make vendors ARGS='FILE'` reads trees whose places FILE gives.

| kernel | read in | keys | checks | not told | differences |
|---|---|--:|--:|--:|--:|
"""


class Row(NamedTuple):
    """One tree: its release, where it was read, and what came out."""

    release: str
    name: str
    verdict: Verdict


def page(rows: Sequence[Row]) -> str:
    """The whole page."""
    text = _HEAD.format(
        trees=len(rows),
        compared=sum(row.verdict.compared for row in rows),
        differences=sum(len(row.verdict.differences) for row in rows),
    )
    for release, name, verdict in rows:
        counts = (verdict.keys, verdict.compared, len(verdict.untold), len(verdict.differences))
        text += f"| {release} | {name} | {' | '.join(map(str, counts))} |\n"
    found = [f"- {row.release}: {line}" for row in rows for line in row.verdict.differences]
    if found:
        text += "\n## Differences\n\n" + "\n".join(found) + "\n"
    return text + "\n" + MISSING.read_text(encoding="utf-8")
