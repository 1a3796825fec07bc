# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. The health gate of a staged rollout: whether a change made a host's counters worse. What
# hosts say is not trusted: no host decides what counts as usual for the others. Pure.

from __future__ import annotations

import statistics
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence

from ._text import printable

# A rate is clearly worse where it is more than so many times as high.
WORSE = 2.0
# Fewer events than these between two looks may be chance.
FEWEST = 10
# So many hosts of earlier batches make a median; of fewer, one alone could decide it.
HOSTS = 3
# Counters of the kernel have 64 bits. Nothing larger is one, and no host is up for longer (300 years, in seconds).
_LARGEST, _LONGEST = 2**64, 1e10
_SHORTEST = 0.001  # seconds between two looks


class Verdict(NamedTuple):
    """What the health gate says of a host."""

    breaches: List[str]  # a sentence for each counter that got worse
    unknown: List[str]  # a sentence for each counter of which nothing can be said
    rates: Dict[str, float]  # by counter, after the change, per second or in percent: those that say what is usual


class _Look(NamedTuple):
    """What counts of one look at a host."""

    uptime_s: float
    counters: Mapping[str, Optional[int]]  # None for one that this kernel does not have


class _Step(NamedTuple):
    """How far a counter moved between two looks."""

    events: int
    rate: Optional[float]  # per second, or in percent of another counter; None where it is not known
    why: str = ""  # why the rate is not known, though the kernel has the counter


def judge(
    looks: Sequence[Mapping[str, Any]], limits: Mapping[str, Any], former: Sequence[Mapping[str, float]] = ()
) -> Verdict:
    """Hold a host against its limits. ValueError for a limit that is no number, and for a counter that is not there.

    looks: three results of tcp_socket_info: some seconds before the change, right before it, and some seconds after it.
    limits: the highest rate of each counter, per second; COUNTER/OTHER is a share in percent of the other one.
    former: the `rates` of the hosts in earlier batches; what is none there does not count.

    A counter is a breach where its rate after the change is above three things: the limit, twice the rate before the
    change on this host, and, from HOSTS hosts on, twice the median of the earlier batches. A rate that is not known is
    no breach. A host's rate says what is usual only where it is not above the limit, or not above twice its own rate
    before the change.
    """
    found = Verdict([], [], {})
    earlier, right_before, later = map(_look, looks[:3])
    for name, limit in limits.items():
        most = _limit(name, limit)
        before, after = _step(name, earlier, right_before), _step(name, right_before, later)
        if after.why or before.why:
            found.unknown.append("%s: %s" % (name, after.why or before.why))
        if after.rate is None:
            continue
        if after.rate <= most or before.rate is not None and after.rate <= WORSE * before.rate:
            found.rates[name] = after.rate
            continue
        if after.events < FEWEST or before.rate is None:
            continue
        others = _others(name, former)
        usual = statistics.median(others) if others else 0.0
        if after.rate > WORSE * usual:
            rates = tuple(_shown(name, rate) for rate in (after.rate, before.rate, most))
            told = "%s %s after the change, %s before it, limit %s" % (name, *rates)
            found.breaches.append(told + (", %s in the batches before" % _shown(name, usual) if others else ""))
    return found


def _look(seen: Mapping[str, Any]) -> _Look:
    """What counts of a look; ValueError where it is none."""
    uptime, counters = seen.get("uptime_s"), seen.get("counters")
    if not _is_number(uptime, _LONGEST) or not isinstance(counters, Mapping):
        raise ValueError("a look at the counters of this host cannot be used; expected what tcp_socket_info returns")
    return _Look(float(str(uptime)), counters)


def _others(name: str, former: Sequence[Any]) -> List[float]:
    """The rates of a counter in earlier batches; none where there are too few hosts."""
    rows = [row for row in former if isinstance(row, Mapping)]
    found = [float(row[name]) for row in rows if _is_number(row.get(name), _LARGEST)]
    return found if len(found) >= HOSTS else []


def _is_number(value: Any, most: float) -> bool:
    """Whether it is a finite number from 0 on."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= most


def _limit(name: str, limit: Any) -> float:
    """A limit as a number; ValueError where it is none."""
    try:
        number = float(limit)
    except (TypeError, ValueError):
        number = -1.0
    if isinstance(limit, bool) or not 0.0 <= number < float("inf"):
        raise ValueError("%s: the limit %r is refused; expected a number from 0 on" % (name, limit))
    return number


def _step(name: str, one: _Look, other: _Look) -> _Step:
    """From one look to the next; ValueError for a counter that is not there."""
    seconds = other.uptime_s - one.uptime_s
    if seconds < _SHORTEST:
        return _Step(0, None, "the host was booted in between")
    moved = []
    for part in name.split("/"):
        if part not in one.counters or part not in other.counters:
            known = printable(", ".join(sorted(map(str, one.counters))))
            raise ValueError("%s: there is no counter %s; there are %s" % (name, part, known))
        first, last = one.counters[part], other.counters[part]
        if first is None or last is None:
            return _Step(0, None)  # this kernel does not have it
        if not (_is_number(first, _LARGEST) and _is_number(last, _LARGEST)):
            return _Step(0, None, "the host gives no number for it")
        if last < first:
            return _Step(0, None, "the counter began anew")
        moved.append(last - first)
    if len(moved) == 1:
        return _Step(moved[0], moved[0] / seconds)
    return _Step(moved[0], 100.0 * moved[0] / moved[1] if moved[1] else 0.0)


def _shown(name: str, rate: float) -> str:
    return "%.1f %s" % (rate, "%" if "/" in name else "/s")
