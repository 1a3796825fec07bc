# Private to this collection. Listening sockets: their queues, why a backlog is smaller or larger than somaxconn, and
# what of that matters to a person. Imported only where listeners are to be described. Pure.

from __future__ import annotations

from typing import Container, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Tuple

from .._codes import LISTEN_DROPS, RESTART
from ._findings import plural
from ._programs import Program
from ._rows import Row, spelt
from ._seen import Finding
from ._sums import Limits, judged_buffer

_SHOWN_PORTS = 4


class Backlog(NamedTuple):
    """What backlogs are held against."""

    limit: int | None  # somaxconn now, None if unknown
    former: Container[int]  # what somaxconn may have been before a change
    changed: int | None  # when the drop-in was changed, in seconds since 1970; None where there is none


class Listener(NamedTuple):
    """Listening sockets of one program that share address and port. None: not known."""

    address: str
    port: int
    sockets: int  # how many it stands for
    program: str | None
    pid: int | None
    unit: str | None
    known_by: str | None  # "descriptor" or "cgroup"
    activated: bool | None  # whether systemd listens, and handed the socket over
    started: int | None  # in seconds since 1970
    uid: int
    queue: int  # connections to be accepted
    backlog: int | None  # how many of these there may be
    drops: int | None  # packets
    cause: str  # why the backlog is what it is
    detail: str  # how that is known, in one sentence
    receive_buffer: int | None  # bytes
    receive_buffer_is: str  # default, fixed, older or unknown

    @property
    def service(self) -> str:
        """Its name for people: its unit, else its program, else its port."""
        return self.unit or self.program or "port %d" % self.port


def cause_of(backlog: int | None, known: Backlog, started: int | None) -> tuple[str, str]:
    """Why a backlog is what it is: limit, asked, restart, unclear or unknown; and in one sentence how that is known.

    The kernel keeps the smaller of what listen() asked for and what somaxconn was then. Below the limit, the cause is
    therefore deduced. started: when the program was started, in seconds since 1970.
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
) -> list[Listener]:
    """One for each address, port and program, by port. Sockets that share these (SO_REUSEPORT) are one, with the
    smallest backlog.

    by_inode, by_group: the programs of sockets, by the socket's inode and by the number of its control group.
    """
    merged: Dict[Tuple[object, ...], Listener] = {}
    for row in rows:
        program = by_inode.get(row.inode) or (by_group.get(row.cgroup) if row.cgroup is not None else None)
        one = _listener(row, program, backlog, limits)
        place = (one.address, one.port, one.pid, one.uid, one.cause, one.receive_buffer_is)
        merged[place] = _together(merged[place], one) if place in merged else one
    return sorted(merged.values(), key=lambda one: (one.port, one.address, one.pid or 0))


def _listener(row: Row, program: Program | None, backlog: Backlog, limits: Limits) -> Listener:
    cause, detail = cause_of(row.sent, backlog, program.started if program else None)
    buffer = judged_buffer(row.rcvbuf, limits.rmem, limits.old_rmem)
    return Listener(
        address=spelt(row.local),
        port=row.port,
        sockets=1,
        program=program.name if program else None,
        pid=program.pid if program else None,
        unit=program.unit or None if program else None,
        known_by=program.by if program else None,
        activated=program.activated if program else None,
        started=program.started if program else None,
        uid=row.uid,
        queue=row.received,
        backlog=row.sent,
        drops=row.drops,
        cause=cause,
        detail=detail,
        receive_buffer=row.rcvbuf,
        # A listener's buffer does not grow by itself, so a larger one was set by the program.
        receive_buffer_is="fixed" if buffer == "grown" else buffer,
    )


def _together(one: Listener, other: Listener) -> Listener:
    """Two as one, with the smaller backlog."""
    lower = one if one.backlog is None or other.backlog is None or one.backlog <= other.backlog else other
    return lower._replace(
        sockets=one.sockets + other.sockets,
        queue=one.queue + other.queue,
        drops=None if one.drops is None or other.drops is None else one.drops + other.drops,
    )


def listener_findings(
    entries: Iterable[Listener], keys: Mapping[str, str | None], counters: Mapping[str, int | None]
) -> list[Finding]:
    """All that matters of listeners: which services to restart, then which drop connections. Each service once a code.

    keys, counters: running values and counters by name, None where they cannot be read.
    """
    entries = list(entries)
    found: Dict[Tuple[str, str], Finding] = {}
    for one in [*_restarts(entries, keys), *_drops(entries, counters)]:
        place = (one.code, one.subject)
        before = found.get(place)
        found[place] = one._replace(message="%s; %s" % (before.message, one.message)) if before else one
    return list(found.values())


def _restarts(entries: Iterable[Listener], keys: Mapping[str, str | None]) -> Iterator[Finding]:
    """Services that listen with what was set before a change, once for each way in which they do."""
    default = (keys.get("net.ipv4.tcp_rmem") or "").split()
    grouped: Dict[Tuple[str, str], List[int]] = {}
    for one in entries:
        causes = []
        if one.cause == "restart" and one.backlog is not None:
            causes.append("backlog %d, %s" % (one.backlog, one.detail))
        if one.receive_buffer_is == "older" and one.receive_buffer is not None and len(default) > 1:
            causes.append("receive buffer %d bytes, %s after a restart" % (one.receive_buffer, default[1]))
        if causes:
            more = " (of the .socket unit: systemd listens for it)" if one.activated else ""
            ports = grouped.setdefault((one.service, ", and ".join(causes) + more), [])
            if one.port not in ports:
                ports.append(one.port)
    for (service, message), ports in grouped.items():
        listed = ", ".join(map(str, ports[:_SHOWN_PORTS]))
        if len(ports) > _SHOWN_PORTS:
            listed += " and %d more" % (len(ports) - _SHOWN_PORTS)
        yield Finding(RESTART, service, "port %s: %s" % (listed, message))


def _drops(entries: Iterable[Listener], counters: Mapping[str, int | None]) -> Iterator[Finding]:
    """Listeners that dropped packets, where the kernel counts connections that it turned away from a full queue."""
    for one in entries if counters["TcpExt.ListenDrops"] else ():
        if one.drops:
            message = "port %d: %s dropped; backlog %s: %s"
            yield Finding(
                LISTEN_DROPS, one.service, message % (one.port, plural(one.drops, "packet"), one.backlog, one.detail)
            )
