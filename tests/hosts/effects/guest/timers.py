# How long the kernel waits: for a peer that is gone, and with a connection that only one end has closed.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""What takes hours is computed, by a rule that is measured with small numbers."""

from __future__ import annotations

import socket
import time
from pathlib import Path

from _effect import LOWER, Effect, Values, case
from _kernel import Namespace, read, tool, values
from _links import HERE, pair
from _sockets import connected

_FAMILY = "timers"
KEEPALIVE = tuple(f"net.ipv4.tcp_keepalive_{name}" for name in ("time", "intvl", "probes"))
FIN = "net.ipv4.tcp_fin_timeout"
_PORT = 5004
_MOST_SECONDS = 100


def _found_dead(wanted: Values, also: Values) -> float:
    """How long until a connection ends whose peer is gone without a word, in seconds."""
    with pair() as ends, values({**wanted, **also}, ends.host):
        near, far = connected(ends.peer, ends.host, HERE, _PORT)
        with near, far:
            far.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            far.settimeout(_MOST_SECONDS)
            with ends.peer.inside():
                tool("ip", "link", "set", "veth0", "down")
            start = time.monotonic()
            try:
                far.recv(1)
            except TimeoutError:
                return time.monotonic() - start
            raise AssertionError("the peer said something")


def _detection(wanted: Values) -> float:
    """The time by the rule: idle time, then as many probes as are set, an interval apart, in seconds."""
    idle, interval, probes = (int(wanted.get(key) or read(key)) for key in KEEPALIVE)
    return idle + interval * probes


def _sockets(place: Namespace) -> int:
    """How many TCP sockets the namespace has, those without a program too."""
    with place.inside():
        return len(Path("/proc/thread-self/net/tcp").read_text(encoding="ascii").splitlines()) - 1


def _half_closed(wanted: Values) -> float:
    """How long a connection stays that the host has closed and the peer has not, in seconds."""
    with pair() as ends, values(wanted, ends.host):
        near, far = connected(ends.peer, ends.host, HERE, _PORT)
        with near:
            far.close()
            start = time.monotonic()
            while _sockets(ends.host):
                if time.monotonic() - start > _MOST_SECONDS:
                    raise AssertionError("it does not end")
                time.sleep(0.5)
            return time.monotonic() - start


EFFECTS = (
    Effect(
        "a dead peer is found",
        _FAMILY,
        "how long until a connection ends whose peer is gone",
        "s",
        LOWER,
        _detection,
        (case("as set, computed", *KEEPALIVE),),
        once=True,
    ),
    Effect(
        "the rule for a dead peer",
        _FAMILY,
        "the same, measured: 2 s idle and 3 probes 1 s apart are to be 5 s",
        "s",
        LOWER,
        _found_dead,
        (case("2 s, 3 times 1 s", *KEEPALIVE, also=dict(zip(KEEPALIVE, ("2", "1", "3")))),),
        patient=True,
    ),
    Effect(
        "half-closed connections",
        _FAMILY,
        "how long a connection stays that the host has closed and its peer has not",
        "s",
        LOWER,
        _half_closed,
        (case("FIN-WAIT-2", FIN),),
        patient=True,
    ),
)
