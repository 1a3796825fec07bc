# Private to this collection. Asks sockets of other processes for their options, as root, by pidfd_getfd and getsockopt.
# Nothing is set. SO_ERROR is never read, since reading it would take it away from the program. Imported only where
# somebody asks for options.

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import socket
import struct
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple

from ._options import OPTIONS
from ._programs import Holders, find_holders, socket_inode, started_ticks
from ._rows import STATES, Row, spelt

_PIDFD_OPEN, _PIDFD_GETFD = 434, 438
# Machines whose kernels give these two system calls other numbers.
_OTHER_NUMBERS = ("alpha", "mips")
_SO_BUF_LOCK, _BUFFER_LOCKS = 72, {"SO_SNDBUF": 1, "SO_RCVBUF": 2}


class Said(NamedTuple):
    """What one socket said."""

    local: str  # address and port
    peer: str | None  # address and port, None for a listening socket
    state: str
    pid: int  # the process that was asked
    said: Dict[str, Any]  # by option


class Asked(NamedTuple):
    """What some sockets said."""

    rows: List[Said]
    gone: int  # how many were closed before they could be asked
    refused: int  # how many the kernel did not let us ask
    answer: str  # the kernel's last refusal, "" for none

    def unknown(self) -> list[str]:
        """What could not be known, in sentences."""
        found = []
        if self.gone:
            found.append("Options: %d sockets were gone before they could be asked." % self.gone)
        if self.refused:
            found.append("Options: the kernel refused %d sockets (%s)." % (self.refused, self.answer))
        return found


def find_and_ask(rows: list[Row], most: int) -> Asked:
    """Find the processes that hold these sockets, and ask up to `most` of them, in their order."""
    return ask(rows, find_holders({row.inode for row in rows}), most)


def ask(rows: Iterable[Row], holders: Holders, most: int) -> Asked:
    """Read the options of up to `most` of these sockets, in their order. One without a known holder is left out."""
    found: list[Said] = []
    gone = refused = 0
    answer = ""
    if os.uname().machine.startswith(_OTHER_NUMBERS):
        return Asked(found, 0, 1, "its system calls have other numbers")
    for row in rows:
        if len(found) >= most or refused >= most:
            break
        places = holders.places.get(row.inode)
        if not places:
            continue
        pid, descriptor = places[0]
        try:
            values = _values(pid, descriptor, row.inode)
        except (ProcessLookupError, _Gone):
            gone += 1
            continue
        except OSError as exc:
            refused += 1
            answer = exc.strerror or str(exc)
            continue
        peer = _end(row.peer, row.peer_port) if row.peer_port else None
        found.append(Said(_end(row.local, row.port), peer, STATES[row.state], pid, values))
    return Asked(found, gone, refused, answer)


def _end(address: bytes, port: int) -> str:
    """One end of a connection for people."""
    text = spelt(address)
    return ("[%s]:%d" if ":" in text else "%s:%d") % (text, port)


class _Gone(Exception):
    """The process or the socket is not what it was a moment ago."""


@contextlib.contextmanager
def _borrowed(pid: int, descriptor: int, inode: int) -> Iterator[int]:
    """A second descriptor of a process's socket; _Gone where the process or the socket is another one by now."""
    libc = ctypes.CDLL(None, use_errno=True)
    began = started_ticks(pid)
    process = _called(libc, _PIDFD_OPEN, pid, 0)
    try:
        # The number may have gone to a new process before it was opened, and the descriptor to another file.
        if began is None or started_ticks(pid) != began or socket_inode("/proc/%d/fd/%d" % (pid, descriptor)) != inode:
            raise _Gone
        try:
            copy = _called(libc, _PIDFD_GETFD, process, descriptor, 0)
        except OSError as exc:
            if exc.errno == errno.EBADF:
                raise _Gone from exc
            raise
        try:
            if os.fstat(copy).st_ino != inode:
                raise _Gone
            yield copy
        finally:
            os.close(copy)
    finally:
        os.close(process)


def _called(libc: Any, number: int, *arguments: int) -> int:
    """The descriptor that a system call gives; OSError where it fails."""
    found = libc.syscall(ctypes.c_long(number), *(ctypes.c_long(argument) for argument in arguments))
    if found < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return int(found)


def _values(pid: int, descriptor: int, inode: int) -> dict[str, Any]:
    """Every option of a socket but SO_ERROR."""
    libc = ctypes.CDLL(None, use_errno=True)
    with _borrowed(pid, descriptor, inode) as copy:
        raw = {one.name: _get(libc, copy, getattr(socket, one.name)) for one in OPTIONS if one.kind != "never"}
        locks = _get(libc, copy, _SO_BUF_LOCK) if socket.SO_ACCEPTCONN == 30 else None
    found: dict[str, Any] = {one.name: _shown(one.kind, raw[one.name]) for one in OPTIONS if one.kind != "never"}
    for name, bit in _BUFFER_LOCKS.items():
        # From 5.16 on the kernel says whether the program set the size; before, that stays a deduction.
        found[name + "_fixed"] = bool(_number(locks) & bit) if locks is not None else None
    return found


def _get(libc: Any, descriptor: int, option: int) -> bytes | None:
    """What getsockopt(SOL_SOCKET) says; None where the kernel refuses.

    By the C library: a socket object of Python could change the flags of the file, which the program shares.
    """
    buffer, length = ctypes.create_string_buffer(32), ctypes.c_uint32(32)
    if libc.getsockopt(descriptor, socket.SOL_SOCKET, option, buffer, ctypes.byref(length)) != 0:
        return None
    return buffer.raw[: length.value]


def _number(raw: bytes) -> int:
    return int(struct.unpack_from("=i", raw)[0])


def _shown(kind: str, raw: bytes | None) -> Any:
    """A flag as a bool, SO_LINGER and time-outs in seconds (None: off), sizes in bytes; None where it was refused."""
    if raw is None:
        return None
    if kind == "flag":
        return bool(_number(raw))
    if kind == "linger":
        on, seconds = struct.unpack_from("=ii", raw)
        return seconds if on else None
    if kind == "time":
        seconds, microseconds = struct.unpack("=qq" if len(raw) == 16 else "=ii", raw)
        return seconds + microseconds / 1e6 or None
    return "SOCK_STREAM" if kind == "type" and _number(raw) == socket.SOCK_STREAM else _number(raw)
