# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. A table of hosts and numbers. In a large fleet hosts that are alike share a row, the worst
# first and at most ROWS of them, and a last row has the totals. Pure.

from __future__ import annotations

from typing import Callable, Dict, Iterable, List, NamedTuple, Sequence, Tuple

from .._names import natural, plural, shown, some

Paint = Callable[[str, str], str]

SHARED_FROM = 30  # hosts from which on those that are alike share a row
ROWS = 40  # of hosts at most, from then on
REPORTS = "reports (tcp_hardening_report_dir) have them all"
_NAMED = 2  # hosts that such a row names


class Line(NamedTuple):
    """What the table has of one host. Hosts whose lines are equal are alike."""

    words: Tuple[str, ...]  # to the left, after the name; "" where it is not known
    numbers: Tuple[int, ...]  # none where nothing is known of its keys
    end: str  # what became of the host, where that is no number; else ""
    colour: str
    badness: Tuple[int, ...]  # larger is worse


def grid(heads: Sequence[str], counted: Sequence[str], hosts: Dict[str, Line], paint: Paint) -> List[str]:
    """The lines of the table. heads: of the words, the first for the names; counted: the heads of the numbers."""
    left_out = 0
    if len(hosts) < SHARED_FROM:
        rows = [(name, hosts[name]) for name in sorted(hosts, key=natural)]
    else:
        groups = _alike(hosts)
        rows = [(some(names, _NAMED), line) for line, names in groups[:ROWS]]
        left_out = sum(len(names) for _line, names in groups[ROWS:])
    with_end = any(line.end for line in hosts.values())
    head = (*heads, *counted, *(("",) if with_end else ()))
    table = [_cells(name, line, len(counted), with_end) for name, line in rows]
    if len(hosts) >= SHARED_FROM:
        table.append(_totals(len(heads), len(counted), hosts, with_end))
    widths = [max(map(len, column)) for column in zip(head, *table)]
    aligned = [_aligned(row, widths, len(heads), len(counted)) for row in (head, *table)]
    painted = [paint(text, line.colour) for text, (_name, line) in zip(aligned[1:], rows)]
    more = ["... and %s: %s" % (plural(left_out, "more host"), REPORTS)] if left_out else []
    return [aligned[0], *painted, *more, *aligned[1 + len(rows) :]]


def _alike(hosts: Dict[str, Line]) -> List[Tuple[Line, List[str]]]:
    """Hosts by their line, the worst first; equally bad ones in the order of their names."""
    groups: Dict[Line, List[str]] = {}
    for name in sorted(hosts, key=natural):
        groups.setdefault(hosts[name], []).append(name)
    return sorted(groups.items(), key=lambda group: group[0].badness, reverse=True)


def _cells(name: str, line: Line, count: int, with_end: bool) -> Tuple[str, ...]:
    numbers = tuple(map(str, line.numbers)) or ("-",) * count
    return (shown(name), *(word or "-" for word in line.words), *numbers, *((line.end,) if with_end else ()))


def _totals(words: int, count: int, hosts: Dict[str, Line], with_end: bool) -> Tuple[str, ...]:
    sums = [sum(line.numbers[place] for line in hosts.values() if line.numbers) for place in range(count)]
    return ("all %d hosts" % len(hosts), *("",) * (words - 1), *map(str, sums), *(("",) if with_end else ()))


def _aligned(row: Iterable[str], widths: Sequence[int], left: int, right: int) -> str:
    """Words to the left, numbers to the right, the end to the left."""
    cells = [
        cell.rjust(width) if left <= column < left + right else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(row, widths))
    ]
    return "  ".join(cells).rstrip()
