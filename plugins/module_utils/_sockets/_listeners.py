# Private to this collection. Listening sockets: their queues, and why a backlog is smaller or larger than somaxconn
# allows. Pure.

from __future__ import annotations

from typing import Any, Collection, Iterable, Mapping, NamedTuple

from ._programs import Program
from ._rows import Row, spelt
from ._sums import Limits, judged_buffer


class Backlog(NamedTuple):
    """What backlogs are held against.

    limit: somaxconn, None if unknown; former: what it may have been before; changed: when
    the drop-in was last changed, in seconds since 1970, None where there is none."""

    limit: int | None
    former: Collection[int]
    changed: int | None


def cause_of(backlog: int | None, known: Backlog, started: int | None) -> tuple[str, str]:
    """Why a backlog is what it is: limit, asked, restart, unclear or unknown; and a sentence that says how that is known.

    The kernel keeps min(what listen() asked for, somaxconn at that moment) and nothing else, so below the limit it is
    deduced.
    """
    if backlog is None or known.limit is None:
        return "unknown", "the backlog or somaxconn cannot be read"
    if backlog == known.limit:
        return "limit", "somaxconn is the limit"
    if backlog > known.limit:
        return "restart", "from before somaxconn was lowered; %d after a restart" % known.limit
    if backlog not in known.former:
        return "asked", "the program asked for it, as far as former limits are known"
    if started is None or known.changed is None:
        return "unclear", "asked for, or left from when somaxconn was %d" % backlog
    if started > known.changed:
        return "asked", "probably asked for: the program started after the drop-in was changed"
    return "restart", "probably left from when somaxconn was %d; up to %d after a restart" % (backlog, known.limit)


def listeners(
    rows: Iterable[Row],
    by_inode: Mapping[int, Program],
    by_group: Mapping[int, Program],
    backlog: Backlog,
    limits: Limits,
) -> list[dict[str, Any]]:
    """One entry for each address, port and program; sockets that share them (SO_REUSEPORT) are one, with the smallest
    backlog."""
    merged: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        program = by_inode.get(row.inode) or (by_group.get(row.cgroup) if row.cgroup is not None else None)
        cause, detail = cause_of(row.sent, backlog, program.started if program else None)
        buffer = judged_buffer(row.rcvbuf, limits.rmem, limits.old_rmem)
        entry = {
            "address": spelt(row.local),
            "port": row.port,
            "sockets": 1,
            "program": program.name if program else None,
            "pid": program.pid if program else None,
            "unit": program.unit or None if program else None,
            "known_by": program.by if program else None,
            "activated": program.activated if program else None,
            "started": program.started if program else None,
            "uid": row.uid,
            "queue": row.received,
            "backlog": row.sent,
            "drops": row.drops,
            "cause": cause,
            "detail": detail,
            "receive_buffer": row.rcvbuf,
            # A listener's buffer never grows; what is not the default was set, or is from before.
            "receive_buffer_is": "fixed" if buffer == "grown" else buffer,
        }
        place = (entry["address"], row.port, entry["pid"], row.uid, cause, entry["receive_buffer_is"])
        merged[place] = _together(merged[place], entry) if place in merged else entry
    return sorted(merged.values(), key=lambda entry: (entry["port"], entry["address"], entry["pid"] or 0))


def _together(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    sums = {name: one[name] + other[name] for name in ("sockets", "queue")}
    drops = None if one["drops"] is None or other["drops"] is None else one["drops"] + other["drops"]
    lower = one if one["backlog"] is None or other["backlog"] is None or one["backlog"] <= other["backlog"] else other
    return dict(lower, drops=drops, **sums)
