# Private to this collection. Sums sockets up while they are read: states, TIME-WAIT, keepalive, buffers. No socket is
# kept, so that a hundred thousand of them take time but no memory. Pure.

from __future__ import annotations

import functools
from typing import Container, Dict, Generic, Iterable, NamedTuple, Tuple, TypeVar

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
from ._seen import Buffers, Keepalive, Negotiated, Service, TimeWait, Way

_TOLD_APART = 50000
# Bits of Row.negotiated.
_TIMESTAMPS, _SACK, _WINDOW_SCALING = 1, 2, 4
# The kernel rounds a timer up to a tick of its clock, so one that was set just now may show up to so much more (ms).
_TICK_MS = 1000
_JUDGEMENTS = ("default", "grown", "fixed", "older", "unknown")

_Subject = TypeVar("_Subject")
_Service = Tuple[str, int]


class Limits(NamedTuple):
    """What sockets are held against. None: not known."""

    ports: tuple[int, int] | None = None  # first and last local port of outgoing connections
    rmem: tuple[int, int] | None = None  # tcp_rmem, default and highest (bytes)
    wmem: tuple[int, int] | None = None  # tcp_wmem, default and highest (bytes)
    rmem_max: int | None = None  # bytes
    autotuning: bool = True  # tcp_moderate_rcvbuf
    keepalive_time: int | None = None  # seconds
    old_rmem: Container[int] = frozenset()  # defaults of tcp_rmem before a change
    old_wmem: Container[int] = frozenset()  # defaults of tcp_wmem before a change
    old_scales: Container[int] = frozenset()  # window scales that followed from settings before a change


class Tally(Generic[_Subject]):
    """Counts by subject. Subjects that come when it is full are not counted, and `crowded` says so."""

    def __init__(self) -> None:
        self.counts: Dict[_Subject, int] = {}
        self.crowded = False

    def add(self, subject: _Subject) -> None:
        """Count one more."""
        counts = self.counts
        if subject in counts or len(counts) < _TOLD_APART:
            counts[subject] = counts.get(subject, 0) + 1
        else:
            self.crowded = True


def scale_of(space: int) -> int:
    """The window scale that the kernel chooses for a receive space in bytes (tcp_select_initial_window)."""
    return max(0, min(14, space.bit_length() - 16))


def judged_buffer(size: int | None, mem: tuple[int, int] | None, former: Container[int]) -> str:
    """What the size of a buffer (bytes) says: default, grown, fixed, older or unknown.

    mem: default and highest as the key has them now; former: defaults before a change. `fixed` and `older` are likely,
    never sure.
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

    size, taken: bytes, see Row; scale: None where there is none, or none was agreed on.

    The scale was chosen at the handshake: from tcp_rmem and rmem_max as they were then, or from the buffer's size where
    the program had set SO_RCVBUF before. And autotuning never leaves a buffer below twice what the program takes in one
    round trip.
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
    """All that is counted over every socket. The listeners come first: which ports they have tells services apart."""

    def __init__(self, limits: Limits, listeners: Iterable[Row]) -> None:
        """limits: what sockets are held against; listeners: counted too."""
        self._limits = limits
        # Most connections of a host are alike, so each kind of them is judged once.
        self._judged_receive = functools.lru_cache(4096)(
            lambda size, taken, scale: judged_receive_buffer(size, taken, scale, limits)
        )
        self._judged_send = functools.lru_cache(4096)(lambda size: judged_buffer(size, limits.wmem, limits.old_wmem))
        listeners = list(listeners)
        self._services = frozenset(row.port for row in listeners)
        self._states: Dict[Tuple[int, int], int] = {}  # by family and state
        self._ways: Tally[Tuple[bytes, bytes, int]] = Tally()  # by local address, peer's address and port
        self._outgoing = 0
        self._connections = self._on = self._off = self._hidden = self._longer = 0
        self._without: Tally[_Service] = Tally()
        self._receive = dict.fromkeys(_JUDGEMENTS, 0)
        self._send = dict.fromkeys(_JUDGEMENTS, 0)
        self._fixed: Tally[_Service] = Tally()
        self._agreed = [0] * 8  # by the bits that both ends agreed on
        self.add(listeners)

    def add(self, rows: Iterable[Row]) -> None:
        """Count some more sockets."""
        states = self._states
        low, high = self._limits.ports or (1, 0)
        for row in rows:
            state = row.state
            place = (row.family, state)
            states[place] = states.get(place, 0) + 1
            if state == TIME_WAIT:
                if low <= row.port <= high and row.port not in self._services:
                    self._outgoing += 1
                    self._ways.add((row.local, row.peer, row.peer_port))
            elif state in (ESTABLISHED, CLOSE_WAIT):
                self._connection(row)

    def _connection(self, row: Row) -> None:
        """Count a connection that a program holds or may still accept."""
        service = ("in", row.port) if row.port in self._services else ("out", row.peer_port)
        self._connections += 1
        if row.timer == KEEPALIVE_TIMER:
            self._on += 1
            longest = self._limits.keepalive_time
            if longest is not None and row.expires > longest * 1000 + _TICK_MS:
                self._longer += 1
        elif row.timer == NO_TIMER:
            self._off += 1
            self._without.add(service)
        else:
            self._hidden += 1
        agreed = row.negotiated
        receive = self._judged_receive(
            row.rcvbuf, row.taken, row.scale if agreed is not None and agreed & _WINDOW_SCALING else None
        )
        self._receive[receive] += 1
        if receive == "fixed":
            self._fixed.add(service)
        self._send[self._judged_send(row.sndbuf)] += 1
        if agreed is not None:
            self._agreed[agreed & 7] += 1

    @property
    def crowded(self) -> bool:
        """Whether there were more ways or services than are told apart, so that the busiest may be missing."""
        return self._ways.crowded or self._without.crowded or self._fixed.crowded

    def states(self) -> Dict[str, Dict[str, int]]:
        """Sockets by family (ipv4, ipv6) and state; all eleven states, also those that no socket is in."""
        found = {name: dict.fromkeys(STATES[1:], 0) for name in ("ipv4", "ipv6")}
        for (family, state), count in self._states.items():
            found["ipv4" if family == IPV4 else "ipv6"][STATES[state]] += count
        return found

    def total(self) -> int:
        """All sockets."""
        return sum(self._states.values())

    def time_wait(self) -> TimeWait:
        """Sockets in TIME_WAIT, without their limits."""
        busiest = None
        if self._ways.counts:
            (local, peer, port), most = max(self._ways.counts.items(), key=lambda item: item[1])
            busiest = Way(spelt(local), spelt(peer), port, most)
        sockets = sum(count for (_family, state), count in self._states.items() if state == TIME_WAIT)
        return TimeWait(sockets, self._outgoing, busiest)

    def keepalive(self, top: int) -> Keepalive:
        """Connections with and without keepalive, and up to `top` services that have most without."""
        counts = (self._connections, self._on, self._off, self._hidden, self._longer)
        return Keepalive(*counts, _services(self._without, top))

    def buffers(self, top: int) -> Buffers:
        """Connections by what their buffers are, and up to `top` services with most fixed receive buffers."""
        return Buffers(self._receive, self._send, _services(self._fixed, top))

    def negotiated(self) -> Negotiated:
        """Connections by what both ends agreed on."""
        agreed = [
            sum(count for bits, count in enumerate(self._agreed) if bits & bit)
            for bit in (_TIMESTAMPS, _SACK, _WINDOW_SCALING)
        ]
        return Negotiated(sum(self._agreed), *agreed)


def _services(tally: Tally[_Service], top: int) -> list[Service]:
    """The busiest first, up to `top`."""
    listed = sorted(tally.counts.items(), key=lambda item: (-item[1], item[0]))[:top]
    return [Service(*service, count) for service, count in listed]
