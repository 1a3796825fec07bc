# Holds what is loaded before User-Mode Linux (tests/hosts/fleet/_xstate.c) against this machine's own kernel, with a
# traced process.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""A buffer of registers that is shorter than the machine's is refused by Linux, and filled up by the library.

Any processor with AVX shows it: its state is longer than the 576 bytes that every one has.
"""

from __future__ import annotations

import ctypes
import errno
import os
import signal
from collections.abc import Iterator

import pytest
from _uml import KERNELS
from kernels import kernel

TRACEME, PEEKUSER, CONT, GETREGSET, SETREGSET, XSTATE = 0, 3, 7, 0x4204, 0x4205, 0x202
SHORT = 576
XMM0 = slice(160, 176)


class Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


def ptrace_of(library: str | None) -> ctypes._NamedFuncPointer:
    function = ctypes.CDLL(library, use_errno=True).ptrace
    function.restype = ctypes.c_long
    function.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_long, ctypes.c_void_p)
    return function


@pytest.fixture(scope="module")
def ours() -> ctypes._NamedFuncPointer:
    return ptrace_of(str(kernel(KERNELS[0].suite) / "xstate.so"))


@pytest.fixture
def traced() -> Iterator[int]:
    """A process that stands still for whoever traces it."""
    pid = os.fork()
    if not pid:
        ptrace_of(None)(TRACEME, 0, 0, None)
        os.kill(os.getpid(), signal.SIGSTOP)
        os._exit(0)
    try:
        assert os.WIFSTOPPED(os.waitpid(pid, 0)[1])
        yield pid
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def read(pid: int) -> bytes:
    buffer = ctypes.create_string_buffer(1 << 16)
    vector = Vector(ctypes.addressof(buffer), len(buffer))
    assert ptrace_of(None)(GETREGSET, pid, XSTATE, ctypes.byref(vector)) == 0
    return buffer.raw[: vector.length]


def write(ptrace: ctypes._NamedFuncPointer, pid: int, registers: bytes) -> int:
    """0, or the number of the error."""
    buffer = ctypes.create_string_buffer(registers, len(registers))
    return (
        ctypes.get_errno()
        if ptrace(SETREGSET, pid, XSTATE, ctypes.byref(Vector(ctypes.addressof(buffer), len(registers))))
        else 0
    )


def changed(registers: bytes, value: bytes) -> bytes:
    return (
        registers[: XMM0.start] + value + registers[XMM0.stop : 512] + bytes([registers[512] | 0b11]) + registers[513:]
    )


def test_linux_refuses_a_short_buffer_and_the_library_fills_it_up(traced: int, ours: ctypes._NamedFuncPointer) -> None:
    before = read(traced)
    assert len(before) > SHORT, "this processor shows nothing: it has no AVX"
    value = bytes(range(16))
    assert write(ptrace_of(None), traced, changed(before, value)[:SHORT]) == errno.EFAULT
    assert read(traced)[XMM0] == before[XMM0]
    assert write(ours, traced, changed(before, value)[:SHORT]) == 0
    assert read(traced)[XMM0] == value


def test_a_buffer_of_full_length_is_set_as_it_is(traced: int, ours: ctypes._NamedFuncPointer) -> None:
    wanted = changed(read(traced), b"x" * 16)
    assert write(ours, traced, wanted) == 0
    assert read(traced) == wanted


def test_the_other_calls_answer_as_those_of_the_c_library(traced: int, ours: ctypes._NamedFuncPointer) -> None:
    for offset in range(0, 8 * 27, 8):  # struct user_regs_struct
        assert ours(PEEKUSER, traced, offset, None) == ptrace_of(None)(PEEKUSER, traced, offset, None)
    ctypes.set_errno(0)
    assert (ours(PEEKUSER, os.getpid(), 0, None), ctypes.get_errno()) == (-1, errno.ESRCH)
    assert ours(CONT, traced, 0, None) == 0
