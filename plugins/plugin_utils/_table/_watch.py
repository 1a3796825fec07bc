# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. The table of `observe`: out of several looks at the sockets of a host, rates before and
# after a change. Pure.

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from .._names import shown

# The states of which a row is shown.
_LEVELS = ("ESTABLISHED", "TIME_WAIT", "SYN_RECV", "CLOSE_WAIT")
# Characters for a rate: none, a little, and so on up to the highest one of this row.
_STEPS = " .:-=+*#"
_MARK = "|"  # a change
_WIDEST = 60  # characters of a drawn line
_CHANGES_SHOWN = 4


class _Look(NamedTuple):
    """What counts of one look at a host."""

    uptime_s: float
    counters: Mapping[str, Optional[int]]  # None for one that this kernel does not have
    running: Mapping[str, Optional[str]]  # values of keys, None for one that is not there
    states: Mapping[str, int]  # sockets in each of _LEVELS


class _Span(NamedTuple):
    """The time between two looks."""

    number: int  # of the look with which it begins
    seconds: float  # 0 where the host was booted in between
    changes: List[str]  # keys that had another value at its end, with both values


class Watch:
    """All hosts of a run. Give it what tcp_socket_info returned, in order; then ask once for the lines."""

    def __init__(self) -> None:
        self._looks: Dict[str, List[_Look]] = {}

    def looked(self, name: str, seen: Mapping[str, Any]) -> None:
        """One more look at a host. A result without counters, of a look that failed, does not count."""
        if all(name in seen for name in ("uptime_s", "counters", "running", "states")):
            levels = {state: sum(family.get(state) or 0 for family in seen["states"].values()) for state in _LEVELS}
            # In milliseconds: a shorter time would make rates of any size.
            look = _Look(round(seen["uptime_s"], 3), seen["counters"], seen["running"], levels)
            self._looks.setdefault(name, []).append(look)

    def lines(self) -> List[str]:
        """A heading, and a table for each host that was looked at more than once; empty where there is no such host."""
        watched = {name: looks for name, looks in self._looks.items() if len(looks) > 1}
        if not watched:
            return []
        longest = max(looks[-1].uptime_s - looks[0].uptime_s for looks in watched.values())
        count = len(watched)
        lines = [
            "TCP counters   %d host%s   %.0f s, %d looks"
            % (count, "" if count == 1 else "s", longest, max(map(len, watched.values())))
        ]
        for name in sorted(watched):
            lines += [""] + _host(name, watched[name])
        return lines


def _host(name: str, looks: Sequence[_Look]) -> List[str]:
    """The table of one host."""
    spans = [_span(number, looks[number], looks[number + 1]) for number in range(len(looks) - 1)]
    marks = [span.number for span in spans if span.changes]
    rows = _rates(looks, spans, marks) + _levels(looks, marks)
    heads = ["before", "after"] if marks else ["mean"]
    table = [("", *heads, "")] + rows
    widths = [max(len(row[column]) for row in table) for column in range(len(heads) + 1)]
    lines = [shown(name) + "   " + _told(looks, spans)]
    for row in table:
        cells = [row[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        lines.append(("  " + "  ".join(cells) + "  " + row[-1]).rstrip())
    still = sum(count is not None for count in looks[0].counters.values()) - sum(row[0].endswith("/s") for row in rows)
    lines.append("  %d other counters did not move" % still)
    return lines


def _span(number: int, one: _Look, other: _Look) -> _Span:
    """The time from look `number` to the next one."""
    changes = [
        "%s %s -> %s" % (key, one.running.get(key), value)
        for key, value in other.running.items()
        if value != one.running.get(key)
    ]
    return _Span(number, max(0.0, other.uptime_s - one.uptime_s), changes)


def _told(looks: Sequence[_Look], spans: Sequence[_Span]) -> str:
    """Which keys were changed, and when, for people."""
    told = []
    for span in spans:
        if not span.seconds:
            told.append("booted")
        elif span.changes:
            more = len(span.changes) - _CHANGES_SHOWN
            after = looks[span.number + 1].uptime_s - looks[0].uptime_s
            shown = ", ".join(span.changes[:_CHANGES_SHOWN]) + (" and %d more" % more if more > 0 else "")
            told.append("changed (%s) in the first %.0f s: %s" % (_MARK, after, shown))
    return "; ".join(told) or "no key was changed"


def _parts(count: int, marks: Sequence[int]) -> Tuple[range, range]:
    """Which of `count` spans lie before the first change, and which after the last. Without a change all are before."""
    return (range(marks[0]), range(marks[-1] + 1, count)) if marks else (range(count), range(0))


def _rates(looks: Sequence[_Look], spans: Sequence[_Span], marks: Sequence[int]) -> List[Tuple[str, ...]]:
    """A row for each counter that moved, per second."""
    rows = []
    for name in looks[0].counters:
        steps = [
            _step(looks[span.number].counters.get(name), looks[span.number + 1].counters.get(name), span)
            for span in spans
        ]
        if any(steps):
            means = []
            for part in _parts(len(spans), marks):
                known = [(steps[number], spans[number].seconds) for number in part if steps[number] is not None]
                total = sum(seconds for _step_, seconds in known)
                means.append(
                    _shown(sum(step for step, _seconds in known if step is not None) / total if total else None)
                )
            drawn = [None if step is None else step / span.seconds for step, span in zip(steps, spans)]
            rows.append((name + " /s", *means[: 2 if marks else 1], _drawn(drawn, marks)))
    return rows


def _step(one: Optional[int], other: Optional[int], span: _Span) -> Optional[int]:
    """How far a counter moved; None where that is not known, since it is not there or began anew."""
    return other - one if one is not None and other is not None and span.seconds and other >= one else None


def _levels(looks: Sequence[_Look], marks: Sequence[int]) -> List[Tuple[str, ...]]:
    """A row for each state that sockets were in, with how many there were on average."""
    rows = []
    for state in _LEVELS:
        counts = [look.states[state] for look in looks]
        if any(counts):
            # The look right before a change still belongs before it.
            before, after = (
                (range(marks[0] + 1), range(marks[-1] + 1, len(looks))) if marks else (range(len(looks)), range(0))
            )
            means = [
                _shown(sum(counts[number] for number in part) / len(part) if part else None) for part in (before, after)
            ]
            rows.append(
                (state + " sockets", *means[: 2 if marks else 1], _drawn([float(count) for count in counts[1:]], marks))
            )
    return rows


def _shown(mean: Optional[float]) -> str:
    return "-" if mean is None else "%.0f" % mean if mean >= 100 else "%.1f" % mean


def _drawn(values: Sequence[Optional[float]], marks: Sequence[int]) -> str:
    """A line of at most _WIDEST characters: the denser one is, the higher was the value. "?": not known; "|": a change.

    Where there are more values than characters, each character stands for several, and shows the highest of them.
    """
    share = -(-len(values) // _WIDEST)
    most = max((value for value in values if value), default=1.0)
    line = ""
    for at in range(0, len(values), share):
        part = values[at : at + share]
        known = [value for value in part if value is not None]
        if any(at <= mark < at + share for mark in marks):
            line += _MARK
        elif not known:
            line += "?"
        else:
            highest = max(known)
            line += _STEPS[0] if not highest else _STEPS[max(1, round(highest / most * (len(_STEPS) - 1)))]
    return "[%s]" % line
