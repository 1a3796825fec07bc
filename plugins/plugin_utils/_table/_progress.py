# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. How far a long run is: done, failed, left, over all hosts of the target, whatever the
# batch. Pure.

from __future__ import annotations

from typing import Iterable, Set

FEWEST = 21  # hosts from which on a run says how far it is
_STEPS = 10  # a line for each tenth of the work
_PAUSE = 30.0  # seconds after which there is a line, if anything happened


class Progress:
    """Fed with hosts and the time in seconds, on any clock that only goes forward; gives a line now and then."""

    def __init__(self) -> None:
        self._targets: Set[str] = set()
        self._looked: Set[str] = set()
        self._done: Set[str] = set()
        self._failed: Set[str] = set()
        self._start = 0.0
        self._said = 0.0
        self._step = 0

    def targets(self, names: Iterable[str], now: float) -> None:
        """The hosts of a play, all batches of it together. Another batch says the same again."""
        if not self._targets:
            self._start = self._said = now
        self._targets |= set(names)

    def looked(self, name: str) -> None:
        """A host that has its plan, and is not done yet."""
        self._looked.add(name)

    def done(self, name: str) -> None:
        self._done.add(name)

    def failed(self, name: str) -> None:
        """A host that takes no further part."""
        self._failed.add(name)

    def line(self, now: float) -> str:
        """What to say now; empty most of the time. A host's plan is half of its work."""
        count = len(self._targets)
        if count < FEWEST:
            return ""
        ended = (self._done | self._failed) & self._targets
        failed = self._failed & self._targets
        # In halves of a host, so that no rounding decides when a tenth is full.
        step = (len(ended) + len((self._looked & self._targets) | ended)) * _STEPS // (2 * count)
        if step == self._step and now - self._said < _PAUSE:
            return ""
        self._step, self._said = step, now
        done, left = len(ended - failed), count - len(ended)
        waiting = len((self._looked & self._targets) - ended)
        planned = ", %d of them planned" % waiting if waiting else ""
        return "progress   %d of %d hosts done, %d failed, %d left%s   %s" % (
            done,
            count,
            len(failed),
            left,
            planned,
            _span(now - self._start),
        )


def _span(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return (
        "%d h %02d min" % (hours, minutes) if hours else "%d min %02d s" % (minutes, rest) if minutes else "%d s" % rest
    )
