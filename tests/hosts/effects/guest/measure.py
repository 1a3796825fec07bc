# Measures effects with the values of each set, round by round, and prints each figure as soon as it is there.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The job: {"profile": {key: value}, "policies": [names], "rounds": [numbers], "effects": [names]}.

Says FACTS about the kernel, then a FIGURE for each case, set and round.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from _effect import Effect, Values
from _job import figure, say
from _registry import EFFECTS
from _sets import of_case, own, sets

_MOST_AT_ONCE = 100
# What is said of a figure, and what measures it.
_Task = tuple[dict[str, Any], Callable[[], dict[str, Any]]]


def _distinct(changed: Mapping[str, Values], keys: Sequence[str]) -> list[tuple[list[str], Values]]:
    """The sets that have the same values for a case share one measurement: names of sets, and what they change."""
    found: list[tuple[list[str], Values]] = []
    for name, values in changed.items():
        wanted = of_case(values, keys)
        for names, other in found:
            if other == wanted:
                names.append(name)
                break
        else:
            found.append(([name], wanted))
    return found


def _due(effects: Sequence[Effect], changed: Mapping[str, Values], number: int) -> Iterator[_Task]:
    """What one round measures."""
    for effect in effects:
        for one in effect.cases if number == 1 or not effect.once else ():
            for names, wanted in _distinct(changed, one.keys):
                about = {"effect": effect.name, "case": one.name, "sets": names, "round": number}
                yield about, partial(figure, effect, one, wanted)


def run(job: Mapping[str, Any]) -> None:
    """Do the job."""
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    changed = sets(job["profile"], job["policies"])
    say(
        "FACTS",
        {
            "release": os.uname().release,
            "memory_mb": int(lines[0].split()[1]) // 1024,
            "own": own(list(job["profile"])),
            "sets": changed,
        },
    )
    effects = [effect for effect in EFFECTS if effect.name in job["effects"]]
    patient = [effect for effect in effects if effect.patient]
    others = [effect for effect in effects if not effect.patient]
    with ThreadPoolExecutor(_MOST_AT_ONCE) as pool:
        waiting = [
            (about, pool.submit(task)) for number in job["rounds"] for about, task in _due(patient, changed, number)
        ]
        for number in job["rounds"]:
            for about, task in _due(others, changed, number):
                say("FIGURE", {**about, **task()})
        for about, answer in waiting:
            say("FIGURE", {**about, **answer.result()})
