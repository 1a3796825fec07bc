# Private to this collection. Sums sockets up as they are read: states, ports, peers, TIME-WAIT, keepalive, buffers. It
# holds no socket, so that a hundred thousand of them cost time but no memory. Pure.

from __future__ import annotations

import functools
from typing import Any, Collection, Hashable, Iterable, NamedTuple

from ._rows import (
    CLOSE_WAIT,
    ESTABLISHED,
    IPV4,
    KEEPALIVE_TIMER,
    NO_TIMER,
    STATES,
    TIME_WAIT,
    Row,
    spelt,
)

# Of peers and ways, no more than this many are told apart.
_TOLD_APART = 50000
_TIMESTAMPS, _SACK, _WINDOW_SCALING = 1, 2, 4
# A timer that was set a moment ago counts in whole ticks of the kernel's clock.
_TICKS_MS = 1000


class Limits(NamedTuple):
    """What sockets are held against. None: unknown.

    ports: first and last local port of outgoing connections; rmem, wmem: tcp_rmem and tcp_wmem, default and highest;
    rmem_max: bytes; autotuning: tcp_moderate_rcvbuf; keepalive_time: seconds; old_rmem, old_wmem: defaults, and
    old_scales
    window scales, of former settings.
    """

    ports: tuple[int, int] | None = None
    rmem: tuple[int, int] | None = None
    wmem: tuple[int, int] | None = None
    rmem_max: int | None = None
    autotuning: bool = True
    keepalive_time: int | None = None
    old_rmem: frozenset[int] = frozenset()
    old_wmem: frozenset[int] = frozenset()
    old_scales: frozenset[int] = frozenset()


def scale_of(space: int) -> int:
    """The window scale that the kernel chooses for a receive space (tcp_select_initial_window)."""
    return max(0, min(14, space.bit_length() - 16))


def judged_buffer(size: int | None, mem: tuple[int, int] | None, former: Collection[int]) -> str:
    """What a buffer's size says: default, grown, fixed, older or unknown.

    Of fixed and older neither is more than likely.
    """
    if size is None or mem is None:
        return "unknown"
    default, highest = mem
    if size == default:
        return "default"
    if size in former:
        return "older"
    return "grown" if default < size <= highest else "fixed"


def judged_receive_buffer(size: int | None, taken: int | None, scale: int | None, limits: Limits) -> str:
    """The same for the receive buffer of a connection, whose window tells more than the size does.

    An autotuned socket offers a window scale that follows from tcp_rmem and rmem_max as they were at its handshake; one
    whose
    program set SO_RCVBUF before, what fits into that buffer. And autotuning never leaves a buffer below twice what the
    program takes in one round trip. scale: None where there is none, or none was agreed on.
    """
    if size is None or limits.rmem is None:
        return "unknown"
    highest = limits.rmem[1]
    if limits.autotuning and taken is not None and size < min(2 * taken, highest):
        return "fixed"
    if scale is not None and limits.rmem_max is not None:
        usual = scale_of(max(highest, limits.rmem_max))
        if scale > usual or scale != usual and scale in limits.old_scales:
            return "older"
        if scale < usual:
            return "fixed" if scale_of(size // 2) <= scale <= scale_of(size) else "older"
    return judged_buffer(size, limits.rmem, limits.old_rmem)


class Sums:
    """Everything that is counted over all sockets but the listeners, which come first and are few."""

    def __init__(self, limits: Limits, listeners: Iterable[Row], per: Collection[str]) -> None:
        self._limits = limits
        # Most connections of a host are alike.
        self._judged_receive = functools.lru_cache(4096)(
            lambda size, taken, scale: judged_receive_buffer(size, taken, scale, limits)
        )
        self._judged_send = functools.lru_cache(4096)(lambda size: judged_buffer(size, limits.wmem, limits.old_wmem))
        listeners = list(listeners)
        self._services = frozenset(row.port for row in listeners)
        self._states: dict[tuple[int, int], int] = {}
        self._per_port: dict[Hashable, int] | None = {} if "port" in per else None
        self._per_peer: dict[Hashable, int] | None = {} if "peer" in per else None
        self._ways: dict[Hashable, int] = {}
        self._outgoing = 0
        self._keepalive = dict.fromkeys(("connections", "on", "off", "hidden", "longer"), 0)
        self._without: dict[Hashable, int] = {}
        self._receive = dict.fromkeys(("default", "grown", "fixed", "older", "unknown"), 0)
        self._send = dict(self._receive)
        self._fixed: dict[Hashable, int] = {}
        self._agreed = [0] * 8
        self.crowded = False
        self.add(listeners)

    def add(self, rows: Iterable[Row]) -> None:
        """Count some more sockets."""
        states = self._states
        low, high = self._limits.ports or (1, 0)
        for row in rows:
            state = row.state
            place = (row.family, state)
            states[place] = states.get(place, 0) + 1
            if self._per_port is not None:
                self._count(self._per_port, (row.port, state))
            if self._per_peer is not None and row.peer_port:
                self._count(self._per_peer, (row.peer, state))
            if state == TIME_WAIT:
                if low <= row.port <= high and row.port not in self._services:
                    self._outgoing += 1
                    self._count(self._ways, (row.local, row.peer, row.peer_port))
            elif state in (ESTABLISHED, CLOSE_WAIT):
                self._connection(row)

    def _count(self, counts: dict[Hashable, int], what: Hashable) -> None:
        if what in counts or len(counts) < _TOLD_APART:
            counts[what] = counts.get(what, 0) + 1
        else:
            self.crowded = True

    def _connection(self, row: Row) -> None:
        """A connection that a program holds, or may still take."""
        keepalive, service = self._keepalive, self._service(row)
        keepalive["connections"] += 1
        if row.timer == KEEPALIVE_TIMER:
            keepalive["on"] += 1
            longest = self._limits.keepalive_time
            if longest is not None and row.expires > longest * 1000 + _TICKS_MS:
                keepalive["longer"] += 1
        elif row.timer == NO_TIMER:
            keepalive["off"] += 1
            self._count(self._without, service)
        else:
            keepalive["hidden"] += 1
        agreed = row.negotiated
        receive = self._judged_receive(
            row.rcvbuf, row.taken, row.scale if agreed is not None and agreed & _WINDOW_SCALING else None
        )
        self._receive[receive] += 1
        if receive == "fixed":
            self._count(self._fixed, service)
        self._send[self._judged_send(row.sndbuf)] += 1
        if agreed is not None:
            self._agreed[agreed & 7] += 1

    def _service(self, row: Row) -> tuple[str, int]:
        """Whom a connection belongs to, as far as ports tell."""
        return ("in", row.port) if row.port in self._services else ("out", row.peer_port)

    def states(self) -> dict[str, dict[str, int]]:
        """Sockets by family and state; all eleven states, also those that no socket is in."""
        families = {"ipv4": IPV4, "ipv6": None}
        found = {name: dict.fromkeys(STATES[1:], 0) for name in families}
        for (family, state), count in self._states.items():
            found["ipv4" if family == IPV4 else "ipv6"][STATES[state]] += count
        return found

    def total(self) -> int:
        """All sockets."""
        return sum(self._states.values())

    def time_wait(self) -> dict[str, Any]:
        """Sockets in TIME_WAIT, and how many of them keep a local port from one and the same way out."""
        way, most = max(self._ways.items(), key=lambda item: item[1], default=(None, 0))
        busiest = None
        if way is not None:
            local, peer, port = way  # type: ignore[misc]
            busiest = {"local": spelt(local), "peer": spelt(peer), "port": port, "sockets": most}
        sockets = sum(count for (_family, state), count in self._states.items() if state == TIME_WAIT)
        return {"sockets": sockets, "outgoing": self._outgoing, "busiest": busiest}

    def keepalive(self, top: int) -> dict[str, Any]:
        """Connections with and without the keepalive timer, and the services that have most without."""
        return dict(self._keepalive, without=_services(self._without, top))

    def buffers(self, top: int) -> dict[str, Any]:
        """Connections by what their buffers say, and the services that fix most."""
        return {"receive": dict(self._receive), "send": dict(self._send), "fixed": _services(self._fixed, top)}

    def negotiated(self) -> dict[str, int]:
        """Connections by what both ends agreed on."""
        bits = {"timestamps": _TIMESTAMPS, "sack": _SACK, "window_scaling": _WINDOW_SCALING}
        counts = {
            name: sum(count for agreed, count in enumerate(self._agreed) if agreed & bit) for name, bit in bits.items()
        }
        return {"connections": sum(self._agreed), **counts}

    def ports(self, top: int) -> dict[str, Any] | None:
        """Sockets by local port, the busiest first; None where nobody asked."""
        return None if self._per_port is None else _table(self._per_port, "port", int, top)

    def peers(self, top: int) -> dict[str, Any] | None:
        """Sockets by the peer's address, the busiest first; None where nobody asked."""
        return None if self._per_peer is None else _table(self._per_peer, "peer", spelt, top)


def _services(counts: dict[Hashable, int], top: int) -> list[dict[str, Any]]:
    listed = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:top]
    return [{"direction": direction, "port": port, "connections": count} for (direction, port), count in listed]  # type: ignore[misc]


def _table(counts: dict[Hashable, int], name: str, shown: Any, top: int) -> dict[str, Any]:
    """Counts by (subject, state) as a list of the busiest subjects, and the sum of the rest."""
    subjects: dict[Any, dict[int, int]] = {}
    for (subject, state), count in counts.items():  # type: ignore[misc]
        states = subjects.setdefault(shown(subject), {})
        states[state] = states.get(state, 0) + count
    ranked = sorted(subjects.items(), key=lambda item: (-sum(item[1].values()), item[0]))
    rows = [
        {
            name: subject,
            "sockets": sum(states.values()),
            "states": {STATES[state]: states[state] for state in sorted(states)},
        }
        for subject, states in ranked[:top]
    ]
    rest = ranked[top:]
    return {
        "busiest": rows,
        "others": len(rest),
        "others_sockets": sum(sum(states.values()) for _subject, states in rest),
    }
