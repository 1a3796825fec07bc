# Private to this collection. Reads every TCP socket of this network namespace, through sock_diag or else /proc/net/tcp.
# It changes nothing and needs no rights. The kernel may load its module tcp_diag for it, as it does for `ss`.

from __future__ import annotations

import itertools
import socket
from typing import Any, Iterator

from ._rows import (
    ALL_OTHERS,
    IPV4,
    IPV6,
    LISTEN,
    LISTENING,
    Row,
    from_proc,
    parse,
    request,
)

_SOCK_DIAG = 4
_PATIENCE_S = 10.0
# The kernel fills at most 32 KiB at a time.
_ANSWER = 1 << 16
_TABLES = {IPV4: "/proc/net/tcp", IPV6: "/proc/net/tcp6"}
_LINES = 500


class Source:
    """Where sockets are read from: listeners() first, others() once after it.

    name: sock_diag or procfs; refused: why it is not sock_diag, else "".
    """

    def __init__(self) -> None:
        self.name, self.refused = "sock_diag", ""
        self._listeners: list[Row] = []
        try:
            with _channel() as channel:
                for batch in _dump(channel, LISTENING):
                    self._listeners += batch
        except OSError as exc:
            self.name, self.refused = "procfs", exc.strerror or str(exc)
            self._listeners = [row for batch in _tables() for row in batch if row.state == LISTEN]

    def listeners(self) -> list[Row]:
        """The sockets that listen."""
        return self._listeners

    def others(self) -> Iterator[list[Row]]:
        """All other sockets, in batches: a busy host has more of them than should be held at a time."""
        if self.name == "sock_diag":
            with _channel() as channel:
                yield from _dump(channel, ALL_OTHERS)
            return
        for batch in _tables():
            yield [row for row in batch if row.state != LISTEN]


def _channel() -> socket.socket:
    channel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG)
    channel.settimeout(_PATIENCE_S)
    return channel


def _dump(channel: Any, states: int) -> Iterator[list[Row]]:
    """Sockets in some states, of both families."""
    for sequence, family in enumerate(_TABLES, 1):
        channel.send(request(family, states, sequence))
        last = False
        while not last:
            rows, last = parse(channel.recv(_ANSWER), sequence)
            yield rows


def _tables() -> Iterator[list[Row]]:
    for family, path in _TABLES.items():
        try:
            with open(path, encoding="ascii") as stream:
                next(stream, None)
                yield from _batches(from_proc(family, stream))
        except OSError:
            continue


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while True:
        batch = list(itertools.islice(rows, _LINES))
        if not batch:
            return
        yield batch
