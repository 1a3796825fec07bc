# Tests of asking other processes' sockets for their options: each option set and unset, and sockets and processes that
# vanish.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Against the real kernel: what is found out from outside is what the program itself says."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import socket
import struct
import time

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets import _ask as asking
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets._diag import Source
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets._programs import Holders, find_holders
from ansible_collections.fleetnet.linux_tcp.tests.unit import tcp_states
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import isolated, start

FLAGS = ("SO_REUSEADDR", "SO_REUSEPORT", "SO_KEEPALIVE", "SO_DONTROUTE", "SO_BROADCAST")
TIME = struct.pack("@ll", 2, 500000)
SETTINGS = {
    **{name: (name, struct.pack("=i", 1), True) for name in FLAGS},
    "SO_LINGER": ("SO_LINGER", struct.pack("=ii", 1, 7), 7),
    "SO_LINGER of 0": ("SO_LINGER", struct.pack("=ii", 1, 0), 0),
    "SO_RCVTIMEO": ("SO_RCVTIMEO", TIME, 2.5),
    "SO_SNDTIMEO": ("SO_SNDTIMEO", TIME, 2.5),
    "SO_RCVBUF": ("SO_RCVBUF", struct.pack("=i", 20000), 40000),
    "SO_SNDBUF": ("SO_SNDBUF", struct.pack("=i", 20000), 40000),
}
OFF = {**dict.fromkeys(FLAGS, False), "SO_LINGER": None, "SO_RCVTIMEO": None, "SO_SNDTIMEO": None}


@pytest.fixture(autouse=True)
def pidfd():
    """Skips where this kernel lends no descriptors."""
    if tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2]) < (5, 6):
        pytest.skip("pidfd_getfd came with Linux 5.6")


@contextlib.contextmanager
def another(make):
    """Another process, which makes a socket, tells its own view of it, and keeps it.

    Yields its process id and what it told.
    """
    reader, writer = os.pipe()

    def live():
        os.close(reader)
        one = make()
        told = {"inode": tcp_states.inode(one), "descriptor": one.fileno(), "flags": fcntl.fcntl(one, fcntl.F_GETFL)}
        for name in (*FLAGS, "SO_ACCEPTCONN", "SO_RCVBUF", "SO_SNDBUF"):
            told[name] = one.getsockopt(socket.SOL_SOCKET, getattr(socket, name))
        os.write(writer, json.dumps(told).encode())
        time.sleep(60)

    pid = start(live)
    os.close(writer)
    try:
        yield pid, json.loads(os.read(reader, 1 << 16).decode())
    finally:
        os.close(reader)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)


def listeners(inode):
    return [row for row in Source().listeners() if row.inode == inode]


def asked(inode, holders=None, most=10):
    return asking.ask(listeners(inode), holders or find_holders({inode}), most)


@isolated
@pytest.mark.parametrize("name", SETTINGS)
def test_an_option_that_is_set_and_the_same_unset(name):
    option, raw, expected = SETTINGS[name]
    tcp_states.up()

    def listener(**settings):
        return lambda: tcp_states.listen(4, **settings)

    with another(listener(**{option: raw})) as (_pid, told):
        (found,) = asked(told["inode"]).rows
        values = found.said
        assert values[option] == expected
        assert {flag: values[flag] for flag in FLAGS} == {flag: bool(told[flag]) for flag in FLAGS}
        assert (values["SO_RCVBUF"], values["SO_SNDBUF"]) == (told["SO_RCVBUF"], told["SO_SNDBUF"])
        assert values["SO_ACCEPTCONN"] and told["SO_ACCEPTCONN"] and values["SO_TYPE"] == "SOCK_STREAM"
        if values["SO_RCVBUF_fixed"] is not None:
            assert [values["SO_RCVBUF_fixed"], values["SO_SNDBUF_fixed"]] == [
                option == "SO_RCVBUF",
                option == "SO_SNDBUF",
            ]
        others = {other: value for other, value in OFF.items() if other != option}
        assert {other: values[other] for other in others} == others, "nothing else is set"
    with another(listener()) as (_pid, told):
        values = asked(told["inode"]).rows[0].said
        assert values[option] == OFF.get(option, told.get(option)) and values[option] != expected


@isolated
def test_so_error_is_never_read_and_the_socket_is_as_before(monkeypatch):
    read = []
    real = asking._get
    monkeypatch.setattr(asking, "_get", lambda libc, copy, option: read.append(option) or real(libc, copy, option))
    tcp_states.up()
    client, server = tcp_states.pair(SO_KEEPALIVE=1)
    client.setblocking(False)
    before = [(fcntl.fcntl(one, fcntl.F_GETFL), fcntl.fcntl(one, fcntl.F_GETFD)) for one in (client, server)]
    inodes = {tcp_states.inode(one) for one in (client, server)}
    rows = [row for batch in Source().others() for row in batch if row.inode in inodes]
    descriptors = sorted(os.listdir("/proc/self/fd"))
    found = asking.ask(rows, find_holders(inodes), 10)
    assert sorted(one.said["SO_KEEPALIVE"] for one in found.rows) == [False, True]
    assert len(read) == 2 * 13 and socket.SO_ERROR not in read
    assert [(fcntl.fcntl(one, fcntl.F_GETFL), fcntl.fcntl(one, fcntl.F_GETFD)) for one in (client, server)] == before
    assert sorted(os.listdir("/proc/self/fd")) == descriptors, "what was borrowed is closed"
    server.sendall(b"still there")
    assert client.recv(20) == b"still there"


@isolated
def test_no_more_are_asked_than_are_wanted():
    tcp_states.up()
    kept = [tcp_states.listen() for _number in range(5)]
    rows = Source().listeners()
    assert len(asking.ask(rows, find_holders({row.inode for row in rows}), 3).rows) == 3 and len(kept) == 5


@isolated
def test_a_process_that_is_gone_is_counted():
    tcp_states.up()
    with another(lambda: tcp_states.listen(4)) as (pid, told):
        rows, holders = listeners(told["inode"]), find_holders({told["inode"]})
        assert holders.places[told["inode"]] == [(pid, told["descriptor"])]
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        found = asking.ask(rows, holders, 10)
        assert found == ([], 1, 0, "")
        assert found.unknown() == ["Options: 1 sockets were gone before they could be asked."]


@isolated
@pytest.mark.parametrize("moment", ["started_ticks", "socket_inode", "_called"])
def test_a_process_that_goes_while_it_is_asked(moment, monkeypatch):
    tcp_states.up()
    with another(lambda: tcp_states.listen(4)) as (pid, told):
        rows, holders = listeners(told["inode"]), find_holders({told["inode"]})
        real = getattr(asking, moment)

        def at_this_moment(*arguments):
            with contextlib.suppress(ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            return real(*arguments)

        monkeypatch.setattr(asking, moment, at_this_moment)
        assert asking.ask(rows, holders, 10) == ([], 1, 0, "")


@isolated
def test_a_descriptor_that_is_another_file_by_now():
    tcp_states.up()
    first, second = tcp_states.listen(), tcp_states.listen()
    rows = listeners(tcp_states.inode(first))
    inode, place = rows[0].inode, (os.getpid(), second.fileno())
    assert asking.ask(rows, Holders({inode: [place]}, 0, True), 10) == ([], 1, 0, "")
    assert asking.ask(rows, Holders({inode: [(os.getpid(), 9999)]}, 0, True), 10) == ([], 1, 0, "")
    assert len(asking.ask(rows, Holders({inode: [(os.getpid(), first.fileno())]}, 0, True), 10).rows) == 1


@isolated
def test_a_descriptor_that_becomes_another_file_at_the_last_moment(monkeypatch):
    """What was borrowed is looked at once more, before anything is read."""
    tcp_states.up()
    first, second = tcp_states.listen(), tcp_states.listen(SO_KEEPALIVE=1)
    rows = listeners(tcp_states.inode(first))
    monkeypatch.setattr(asking, "socket_inode", lambda _path: rows[0].inode)
    for descriptor in (second.fileno(), 9999):
        place = (os.getpid(), descriptor)
        assert asking.ask(rows, Holders({rows[0].inode: [place]}, 0, True), 10) == (
            [],
            1,
            0,
            "",
        ), "another socket, or none"


@isolated
def test_a_number_that_went_to_another_process(monkeypatch):
    tcp_states.up()
    listener = tcp_states.listen()
    ticks = iter(range(100))
    monkeypatch.setattr(asking, "started_ticks", lambda _pid: next(ticks))
    assert asked(tcp_states.inode(listener)) == ([], 1, 0, "")


@isolated
@pytest.mark.parametrize("code", ["ENOSYS", "EPERM"])
def test_a_kernel_that_refuses_is_told(code, monkeypatch):
    import errno

    def refuse(*_arguments):
        raise OSError(getattr(errno, code), os.strerror(getattr(errno, code)))

    tcp_states.up()
    listener = tcp_states.listen()
    monkeypatch.setattr(asking, "_called", refuse)
    found = asked(tcp_states.inode(listener))
    assert found == ([], 0, 1, os.strerror(getattr(errno, code)))
    assert found.unknown() == ["Options: the kernel refused 1 sockets (%s)." % found.answer]


def test_machines_with_other_numbers_are_left_alone(monkeypatch):
    monkeypatch.setattr(os, "uname", lambda: os.uname_result(("Linux", "x", "6.1.0", "", "mips64")))
    monkeypatch.setattr(asking, "_called", None)
    assert asking.ask([], Holders({}, 0, True), 5).answer == "its system calls have other numbers"
