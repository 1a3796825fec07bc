# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. What is different from an earlier report of the fleet. An earlier report is read by the
# names of its own columns, whatever their places. Pure.

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from .._names import NAMES_SHOWN
from .._text import printable
from ._columns import COLUMNS, KIND, KIND_NAME, TEXT
from ._fleet import Fleet, Host

# What makes two cells of one key differ. A detail or an advice may be worded anew without anything having changed.
_COMPARED = tuple(column.name for column in COLUMNS if column.compared)
_LABELS = {column.name: column.label for column in COLUMNS if column.compared and column.label}
_NEEDED, _TARGET = "outcome", "target"

Values = Tuple[Optional[str], ...]


class FormerHost(NamedTuple):
    """A host of an earlier report."""

    kernel: str
    status: str
    cells: Dict[str, Values]  # by key, a value for each name of Former.names


class Former(NamedTuple):
    """An earlier report, as far as changes go. names: of the columns that both reports have."""

    names: Tuple[str, ...]
    hosts: Dict[str, FormerHost]


def former_of(fleet: Fleet) -> Former:
    """What a later report compares with."""
    hosts = {
        host.name: FormerHost(
            host.kernel, host.status, {key: _values(cell, _COMPARED) for key, cell in host.cells.items()}
        )
        for host in fleet.hosts.values()
    }
    return Former(_COMPARED, hosts)


def former_from(data: Dict[str, Any]) -> Former:
    """The same out of pack()'s object, by the names of its columns. ValueError where it is none, or of a version that
    does not have what is compared."""
    kind = str(data.get("kind"))
    if not kind.startswith(KIND_NAME + " "):
        raise ValueError("no fleet's report: kind %r; expected %r" % (data.get("kind"), KIND))
    try:
        places = {name: place for place, (name, how, _label) in enumerate(data.get("columns", ())) if how == TEXT}
        names = tuple(name for name in _COMPARED if name in places)
        if _NEEDED not in names:
            raise ValueError(
                "a fleet's report of another version, without the column %s: kind %r; expected %r. Compare with the"
                " folder of hosts' reports instead" % (_NEEDED, kind, KIND)
            )
        texts: List[Any] = [*map(_text, data["texts"]), None]  # -1 stands for nothing
        values = [tuple(texts[row[places[name]]] for name in names) for row in data["cells"]]
        hosts, statuses = data["hosts"], data["statuses"]
        found: Dict[str, FormerHost] = {}
        for place, name in enumerate(hosts["name"]):
            cells = {
                _text(key): values[column[place]]
                for (key, _meaning, _unit), column in zip(data["keys"], hosts["cells"])
                if column[place] >= 0
            }
            found[_text(name)] = FormerHost(
                texts[hosts["kernel"][place]] or "", _text(statuses[hosts["status"][place]]), cells
            )
        return Former(names, found)
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise ValueError("a damaged fleet's report: %s: %s" % (type(error).__name__, error)) from error


def changes(hosts: List[Host], keys: List[str], former: Former) -> Dict[str, Any]:
    """What is different.

    cells: place of the host, place of the key, and what was before. rows, for people: what, was, is, how many hosts and
    the first of them; hosts that changed alike share a row. appeared, gone: hosts that one report alone has.
    """
    cells: List[Tuple[int, int, str]] = []
    together: Dict[Tuple[str, str, str], List[str]] = {}
    for place, host in enumerate(hosts):
        before = former.hosts.get(host.name)
        if before is None:
            continue
        for what, was, now in (("kernel", before.kernel, host.kernel), ("result", before.status, host.status)):
            if was != now:
                together.setdefault((what, was or "unknown", now or "unknown"), []).append(host.name)
        if not (host.cells and before.cells):
            continue  # a host without a plan says nothing about its keys; that it has none is said by its result
        for column, key in enumerate(keys):
            cell, was_values = host.cells.get(key), before.cells.get(key)
            now_values = None if cell is None else _values(cell, former.names)
            if now_values != was_values:
                cells.append((place, column, _told(former.names, was_values)))
                together.setdefault((key, *_differ(former.names, was_values, now_values)), []).append(host.name)
    rows = [[what, was, now, len(found), found[:NAMES_SHOWN]] for (what, was, now), found in together.items()]
    return {
        "cells": cells,
        "rows": sorted(rows, key=lambda row: -int(row[3])),
        "appeared": [host.name for host in hosts if host.name not in former.hosts],
        "gone": sorted(set(former.hosts) - {host.name for host in hosts}),
    }


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("%s is no text" % printable(repr(value), 60))
    return printable(value)


def _values(cell: Any, names: Tuple[str, ...]) -> Values:
    return tuple(getattr(cell, name) for name in names)


def _told(names: Tuple[str, ...], values: Optional[Values]) -> str:
    """What a cell was, in a line."""
    if values is None:
        return "not in the profile"
    named = dict(zip(names, values))
    shown = ["%s %s" % (label, _shown(name, named[name])) for name, label in _LABELS.items() if name in named]
    return "%s: %s" % (_head(named), ", ".join(shown))


def _differ(names: Tuple[str, ...], was: Optional[Values], now: Optional[Values]) -> Tuple[str, str]:
    """The same for two that differ, only where they do, so that many hosts come to one line."""
    if was is None or now is None:
        return _told(names, was), _told(names, now)
    sides = dict(zip(names, was)), dict(zip(names, now))
    told: Tuple[List[str], List[str]] = ([], [])
    heads = [name for name in names if name not in _LABELS]
    for side, named in zip(told, sides):
        if any(sides[0][name] != sides[1][name] for name in heads):
            side.append(_head(named))
        for name, label in _LABELS.items():
            if name in named and sides[0][name] != sides[1][name]:
                side.append("%s %s" % (label, _shown(name, named[name])))
    return ", ".join(told[0]), ", ".join(told[1])


def _head(named: Dict[str, Optional[str]]) -> str:
    return named.get("reason") or named[_NEEDED] or "unknown"


def _shown(name: str, value: Optional[str]) -> str:
    if value is None:
        return "as before" if name == _TARGET else "nothing"
    return value or "empty"
