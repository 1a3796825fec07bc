# What connections cost in memory, and what happens where the stack has used up its share.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Memory as the kernel counts it; nothing else runs in the guest."""

from __future__ import annotations

import contextlib
import resource
import socket
from pathlib import Path

from _effect import HIGHER, LOWER, Effect, Values, case
from _kernel import values
from _links import HERE, Pair, pair
from _sockets import close_all, listener

_FAMILY = "memory"
MEM = "net.ipv4.tcp_mem"
RMEM, WMEM = "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"
_PORT = 5003
_BLOCK = bytes(1 << 18)
_MIB = 1 << 20
# What 100 connections take more of where the stack is not full: a full one lets each have some pages all the same.
_AT_LEAST = 10 * _MIB
_SO_SNDBUFFORCE = 32  # asm-generic/socket.h
# Enough for a queue of all that connect at once.
_ROOM = {"net.core.somaxconn": "65535"}


def _objects() -> int:
    """What the kernel's objects take that are in use, in bytes."""
    lines = Path("/proc/slabinfo").read_text(encoding="ascii").splitlines()[2:]
    return sum(int(words[1]) * int(words[3]) for words in map(str.split, lines))


def _buffers() -> int:
    """What the TCP stack counts as used, in all namespaces, in bytes."""
    lines = Path("/proc/net/sockstat").read_text(encoding="ascii").splitlines()
    words = next(line for line in lines if line.startswith("TCP:")).split()
    return int(words[words.index("mem") + 1]) * resource.getpagesize()


def _connections(ends: Pair, count: int) -> list[socket.socket]:
    """So many connections of the peer to the host; of each both ends."""
    found: list[socket.socket] = []
    with ends.host.inside(), listener(_PORT) as at:
        for _ in range(count):
            with ends.peer.inside():
                found.append(socket.create_connection((HERE, _PORT), timeout=10))
            found.append(at.accept()[0])
    return found


def _fill(sockets: list[socket.socket]) -> None:
    """Send on each until nothing more is taken. Nobody reads."""
    for one in sockets:
        one.setblocking(False)
    for _ in range(3):
        for one in sockets:
            with contextlib.suppress(BlockingIOError):
                while True:
                    one.send(_BLOCK)


def _idle(wanted: Values, count: int) -> float:
    """What an idle connection costs, both ends, in KiB."""
    with pair() as ends, values({**wanted, **_ROOM}, *ends):
        before = _objects()
        sockets = _connections(ends, count)
        found = (_objects() - before + _buffers()) / 1024 / count
        close_all(sockets)
        return found


def _busy(wanted: Values, count: int) -> float:
    """What a connection holds, both ends, whose host sends and whose peer does not read, in KiB."""
    with pair() as ends, values({**wanted, **_ROOM}, ends.host):
        sockets = _connections(ends, count)
        _fill(sockets[1::2])
        found = _buffers() / 1024 / count
        close_all(sockets)
        return found


def _held(wanted: Values) -> float:
    """What all connections together may hold, in MiB, where programs want much more."""
    with pair() as ends, values({**wanted, **_ROOM}, ends.host):
        sockets: list[socket.socket] = []
        before, now = -_AT_LEAST, 0
        while now >= before + _AT_LEAST:
            more = _connections(ends, 100)
            sockets += more
            for one in more:
                one.setsockopt(socket.SOL_SOCKET, _SO_SNDBUFFORCE, 8 * _MIB)
            _fill(more)
            before, now = now, _buffers()
        close_all(sockets)
        return now / _MIB


EFFECTS = (
    Effect(
        "memory of an idle connection",
        _FAMILY,
        "what one of 10,000 idle connections costs, both ends together",
        "KiB",
        LOWER,
        _idle,
        (case("10,000 connections", RMEM, WMEM, count=10_000),),
        once=True,
    ),
    Effect(
        "memory of a busy connection",
        _FAMILY,
        "what one of 1,000 connections holds while its peer does not read, both ends together",
        "KiB",
        LOWER,
        _busy,
        (case("1,000 connections", RMEM, WMEM, count=1000),),
    ),
    Effect(
        "memory of the whole stack",
        _FAMILY,
        "what all connections together may hold before the kernel refuses",
        "MiB",
        HIGHER,
        _held,
        (case("as much as there is", MEM),),
    ),
)
