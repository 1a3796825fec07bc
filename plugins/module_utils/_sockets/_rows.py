# Private to this collection. What is known of one TCP socket, and how a message of sock_diag becomes that. Pure.

from __future__ import annotations

import errno
import os
import socket
import struct
import sys
from typing import NamedTuple

# The eleven states that people know, by their numbers in include/net/tcp_states.h. The kernel's other two: see STATE.
STATES = (
    "",
    "ESTABLISHED",
    "SYN_SENT",
    "SYN_RECV",
    "FIN_WAIT1",
    "FIN_WAIT2",
    "TIME_WAIT",
    "CLOSE",
    "CLOSE_WAIT",
    "LAST_ACK",
    "LISTEN",
    "CLOSING",
)
ESTABLISHED, SYN_RECV, TIME_WAIT, CLOSE, CLOSE_WAIT, LISTEN = 1, 3, 6, 7, 8, 10
# Two states that only the kernel knows. 12, NEW_SYN_RECV: a request for a connection that has no socket yet.
# 13, BOUND_INACTIVE: asks for sockets that are bound and neither listen nor connect.
_BOUND_INACTIVE = 13
# A kernel's state as people know it.
STATE = (*range(12), SYN_RECV, CLOSE)
LISTENING = 1 << LISTEN
ALL_OTHERS = (1 << _BOUND_INACTIVE + 1) - 2 & ~LISTENING
# What a socket's timer is for.
KEEPALIVE_TIMER, NO_TIMER = 2, 0

IPV4, IPV6 = int(socket.AF_INET), int(socket.AF_INET6)

# linux/netlink.h, linux/sock_diag.h, linux/inet_diag.h
_REQUEST_AND_DUMP = 0x1 | 0x300
_BY_FAMILY = 20
_ERROR, _DONE = 2, 3
_INFO, _SKMEMINFO, _CGROUP_ID = 2, 7, 21
_WANTED = 1 << _INFO - 1 | 1 << _SKMEMINFO - 1
_HEADER = struct.Struct("=IHHII")  # length, type, flags, sequence, port
_QUERY = struct.Struct("=BBBxI48x")  # family, protocol, extensions, states, and no one socket
# family, state, timer, retransmissions; ports, addresses, interface; expires, two queues, user, inode
_SOCKET = struct.Struct("=BBBBHH16s16sI8xIIIII")
_ATTRIBUTE = struct.Struct("=HH")
_MEMORY = struct.Struct("=4xI4xI16xI")  # SO_RCVBUF, SO_SNDBUF, drops
_SHORT_MEMORY = struct.Struct("=4xI4xI")  # before drops were counted
_TCP_INFO = struct.Struct("=5xBB89xI")  # negotiated options, window scales, bytes that the program took in a round trip
_BOTH = struct.Struct("=HH4xI4xI16xIHH5xBB89xI")  # the attributes SKMEMINFO and INFO, one after the other
_COMPLETE = _HEADER.size + _SOCKET.size
# The receive window's scale is the second of two bit fields in one byte.
_SCALE = 4 if sys.byteorder == "little" else 0
_NOTHING = (None,) * 7


class Row(NamedTuple):
    """One socket. None: where it was read from does not tell."""

    family: int  # IPV4 or IPV6
    state: int  # its place in STATES
    timer: int  # KEEPALIVE_TIMER, NO_TIMER, or another one
    local: bytes  # address, 4 or 16 bytes
    port: int
    peer: bytes  # address, 4 or 16 bytes
    peer_port: int
    expires: int  # when the timer ends, in milliseconds from now
    received: int  # bytes to be read; of a listener: connections to be accepted
    sent: int | None  # bytes not acknowledged; of a listener: the backlog
    uid: int
    inode: int  # 0 where no program holds it
    rcvbuf: int | None = None  # bytes, as getsockopt gives them
    sndbuf: int | None = None  # bytes, as getsockopt gives them
    drops: int | None = None  # packets
    negotiated: int | None = None  # bits: 1 timestamps, 2 SACK, 4 window scaling
    scale: int | None = None  # of the receive window
    taken: int | None = None  # bytes that the program took in one round trip
    cgroup: int | None = None  # the number of its control group


def request(family: int, states: int, sequence: int) -> bytes:
    """A message that asks sock_diag for all sockets of a family in some states (a bit mask)."""
    query = _QUERY.pack(family, socket.IPPROTO_TCP, _WANTED, states)
    return _HEADER.pack(_HEADER.size + len(query), _BY_FAMILY, _REQUEST_AND_DUMP, sequence, 0) + query


def parse(buffer: bytes, sequence: int) -> tuple[list[Row], bool]:
    """The sockets in one answer of sock_diag, and whether it is the last.

    OSError where the kernel refuses or the answer is none.
    """
    rows: list[Row] = []
    add, new, port, unpack = rows.append, tuple.__new__, socket.ntohs, _SOCKET.unpack_from
    places: dict[int, int] = {}
    start, size = 0, len(buffer)
    while start + _HEADER.size <= size:
        length, kind, _flags, number, _port = _HEADER.unpack_from(buffer, start)
        end = start + length
        if length < _HEADER.size or end > size:
            raise OSError(errno.EBADMSG, "a message of %d bytes in an answer of %d" % (length, size))
        if kind in (_ERROR, _DONE):
            _raise_refusal(buffer[start + _HEADER.size : end])
            return rows, True
        if kind == _BY_FAMILY and number == sequence and length >= _COMPLETE:
            head = start + _HEADER.size
            family, state, timer, _retransmitted, own, other, local, peer, _interface, *rest = unpack(buffer, head)
            if family == IPV4:
                local, peer = local[:4], peer[:4]
            known = _NOTHING if length == _COMPLETE else _attributes(buffer, start, end, state, places)
            # As Row(...) would make it, in half the time: a busy host has very many.
            add(new(Row, (family, STATE[state], timer, local, port(own), peer, port(other), *rest, *known)))
        start += length + 3 & ~3
    return rows, False


def _raise_refusal(answer: bytes) -> None:
    """Both an error and the end of a dump begin with a number: 0, or what went wrong."""
    code = struct.unpack_from("=i", answer)[0] if len(answer) >= 4 else 0
    if code < 0:
        raise OSError(-code, os.strerror(-code))


def _attributes(buffer: bytes, start: int, end: int, state: int, places: dict[int, int]) -> tuple[int | None, ...]:
    """The last seven fields of a Row.

    places: where messages of a length had their attributes, for connections, which are many.
    """
    place = places.get(end - start)
    if place and state != LISTEN:
        length, kind, rcvbuf, sndbuf, drops, _length, next_kind, negotiated, scales, taken = _BOTH.unpack_from(
            buffer, start + place
        )
        if (length, kind, next_kind) == (4 + _MEMORY.size, _SKMEMINFO, _INFO):
            return rcvbuf, sndbuf, drops, negotiated, scales >> _SCALE & 15, taken, None
    rcvbuf = sndbuf = drops = negotiated = taken = scale = cgroup = None
    at = start + _COMPLETE
    while at + 4 <= end:
        length, kind = _ATTRIBUTE.unpack_from(buffer, at)
        if length < 4 or at + length > end:
            break
        if kind == _SKMEMINFO:
            if length >= 4 + _MEMORY.size:
                rcvbuf, sndbuf, drops = _MEMORY.unpack_from(buffer, at + 4)
                if at + _BOTH.size <= end:
                    places[end - start] = at - start
            elif length >= 4 + _SHORT_MEMORY.size:
                rcvbuf, sndbuf = _SHORT_MEMORY.unpack_from(buffer, at + 4)
        elif kind == _INFO and length >= 4 + _TCP_INFO.size:
            negotiated, scales, taken = _TCP_INFO.unpack_from(buffer, at + 4)
            scale = scales >> _SCALE & 15
        elif kind == _CGROUP_ID and length == 12:
            (cgroup,) = struct.unpack_from("=Q", buffer, at + 4)
        at += length + 3 & ~3
    return rcvbuf, sndbuf, drops, negotiated, scale, taken, cgroup


def spelt(address: bytes) -> str:
    """An address for people. One of IPv4 that an IPv6 socket holds (::ffff:192.0.2.1) is shown as IPv4."""
    text = socket.inet_ntop(socket.AF_INET if len(address) == 4 else socket.AF_INET6, address)
    return text[7:] if text.startswith("::ffff:") and "." in text else text
