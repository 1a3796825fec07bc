# Private to this collection. Reads TCP sockets out of /proc/net/tcp and tcp6. Imported only where the kernel refuses
# sock_diag, which tells more.

from __future__ import annotations

import itertools
import struct
from typing import Iterable, Iterator

from ._rows import IPV4, IPV6, LISTEN, STATE, Row

_TABLES = {IPV4: "/proc/net/tcp", IPV6: "/proc/net/tcp6"}
_LINES = 500
# A timer is shown in ticks of 1/100 s, on every kernel.
_TICK_MS = 10


def batches() -> Iterator[list[Row]]:
    """The sockets of both files, in batches. A file that cannot be read is left out."""
    for family, path in _TABLES.items():
        try:
            with open(path, encoding="ascii") as stream:
                next(stream, None)
                rows = from_proc(family, stream)
                batch = list(itertools.islice(rows, _LINES))
                while batch:
                    yield batch
                    batch = list(itertools.islice(rows, _LINES))
        except OSError:
            continue


def from_proc(family: int, lines: Iterable[str]) -> Iterator[Row]:
    """The sockets in lines of /proc/net/tcp or tcp6, without its first line.

    The files tell no buffers, and of a listener no backlog. A line that is not whole is left out: the file may change
    while it is read.
    """
    for line in lines:
        words = line.split()
        try:
            (local, port), (peer, peer_port) = (_endpoint(word) for word in words[1:3])
            state = STATE[int(words[3], 16)]
            sent, received = (int(number, 16) for number in words[4].split(":"))
            timer, ticks = (int(number, 16) for number in words[5].split(":"))
            yield Row(
                family,
                state,
                timer,
                local,
                port,
                peer,
                peer_port,
                ticks * _TICK_MS,
                received,
                None if state == LISTEN else sent,
                int(words[7]),
                int(words[9]),
            )
        except (ValueError, IndexError):
            continue


def _endpoint(word: str) -> tuple[bytes, int]:
    """An address and its port, as the kernel prints them: hexadecimal, the address in 32-bit words of this machine's
    byte order."""
    address, port = word.split(":")
    groups = [int(address[at : at + 8], 16) for at in range(0, len(address), 8)]
    return struct.pack("=%dI" % len(groups), *groups), int(port, 16)
