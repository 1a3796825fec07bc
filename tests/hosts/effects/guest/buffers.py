# How much fits into the buffers of one socket: bursts of datagrams, control messages, sends without a copy.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The defaults are for programs that ask for nothing; the largest values cap those that ask for more."""

from __future__ import annotations

import errno
import socket

from _effect import HIGHER, Effect, Values, case
from _kernel import tool, values
from _links import HERE, THERE, pair

_FAMILY = "buffers"
RMEM_DEFAULT, RMEM_MAX = "net.core.rmem_default", "net.core.rmem_max"
WMEM_DEFAULT, WMEM_MAX = "net.core.wmem_default", "net.core.wmem_max"
OPTMEM = "net.core.optmem_max"
_PORT = 5002
_BLOCK = bytes(1000)
_SO_SNDBUFFORCE, _SO_ZEROCOPY, _MSG_ZEROCOPY = 32, 60, 0x4000000  # asm-generic/socket.h, linux/socket.h
# A kind of control message that no protocol knows, so that it is carried and ignored.
_NO_LEVEL = 12345
# What a program asks for that wants a large buffer, in bytes.
LARGE = 8 << 20


def _datagrams(namespace_port: int = 0) -> socket.socket:
    """A socket for datagrams in the present namespace."""
    found = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    found.setblocking(False)
    found.bind(("", namespace_port))
    return found


def _kept(wanted: Values, asked: int) -> float:
    """How many datagrams of 1,000 bytes wait for a program that is busy. asked: bytes for SO_RCVBUF; 0: it does not."""
    with pair() as ends, values(wanted, ends.host), ends.host.inside(), _datagrams(_PORT) as at:
        if asked:
            at.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, asked)
        with ends.peer.inside(), _datagrams() as sender:
            sender.setblocking(True)  # its own buffer may be full for a moment; that is not what is counted
            for _ in range(5000):
                sender.sendto(_BLOCK, (HERE, _PORT))
        found = 0
        try:
            while at.recv(2000):
                found += 1
        except BlockingIOError:
            return found
        raise AssertionError("a datagram without end")


def _know_the_peer() -> None:
    """Spare the present namespace to ask who the peer is: only few packets may wait for the answer."""
    tool("ip", "neighbour", "replace", THERE, "lladdr", "02:00:00:00:00:01", "dev", "veth0")


def _handed_over(wanted: Values, asked: int) -> float:
    """How many datagrams of 1,000 bytes a program hands over at once to a slow wire. asked: bytes for SO_SNDBUF."""
    with pair() as ends, values(wanted, ends.host), ends.host.inside(), _datagrams() as sender:
        _know_the_peer()
        wire = ("rate", "1mbit", "burst", "10kb", "limit", "100mb")
        tool("tc", "qdisc", "replace", "dev", "veth0", "root", "tbf", *wire)
        if asked:
            sender.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, asked)
        for number in range(20_000):
            try:
                sender.sendto(_BLOCK, (THERE, _PORT))
            except BlockingIOError:
                return number
        raise AssertionError("a buffer without end")


def _control(wanted: Values) -> float:
    """The longest control message that can be sent with a datagram, in bytes."""
    with pair() as ends, values(wanted, ends.host), ends.host.inside(), _datagrams() as sender:
        fits, fails = 0, 1 << 20
        while fails - fits > 16:
            size = (fits + fails) // 2
            try:
                sender.sendmsg([b""], [(_NO_LEVEL, 1, bytes(size))], 0, (THERE, _PORT))
                fits = size
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                fails = size
        return fits


def _uncopied(wanted: Values) -> float:
    """How many sends without a copy may be under way at once."""
    with pair(rtt_ms=4000) as ends, values(wanted, ends.host), ends.host.inside(), _datagrams() as sender:
        _know_the_peer()
        sender.setsockopt(socket.SOL_SOCKET, _SO_ZEROCOPY, 1)
        # Only what the key bounds is to be the limit.
        sender.setsockopt(socket.SOL_SOCKET, _SO_SNDBUFFORCE, 1 << 26)
        for number in range(20_000):
            try:
                sender.sendto(_BLOCK, _MSG_ZEROCOPY, (THERE, _PORT))
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                return number
        raise AssertionError("no limit")


EFFECTS = (
    Effect(
        "datagrams that wait",
        _FAMILY,
        "how many of 5,000 datagrams of 1,000 bytes are not lost while a program is busy",
        "datagrams",
        HIGHER,
        _kept,
        (case("default buffer", RMEM_DEFAULT, asked=0), case("8 MiB asked for", RMEM_MAX, asked=LARGE)),
    ),
    Effect(
        "datagrams handed over",
        _FAMILY,
        "how many datagrams of 1,000 bytes a program can send to a slow wire before it has to wait",
        "datagrams",
        HIGHER,
        _handed_over,
        (case("default buffer", WMEM_DEFAULT, asked=0), case("8 MiB asked for", WMEM_MAX, asked=LARGE)),
    ),
    Effect(
        "control message",
        _FAMILY,
        "the longest control message of one datagram",
        "bytes",
        HIGHER,
        _control,
        (case("longest", OPTMEM),),
    ),
    Effect(
        "sends without a copy",
        _FAMILY,
        "how many sends without a copy (MSG_ZEROCOPY) of one socket may be under way at once",
        "sends",
        HIGHER,
        _uncopied,
        (case("at once", OPTMEM),),
    ),
)
