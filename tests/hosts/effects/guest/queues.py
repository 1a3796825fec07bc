# What happens to what comes all at once: connections at a listener, half-open ones, packets at a busy processor.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The peer is fast, and the host's program or processor is busy for a moment."""

from __future__ import annotations

import contextlib
import random
import socket
import struct
import time

from _effect import HIGHER, LOWER, Effect, Values, case
from _kernel import counter, tool, values
from _links import HERE, THERE, pair
from _sockets import begun, close_all, listener

_FAMILY = "queues"
SOMAXCONN, BACKLOG = "net.core.somaxconn", "net.core.netdev_max_backlog"
COOKIES, HALF_OPEN = "net.ipv4.tcp_syncookies", "net.ipv4.tcp_max_syn_backlog"
_SO_SNDBUFFORCE, _SO_RCVBUFFORCE = 32, 33  # asm-generic/socket.h
_PORT = 8080
_BURST = 5000
_CLIENTS = 50
# Addresses that nobody has; answers to them end at the peer.
_NOBODY = "172.16.0.0/12"
# A device that may send a whole burst in one go, as several queues do together.
_AT_ONCE = {"net.core.dev_weight_tx_bias": "1000"}


def _taken(at: socket.socket, most: int, seconds: float = 0) -> list[socket.socket]:
    """The connections that a listener has, up to so many; it is asked again for so many seconds."""
    at.setblocking(False)
    found: list[socket.socket] = []
    end = time.monotonic() + seconds
    while len(found) < most:
        try:
            found.append(at.accept()[0])
        except BlockingIOError:
            if time.monotonic() >= end:
                break
            time.sleep(0.01)
    return found


def _burst(wanted: Values, overflows: bool) -> float:
    """How often a listener was full during a burst, while its program was busy; or how many of the connections are
    there right after it, before anybody tries again."""
    with pair() as ends, values(wanted, ends.host), ends.host.inside(), listener(_PORT) as at:
        with ends.peer.inside():
            clients = [one for _ in range(_BURST) if (one := begun(HERE, _PORT))]
        full = counter("TcpExtListenOverflows")
        taken = _taken(at, _BURST)
        found = full if overflows else len(taken)
        close_all(clients + taken)
        return found


def _checksum(data: bytes) -> int:
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def _syn(source: int, port: int) -> bytes:
    """A SYN from an address, as a number, to the host."""
    here = socket.inet_aton(HERE)
    addresses = struct.pack("!I", source) + here
    head = struct.pack("!HHIIBBHHH", port, _PORT, random.getrandbits(32), 0, 5 << 4, 2, 65535, 0, 0)
    total = _checksum(addresses + struct.pack("!BBH", 0, 6, len(head)) + head)
    tcp = head[:16] + struct.pack("!H", total) + head[18:]
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0) + addresses
    return ip + tcp


def _flood(count: int) -> None:
    """So many SYNs from addresses that never answer. In the namespace of the peer."""
    first = struct.unpack("!I", socket.inet_aton(_NOBODY.partition("/")[0]))[0]
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        for number in range(count):
            raw.sendto(_syn(first + 1 + number, 1024 + number % 60000), (HERE, 0))


def _served(wanted: Values, flood: int, also: Values) -> float:
    """How many of 50 clients get a connection within half a second, in percent, behind so many SYNs."""
    with pair() as ends, values({**wanted, **also}, ends.host), ends.host.inside(), listener(_PORT) as at:
        tool("ip", "route", "add", _NOBODY, "via", THERE)
        with ends.peer.inside():
            _flood(flood)
            clients = [one for _ in range(_CLIENTS) if (one := begun(HERE, _PORT))]
        taken = _taken(at, _CLIENTS, 0.5)
        found = len(taken)
        close_all(clients + taken)
        return found * 100 / _CLIENTS


def _arrived(wanted: Values, packets: int) -> float:
    """How many of a burst of packets the host's processor takes, which it gets all at once."""
    with pair() as ends, values({**_AT_ONCE, **wanted}, ends.host):
        with ends.host.inside(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as at:
            at.bind(("", _PORT))
            at.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, 1 << 26)
            at.setblocking(False)
            with ends.peer.inside(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                # Find the neighbour first: only a few packets may wait for it.
                sender.sendto(b"?", (HERE, _PORT))
                time.sleep(0.05)
                at.recv(10)
                sender.setsockopt(socket.SOL_SOCKET, _SO_SNDBUFFORCE, 1 << 26)
                tool("tc", "qdisc", "replace", "dev", "veth0", "root", "plug", "limit", str(1 << 26))
                for _ in range(packets):
                    sender.sendto(b"packet", (HERE, _PORT))
                tool("tc", "qdisc", "change", "dev", "veth0", "root", "plug", "release_indefinite")
                time.sleep(0.2)
            found = 0
            with contextlib.suppress(BlockingIOError):
                while at.recv(10):
                    found += 1
            return found


EFFECTS = (
    Effect(
        "listen overflows",
        _FAMILY,
        "how often a burst of 5,000 connections finds the queue of a busy program full",
        "times",
        LOWER,
        _burst,
        (case("5,000 connections", SOMAXCONN, overflows=True),),
    ),
    Effect(
        "connections of a burst",
        _FAMILY,
        "how many of 5,000 connections that come while a program is busy are there when it looks",
        "connections",
        HIGHER,
        _burst,
        (
            case("5,000 connections", SOMAXCONN, overflows=False),
            case("5,000 connections, all values", overflows=False),
        ),
    ),
    Effect(
        "clients during a SYN flood",
        _FAMILY,
        "how many of 50 clients are served within half a second behind a SYN flood",
        "%",
        HIGHER,
        _served,
        (
            case("5,000 SYNs, cookies as set", COOKIES, flood=5000, also={}),
            case("5,000 SYNs, cookies off", COOKIES, flood=5000, also={COOKIES: "0"}),
            case("1,000 SYNs, cookies off", HALF_OPEN, flood=1000, also={COOKIES: "0"}),
            case("1,000 SYNs, cookies on", HALF_OPEN, flood=1000, also={COOKIES: "1"}),
        ),
    ),
    Effect(
        "packets of a burst",
        _FAMILY,
        "how many of 3,000 packets arrive that come to the processor at once",
        "packets",
        HIGHER,
        _arrived,
        (case("3,000 packets", BACKLOG, packets=3000),),
    ),
)
