# Private to this collection. What a look at the sockets of a host comes to, as typed data. The fields have the names
# under which the module returns them; tcp_socket_info.yml describes each. Pure.

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping, NamedTuple, Sequence

if TYPE_CHECKING:
    from .._codes import Code


class Service(NamedTuple):
    """Connections to one service, as far as ports tell."""

    direction: str  # "in": to a port that somebody listens on here; "out": to a peer's port
    port: int
    connections: int


class Way(NamedTuple):
    """The way on which most outgoing connections are in TIME-WAIT."""

    local: str  # address
    peer: str  # address
    port: int  # the peer's
    sockets: int


class TimeWait(NamedTuple):
    """Sockets in TIME-WAIT, and their limits. None: not known."""

    sockets: int
    outgoing: int  # those that keep a local port from others
    busiest: Way | None  # None where there is no outgoing one
    ports: int | None = None  # how many local ports each way has
    percent_of_ports: float | None = None  # of these, what the busiest way has in TIME-WAIT
    max_buckets: int | None = None  # tcp_max_tw_buckets
    percent_of_buckets: float | None = None


class Orphans(NamedTuple):
    """Connections that no process holds any more. None: not known."""

    sockets: int | None
    max: int | None
    percent: float | None


class Memory(NamedTuple):
    """Pages that all TCP sockets of the host take, and the three numbers of tcp_mem. None: not known."""

    pages: int | None
    page_size: int  # bytes
    low: int | None
    pressure: int | None
    high: int | None
    percent: float | None  # pages, in percent of high


class Keepalive(NamedTuple):
    """Connections with and without keepalive."""

    connections: int
    on: int
    off: int
    hidden: int  # another timer runs, which hides this one
    longer: int  # of `on`: those that will wait longer than tcp_keepalive_time says now
    without: Sequence[Service]  # where most are without, the busiest first


class Buffers(NamedTuple):
    """Connections by what their buffers are: default, grown, fixed, older or unknown."""

    receive: Mapping[str, int]
    send: Mapping[str, int]
    fixed: Sequence[Service]  # where most receive buffers are fixed, the busiest first


class Negotiated(NamedTuple):
    """Connections by what both ends agreed on when they were opened."""

    connections: int  # of which this is known
    timestamps: int
    sack: int
    window_scaling: int


class Finding(NamedTuple):
    """Something that matters to a person."""

    code: Code
    subject: str  # a service, or what it is about
    message: str  # one sentence, or several separated by semicolons


def plain(value: Any) -> Any:
    """A value as a module returns it: typed data as dicts by the names of their fields, codes as plain strings."""
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {name: plain(part) for name, part in zip(value._fields, value)}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    return str(value) if isinstance(value, str) else value
