# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. A fleet as one small JSON object, by columns and with each text and cell once: what the
# page carries and what a later report compares with. Pure.

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

from ._fleet import (
    STATES,
    STATUSES,
    Cell,
    Fleet,
    Host,
    seconds,
)

KIND = "fleetnet.linux_tcp fleet 1"
_NAMES_SHOWN = 3

# What makes two cells of one key differ; a detail or an advice may be worded anew without anything having changed.
Values = Tuple[str, Optional[str], Optional[str], Optional[str], str]
# A former report, as far as changes go: for each host its kernel, its result and its cells.
Former = Dict[str, Tuple[str, str, Dict[str, Values]]]


class _Table:
    """Gives each value a number, the same for the same value."""

    def __init__(self) -> None:
        self._numbers: Dict[Any, int] = {}

    def __call__(self, value: Any) -> int:
        return self._numbers.setdefault(value, len(self._numbers))

    def rows(self) -> List[Any]:
        return list(self._numbers)


def former_of(fleet: Fleet) -> Former:
    """What a later report compares with."""
    return {
        host.name: (host.kernel, host.status, {key: _values(cell) for key, cell in host.cells.items()})
        for host in fleet.hosts.values()
    }


def former_from(data: Dict[str, Any]) -> Former:
    """The same out of pack()'s object. ValueError where it is none."""
    if data.get("kind") != KIND:
        raise ValueError("no fleet's report: kind %r; expected %r" % (data.get("kind"), KIND))
    try:
        texts: List[Any] = data["texts"] + [None]  # -1 stands for nothing
        values = [(STATES[row[0]], texts[row[2]], texts[row[5]], texts[row[7]], texts[row[8]]) for row in data["cells"]]
        hosts = data["hosts"]
        found: Former = {}
        for place, name in enumerate(hosts["name"]):
            cells = {
                key: values[column[place]]
                for (key, _meaning, _unit), column in zip(data["keys"], hosts["cells"])
                if column[place] >= 0
            }
            found[name] = (texts[hosts["kernel"][place]] or "", STATUSES[hosts["status"][place]], cells)
        return found
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise ValueError("a damaged fleet's report: %s: %s" % (type(error).__name__, error)) from error


def pack(
    fleet: Fleet, made: str, version: str, unread: List[Tuple[str, str]], former: Optional[Former]
) -> Dict[str, Any]:
    """The object. made: when, UTC, ISO 8601; unread: paths that could not be used, and why.

    -1 is a text or a cell that is not there.
    """
    text, cell, groups = _Table(), _Table(), _Table()
    hosts = fleet.sorted()
    keys = list(fleet.keys)
    columns = [[_at(cell, host.cells.get(key)) for host in hosts] for key in keys]
    changes = _changes(hosts, keys, former, text) if former is not None else None
    cells = [_row(each, text) for each in cell.rows()]
    origin = min((seconds(host.time) for host in hosts), default=0)
    packed = {
        "name": [host.name for host in hosts],
        "groups": [groups(host.groups) for host in hosts],
        "kernel": [text(host.kernel) for host in hosts],
        "memory": [host.memory_mb for host in hosts],
        "namespace": [text(host.namespace) for host in hosts],
        "time": [seconds(host.time) - origin for host in hosts],
        "playbook": [text(host.playbook + (" --check" if host.check else "")) for host in hosts],
        "status": [STATUSES.index(host.status) for host in hosts],
        "message": [text(host.message) for host in hosts],
        "cells": columns,
    }
    data = {
        "kind": KIND,
        "made": made,
        "version": version,
        "origin": origin,
        "states": STATES,
        "statuses": STATUSES,
        "keys": [(key, *fleet.keys[key]) for key in keys],
        "hosts": packed,
        "sockets": _socket_rows(hosts, text),
        "changes": changes,
        "duplicates": sorted((name, paths) for name, paths in fleet.duplicates.items()),
        "unread": unread,
        "cells": cells,
        "groups": [[text(name) for name in each] for each in groups.rows()],
    }
    data["texts"] = text.rows()  # last: the lines above still add to it
    return data


def _row(cell: Cell, text: _Table) -> List[Any]:
    """A cell as numbers, in the order of its fields."""
    plain = [_at(text, value) for value in (cell.wanted, cell.running, cell.default)]
    rest = [_at(text, value) for value in (cell.boot, cell.source, cell.target, cell.reason, cell.detail, cell.status)]
    return [
        STATES.index(cell.state),
        *plain,
        int(cell.estimated),
        *rest,
        [(text(code), text(message)) for code, message in cell.advice],
    ]


def _at(table: _Table, value: Any) -> int:
    return -1 if value is None else table(value)


def _values(cell: Cell) -> Values:
    return cell.state, cell.running, cell.boot, cell.target, cell.reason


def _socket_rows(hosts: List[Host], text: _Table) -> Optional[Dict[str, Any]]:
    """Hosts whose sockets were looked at, by their place; none where there is no such host."""
    found = [(place, host.sockets) for place, host in enumerate(hosts) if host.sockets]
    if not found:
        return None
    states = sorted({state for _place, seen in found for state, _count in seen.states})
    rows = []
    for place, seen in found:
        counts = dict(seen.states)
        restarts = [text(restart) for restart in seen.restarts]
        rows.append(
            [
                place,
                [counts.get(state, 0) for state in states],
                seen.time_wait,
                seen.percent,
                seen.connections,
                seen.keepalive,
                restarts,
            ]
        )
    return {"states": states, "rows": rows}


def _changes(hosts: List[Host], keys: List[str], former: Former, text: _Table) -> Dict[str, Any]:
    """What is different: cells by place of host and key with what was before, and the same for people, hosts with one
    change together."""
    cells: List[List[int]] = []
    together: Dict[Tuple[str, str, str], List[str]] = {}
    for place, host in enumerate(hosts):
        if host.name not in former:
            continue
        kernel, status, before = former[host.name]
        for what, was, now in (("kernel", kernel, host.kernel), ("result", status, host.status)):
            if was != now:
                together.setdefault((what, was or "unknown", now or "unknown"), []).append(host.name)
        for column, key in enumerate(keys):
            now_cell, was_values = host.cells.get(key), before.get(key)
            now_values = _values(now_cell) if now_cell else None
            # A host without a plan says nothing about its keys; that it has none is said by its result.
            if now_values == was_values or not (host.cells and before):
                continue
            cells.append([place, column, text(_told(was_values))])
            together.setdefault((key, *_differ(was_values, now_values)), []).append(host.name)
    names = {host.name for host in hosts}
    rows = [[what, was, now, len(found), found[:_NAMES_SHOWN]] for (what, was, now), found in together.items()]
    return {
        "cells": cells,
        "rows": sorted(rows, key=lambda row: -row[3]),
        "appeared": [host.name for host in hosts if host.name not in former],
        "gone": sorted(set(former) - names),
    }


def _told(values: Optional[Values]) -> str:
    """What a cell was, in a line."""
    if values is None:
        return "not in the profile"
    state, running, boot, target, reason = values
    return "%s: running %s, after reboot %s, to be %s" % (
        reason or state,
        _shown(running),
        _shown(boot),
        _shown(target),
    )


def _differ(was: Optional[Values], now: Optional[Values]) -> Tuple[str, str]:
    """The same for two that differ, only where they do, so that many hosts come to one line."""
    if was is None or now is None:
        return _told(was), _told(now)
    told: List[List[str]] = [[], []]
    for place, name in ((1, "running"), (2, "after reboot"), (3, "to be")):
        if was[place] != now[place]:
            for side, values in enumerate((was, now)):
                told[side].append("%s %s" % (name, _shown(values[place])))
    if (was[0], was[4]) != (now[0], now[4]):
        for side, values in enumerate((was, now)):
            told[side].insert(0, values[4] or values[0])
    return ", ".join(told[0]), ", ".join(told[1])


def _shown(value: Optional[str]) -> str:
    return "nothing" if value is None else value or "empty"
