# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. How far a long run is: its batch, hosts that are done, failed and left over all batches,
# and about how long the rest takes. Pure.

from __future__ import annotations

from typing import Dict, Iterable, List, Sequence, Union

from .._run._intake import DONE, ENDED, NOWHERE, PLANNED

FEWEST = 21  # hosts from which on a run says how far it is
_STEPS = 10  # a line for each tenth of the work
_PAUSE = 30.0  # seconds after which there is a line, if anything happened
_ESTIMATES = 10.0  # seconds from which on a line says how long the rest takes


def batches(serial: Sequence[Union[int, str]], count: int) -> int:
    """How many batches a play over so many hosts has. serial: as Ansible has it, hosts or percent; the last counts for
    all that follow."""
    sizes: List[int] = []
    for one in serial:
        text = str(one)
        # As Ansible counts: rounded down, and at least one host.
        sizes.append((int(int(text[:-1]) / 100.0 * count) or 1) if text.endswith("%") else int(text))
    number = 0
    while count > 0:
        size = sizes[min(number, len(sizes) - 1)] if sizes else 0
        count -= size if size > 0 else count
        number += 1
    return number


class Progress:
    """Fed with hosts and the time in seconds, on any clock that only goes forward; gives a line now and then."""

    def __init__(self) -> None:
        self._targets: Dict[str, int] = {}  # each with how far it is
        self._counts = dict.fromkeys((NOWHERE, PLANNED, DONE, ENDED), 0)  # of the targets
        self._start = 0.0
        self._said = 0.0
        self._step = 0
        self._play: object = None  # the one that runs now, whatever tells it from others
        self._batch = (0, 0)  # the number of its batch, and of how many

    def batch(self, play: object, count: int) -> None:
        """A batch of a play begins. count: how many batches the play has."""
        number = self._batch[0] + 1 if play == self._play else 1
        self._play, self._batch = play, (number, count)

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
        batch = "batch %d of %d   " % self._batch if self._batch[1] > 1 else ""
        return "progress   %s%d of %d hosts done, %d failed, %d left%s   %s%s" % (
            batch,
            done,
            count,
            failed,
            count - done - failed,
            planned,
            _span(now - self._start),
            self._estimate(now),
        )

    def _estimate(self, now: float) -> str:
        """About how long the rest takes, if it goes on as before; empty where that is not known yet."""
        took = now - self._start
        finished = 2 * (self._counts[DONE] + self._counts[ENDED]) + self._counts[PLANNED]
        left = 2 * len(self._targets) - finished
        if took < _ESTIMATES or not left or finished * _STEPS < len(self._targets):
            return ""
        return ", about %s left" % _span(took * left / finished)


def _span(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return "%d h %02d min" % (hours, minutes)
    return "%d min %02d s" % (minutes, rest) if minutes else "%d s" % rest
