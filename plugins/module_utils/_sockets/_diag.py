# Private to this collection. Reads every TCP socket of this network namespace, through sock_diag or else /proc/net/tcp.
# It changes nothing and needs no rights. The kernel may load its module tcp_diag for it, as it does for `ss`.

from __future__ import annotations

import socket
from typing import Iterator

from ._rows import ALL_OTHERS, IPV4, IPV6, LISTEN, LISTENING, Row, parse, request

_SOCK_DIAG = 4
_PATIENCE_S = 10.0
# Bytes; the kernel sends at most 32 KiB in one answer.
_ANSWER = 1 << 16


class Source:
    """Where sockets are read from. Reads the listeners at once; others() reads the rest, once."""

    def __init__(self) -> None:
        self.name = "sock_diag"  # or "procfs"
        self.refused = ""  # why it is procfs, in the kernel's words
        self._listeners: list[Row] = []
        try:
            with _channel() as channel:
                for batch in _dump(channel, LISTENING):
                    self._listeners += batch
        except OSError as exc:
            from ._procfs import batches

            self.name, self.refused = "procfs", exc.strerror or str(exc)
            self._listeners = [row for batch in batches() for row in batch if row.state == LISTEN]

    def listeners(self) -> list[Row]:
        """The sockets that listen."""
        return self._listeners

    def others(self) -> Iterator[list[Row]]:
        """All other sockets, in batches: a busy host has more of them than should be held at a time.

        OSError where the kernel stops to answer.
        """
        if self.name == "sock_diag":
            with _channel() as channel:
                yield from _dump(channel, ALL_OTHERS)
            return
        from ._procfs import batches

        for batch in batches():
            yield [row for row in batch if row.state != LISTEN]


def _channel() -> socket.socket:
    channel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG)
    channel.settimeout(_PATIENCE_S)
    return channel


def _dump(channel: socket.socket, states: int) -> Iterator[list[Row]]:
    """Sockets in some states (a bit mask), of both families."""
    for sequence, family in enumerate((IPV4, IPV6), 1):
        channel.send(request(family, states, sequence))
        last = False
        while not last:
            rows, last = parse(channel.recv(_ANSWER), sequence)
            yield rows
