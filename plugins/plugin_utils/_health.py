# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. The health gate of a staged rollout: whether a host's counters got worse by a change.
# Pure.

from __future__ import annotations

import statistics
from typing import Any, Dict, Mapping, NamedTuple, Optional, Sequence

# Clearly worse: more than so many times as much.
WORSE = 2.0
# Fewer events than these within the window are chance.
FEWEST = 10


class _Step(NamedTuple):
    """How far a counter moved between two looks.

    rate: per second, or in percent of another counter; None: not known, and why.
    """

    events: int
    rate: Optional[float]
    why: str = ""


def judge(
    looks: Sequence[Mapping[str, Any]], limits: Mapping[str, Any], former: Sequence[Mapping[str, float]] = ()
) -> Dict[str, Any]:
    """Hold a host against its limits. ValueError where those cannot be used.

    looks: three results of tcp_socket_info: a window before the change, right before it, and a window after it.
    limits: highest rates by counter, per second; COUNTER/OTHER is a share in percent.
    former: the rates of the hosts in the batches before, after their change.

    A counter is a breach where its rate after the change is above the limit, more than twice that before it on this
    host, and more
    than twice the median of the batches before. What is not known is no breach. Returns breaches and unknown,
    sentences; and rates.
    """
    breaches, unknown, rates = [], [], {}
    for name, limit in limits.items():
        most = _limit(name, limit)
        before, after = (_step(name, looks[place], looks[place + 1]) for place in (0, 1))
        if after.why or before.why:
            unknown.append("%s: %s" % (name, after.why or before.why))
        if after.rate is None:
            continue
        rates[name] = after.rate
        if after.events < FEWEST or after.rate <= most or before.rate is None or after.rate <= WORSE * before.rate:
            continue
        others = [row[name] for row in former if name in row]
        usual = statistics.median(others) if others else 0.0
        if after.rate > WORSE * usual:
            told = "%s after the change, %s before it, limit %s" % tuple(
                _shown(name, rate) for rate in (after.rate, before.rate, most)
            )
            breaches.append(
                "%s %s%s" % (name, told, ", %s in the batches before" % _shown(name, usual) if others else "")
            )
    return {"breaches": breaches, "unknown": unknown, "rates": rates}


def _limit(name: str, limit: Any) -> float:
    try:
        number = float(limit)
    except (TypeError, ValueError):
        number = -1.0
    if isinstance(limit, bool) or not 0.0 <= number < float("inf"):
        raise ValueError("%s: the limit %r is refused; expected a number from 0 on" % (name, limit))
    return number


def _step(name: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> _Step:
    """From one look to the next."""
    seconds = float(other["uptime_s"]) - float(one["uptime_s"])
    if seconds <= 0:
        return _Step(0, None, "the host was booted in between")
    moved = []
    for part in name.split("/"):
        if part not in one["counters"] or part not in other["counters"]:
            raise ValueError(
                "%s: there is no counter %s; there are %s" % (name, part, ", ".join(sorted(one["counters"])))
            )
        first, last = one["counters"][part], other["counters"][part]
        if first is None or last is None:
            return _Step(0, None)  # this kernel does not have it
        if last < first:
            return _Step(0, None, "the counter began anew")
        moved.append(last - first)
    if len(moved) == 1:
        return _Step(moved[0], moved[0] / seconds)
    return _Step(moved[0], 100.0 * moved[0] / moved[1] if moved[1] else 0.0)


def _shown(name: str, rate: float) -> str:
    return "%.1f %s" % (rate, "%" if "/" in name else "/s")
