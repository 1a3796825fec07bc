# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bars of benchmarks/scale.md: what is wanted, what Ansible allows, and whether a figure is within them.

Private to benchmarks; computes only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from _figures import ratio

PING = "ping"
LOOK_LIMIT, CHANGE_LIMIT = "limit, one empty module", "limit, two empty modules"
UNCHANGED, CHANGED = "harden, nothing changes", "harden, everything changes"
LOOP_UNCHANGED, LOOP_CHANGED = "loop, nothing changes", "loop, everything changes"
PLAYS = (PING, LOOK_LIMIT, UNCHANGED, CHANGE_LIMIT, CHANGED, LOOP_UNCHANGED, LOOP_CHANGED)
# Where Ansible itself does not allow a bar, so much above its limit is good enough.
NEAR = 1.1
MET, NEAR_LIMIT, MISSED = "met", "near the limit", "missed"


@dataclass(frozen=True)
class Bar:
    """One ratio of two plays: `play` is ours, and `limit` the bare play that could stand in its place.

    upside: ours is below the line, so a larger ratio is better.
    """

    title: str
    play: str
    limit: str
    other: str
    what: str
    wanted: float
    upside: bool = False

    def of(self, rounds: list[Any], play: str) -> float | None:
        """The ratio with that play in our place; None where it was not measured."""
        above, below = (self.other, play) if self.upside else (play, self.other)
        return ratio(rounds, above, below, self.what)

    def says(self) -> str:
        """What is wanted, in words."""
        return f"at {'least' if self.upside else 'most'} {self.wanted:g}"

    def judged(self, rounds: list[Any]) -> str:
        """MET, MISSED, or NEAR_LIMIT: the bare limit is beyond the bar, and ours is near it. Empty where it was not
        measured."""
        found, limit = self.of(rounds, self.play), self.of(rounds, self.limit)
        if found is None:
            return ""
        if self._holds(found):
            return MET
        above = ratio(rounds, self.play, self.limit, self.what)
        beyond = limit is not None and not self._holds(limit)
        return NEAR_LIMIT if beyond and above is not None and above <= NEAR else MISSED

    def _holds(self, found: float) -> bool:
        return found >= self.wanted if self.upside else found <= self.wanted


BARS = (
    Bar("nothing changes / ping, time", UNCHANGED, LOOK_LIMIT, PING, "seconds", 1.25),
    Bar("nothing changes / ping, controller CPU", UNCHANGED, LOOK_LIMIT, PING, "cpu", 1.25),
    Bar("everything changes / ping, time", CHANGED, CHANGE_LIMIT, PING, "seconds", 1.7),
    Bar("nothing changes / ping, memory", UNCHANGED, LOOK_LIMIT, PING, "peak", 1.2),
    Bar("everything changes / ping, memory", CHANGED, CHANGE_LIMIT, PING, "peak", 1.2),
    Bar("loop / nothing changes, time", UNCHANGED, LOOK_LIMIT, LOOP_UNCHANGED, "seconds", 12, upside=True),
)
# Not wanted, but told.
MORE = (
    Bar("everything changes / ping, controller CPU", CHANGED, CHANGE_LIMIT, PING, "cpu", 0),
    Bar("loop / everything changes, time", CHANGED, CHANGE_LIMIT, LOOP_CHANGED, "seconds", 0, upside=True),
)


def tally(sizes: list[Mapping[str, Any]]) -> dict[str, int]:
    """How many figures of all sizes are MET, NEAR_LIMIT and MISSED."""
    found = [bar.judged(size["rounds"]) for size in sizes for bar in BARS]
    return {verdict: found.count(verdict) for verdict in (MET, NEAR_LIMIT, MISSED)}
