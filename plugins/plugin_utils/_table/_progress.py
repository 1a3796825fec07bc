# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. How far a long run is: hosts that are done, failed and left, over all batches. Pure.

from __future__ import annotations

from typing import Dict, Iterable

from .._run._intake import DONE, ENDED, NOWHERE, PLANNED

FEWEST = 21  # hosts from which on a run says how far it is
_STEPS = 10  # a line for each tenth of the work
_PAUSE = 30.0  # seconds after which there is a line, if anything happened


class Progress:
    """Fed with hosts and the time in seconds, on any clock that only goes forward; gives a line now and then."""

    def __init__(self) -> None:
        self._targets: Dict[str, int] = {}  # each with how far it is
        self._counts = dict.fromkeys((NOWHERE, PLANNED, DONE, ENDED), 0)  # of the targets
        self._start = 0.0
        self._said = 0.0
        self._step = 0

    def targets(self, names: Iterable[str], now: float) -> None:
        """The hosts of a play, those of all its batches. Asked again for each batch, it counts no host twice."""
        if not self._targets:
            self._start = self._said = now
        for name in names:
            if name not in self._targets:
                self._targets[name] = NOWHERE
                self._counts[NOWHERE] += 1

    def came(self, name: str, how_far: int) -> None:
        """A host came so far. It never goes back. Hosts of other plays do not count."""
        before = self._targets.get(name)
        if before is not None and how_far > before:
            self._targets[name] = how_far
            self._counts[before] -= 1
            self._counts[how_far] += 1

    def line(self, now: float) -> str:
        """What to say now; empty most of the time. A host's plan is half of its work."""
        count = len(self._targets)
        if count < FEWEST:
            return ""
        done, failed, waiting = (self._counts[how_far] for how_far in (DONE, ENDED, PLANNED))
        # In halves of a host, so that no rounding decides when a tenth is full.
        step = (2 * (done + failed) + waiting) * _STEPS // (2 * count)
        if step == self._step and now - self._said < _PAUSE:
            return ""
        self._step, self._said = step, now
        planned = ", %d of them planned" % waiting if waiting else ""
        return "progress   %d of %d hosts done, %d failed, %d left%s   %s" % (
            done,
            count,
            failed,
            count - done - failed,
            planned,
            _span(now - self._start),
        )


def _span(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return "%d h %02d min" % (hours, minutes)
    return "%d min %02d s" % (minutes, rest) if minutes else "%d s" % rest
