# Writes docs/platforms/cost.md: what 100,000 hosts cost, out of what benchmarks/scale.json has measured.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""cost.py [--check]: writes the page, or says whether it is what the measurements give."""

from __future__ import annotations

import json
import math
import statistics
import sys
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[1] / "run"))

from base import ROOT, main
from writing import renew

PAGE = ROOT / "docs" / "platforms" / "cost.md"
MEASURED = ROOT / "benchmarks" / "scale.json"
PLAYS = ("ping", "harden, nothing changes", "harden, everything changes")
FORKS = 5  # Ansible's default
FLEET, PROCESSORS, SLICE, HOURS = 100_000, 8, 1000, 1


def _median(size: dict[str, Any], play: str, what: str) -> float:
    return statistics.median(each[play][what] for each in size["rounds"])


def rows(measured: dict[str, Any]) -> list[str]:
    """A line of the table for each play, without pipelining and with it.

    measured: what scale.json holds. What was measured with a single number of hosts gives no line.
    """
    lines = []
    for pipelining in (False, True):
        sizes = sorted(_sizes(measured, pipelining), key=lambda size: size["hosts"])
        if len(sizes) > 1:
            lines += _lines(sizes[0], sizes[-1], ", pipelining" if pipelining else "")
    return lines


def _sizes(measured: dict[str, Any], pipelining: bool) -> list[dict[str, Any]]:
    return [size for size in measured["sizes"] if (size["forks"], size["pipelining"]) == (FORKS, pipelining)]


def _lines(small: dict[str, Any], large: dict[str, Any], words: str) -> list[str]:
    """A line for each play, from what a small fleet took and a large one."""
    lines = []
    for play in PLAYS:
        cpu = _median(large, play, "cpu") / large["hosts"]
        grows = (_median(large, play, "peak") - _median(small, play, "peak")) / (large["hosts"] - small["hosts"])
        base = _median(large, play, "peak") - grows * large["hosts"]
        hours = FLEET * cpu / 3600
        lines.append(
            f"| {play}{words} | {cpu:.2f} | {hours:.1f} | {hours / PROCESSORS:.1f}"
            f" | {math.ceil(hours / PROCESSORS / HOURS)} | {base:.0f} + {grows:.2f} n"
            f" | {(base + grows * SLICE) / 1024:.1f} |"
        )
    return lines


def text(measured: dict[str, Any]) -> str:
    """The page."""
    used = [size for pipelining in (False, True) for size in _sizes(measured, pipelining)]
    sizes = sorted({size["hosts"] for size in used})
    rounds = sorted({len(size["rounds"]) for size in used})
    times = " to ".join(str(number) for number in dict.fromkeys((rounds[0], rounds[-1])))
    return "\n".join(
        [
            f"# What {FLEET:,} hosts cost",
            "",
            "<!-- Written by `make docs` out of benchmarks/scale.json, which `make benchmark-scale` measures. -->",
            "",
            (
                f"Computed from [what was measured](../../benchmarks/scale.json) over {sizes[0]} to {sizes[-1]} hosts,"
                f" not measured on so many. Medians of {times} rounds with {FORKS} forks. *Pipelining* is Ansible's"
                " setting of that name, which is off by default."
            ),
            "",
            (
                f"| play | processor s per host, on the controller | processor hours for {FLEET:,} | hours on one"
                f" controller of {PROCESSORS} processors | such controllers for all in {HOURS} h | memory for n hosts"
                f" in a job, MiB | of that for a slice of {SLICE}, GiB |"
            ),
            "|---|---|---|---|---|---|---|",
            *rows(measured),
            "",
            (
                "- **Processor hours** = hosts x processor seconds per host / 3,600. **Hours** = that / processors."
                f" **Controllers** = hours / {HOURS}, rounded up."
            ),
            (
                "- **Memory** is a line through the smallest and the largest fleet that were measured: what Ansible"
                " needs by itself, and a part for each host of the job. Most of the latter is ssh: a shared connection"
                " for each host, kept for a minute."
            ),
            "",
            "## What is assumed",
            "",
            (
                "- The processors are like those that were measured, and always busy: there are enough `forks` for"
                " that. As many as hosts that answer in the time in which the controller does its part for one: with a"
                " host's part of 1 s and 0.4 s of the controller's, some 3 for each processor."
            ),
            (
                "- Processor time per host is that of the largest fleet that was measured, and does not grow. Slices"
                f" keep it so: a job never has more hosts than {SLICE:,}."
            ),
            (
                "- Measured while hosts and controller shared a machine. Processor time is the controller's alone;"
                " caches and memory bandwidth were shared."
            ),
            (
                "- A rollout in batches is longer: two windows for each batch, and up to three times the module runs"
                " (see [rollout](../rollout.md)). Changes are rare; what runs every day changes nothing."
            ),
            "- Hosts that are gone cost a timeout each (10 s by default) in one fork. They are not in the figures.",
            (
                "- `ansible-pull` needs no controller: each host does the work of one, about the processor time of the"
                " table and that of Ansible's start."
            ),
            "",
        ]
    )


def entry() -> int:
    """Write docs/platforms/cost.md from the figures; with --check only compare."""
    wanted = text(json.loads(MEASURED.read_text(encoding="utf-8")))
    return renew(PAGE, wanted, str(MEASURED.relative_to(ROOT)), sys.argv[1:])


if __name__ == "__main__":
    main(entry)
