# Private to this collection. Describes the listening sockets of a host: finds the programs behind them, and says which
# it could not find. Imported only where listeners are to be described.

from __future__ import annotations

import os
from typing import Mapping, NamedTuple

from ._counters import numbers
from ._host import SOMAXCONN, Before, Former, changed_at
from ._listeners import Backlog, Listener, listener_findings, listeners
from ._programs import find_holders, programs, programs_by_group
from ._rows import Row
from ._seen import Finding
from ._sums import Limits

# The answer has to stay small, on a host with very many listeners too.
_MOST_LISTENERS = 100


class Listening(NamedTuple):
    """What is known of the listening sockets."""

    entries: list[Listener]  # the first ones
    left_out: int  # how many more there are
    findings: list[Finding]  # about these entries
    unknown: list[str]  # what could not be known, in sentences


def listening(
    rows: list[Row],
    limits: Limits,
    before: Former,
    keys: Mapping[str, str | None],
    counters: Mapping[str, int | None],
    path: str,
) -> Listening:
    """Describe these listening sockets.

    before, keys: the values of keys before a change and now; counters: by name; path: of the drop-in.
    """
    holders = find_holders({row.inode for row in rows})
    by_inode = programs(holders)
    groups = {row.cgroup for row in rows if row.cgroup is not None and row.inode not in by_inode}
    by_group = programs_by_group(groups) if groups else {}
    somaxconn = numbers(keys.get(SOMAXCONN))
    former = Before(SOMAXCONN, os.uname().release, {value[0] for value in before.get(SOMAXCONN, [])})
    backlog = Backlog(somaxconn[0] if somaxconn else None, former, changed_at(path))
    entries = listeners(rows, by_inode, by_group, backlog, limits)
    unknown = []
    guessed, nobody = (sum(entry.known_by == by for entry in entries) for by in ("cgroup", None))
    if guessed or nobody:
        unknown.append(
            "Programs: %d of %d listeners are known by their control group only, %d not at all%s."
            % (guessed, len(entries), nobody, "" if os.geteuid() == 0 else "; root sees the processes of everybody")
        )
    if not holders.complete:
        unknown.append("Programs: this host has too many open files to search them all.")
    first = entries[:_MOST_LISTENERS]
    return Listening(first, len(entries) - len(first), listener_findings(first, keys, counters), unknown)
