# Private to this collection. The document's thirteen socket options: which of them show from outside, and the rest as
# root, with pidfd_getfd and getsockopt. Nothing is set; SO_ERROR is never read, since reading it takes it away from the
# program.

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import socket
import struct
from typing import Any, Iterable, Iterator, NamedTuple

from ._programs import (
    Holders,
    socket_inode,
    started_ticks,
)
from ._rows import STATES, Row, spelt

_PIDFD_OPEN, _PIDFD_GETFD = 434, 438
# Kernels for these count system calls from elsewhere.
_OTHER_NUMBERS = ("alpha", "mips")
_SO_BUF_LOCK, _BUFFER_LOCKS = 72, {"SO_SNDBUF": 1, "SO_RCVBUF": 2}


class Option(NamedTuple):
    """One of the thirteen. kind: flag, bytes, linger, time, type or never; outside: what shows without touching the
    program."""

    name: str
    kind: str
    outside: str


OPTIONS = (
    Option("SO_REUSEADDR", "flag", "no"),
    Option("SO_REUSEPORT", "flag", "partly: several listening sockets on one address and port have it"),
    Option(
        "SO_KEEPALIVE",
        "flag",
        "yes, by the keepalive timer; not while another timer runs, and never on a listening socket",
    ),
    Option("SO_LINGER", "linger", "no"),
    Option("SO_RCVBUF", "bytes", "the size, yes; whether the program fixed it is deduced"),
    Option("SO_SNDBUF", "bytes", "the size, yes; whether the program fixed it is deduced"),
    Option("SO_RCVTIMEO", "time", "no"),
    Option("SO_SNDTIMEO", "time", "no"),
    Option("SO_ACCEPTCONN", "flag", "yes, by the state LISTEN"),
    Option("SO_ERROR", "never", "no, and reading it would take it away from the program"),
    Option("SO_TYPE", "type", "yes, by the table: every TCP socket is SOCK_STREAM"),
    Option("SO_DONTROUTE", "flag", "no"),
    Option("SO_BROADCAST", "flag", "no, and TCP has no use for it"),
)


class Asked(NamedTuple):
    """What some sockets said.

    rows: one for each; gone: how many vanished before they could be asked; refused: how many the kernel
    did not let us ask, and its last answer."""

    rows: list[dict[str, Any]]
    gone: int
    refused: int
    answer: str


def ask(rows: Iterable[Row], holders: Holders, most: int) -> Asked:
    """Read the options of up to `most` of some sockets, in their order."""
    found: list[dict[str, Any]] = []
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
        try:
            values = _values(*places[0], row.inode)
        except (ProcessLookupError, _Gone):
            gone += 1
            continue
        except OSError as exc:
            refused += 1
            answer = exc.strerror or str(exc)
            continue
        found.append({
            "local": _end(row.local, row.port), "peer": _end(row.peer, row.peer_port) if row.peer_port else None,
            "state": STATES[row.state], "pid": places[0][0], "said": values,
        })  # fmt: skip
    return Asked(found, gone, refused, answer)


def _end(address: bytes, port: int) -> str:
    text = spelt(address)
    return ("[%s]:%d" if ":" in text else "%s:%d") % (text, port)


class _Gone(Exception):
    """The process or the socket is not what it was a moment ago."""


@contextlib.contextmanager
def _borrowed(pid: int, descriptor: int, inode: int) -> Iterator[int]:
    """A second descriptor of a process's socket; _Gone where either is another one by now."""
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
    """A system call that gives a descriptor."""
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
    """getsockopt(SOL_SOCKET), by the C library: an object of Python's could change the file that both sides share."""
    buffer, length = ctypes.create_string_buffer(32), ctypes.c_uint32(32)
    if libc.getsockopt(descriptor, socket.SOL_SOCKET, option, buffer, ctypes.byref(length)) != 0:
        return None
    return buffer.raw[: length.value]


def _number(raw: bytes) -> int:
    return int(struct.unpack_from("=i", raw)[0])


def _shown(kind: str, raw: bytes | None) -> Any:
    """A flag as a bool, SO_LINGER and time-outs in seconds (None: off), sizes in bytes."""
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


def overview(outside: dict[str, tuple[int, int]], asked: Asked | None) -> list[dict[str, Any]]:
    """The thirteen in the document's order: on how many of how many sockets each is set, and how that is known.

    outside: what shows without touching a program, by option; what the sockets themselves said (asked) goes before it.
    """
    rows = []
    for option in OPTIONS:
        row = {"option": option.name, "outside": option.outside, "source": None, "set": None, "of": None}
        # Where it is off, linger and a time-out have no value.
        absent = option.kind in ("linger", "time")
        name = option.name + "_fixed" if option.kind == "bytes" else option.name
        said = [one["said"].get(name) for one in asked.rows] if asked and option.kind != "never" else []
        known = said if absent else [value for value in said if value is not None]
        if known:
            row.update(
                source="getsockopt",
                set=sum(value is not None if absent else bool(value) for value in known),
                of=len(known),
            )
        elif option.name in outside:
            row.update(source="outside", set=outside[option.name][0], of=outside[option.name][1])
        rows.append(row)
    return rows
