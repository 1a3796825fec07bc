# Tests of the thirteen socket options: what shows of each from outside, and how what sockets said is counted.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Pure; asking real sockets is in test_ask.py."""

from __future__ import annotations

import socket

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets import _options as options
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets._rows import IPV4, LISTEN, Row
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets._seen import Buffers, Keepalive


def test_the_thirteen_are_those_of_the_document_in_its_order():
    assert [option.name for option in options.OPTIONS] == [
        "SO_REUSEADDR",
        "SO_REUSEPORT",
        "SO_KEEPALIVE",
        "SO_LINGER",
        "SO_RCVBUF",
        "SO_SNDBUF",
        "SO_RCVTIMEO",
        "SO_SNDTIMEO",
        "SO_ACCEPTCONN",
        "SO_ERROR",
        "SO_TYPE",
        "SO_DONTROUTE",
        "SO_BROADCAST",
    ]
    assert all(hasattr(socket, option.name) and option.outside for option in options.OPTIONS)


def counted(said=(), outside=None):
    return {row.option: (row.source, row.set, row.of) for row in options.overview(outside or {}, said)}


def test_an_overview_says_how_each_is_known():
    assert set(counted().values()) == {(None, None, None)}
    found = counted((), {"SO_KEEPALIVE": (3, 9), "SO_TYPE": (9, 9)})
    assert found["SO_KEEPALIVE"] == ("outside", 3, 9) and found["SO_LINGER"] == (None, None, None)
    values = [
        {
            "SO_KEEPALIVE": True,
            "SO_LINGER": 0,
            "SO_RCVTIMEO": None,
            "SO_RCVBUF": 5,
            "SO_RCVBUF_fixed": True,
            "SO_TYPE": "SOCK_STREAM",
        },
        {
            "SO_KEEPALIVE": False,
            "SO_LINGER": None,
            "SO_RCVTIMEO": 2.5,
            "SO_RCVBUF": 5,
            "SO_RCVBUF_fixed": False,
            "SO_TYPE": "SOCK_STREAM",
        },
    ]
    found = counted(values, {"SO_KEEPALIVE": (3, 9), "SO_SNDBUF": (1, 9)})
    assert (found["SO_KEEPALIVE"], found["SO_LINGER"], found["SO_RCVTIMEO"], found["SO_RCVBUF"], found["SO_TYPE"]) == (
        ("getsockopt", 1, 2),
        ("getsockopt", 1, 2),
        ("getsockopt", 1, 2),
        ("getsockopt", 1, 2),
        ("getsockopt", 2, 2),
    )
    assert found["SO_SNDBUF"] == ("outside", 1, 9), "what the kernel did not say is still what shows from outside"
    assert found["SO_ERROR"] == (None, None, None)


def test_what_shows_from_outside():
    def listener(local, port):
        return Row(IPV4, LISTEN, 0, socket.inet_aton(local), port, b"\0" * 4, 0, 0, 0, 128, 0, 1)

    rows = [listener("192.0.2.1", 80), listener("192.0.2.1", 80), listener("192.0.2.2", 80), listener("192.0.2.1", 81)]
    receive = {"default": 1, "grown": 2, "fixed": 3, "older": 4, "unknown": 5}
    send = {"default": 0, "grown": 9, "fixed": 1, "older": 0, "unknown": 5}
    assert options.outside(50, rows, Keepalive(15, 4, 8, 3, 0, []), Buffers(receive, send, [])) == {
        "SO_REUSEPORT": (2, 4),
        "SO_KEEPALIVE": (4, 12),
        "SO_RCVBUF": (3, 10),
        "SO_SNDBUF": (1, 10),
        "SO_ACCEPTCONN": (4, 50),
        "SO_TYPE": (50, 50),
    }
