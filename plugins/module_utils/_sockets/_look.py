# Private to this collection. One look at the sockets of a host: reads, sums up, and says what could not be known.

from __future__ import annotations

import os
import time
from collections import Counter
from typing import Any

from .._kernel._history import parse_release, since
from . import _host as host
from ._counters import COUNTERS, numbers, pressure
from ._diag import Source
from ._findings import findings
from ._listeners import Backlog, listeners
from ._options import Asked, ask, overview
from ._programs import (
    Holders,
    find_holders,
    programs,
    programs_by_group,
)
from ._rows import CLOSE_WAIT, ESTABLISHED, Row
from ._sums import Limits, Sums

_MOST_LISTENERS = 100
# Some of the sockets that are to be asked for their options have gone by then.
_SPARE = 4


class Look:
    """Options are those of the module tcp_socket_info. result() is what it returns."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options
        self._root = os.geteuid() == 0
        self._release = os.uname().release
        self._asks = bool(options["options"]) and self._root
        self.unknown: list[str] = []

    def result(self) -> dict[str, Any]:
        """Read everything once."""
        top, path = self._options["top"], self._options["path"]
        keys = host.running()
        before = host.former(self._options["former"], path, self._release)
        limits = host.limits(keys, before, self._release)
        source = Source()
        sums = Sums(limits, source.listeners(), self._options["per"])
        connections = self._sum_up(source, sums)
        holders, entries = self._listening(source, before, limits, keys)
        asked = self._ask(source.listeners() + connections, holders)
        seen: dict[str, Any] = {
            "root": self._root,
            "source": source.name,
            "uptime_s": round(time.monotonic(), 3),
            "sockets": sums.total(),
            "states": self._states(source, sums),
            "ports": sums.ports(top),
            "peers": sums.peers(top),
            "keepalive": sums.keepalive(top),
            "buffers": sums.buffers(top),
            "negotiated": sums.negotiated(),
            "listeners": entries[:_MOST_LISTENERS],
            "listeners_left_out": len(entries[_MOST_LISTENERS:]),
            "counters": host.read_counters(),
            "counters_of": {key: list(names) for key, names in COUNTERS.items()},
            "running": keys,
            "drop_in_changed": host.changed_at(path),
        }
        seen.update(pressure(sums.time_wait(), host.read_sockstat(), keys, os.sysconf("SC_PAGE_SIZE")))
        seen["options"] = overview(_outside(seen, source.listeners()), asked)
        seen["asked"] = asked.rows if asked else []
        seen["findings"] = findings(seen)
        self._missing(seen)
        seen["unknown"] = self.unknown
        return seen

    def _sum_up(self, source: Source, sums: Sums) -> list[Row]:
        """Count all sockets that do not listen; returns some connections to ask for their options."""
        most = self._options["options_limit"] * _SPARE if self._asks else 0
        some: list[Row] = []
        try:
            for batch in source.others():
                sums.add(batch)
                if len(some) < most:
                    some += [row for row in batch if row.state in (ESTABLISHED, CLOSE_WAIT) and row.inode][
                        : most - len(some)
                    ]
        except OSError as exc:
            self.unknown.append(
                "The list of sockets broke off (%s): there are more than are counted here." % (exc.strerror or exc)
            )
        if source.refused:
            self.unknown.append(
                "sock_diag is not to be had (%s): /proc/net/tcp tells neither backlogs and drops of listening sockets,"
                " nor buffers and window scales." % source.refused
            )
        if sums.crowded:
            self.unknown.append("There are more peers than are told apart; the busiest ones may be missing.")
        return some

    def _states(self, source: Source, sums: Sums) -> dict[str, dict[str, int | None]]:
        states: dict[str, dict[str, int | None]] = {name: dict(counts) for name, counts in sums.states().items()}
        if not any(counts["CLOSE"] for counts in states.values()):
            if source.name != "sock_diag" or not since("6.8", parse_release(self._release)):
                for counts in states.values():
                    counts["CLOSE"] = None
                self.unknown.append(
                    "CLOSE: only sock_diag of Linux 6.8 and newer lists sockets that are bound and neither listen nor"
                    " connect."
                )
        return states

    def _listening(
        self, source: Source, before: dict[str, list[tuple[int, ...]]], limits: Limits, keys: dict[str, str | None]
    ) -> tuple[Holders, list[dict[str, Any]]]:
        """Who holds sockets, and an entry for each listener; nothing of it where only counts are wanted."""
        rows = source.listeners() if self._options["listeners"] else []
        holders = find_holders({row.inode for row in rows})
        by_inode = programs(holders)
        groups = {row.cgroup for row in rows if row.cgroup is not None and row.inode not in by_inode}
        by_group = programs_by_group(groups) if groups else {}
        somaxconn = numbers(keys.get(host.SOMAXCONN))
        backlog = Backlog(
            somaxconn[0] if somaxconn else None,
            {value[0] for value in before[host.SOMAXCONN]},
            host.changed_at(self._options["path"]),
        )
        entries = listeners(rows, by_inode, by_group, backlog, limits)
        guessed, nobody = (sum(entry["known_by"] == by for entry in entries) for by in ("cgroup", None))
        if guessed or nobody:
            self.unknown.append(
                "Programs: %d of %d listeners are known by their control group only, %d not at all%s."
                % (guessed, len(entries), nobody, "" if self._root else "; root sees the processes of everybody")
            )
        if not holders.complete:
            self.unknown.append("Programs: this host has too many open files to search them all.")
        return holders, entries

    def _ask(self, rows: list[Row], holders: Holders) -> Asked | None:
        """The options of some sockets, where they were asked for."""
        if not self._asks:
            if self._options["options"]:
                self.unknown.append("Options: only root can ask the sockets of other processes.")
            return None
        asked = ask(rows, find_holders({row.inode for row in rows}), self._options["options_limit"])
        if asked.gone:
            self.unknown.append("Options: %d sockets were gone before they could be asked." % asked.gone)
        if asked.refused:
            self.unknown.append("Options: the kernel refused %d sockets (%s)." % (asked.refused, asked.answer))
        return asked

    def _missing(self, seen: dict[str, Any]) -> None:
        """What the kernel does not have or does not show."""
        absent = [name for name, count in seen["counters"].items() if count is None]
        if absent:
            self.unknown.append("Counters that this kernel does not have: %s." % ", ".join(absent))
        hidden = [key for key, text in seen["running"].items() if text is None]
        if hidden:
            self.unknown.append("Keys that are not here, so what they limit is not known: %s." % ", ".join(hidden))
        silent = [row["option"] for row in seen["options"] if row["source"] is None and row["option"] != "SO_ERROR"]
        if silent:
            self.unknown.append("Options that do not show from outside: %s." % ", ".join(silent))
        self.unknown.append("SO_ERROR is never read: reading it would take it away from the program.")


def _outside(seen: dict[str, Any], rows: list[Row]) -> dict[str, tuple[int, int]]:
    """What shows of options without touching a program: on how many of how many sockets each is set."""
    keepalive, sizes = seen["keepalive"], {name: dict(seen["buffers"][name]) for name in ("receive", "send")}
    known = {name: sum(counts.values()) - counts["unknown"] for name, counts in sizes.items()}
    shared = Counter((row.local, row.port) for row in rows)
    return {
        "SO_REUSEPORT": (sum(count for count in shared.values() if count > 1), len(rows)),
        "SO_KEEPALIVE": (keepalive["on"], keepalive["on"] + keepalive["off"]),
        "SO_RCVBUF": (sizes["receive"]["fixed"], known["receive"]),
        "SO_SNDBUF": (sizes["send"]["fixed"], known["send"]),
        "SO_ACCEPTCONN": (len(rows), seen["sockets"]),
        "SO_TYPE": (seen["sockets"], seen["sockets"]),
    }
