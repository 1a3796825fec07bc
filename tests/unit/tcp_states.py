# Real TCP sockets in every state, on loopback, for the tests of tcp_socket_info.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Each function leaves sockets in a state and keeps them there, by plain calls: no packet filter, no lost packet.

Only in a private network namespace, whose loopback `up()` switches on.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import time

_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1
HOST = {4: "127.0.0.1", 6: "::1"}
FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}


def up() -> None:
    """Switch on the loopback device of this network namespace."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack("16xH14x", fcntl.ioctl(any_socket, _SIOCGIFFLAGS, request))[0]
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | _IFF_UP))


def listen(backlog: int = 16, ip: int = 4, host: str | None = None, port: int = 0, **options: object) -> socket.socket:
    """A listening socket. options: names of SOL_SOCKET options and what to set them to before it listens."""
    listener = socket.socket(FAMILY[ip])
    for name, value in options.items():
        listener.setsockopt(socket.SOL_SOCKET, getattr(socket, name), value)
    listener.bind((HOST[ip] if host is None else host, port))
    listener.listen(backlog)
    return listener


def pair(ip: int = 4, listener: socket.socket | None = None, **options: object) -> tuple[socket.socket, socket.socket]:
    """Both ends of a connection: client, server. options: of the client, set before it connects."""
    own = listener or listen(ip=ip)
    client = socket.socket(FAMILY[ip])
    for name, value in options.items():
        client.setsockopt(socket.SOL_SOCKET, getattr(socket, name), value)
    client.connect(own.getsockname())
    server, _peer = own.accept()
    if listener is None:
        own.close()
    return client, server


def fill(sender: socket.socket) -> None:
    """Send until neither side takes more: whatever follows, a FIN too, waits for a reader that does not come."""
    sender.setblocking(False)
    try:
        while True:
            sender.send(b"x" * 65536)
    except BlockingIOError:
        pass


def small_pair(ip: int = 4) -> tuple[socket.socket, socket.socket]:
    """A connection whose buffers are soon full."""
    listener = listen(ip=ip, SO_RCVBUF=4096)
    try:
        return pair(ip, listener, SO_RCVBUF=4096, SO_SNDBUF=4096)
    finally:
        listener.close()


def every_state(ip: int = 4) -> tuple[dict[str, int], list[socket.socket]]:
    """Make at least one socket in each of the eleven states.

    Returns how many there are in each, and the sockets that have to stay open for that.
    """
    kept: list[socket.socket] = []
    counts = dict.fromkeys(
        (
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
        ),
        0,
    )

    def keep(*sockets: socket.socket, **states: int) -> None:
        kept.extend(sockets)
        for state, count in states.items():
            counts[state] += count

    bound = socket.socket(FAMILY[ip])
    bound.bind((HOST[ip], 0))
    keep(bound, CLOSE=1)

    keep(*pair(ip), ESTABLISHED=2)

    client, server = pair(ip)
    client.shutdown(socket.SHUT_WR)
    keep(client, server, FIN_WAIT2=1, CLOSE_WAIT=1)

    client, server = pair(ip)
    client.close()
    server.close()
    counts["TIME_WAIT"] += 1

    # The FIN waits behind data that the other side has no room for.
    client, server = small_pair(ip)
    fill(client)
    client.shutdown(socket.SHUT_WR)
    keep(client, server, FIN_WAIT1=1, ESTABLISHED=1)

    # Both sides want to close; the client's FIN waits, the server's arrives.
    client, server = small_pair(ip)
    fill(client)
    client.shutdown(socket.SHUT_WR)
    server.shutdown(socket.SHUT_WR)
    keep(client, server, CLOSING=1, FIN_WAIT2=1)

    # The client has closed; the server's FIN waits.
    client, server = small_pair(ip)
    client.shutdown(socket.SHUT_WR)
    fill(server)
    server.shutdown(socket.SHUT_WR)
    keep(client, server, LAST_ACK=1, FIN_WAIT2=1)

    # A full queue: two connections that nobody accepts fill a backlog of one, and the third gets no answer to its SYN.
    full = listen(1, ip)
    waiting = [socket.create_connection(full.getsockname()[:2]) for _number in range(2)]
    late = socket.socket(FAMILY[ip])
    late.setblocking(False)
    late.connect_ex(full.getsockname())
    keep(full, *waiting, late, LISTEN=1, ESTABLISHED=4, SYN_SENT=1)

    # The server's side stays half open until data come.
    deferred = socket.socket(FAMILY[ip])
    deferred.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 30)
    deferred.bind((HOST[ip], 0))
    deferred.listen(4)
    keep(deferred, socket.create_connection(deferred.getsockname()[:2]), LISTEN=1, SYN_RECV=1, ESTABLISHED=1)
    return counts, kept


def said_by_kernel(sockets: list[socket.socket]) -> list[int]:
    """Each open socket's own state, by TCP_INFO."""
    return [one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] for one in sockets]


def stay(parent: int) -> None:
    """Keep what this process inherited for as long as its parent lives.

    A parent that is no longer root cannot end this process, so this process has to look whether it is still there.

    parent: its process id, from before the fork: on a busy machine it may have ended before this line runs.
    """
    while os.getppid() == parent:
        time.sleep(0.05)


def inode(one: socket.socket) -> int:
    """The inode of a socket."""
    return os.fstat(one.fileno()).st_ino
