# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. A fleet as one small JSON object: columns that have names, each text and each cell once.
# It is what the page carries, and what a later report is compared with. Pure.

from __future__ import annotations

import posixpath
from typing import Any, Dict, List, Optional, Set, Tuple

from ...module_utils._codes import of_kind, rank
from ._changes import Former, changes
from ._columns import ADVICE, COLUMNS, FLAG, KIND, Cell
from ._fleet import CONDITIONS, ENDING, OUTCOMES, STATUSES, Fleet, Host, seconds
from ._signs import CONDITION_SIGNS, SIGNS


class _Table:
    """Gives each value a number, the same for the same value."""

    def __init__(self) -> None:
        self._numbers: Dict[Any, int] = {}

    def __call__(self, value: Any) -> int:
        return self._numbers.setdefault(value, len(self._numbers))

    def rows(self) -> List[Any]:
        return list(self._numbers)


def pack(
    fleet: Fleet, made: str, version: str, unread: List[Tuple[str, str]], former: Optional[Former]
) -> Dict[str, Any]:
    """The object.

    made: when, UTC, ISO 8601; unread: paths that could not be used, and why; former: what to compare with. Texts and
    cells are given as their places in `texts` and `cells`, -1 for one that is not there. A row of `cells` has a value
    for each of `columns`; of a column name, kind and label are given.
    """
    text, cell, groups = _Table(), _Table(), _Table()
    hosts = fleet.sorted()
    keys = list(fleet.keys)
    columns = [[_at(cell, host.cells.get(key)) for host in hosts] for key in keys]
    changed = None
    if former is not None:
        changed = changes(hosts, keys, former)
        changed["cells"] = [(place, column, text(was)) for place, column, was in changed["cells"]]
    origin = min((seconds(host.time) for host in hosts), default=0)
    data = {
        "kind": KIND,
        "made": made,
        "version": version,
        "origin": origin,  # seconds since 1970; times of hosts count from there
        "outcomes": [(str(outcome), SIGNS[outcome], outcome.when) for outcome in OUTCOMES],
        "statuses": STATUSES,
        "conditions": [(condition, *CONDITION_SIGNS[condition]) for condition in CONDITIONS],
        "codes": _codes(cell.rows()),
        "columns": [(column.name, column.kind, column.label) for column in COLUMNS],
        "keys": [(key, *fleet.keys[key]) for key in keys],
        "hosts": {
            "name": [host.name for host in hosts],
            "groups": [groups(host.groups) for host in hosts],
            "kernel": [text(host.kernel) for host in hosts],
            "memory_mb": [host.memory_mb for host in hosts],
            "namespace": [text(host.namespace) for host in hosts],
            "time": [seconds(host.time) - origin for host in hosts],
            "playbook": [text(host.playbook + (" --check" if host.check else "")) for host in hosts],
            "status": [STATUSES.index(host.status) for host in hosts],
            "condition": [CONDITIONS.index(host.condition) for host in hosts],
            "message": [text(host.message) for host in hosts],
            # A folder once, and a file's name only where it is not the host's: most hosts share the one and have the
            # other.
            "folder": [text(posixpath.dirname(host.path)) for host in hosts],
            "file": [_file(host, text) for host in hosts],
            "cells": columns,
        },
        "sockets": _sockets(hosts, text),
        "changes": changed,
        "duplicates": sorted((name, paths) for name, paths in fleet.duplicates.items()),
        "unread": unread,
        "cells": [_row(each, text) for each in cell.rows()],
        "groups": [[text(name) for name in each] for each in groups.rows()],
    }
    data["texts"] = text.rows()  # last: the lines above still add to it
    return data


def _row(cell: Cell, text: _Table) -> List[Any]:
    """A cell as numbers."""
    row: List[Any] = []
    for column, value in zip(COLUMNS, cell):
        if column.kind == FLAG:
            row.append(int(value))
        elif column.kind == ADVICE:
            row.append([(text(code), text(message)) for code, message in value])
        else:
            row.append(_at(text, value))
    return row


def _file(host: Host, text: _Table) -> int:
    name = posixpath.basename(host.path)
    return -1 if name == host.name + ENDING else text(name)


def _at(table: _Table, value: Any) -> int:
    return -1 if value is None else table(value)


def _codes(cells: List[Cell]) -> Dict[str, List[Tuple[str, str]]]:
    """The reasons and the advice that there are, the worst first, each with when it is given."""
    found: Dict[str, Set[str]] = {"reason": set(), "advice": set()}
    for cell in cells:
        found["reason"] |= {cell.reason} - {""}
        found["advice"] |= {code for code, _message in cell.advice}
    return {kind: _ranked(kind, names) for kind, names in found.items()}


def _ranked(kind: str, names: Set[str]) -> List[Tuple[str, str]]:
    when = {str(code): code.when for code in of_kind(kind)}
    return [(name, when.get(name, "")) for name in sorted(names, key=lambda name: (rank(kind, name), name))]


def _sockets(hosts: List[Host], text: _Table) -> Optional[Dict[str, Any]]:
    """Hosts whose sockets were looked at, by columns; None where there is no such host."""
    found = [(place, host.sockets) for place, host in enumerate(hosts) if host.sockets]
    if not found:
        return None
    states = sorted({state for _place, seen in found for state, _count in seen.states})
    counts = [dict(seen.states) for _place, seen in found]
    return {
        "states": states,
        "host": [place for place, _seen in found],
        "counts": [[each.get(state, 0) for state in states] for each in counts],
        "time_wait": [seen.time_wait for _place, seen in found],
        "percent": [seen.percent for _place, seen in found],
        "connections": [seen.connections for _place, seen in found],
        "keepalive": [seen.keepalive for _place, seen in found],
        "restarts": [[text(restart) for restart in seen.restarts] for _place, seen in found],
    }
