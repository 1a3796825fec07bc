# Answers of sock_diag as a kernel gives them, made by hand, for the tests of tcp_socket_info.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""One message for each socket, laid out as in linux/netlink.h and linux/inet_diag.h; and a channel that plays messages
back."""

from __future__ import annotations

import socket
import struct
import threading

BY_FAMILY, ERROR, DONE = 20, 2, 3
INFO, SKMEMINFO, SHUTDOWN, MARK, CGROUP_ID, SOCKOPT = 2, 7, 8, 15, 21, 22
MULTI = 2


def attribute(kind, body):
    return struct.pack("=HH", 4 + len(body), kind) + body + b"\0" * (-len(body) % 4)


def tcp_info(options=7, send_scale=7, receive_scale=10, taken=14480, size=280):
    """The begin of struct tcp_info. Both scales share one byte; on a little-endian machine the send scale has its lower
    half."""
    scales = send_scale | receive_scale << 4 if struct.pack("=H", 1)[0] else send_scale << 4 | receive_scale
    return struct.pack("=5xBB89xI", options, scales, taken).ljust(size, b"\0")[:size]


def memory(rcvbuf=131072, sndbuf=87040, drops=0, words=9):
    return struct.pack("=9I", 0, rcvbuf, 0, sndbuf, 0, 0, 0, 0, drops)[: 4 * words]


def connection(**info):
    """The attributes that Linux 6.x gives a connection, in its order."""
    return [
        (SHUTDOWN, b"\0"),
        (MARK, b"\0" * 4),
        (CGROUP_ID, struct.pack("=Q", 4711)),
        (SOCKOPT, b"\0\0"),
        (SKMEMINFO, memory()),
        (INFO, tcp_info(**info)),
    ]


def message(
    state=1,
    local="192.0.2.1",
    port=443,
    peer="192.0.2.7",
    peer_port=51034,
    timer=0,
    expires=0,
    queues=(0, 0),
    uid=0,
    inode=1,
    sequence=1,
    attributes=(),
    kind=BY_FAMILY,
):
    """One socket."""
    family = socket.AF_INET6 if ":" in local else socket.AF_INET
    ends = [socket.inet_pton(family, address).ljust(16, b"\0") for address in (local, peer)]
    body = (
        struct.pack("=BBBB", family, state, timer, 0)
        + struct.pack(">HH", port, peer_port)
        + ends[0]
        + ends[1]
        + struct.pack("=I8x", 0)
    )
    body += struct.pack("=IIIII", expires, queues[0], queues[1], uid, inode) + b"".join(
        attribute(*one) for one in attributes
    )
    return struct.pack("=IHHII", 16 + len(body), kind, MULTI, sequence, 0) + body


def done(sequence=1, code=0, kind=DONE):
    """The end of a dump, or an error."""
    return struct.pack("=IHHIIi", 20, kind, MULTI, sequence, 0, code)


class Channel:
    """Plays answers back: for each request, in order, a list of datagrams. Takes the place of a netlink socket."""

    def __init__(self, *answers):
        self._answers = list(answers)
        self.asked = []
        self._mine, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._mine.settimeout(10)
        self._player = None

    def send(self, request):
        self.asked.append(request)
        if self._player:
            self._player.join()
        self._player = threading.Thread(
            target=lambda datagrams: [self._theirs.send(one) for one in datagrams], args=(self._answers.pop(0),)
        )
        self._player.start()

    def recv(self, size):
        return self._mine.recv(size)

    def __enter__(self):
        return self

    def __exit__(self, *_ignored):
        # The own end first: the player then stops at its next message, since nobody listens any more.
        self._mine.close()
        if self._player:
            self._player.join()
        self._theirs.close()
