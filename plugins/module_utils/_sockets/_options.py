# Private to this collection. The document's thirteen socket options: which of them show from outside, and on how many
# sockets each is set. Asking the sockets themselves is in _ask.py. Pure.

from __future__ import annotations

from collections import Counter
from typing import Any, Mapping, NamedTuple, Sequence, Tuple

from ._rows import Row
from ._seen import Buffers, Keepalive


class Option(NamedTuple):
    """One of the thirteen."""

    name: str
    kind: str  # flag, bytes, linger, time, type, or never (never read)
    outside: str  # what shows of it without touching the program


OPTIONS = (
    Option("SO_REUSEADDR", "flag", "no"),
    Option("SO_REUSEPORT", "flag", "partly: several listening sockets on one address and port have it"),
    Option(
        "SO_KEEPALIVE",
        "flag",
        "yes, by the keepalive timer; not while another timer runs, and never on a listening socket",
    ),
    Option("SO_LINGER", "linger", "no"),
    Option("SO_RCVBUF", "bytes", "the size, yes; whether the program fixed it is deduced"),
    Option("SO_SNDBUF", "bytes", "the size, yes; whether the program fixed it is deduced"),
    Option("SO_RCVTIMEO", "time", "no"),
    Option("SO_SNDTIMEO", "time", "no"),
    Option("SO_ACCEPTCONN", "flag", "yes, by the state LISTEN"),
    Option("SO_ERROR", "never", "no, and reading it would take it away from the program"),
    Option("SO_TYPE", "type", "yes, by the table: every TCP socket is SOCK_STREAM"),
    Option("SO_DONTROUTE", "flag", "no"),
    Option("SO_BROADCAST", "flag", "no, and TCP has no use for it"),
)

# By option: on how many of how many sockets it is set.
Outside = Mapping[str, Tuple[int, int]]


class Shown(NamedTuple):
    """What is known of one option on all sockets. None: not known."""

    option: str
    outside: str
    source: str | None = None  # "getsockopt", or "outside" where it shows without asking
    set: int | None = None  # on how many sockets
    of: int | None = None  # of how many


def outside(sockets: int, listeners: Sequence[Row], keepalive: Keepalive, buffers: Buffers) -> Outside:
    """What shows of the options without touching a program. sockets: how many there are in all."""
    shared = Counter((row.local, row.port) for row in listeners)
    receive, send = (sum(counts.values()) - counts["unknown"] for counts in (buffers.receive, buffers.send))
    return {
        "SO_REUSEPORT": (sum(count for count in shared.values() if count > 1), len(listeners)),
        "SO_KEEPALIVE": (keepalive.on, keepalive.on + keepalive.off),
        "SO_RCVBUF": (buffers.receive["fixed"], receive),
        "SO_SNDBUF": (buffers.send["fixed"], send),
        "SO_ACCEPTCONN": (len(listeners), sockets),
        "SO_TYPE": (sockets, sockets),
    }


def overview(seen: Outside, said: Sequence[Mapping[str, Any]]) -> list[Shown]:
    """The thirteen in the document's order: on how many of how many sockets each is set, and how that is known.

    seen: what shows from outside; said: what sockets answered, by option, which goes before what shows.
    """
    return [_shown(option, seen, said) for option in OPTIONS]


def _shown(option: Option, seen: Outside, said: Sequence[Mapping[str, Any]]) -> Shown:
    # SO_LINGER and a time-out have no value where they are off; with any other option, no value is no answer.
    off_is_none = option.kind in ("linger", "time")
    name = option.name + "_fixed" if option.kind == "bytes" else option.name
    answers = [one.get(name) for one in said]
    known = answers if off_is_none else [answer for answer in answers if answer is not None]
    if known:
        count = sum(answer is not None if off_is_none else bool(answer) for answer in known)
        return Shown(option.name, option.outside, "getsockopt", count, len(known))
    if option.name in seen:
        return Shown(option.name, option.outside, "outside", *seen[option.name])
    return Shown(option.name, option.outside)
