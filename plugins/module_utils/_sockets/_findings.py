# Private to this collection. What of a host's connections matters to a person: which ports run out, and which
# connections the keys do not reach. What matters of listeners is in _listeners.py. Pure.

from __future__ import annotations

from typing import Iterator, Sequence

from .._codes import FIXED_BUFFER, KEEPALIVE, OLDER_BUFFER, TIME_WAIT
from ._seen import Buffers, Finding, Keepalive, Service, TimeWait

_SHOWN_SERVICES = 3


def findings(time_wait: TimeWait, keepalive: Keepalive, buffers: Buffers, keepalive_time: str | None) -> list[Finding]:
    """All that matters of connections, in the order of the codes.

    keepalive_time: the running value of tcp_keepalive_time, in seconds; None where it cannot be read.
    """
    return [*_time_wait(time_wait), *_keepalive(keepalive, keepalive_time), *_buffers(buffers)]


def _time_wait(seen: TimeWait) -> Iterator[Finding]:
    if not seen.sockets:
        return
    message = plural(seen.sockets, "socket")
    if seen.busiest and seen.ports is not None and seen.percent_of_ports is not None:
        message += "; %s %% of the %d local ports toward %s port %d" % (
            seen.percent_of_ports,
            seen.ports,
            seen.busiest.peer,
            seen.busiest.port,
        )
    yield Finding(TIME_WAIT, "TIME-WAIT", message)


def _keepalive(seen: Keepalive, time: str | None) -> Iterator[Finding]:
    if not seen.connections:
        return
    message = "%d of %s with keepalive" % (seen.on, plural(seen.connections, "connection"))
    if seen.off:
        message += "; the tcp_keepalive keys do not reach %d (%s)" % (seen.off, _services(seen.without))
    if seen.longer:
        message += "; %d will wait longer than %s s: from before the change, or by TCP_KEEPIDLE" % (seen.longer, time)
    if seen.hidden:
        message += "; %d cannot be told while another timer runs" % seen.hidden
    yield Finding(KEEPALIVE, "keepalive", message)


def _buffers(seen: Buffers) -> Iterator[Finding]:
    fixed = seen.receive["fixed"]
    if fixed:
        message = "%s probably with a buffer that the program fixed, which switches autotuning off (%s)"
        yield Finding(FIXED_BUFFER, "SO_RCVBUF", message % (plural(fixed, "connection"), _services(seen.fixed)))
    older = max(seen.receive["older"], seen.send["older"])
    if older:
        message = "%s probably from before the change, with the buffer sizes that were set then"
        yield Finding(OLDER_BUFFER, "buffers", message % plural(older, "connection"))


def _services(services: Sequence[Service]) -> str:
    """The busiest services for people: "port 80: 12" for incoming, "to port 5432: 3" for outgoing connections."""
    shown = [
        "%sport %d: %d" % ("to " if one.direction == "out" else "", one.port, one.connections)
        for one in services[:_SHOWN_SERVICES]
    ]
    return ", ".join(shown) + (" ..." if len(services) > _SHOWN_SERVICES else "")


def plural(count: int, noun: str) -> str:
    """A count with its noun."""
    return "%d %s%s" % (count, noun, "" if count == 1 else "s")
