# How many connections a host can make to one destination, and what that does to services that want a port.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""A connection that is closed keeps its port for 60 s (TIME-WAIT) at the end that closed first."""

from __future__ import annotations

import errno
import socket
import time

from _effect import HIGHER, LOWER, Effect, Values, case
from _kernel import tool, values
from _links import THERE, pair
from _sockets import close_all, listener

_FAMILY = "ports"
RANGE, REUSE = "net.ipv4.ip_local_port_range", "net.ipv4.tcp_tw_reuse"
_RESERVED = "net.ipv4.ip_local_reserved_ports"
_PORT = 443
# Addresses that never answer: what is sent there ends at the peer.
_SILENT, _SILENT_NETWORK = "172.16.0.", "172.16.0.0/12"
_MOST, _SAMPLE = 70_000, 32
_TCP_FASTOPEN_CONNECT = 30  # linux/tcp.h: connect() sends nothing before there is something to send
# For any destination, also one that was never asked for a cookie.
_QUIET = {"net.ipv4.tcp_fastopen": "5"}
# Of well-known services: databases, caches, queues, monitoring, web.
_SERVICES = (
    1433, 1521, 2049, 2181, 2379, 3000, 3128, 3306, 3389, 4369, 5000, 5432, 5601, 5672, 5900, 5984, 6379, 6443, 7000,
    8000, 8080, 8086, 8443, 8888, 9000, 9042, 9090, 9092, 9200, 9300, 10250, 11211, 15672, 25565, 27017,
)  # fmt: skip
# A range as small as this shows in seconds what the real one shows in minutes.
_SMALL = {RANGE: "40000 41999"}


def _outgoing(most: int, destinations: int = 1) -> list[socket.socket]:
    """Connections of the present namespace to so many addresses, until there are so many or there is no port left.

    They take their port and say nothing yet: 60,000 that speak would need most of the time for that.
    """
    tool("ip", "route", "add", _SILENT_NETWORK, "via", THERE)
    found: list[socket.socket] = []
    while len(found) < most:
        one = socket.socket()
        found.append(one)
        one.setsockopt(socket.IPPROTO_TCP, _TCP_FASTOPEN_CONNECT, 1)
        try:
            one.connect((f"{_SILENT}{len(found) % destinations + 1}", _PORT))
        except OSError as error:
            found.pop().close()
            if error.errno != errno.EADDRNOTAVAIL:
                raise
            break
    return found


def _taken(every: int) -> list[socket.socket]:
    """Sockets on all ports of the present namespace but every so many."""
    found = []
    for port in range(1, 65536):
        if port % every:
            one = socket.socket()
            one.bind(("", port))
            found.append(one)
    return found


def _at_once(wanted: Values) -> float:
    """How many connections to one destination there can be at the same time.

    Counted on every 32nd port: to find the last free ones among 60,000 takes the kernel minutes.
    """
    with pair() as ends, values({**_QUIET, **wanted}, ends.host), ends.host.inside():
        sockets = _taken(_SAMPLE)
        before = len(sockets)
        sockets += _outgoing(_MOST)
        found = (len(sockets) - before) * _SAMPLE
        close_all(sockets)
        return found


def _in_a_row(wanted: Values, seconds: float, also: Values) -> float:
    """How many connections a second can be opened and closed, one after the other."""
    with pair() as ends, values({**wanted, **also}, ends.host):
        with ends.peer.inside():
            at = listener(_PORT)
        with at, ends.host.inside():
            done, start = 0, time.monotonic()
            while time.monotonic() - start < seconds:
                with socket.socket() as one:
                    try:
                        one.connect((THERE, _PORT))
                    except OSError:
                        # No port left. A program would try again.
                        time.sleep(0.01)
                        continue
                    far, _address = at.accept()
                    done += 1
                # The host closes first, so that it keeps the port.
                far.close()
            return done / (time.monotonic() - start)


def _without_port(wanted: Values, also: Values) -> float:
    """How many of well-known services cannot take their port, while there are 12,000 connections to 200 addresses."""
    with pair() as ends, values({**_QUIET, **wanted, **also}, ends.host), ends.host.inside():
        sockets = _outgoing(12_000, 200)
        found = 0
        for port in _SERVICES:
            try:
                listener(port).close()
            except OSError:
                found += 1
        close_all(sockets)
        return found


EFFECTS = (
    Effect(
        "connections to one destination",
        _FAMILY,
        "how many connections to one address and port a host can have at once",
        "connections",
        HIGHER,
        _at_once,
        (case("at once", RANGE),),
    ),
    Effect(
        "connections in a row",
        _FAMILY,
        "how many connections a second can be opened and closed, with 2,000 ports, over 4 s",
        "per second",
        HIGHER,
        _in_a_row,
        (case("2,000 ports", REUSE, seconds=4, also=_SMALL),),
    ),
    Effect(
        "services without their port",
        _FAMILY,
        f"how many of {len(_SERVICES)} well-known services cannot start, while there are 12,000 connections to"
        " 200 addresses",
        "services",
        LOWER,
        _without_port,
        (
            case("no port reserved", RANGE, also={}),
            case("ports reserved", RANGE, also={_RESERVED: ",".join(map(str, _SERVICES))}),
        ),
    ),
)
