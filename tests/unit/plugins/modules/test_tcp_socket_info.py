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

import pytest

pytest.importorskip("ansible.module_utils.testing", reason="needs ansible-core 2.19 or newer")

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets import _ask, _diag, _listening, _tables
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets._rows import Row
from ansible_collections.fleetnet.linux_tcp.plugins.modules import tcp_socket_info
from ansible_collections.fleetnet.linux_tcp.tests.unit import tcp_states
from ansible_collections.fleetnet.linux_tcp.tests.unit.module_run import run_module
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import (
    become_nobody,
    everything,
    isolated,
    recorded,
    start,
)
from ansible_collections.fleetnet.linux_tcp.tests.unit.netlink_messages import ERROR, Channel, done
from ansible_collections.fleetnet.linux_tcp.tests.unit.tcp_looks import look, settled, states

# How ss calls the states.
SS = {"ESTAB": "ESTABLISHED", "FIN-WAIT-1": "FIN_WAIT1", "FIN-WAIT-2": "FIN_WAIT2", "UNCONN": "CLOSE"}
# Since when sock_diag lists sockets that are bound and nothing else.
LISTS_BOUND = tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2]) >= (6, 8)


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


@isolated
def test_a_program_whose_name_is_no_text_is_told_with_escapes():
    """Any user may give a process such a name. Ansible refuses an answer with a text that is no UTF-8."""
    tcp_states.up()
    listener = tcp_states.listen(port=8080)
    with open("/proc/self/comm", "wb") as stream:
        stream.write(b"a\xff\x1b[2Jb")
    found = look()
    json.dumps(found, ensure_ascii=False).encode("utf-8")
    (entry,) = [entry for entry in found["listeners"] if entry["port"] == 8080]
    assert entry["program"] == "a\\xff\x1b[2Jb" and listener.fileno() > 0
