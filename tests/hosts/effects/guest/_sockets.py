# Sockets in the guest's namespaces: connections between them, bursts of them, and room for many.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Every socket stays in the namespace in which it was opened, so that one process can hold both ends."""

from __future__ import annotations

import contextlib
import resource
import socket

from _kernel import Namespace

_FILES = 200_000


def many_files() -> None:
    """Let this process hold as many sockets as any measurement opens."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES, _FILES))


def listener(port: int, backlog: int = 65535) -> socket.socket:
    """A listener in the present namespace."""
    found = socket.socket()
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    found.bind(("", port))
    found.listen(backlog)
    return found


def connected(
    client: Namespace, server: Namespace, address: str, port: int, buffer: int = 0
) -> tuple[socket.socket, socket.socket]:
    """Both ends of a connection between two namespaces: the client's, the server's.

    buffer: bytes that the server asks for, each way; 0: it does not.
    """
    with server.inside(), listener(port) as at:
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF) if buffer else ():
            at.setsockopt(socket.SOL_SOCKET, option, buffer)
        with client.inside():
            near = socket.create_connection((address, port), timeout=10)
        far, _address = at.accept()
    return near, far


def begun(address: str, port: int) -> socket.socket | None:
    """A socket of the present namespace that has begun to connect; None where there is no local port left."""
    found = socket.socket()
    found.setblocking(False)
    try:
        found.connect((address, port))
    except BlockingIOError:
        pass
    except OSError:
        found.close()
        return None
    return found


def close_all(sockets: list[socket.socket]) -> None:
    """Close sockets; those that are connected say so with a reset, and leave nothing behind."""
    for one in sockets:
        with contextlib.suppress(OSError):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes((1, 0, 0, 0, 0, 0, 0, 0)))
        one.close()
    sockets.clear()
