# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What benchmarks/scale.json holds, and how rounds are added to it and counted. Computes only.

Private to benchmarks. A size is one number of hosts and of forks, with pipelining or without. `rounds` has what each
play took, round by round, and `runs` how many of these rounds each run of the benchmark has measured.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

Round = Mapping[str, Mapping[str, float]]
Size = dict[str, Any]


def name(size: Mapping[str, Any]) -> tuple[bool, int, int]:
    """What tells a size from the others, in the order in which they are shown."""
    return size["pipelining"], size["forks"], size["hosts"]


def merged(sizes: Sequence[Size], size: Size) -> list[Size]:
    """The sizes with this one in place of what was there of it."""
    return sorted([*(each for each in sizes if name(each) != name(size)), size], key=name)


def with_round(size: Size, found: Round, begins: bool) -> Size:
    """The size with one more round. begins: it is the first of this run."""
    runs = [*size["runs"], 0] if begins else list(size["runs"])
    runs[-1] += 1
    return {**size, "runs": runs, "rounds": [*size["rounds"], found]}


def median(rounds: Sequence[Round], play: str, what: str) -> float:
    """The median over the rounds of one figure of a play."""
    return statistics.median(each[play][what] for each in rounds if play in each)


def ratio(rounds: Sequence[Round], above: str, below: str, what: str) -> float | None:
    """The median of the ratios of one figure of two plays, each taken within a round; None where no round has both."""
    found = [each[above][what] / each[below][what] for each in rounds if above in each and below in each]
    return statistics.median(found) if found else None
