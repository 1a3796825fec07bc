# Private to this collection. One look at the sockets of a host: reads, sums up, and says what could not be known. What
# is not always wanted (programs, options, tables by port and peer) is imported only where it is asked for.

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING, Any, Mapping, NamedTuple, Sequence

from . import _host as host
from ._counters import COUNTERS, pressure
from ._diag import Source
from ._options import Shown, outside, overview
from ._rows import CLOSE_WAIT, ESTABLISHED, Row
from ._seen import Buffers, Finding, Keepalive, TimeWait, plain
from ._sums import Sums

if TYPE_CHECKING:
    from ._ask import Asked
    from ._listeners import Listener
    from ._tables import Tables

# Some sockets are closed before they can be asked for their options, so more are remembered than are asked.
_SPARE = 4


class Wanted(NamedTuple):
    """The options of tcp_socket_info, checked."""

    per: Sequence[str]  # of "port" and "peer"
    top: int
    listeners: bool
    options: bool
    options_limit: int
    former: Mapping[str, Any]  # values by key
    path: str


class Look:
    """One look, made by result()."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._root = os.geteuid() == 0
        self._release = os.uname().release
        self._source = Source()
        self._unknown: list[str] = []

    def result(self) -> dict[str, Any]:
        """Read everything once. Returns what tcp_socket_info.yml describes."""
        wanted, source = self._wanted, self._source
        keys = host.running()
        before = host.former(wanted.former, wanted.path)
        limits = host.limits(keys, before, self._release)
        sums, tables = Sums(limits, source.listeners()), self._tables()
        connections = self._count(sums, tables)
        counters = host.read_counters()
        entries: Sequence[Listener] = ()
        findings: list[Finding] = []
        left_out = 0
        if wanted.listeners and source.listeners():
            from ._listening import listening

            found = listening(source.listeners(), limits, before, keys, counters, wanted.path)
            entries, left_out, findings = found.entries, found.left_out, found.findings
            self._unknown += found.unknown
        asked = self._ask(source.listeners() + connections)
        states = self._states(sums)
        keepalive, buffers = sums.keepalive(wanted.top), sums.buffers(wanted.top)
        taken = pressure(sums.time_wait(), host.read_sockstat(), keys, os.sysconf("SC_PAGE_SIZE"))
        findings += _findings(taken.time_wait, keepalive, buffers, keys.get(host.KEEPALIVE_TIME))
        options = overview(
            outside(sums.total(), source.listeners(), keepalive, buffers),
            [one.said for one in asked.rows] if asked else (),
        )
        self._unknown += _missing(counters, keys, options)
        return {
            "root": self._root,
            "source": source.name,
            "uptime_s": round(time.monotonic(), 3),
            "sockets": sums.total(),
            "states": states,
            "ports": plain(tables.ports(wanted.top)) if tables else None,
            "peers": plain(tables.peers(wanted.top)) if tables else None,
            **plain(taken),
            "keepalive": plain(keepalive),
            "buffers": plain(buffers),
            "negotiated": plain(sums.negotiated()),
            "listeners": plain(entries),
            "listeners_left_out": left_out,
            "counters": counters,
            "counters_of": plain(COUNTERS),
            "running": keys,
            "drop_in_changed": host.changed_at(wanted.path),
            "options": plain(options),
            "asked": plain(asked.rows) if asked else [],
            "findings": plain(findings),
            "unknown": self._unknown,
        }

    def _tables(self) -> Tables | None:
        """The tables by port and peer, with the listeners counted; None where nobody asked for one."""
        if not self._wanted.per:
            return None
        from ._tables import Tables

        tables = Tables(self._wanted.per)
        tables.add(self._source.listeners())
        return tables

    def _count(self, sums: Sums, tables: Tables | None) -> list[Row]:
        """Count all sockets that do not listen. Returns some of the connections, to ask them for their options."""
        most = self._wanted.options_limit * _SPARE if self._wanted.options and self._root else 0
        some: list[Row] = []
        try:
            for batch in self._source.others():
                sums.add(batch)
                if tables:
                    tables.add(batch)
                if len(some) < most:
                    held = [row for row in batch if row.state in (ESTABLISHED, CLOSE_WAIT) and row.inode]
                    some += held[: most - len(some)]
        except OSError as exc:
            self._unknown.append(
                "The list of sockets broke off (%s): there are more than are counted here." % (exc.strerror or exc)
            )
        if self._source.refused:
            self._unknown.append(
                "sock_diag was refused (%s), so /proc/net/tcp was read. It tells no backlogs, no drops of listening"
                " sockets, no buffers and no window scales." % self._source.refused
            )
        if sums.crowded or tables and tables.crowded:
            self._unknown.append("There are more peers than are told apart; the busiest ones may be missing.")
        return some

    def _states(self, sums: Sums) -> dict[str, dict[str, int | None]]:
        """Sockets by family and state. CLOSE is None where the kernel does not list those."""
        states: dict[str, dict[str, int | None]] = {name: {**counts} for name, counts in sums.states().items()}
        if not any(counts["CLOSE"] for counts in states.values()) and not self._lists_bound():
            for counts in states.values():
                counts["CLOSE"] = None
            self._unknown.append(
                "CLOSE: only sock_diag of Linux 6.8 and newer lists sockets that are bound and neither listen nor"
                " connect."
            )
        return states

    def _lists_bound(self) -> bool:
        """Whether sockets that are bound and no more are listed. No vendor has that in an older kernel."""
        version = re.match(r"(\d+)\.(\d+)", self._release)
        newer = version is not None and tuple(map(int, version.groups())) >= (6, 8)
        return newer and self._source.name == "sock_diag"

    def _ask(self, rows: list[Row]) -> Asked | None:
        """The options of some of these sockets; None where nobody wants to know, or may."""
        if not self._wanted.options:
            return None
        if not self._root:
            self._unknown.append("Options: only root can ask the sockets of other processes.")
            return None
        from ._ask import find_and_ask

        asked = find_and_ask(rows, self._wanted.options_limit)
        self._unknown += asked.unknown()
        return asked


def _findings(time_wait: TimeWait, keepalive: Keepalive, buffers: Buffers, keepalive_time: str | None) -> list[Finding]:
    """What matters of connections."""
    if not time_wait.sockets and not keepalive.connections:
        return []
    from ._findings import findings

    return findings(time_wait, keepalive, buffers, keepalive_time)


def _missing(counters: Mapping[str, int | None], keys: Mapping[str, str | None], options: Sequence[Shown]) -> list[str]:
    """What the kernel does not have or does not show, in sentences."""
    found = []
    absent = [name for name, count in counters.items() if count is None]
    if absent:
        found.append("Counters that this kernel does not have: %s." % ", ".join(absent))
    hidden = [key for key, text in keys.items() if text is None]
    if hidden:
        found.append("Keys that are not here, so what they limit is not known: %s." % ", ".join(hidden))
    silent = [one.option for one in options if one.source is None and one.option != "SO_ERROR"]
    if silent:
        found.append("Options that do not show from outside: %s." % ", ".join(silent))
    found.append("SO_ERROR is never read: reading it would take it away from the program.")
    return found
