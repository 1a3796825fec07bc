# Tests of what tcp_socket_info says of keys: which sockets follow them, and which are from before a change.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""main() on hosts of the tests' own, with real sockets, before and after a change of a key."""

from __future__ import annotations

import os
import socket
import time

import pytest

pytest.importorskip("ansible.module_utils.testing", reason="needs ansible-core 2.19 or newer")

from ansible_collections.fleetnet.linux_tcp.tests.unit import tcp_states
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import RMEM, SOMAXCONN
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import DROP_IN, isolated, put, write
from ansible_collections.fleetnet.linux_tcp.tests.unit.tcp_looks import by_port, look

KEEPALIVE = "net.ipv4.tcp_keepalive_time"


@isolated
def test_small_and_large_backlogs_and_why():
    tcp_states.up()
    put({SOMAXCONN: "128"})
    small, capped = tcp_states.listen(5), tcp_states.listen(1000)
    write(DROP_IN, SOMAXCONN + " = 2048\n")
    put({SOMAXCONN: "2048"})
    asked, limited = tcp_states.listen(128), tcp_states.listen(65535)
    now = time.time()

    def causes(**options):
        found = look(**options)
        return [
            (by_port(found, one)["backlog"], by_port(found, one)["cause"]) for one in (small, capped, asked, limited)
        ]

    os.utime(DROP_IN, (now + 5, now + 5))
    # This program was started before the change, so the third, too, looks like a leftover: a deduction can err, and
    # says so.
    assert causes(former={SOMAXCONN: 128}) == [(5, "asked"), (128, "restart"), (128, "restart"), (2048, "limit")]
    assert by_port(look(former={SOMAXCONN: 128}), capped)["detail"].startswith("probably ")
    assert [
        finding["subject"] for finding in look(former={SOMAXCONN: "128"})["findings"] if finding["code"] == "restart"
    ] == [small_name()]
    os.utime(DROP_IN, (now - 1000, now - 1000))
    assert causes(former={SOMAXCONN: 128}) == [(5, "asked"), (128, "asked"), (128, "asked"), (2048, "limit")]
    os.unlink(DROP_IN)
    assert causes(former={SOMAXCONN: 128}) == [(5, "asked"), (128, "unclear"), (128, "unclear"), (2048, "limit")]
    put({SOMAXCONN: "100"})
    assert causes() == [(5, "asked"), (128, "restart"), (128, "restart"), (2048, "restart")]


def small_name():
    """What this program is called where it has no unit, as the kernel has it."""
    with open("/proc/self/comm") as stream:
        name = stream.read().strip()
    with open("/proc/self/cgroup") as stream:
        units = [
            part
            for line in stream
            for part in reversed(line.strip().split("/"))
            if part.endswith((".service", ".scope"))
        ]
    return units[0] if units else name


@isolated
def test_sockets_of_one_program_on_one_port_are_one_listener():
    tcp_states.up()
    first = tcp_states.listen(7, SO_REUSEPORT=1)
    others = [tcp_states.listen(7, port=first.getsockname()[1], SO_REUSEPORT=1) for _number in range(3)]
    six = tcp_states.listen(9, ip=6)
    found = look()
    assert (by_port(found, first)["sockets"], by_port(found, first)["backlog"], by_port(found, first)["address"]) == (
        4,
        7,
        "127.0.0.1",
    )
    assert (by_port(found, six)["sockets"], by_port(found, six)["address"]) == (1, "::1") and len(others) == 3
    (shared,) = [row for row in found["options"] if row["option"] == "SO_REUSEPORT"]
    assert (shared["source"], shared["set"], shared["of"]) == ("outside", 4, 5)


@isolated
def test_a_full_queue_is_told():
    tcp_states.up()
    full = tcp_states.listen(1)
    waiting = [socket.create_connection(full.getsockname()) for _number in range(2)]
    late = socket.socket()
    late.setblocking(False)
    late.connect_ex(full.getsockname())
    entry = by_port(look(), full)
    assert (entry["queue"], entry["backlog"]) == (2, 1) and entry["drops"] >= 1 and len(waiting) == 2
    found = look()
    assert found["counters"]["TcpExt.ListenOverflows"] >= 1
    assert [finding["code"] for finding in found["findings"] if finding["code"] == "listen_drops"] == ["listen_drops"]


@isolated
def test_keepalive_and_who_is_without():
    tcp_states.up()
    listener = tcp_states.listen()
    port = listener.getsockname()[1]
    kept = [tcp_states.pair(listener=listener, SO_KEEPALIVE=1) for _number in range(2)] + [
        tcp_states.pair(listener=listener)
    ]
    found = look()["keepalive"]
    assert (found["connections"], found["on"], found["off"], found["longer"], len(kept)) == (6, 2, 4, 0, 3)
    assert found["without"] == [
        {"direction": "in", "port": port, "connections": 3},
        {"direction": "out", "port": port, "connections": 1},
    ]
    put({KEEPALIVE: "1800"})
    assert look()["keepalive"]["longer"] == 2, "an armed timer keeps the old deadline"
    newer = tcp_states.pair(listener=listener, SO_KEEPALIVE=1)
    assert look()["keepalive"]["longer"] == 2 and newer
    filled, _server = tcp_states.small_pair()
    tcp_states.fill(filled)
    time.sleep(0.3)
    assert look()["keepalive"]["hidden"] == 1, (
        "a timer for a window that is shut hides whether there is one for keepalive"
    )


def locks(found, port):
    """What the kernel itself says of the receive buffers of connections with a port (SO_BUF_LOCK, Linux 5.16)."""
    return [
        one["said"]["SO_RCVBUF_fixed"] for one in found["asked"] if one["peer"] and one["local"].endswith(":%d" % port)
    ]


@isolated
def test_a_fixed_buffer_is_told_from_a_default_one():
    tcp_states.up()
    plain, fixed = tcp_states.listen(), tcp_states.listen(SO_RCVBUF=30000)
    kept = [tcp_states.pair(listener=listener) for listener in (plain, fixed, fixed)]
    small = tcp_states.pair(listener=plain, SO_RCVBUF=8192)
    found = look(options=True)
    assert found["buffers"]["receive"] == {"default": 5, "grown": 0, "fixed": 3, "older": 0, "unknown": 0}
    assert found["buffers"]["fixed"][0] == {"direction": "in", "port": fixed.getsockname()[1], "connections": 2}
    assert [by_port(found, one)["receive_buffer_is"] for one in (plain, fixed)] == ["default", "fixed"]
    assert by_port(found, fixed)["receive_buffer"] == fixed.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
    if None not in locks(found, fixed.getsockname()[1]):
        assert locks(found, fixed.getsockname()[1]) == [True, True] and locks(found, plain.getsockname()[1]) == [
            False,
            False,
        ]
        assert locks(found, small[0].getsockname()[1]) == [True] and len(kept) == 3
    late, server = tcp_states.pair(listener=plain)
    late.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
    assert look()["buffers"]["receive"]["fixed"] == 4 and server


@isolated
def test_a_buffer_that_grew_is_no_fixed_one():
    tcp_states.up()
    client, server = tcp_states.pair()
    client.settimeout(10)
    block = b"x" * 65536
    for _number in range(400):
        server.sendall(block)
        left = len(block)
        while left:
            left -= len(client.recv(left))
    buffers = look()["buffers"]["receive"]
    assert buffers["fixed"] == buffers["older"] == 0 and buffers["default"] + buffers["grown"] == 2


@isolated
def test_connections_and_listeners_from_before_a_change_are_told():
    tcp_states.up()
    listener = tcp_states.listen()
    before = tcp_states.pair(listener=listener)
    running = look()["running"][RMEM]
    put({RMEM: "8760 256960 4088000"})
    after = tcp_states.pair(listener=listener)
    found = look(former={RMEM: running})
    # Accepted after the change, but from a listener of before: it begins with the listener's buffer.
    assert (
        after[1].getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        == before[1].getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        == int(running.split()[1])
    )
    assert found["buffers"]["receive"] == {"default": 1, "grown": 0, "fixed": 0, "older": 3, "unknown": 0}
    assert by_port(found, listener)["receive_buffer_is"] == "older"
    codes = [finding["code"] for finding in found["findings"]]
    assert codes[0] == "restart" and "older_buffer" in codes


@isolated
def test_time_wait_against_the_local_ports():
    tcp_states.up()
    put({"net.ipv4.ip_local_port_range": "40000 40099", "net.ipv4.ip_local_reserved_ports": "40010-40019"})
    listener = tcp_states.listen(port=8080)
    for _number in range(9):
        client, server = tcp_states.pair(listener=listener)
        client.close()
        server.close()
    found = look()["time_wait"]
    assert (found["sockets"], found["outgoing"], found["ports"], found["percent_of_ports"]) == (9, 9, 90, 10.0)
    assert found["busiest"] == {"local": "127.0.0.1", "peer": "127.0.0.1", "port": 8080, "sockets": 9}
    served, waits = tcp_states.pair(listener=listener)
    waits.close()
    served.close()
    assert look()["time_wait"]["sockets"] == 10 and look()["time_wait"]["outgoing"] == 9, (
        "a service's own port is not taken from anybody"
    )
