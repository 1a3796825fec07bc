# Tests of the module tcp_socket_info as Ansible calls it: real sockets, held against what ss and the programs
# themselves say.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""main() on hosts of the tests' own, with real sockets in every state.

The parts have tests of their own (../module_utils/_sockets).
"""

from __future__ import annotations

import collections
import ctypes
import errno
import json
import os
import platform
import shutil
import socket
import struct
import subprocess
import time

import pytest

pytest.importorskip("ansible.module_utils.testing", reason="needs ansible-core 2.19 or newer")

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets import _ask, _diag, _listening, _tables
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets._rows import Row
from ansible_collections.fleetnet.linux_tcp.plugins.modules import tcp_socket_info
from ansible_collections.fleetnet.linux_tcp.tests.unit import tcp_states
from ansible_collections.fleetnet.linux_tcp.tests.unit.module_run import run_module
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import (
    DROP_IN,
    become_nobody,
    everything,
    isolated,
    put,
    recorded,
    start,
    write,
)
from ansible_collections.fleetnet.linux_tcp.tests.unit.netlink_messages import ERROR, Channel, done

SOMAXCONN, RMEM, KEEPALIVE = "net.core.somaxconn", "net.ipv4.tcp_rmem", "net.ipv4.tcp_keepalive_time"
# How ss calls the states.
SS = {"ESTAB": "ESTABLISHED", "FIN-WAIT-1": "FIN_WAIT1", "FIN-WAIT-2": "FIN_WAIT2", "UNCONN": "CLOSE"}
# Since when sock_diag lists sockets that are bound and nothing else.
LISTS_BOUND = tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2]) >= (6, 8)


def look(**options):
    found = run_module(tcp_socket_info, options)
    assert not found.get("failed"), found
    assert not found["changed"]
    return found


def states(found):
    """How many sockets there are in each state that any is in."""
    return {
        family: {state: count for state, count in counts.items() if count} for family, counts in found["states"].items()
    }


def settled(expected=None, **options):
    """A look, once the sockets are in these states, or else once no state changes any more.

    On a busy machine a FIN is on its way for a moment.
    """
    end = time.monotonic() + 10
    before, found = None, look(**options)
    while states(found) != (expected or before) and time.monotonic() < end:
        time.sleep(0.2)
        before, found = states(found), look(**options)
    return found


def without_close(counts):
    return {state: count for state, count in counts.items() if state != "CLOSE"}


def ss(*options):
    """The lines of ss, split; skipped where there is none."""
    if not shutil.which("ss"):
        pytest.skip("needs ss, to hold the answer against")
    shown = subprocess.run(["ss", "-Htan", *options], stdout=subprocess.PIPE, check=True)
    return [line.split() for line in shown.stdout.decode().splitlines()]


@isolated
def test_every_state_of_both_families():
    tcp_states.up()
    four, kept = tcp_states.every_state(4)
    six, more = tcp_states.every_state(6)
    assert len(four) == 11 and all(four.values()) and all(six.values()), "the test has a socket in every state"
    if not LISTS_BOUND:
        del four["CLOSE"], six["CLOSE"]
    found = settled({"ipv4": four, "ipv6": six})
    assert found["source"] == "sock_diag"
    if not LISTS_BOUND:
        assert found["states"]["ipv4"]["CLOSE"] is None and any("6.8" in said for said in found["unknown"])
    assert states(found) == {"ipv4": four, "ipv6": six}
    assert found["sockets"] == sum(four.values()) + sum(six.values())
    assert found["time_wait"]["sockets"] == 2
    mine = collections.Counter(tcp_states.said_by_kernel(kept + more))
    assert mine[11] == mine[9] == mine[4] == 2 and mine[2] == 2, "the sockets themselves say so"


@isolated
@pytest.mark.parametrize(
    "release, expected", [("6.8.0", 0), ("6.18.44-x", 0), ("6.7.12", None), ("5.14.0-70.el9.x86_64", None)]
)
def test_no_socket_in_close_is_none_only_where_the_kernel_lists_them(release, expected, monkeypatch):
    monkeypatch.setattr(os, "uname", lambda: os.uname_result(("Linux", "x", release, "", "x86_64")))
    found = look()
    assert [counts["CLOSE"] for counts in found["states"].values()] == [expected] * 2
    assert any(said.startswith("CLOSE: ") for said in found["unknown"]) == (expected is None)


@isolated
def test_states_and_queues_are_those_of_ss():
    tcp_states.up()
    _counts, kept = tcp_states.every_state(4)
    _counts, more = tcp_states.every_state(6)
    found = states(settled())
    for family, name in (("-4", "ipv4"), ("-6", "ipv6")):
        theirs = collections.Counter(SS.get(line[0], line[0].replace("-", "_")) for line in ss(family))
        # A socket that is only bound is listed by new versions of ss alone.
        assert without_close(theirs) == without_close(found[name]), len(kept + more)
    listening = sorted((int(line[3].rpartition(":")[2]), int(line[1]), int(line[2])) for line in ss("-l"))
    assert listening == sorted((entry["port"], entry["queue"], entry["backlog"]) for entry in look()["listeners"])
    assert {line[4].rpartition(":")[2] for line in ss("-l")} == {"*"}


@isolated
def test_an_ordinary_user_sees_the_same_states_and_says_what_root_would_see():
    tcp_states.up()
    _counts, _kept = tcp_states.every_state(4)
    # Another process of root's, which holds a listener that nobody else has.
    theirs = tcp_states.listen(port=8080)
    me = os.getpid()
    other = start(lambda: tcp_states.stay(me))
    theirs.close()
    root = settled(options=True)
    assert root["root"] and root["asked"] and {entry["pid"] for entry in root["listeners"]} == {os.getpid(), other}
    become_nobody()
    found = look(options=True)
    assert not found["root"] and found["source"] == "sock_diag" and states(found) == states(root)
    assert [entry["backlog"] for entry in found["listeners"]] == [entry["backlog"] for entry in root["listeners"]]
    assert found["asked"] == [] and "Options: only root can ask the sockets of other processes." in found["unknown"]
    assert any(said.startswith("Programs: ") and "root sees" in said for said in found["unknown"])
    (entry,) = [entry for entry in found["listeners"] if entry["port"] == 8080]
    assert entry["known_by"] != "descriptor" and entry["uid"] == 0


@isolated
def test_nothing_is_written_and_no_program_is_started():
    tcp_states.up()
    kept = [tcp_states.pair() for _number in range(3)]
    before = everything()
    with recorded() as opened:
        look(options=True, per=["port", "peer"])
    assert not opened and everything() == before and len(kept) == 3


_SOCKET_CALL = {"x86_64": 41, "aarch64": 198}


def refuse_netlink():
    """A seccomp filter, as containers have them: no sockets of AF_NETLINK for the rest of this child's life."""
    number = _SOCKET_CALL.get(platform.machine())
    if number is None:
        pytest.skip("the filter is written for x86-64 and arm64")
    # if (nr == socket && args[0] == AF_NETLINK) return EPERM; else allow
    steps = [
        (0x20, 0, 0, 0),
        (0x15, 0, 3, number),
        (0x20, 0, 0, 16),
        (0x15, 0, 1, 16),
        (0x06, 0, 0, 0x00050000 | errno.EPERM),
        (0x06, 0, 0, 0x7FFF0000),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("=H6xQ", len(steps), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, program) == 0, os.strerror(ctypes.get_errno())
    with pytest.raises(PermissionError):
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4)


@isolated
def test_where_netlink_is_refused_proc_serves():
    tcp_states.up()
    counts, _kept = tcp_states.every_state(4)
    more, _more = tcp_states.every_state(6)
    client, _server = tcp_states.pair(SO_KEEPALIVE=1)
    netlink = settled(per=["port", "peer"])
    refuse_netlink()
    found = look(per=["port", "peer"], options=True)
    assert found["source"] == "procfs" and client.fileno() > 0
    assert states(found) == {
        "ipv4": {**without_close(counts), "ESTABLISHED": counts["ESTABLISHED"] + 2},
        "ipv6": without_close(more),
    }
    assert found["states"]["ipv4"]["CLOSE"] is None
    assert found["keepalive"]["on"] == netlink["keepalive"]["on"] == 1
    assert found["peers"] == netlink["peers"]
    assert [(entry["port"], entry["queue"], entry["pid"]) for entry in found["listeners"]] == [
        (entry["port"], entry["queue"], entry["pid"]) for entry in netlink["listeners"]
    ]
    assert all(
        (entry["backlog"], entry["drops"], entry["cause"]) == (None, None, "unknown") for entry in found["listeners"]
    )
    assert found["buffers"]["receive"]["unknown"] == found["keepalive"]["connections"] and found["asked"]
    assert any(said.startswith("sock_diag was refused (Operation not permitted)") for said in found["unknown"])


@isolated
@pytest.mark.parametrize("code", [errno.ENOENT, errno.EACCES, errno.EOPNOTSUPP])
def test_where_the_kernel_has_no_such_module(code, monkeypatch):
    tcp_states.up()
    listener = tcp_states.listen()
    monkeypatch.setattr(_diag, "_channel", lambda: Channel([done(code=-code, kind=ERROR)]))
    found = look()
    assert found["source"] == "procfs" and [entry["port"] for entry in found["listeners"]] == [
        listener.getsockname()[1]
    ]
    assert any(os.strerror(code) in said for said in found["unknown"])


@isolated
def test_a_list_that_breaks_off_is_told(monkeypatch):
    tcp_states.up()
    answers = [Channel([done()], [done(2)]), Channel([done(code=-errno.ENOBUFS, kind=ERROR)])]
    monkeypatch.setattr(_diag, "_channel", lambda: answers.pop(0))
    found = look()
    assert found["source"] == "sock_diag" and any(
        said.startswith("The list of sockets broke off") for said in found["unknown"]
    )


def by_port(found, listener):
    (entry,) = [entry for entry in found["listeners"] if entry["port"] == listener.getsockname()[1]]
    return entry


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


@isolated
def test_tables_by_port_and_peer():
    tcp_states.up()
    listener = tcp_states.listen(host="127.0.0.9", port=8080)
    dual = socket.socket(socket.AF_INET6)
    dual.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    dual.bind(("::", 9090))
    dual.listen(4)
    kept = [tcp_states.pair(listener=listener) for _number in range(3)]
    kept.append((socket.create_connection(("127.0.0.1", 9090)), dual.accept()[0]))
    found = look(per=["port", "peer"], top=1)
    assert found["ports"] == {
        "busiest": [{"port": 8080, "sockets": 4, "states": {"ESTABLISHED": 3, "LISTEN": 1}}],
        "others": 5,
        "others_sockets": 6,
    }
    assert {line["peer"]: line["sockets"] for line in look(per=["peer"])["peers"]["busiest"]} == {
        "127.0.0.1": 5,
        "127.0.0.9": 3,
    } and len(kept) == 4
    assert look()["ports"] is look()["peers"] is None


@isolated
def test_without_listeners_nobody_is_searched(monkeypatch):
    tcp_states.up()
    listener = tcp_states.listen()
    monkeypatch.setattr(_listening, "find_holders", None)
    found = look(listeners=False)
    assert found["listeners"] == [] and states(found) == {"ipv4": {"LISTEN": 1}, "ipv6": {}} and listener
    assert not any(said.startswith("Programs") for said in found["unknown"])


def test_the_answer_stays_small_on_a_host_with_everything(monkeypatch):
    address = "2001:db8:1111:2222:3333:4444:5555:6666"
    entry = _listening.Listener(
        address=address,
        port=65535,
        sockets=9999,
        program="x" * 15,
        pid=4194304,
        unit="u" * 60 + ".service",
        known_by="descriptor",
        activated=False,
        started=1795351292,
        uid=4294967294,
        queue=65535,
        backlog=65535,
        drops=4294967295,
        cause="restart",
        detail="probably left from when somaxconn was 65535; up to 65535 after a restart",
        receive_buffer=2147483647,
        receive_buffer_is="older",
    )
    every = [entry._replace(port=number, unit="%s%d" % (entry.unit, number)) for number in range(1000)]
    monkeypatch.setattr(
        _diag.Source, "listeners", lambda _self: [Row(2, 10, 0, b"abcd", 80, b"abcd", 0, 0, 0, 128, 0, 1)]
    )
    monkeypatch.setattr(_listening, "listeners", lambda *_ignored: every)
    end = "[%s]:65535" % address
    flags = ("SO_REUSEADDR", "SO_REUSEPORT", "SO_KEEPALIVE", "SO_ACCEPTCONN", "SO_DONTROUTE", "SO_BROADCAST")
    values = dict.fromkeys((*flags, "SO_RCVBUF_fixed", "SO_SNDBUF_fixed"), False)
    values.update(dict.fromkeys(("SO_RCVTIMEO", "SO_SNDTIMEO"), 12345.654321), SO_LINGER=65535, SO_TYPE="SOCK_STREAM")
    values.update(dict.fromkeys(("SO_RCVBUF", "SO_SNDBUF"), 2147483647))
    asked = _ask.Said(end, end, "ESTABLISHED", 4194304, values)
    monkeypatch.setattr(_ask, "ask", lambda _rows, _holders, most: _ask.Asked([asked] * most, 0, 0, ""))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    in_states = ("ESTABLISHED", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE_WAIT", "LAST_ACK")
    line = _tables.ByPeer(address, 999999, dict.fromkeys(in_states, 99999))
    for name in ("ports", "peers"):
        monkeypatch.setattr(_tables.Tables, name, lambda _self, top: _tables.Table([line] * top, 99999, 999999))
    found = look(top=50, options=True, options_limit=150, per=["port", "peer"])
    assert len(found["ports"]["busiest"]) == len(found["peers"]["busiest"]) == 50
    assert len(found["asked"]) == 150 and found["listeners_left_out"] == 1000 - len(found["listeners"])
    assert len(json.dumps(found)) < 200000


@isolated
@pytest.mark.parametrize(
    "arguments, expected",
    [
        ({"top": 0}, "top: 0 is refused"),
        ({"top": 51}, "top: 51 is refused"),
        ({"options_limit": 151}, "options_limit: 151 is refused"),
        ({"per": ["user"]}, "per"),
        ({"nothing": 1}, "nothing"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_fault_in_the_arguments(arguments, expected):
    found = run_module(tcp_socket_info, arguments)
    assert found["failed"] and expected in found["msg"] and "exception" not in found
