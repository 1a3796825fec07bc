# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What benchmarks/scale.json and others.json hold, how rounds are added to it and counted, and how it is kept.

Private to benchmarks. A size is one number of hosts and of forks, with pipelining or without. `rounds` has what each
play took, round by round, and `runs` how many of these rounds each run of the benchmark has measured.
"""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
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


@dataclass(frozen=True)
class Store:
    """What was measured, in two files: the figures as JSON, and the page that `render` makes of them."""

    figures: Path
    page: Path
    render: Callable[[dict[str, Any]], str]

    def load(self) -> dict[str, Any]:
        """What is there: `processors` of the machine, and `sizes`."""
        if self.figures.exists():
            return json.loads(self.figures.read_text(encoding="utf-8"))
        return {"processors": os.cpu_count(), "sizes": []}

    def keep(self, size: Size) -> None:
        """Write what was measured of one size, beside what is there of others."""
        now = {"processors": os.cpu_count(), "sizes": merged(self.load()["sizes"], size)}
        for file, text in ((self.figures, json.dumps(now, indent=1) + "\n"), (self.page, self.render(now))):
            part = file.with_suffix(".part")
            part.write_text(text, encoding="utf-8")
            part.rename(file)  # whoever interrupts this finds the one or the other whole

    def begun(self, new: Size, resume: bool) -> Size:
        """The size as a run finds it: new, without a round, or as earlier runs left it."""
        former = next((each for each in self.load()["sizes"] if name(each) == name(new)), None)
        return {**former, "load": max(former["load"], new["load"])} if resume and former else new
