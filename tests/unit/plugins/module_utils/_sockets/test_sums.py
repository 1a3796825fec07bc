# Tests of summing sockets up: states, TIME-WAIT, keepalive, and what a buffer's size says.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Pure; the judgements are held against a real kernel in ../../modules/test_tcp_socket_info_keys.py."""

from __future__ import annotations

import socket

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets import _sums as sums
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets._rows import IPV4, IPV6, STATES, Row
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets._seen import (
    Buffers,
    Keepalive,
    Negotiated,
    Service,
    TimeWait,
    Way,
)
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets._sums import (
    Limits,
    judged_buffer,
    judged_receive_buffer,
    scale_of,
)

RECEIVE, SEND = (131072, 33554432), (16384, 4194304)
LIMITS = Limits(
    (32768, 60999), RECEIVE, SEND, 4194304, True, 1800, frozenset({87380}), frozenset({20480}), frozenset({7})
)
NUMBERS = {name: number for number, name in enumerate(STATES)}


def row(
    state="ESTABLISHED", local="192.0.2.1", port=443, peer="192.0.2.7", peer_port=51034, timer=0, expires=0, **more
):
    family = IPV6 if ":" in local else IPV4
    ends = [
        socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address) for address in (local, peer)
    ]
    fields = {
        "rcvbuf": 131072,
        "sndbuf": 16384,
        "drops": 0,
        "negotiated": 7,
        "scale": 10,
        "taken": 14480,
        "cgroup": None,
        **more,
    }
    return Row(family, NUMBERS[state], timer, ends[0], port, ends[1], peer_port, expires, 0, 0, 0, 1, **fields)


def summed(*rows, listeners=(), limits=LIMITS):
    found = sums.Sums(limits, listeners)
    found.add(rows)
    return found


def test_states_by_family():
    found = summed(
        row(), row(), row("TIME_WAIT"), row("CLOSING", local="::1", peer="::1"), listeners=[row("LISTEN", peer_port=0)]
    )
    assert list(found.states()) == ["ipv4", "ipv6"] and all(
        list(counts) == list(STATES[1:]) for counts in found.states().values()
    )
    assert {state: count for state, count in found.states()["ipv4"].items() if count} == {
        "ESTABLISHED": 2,
        "TIME_WAIT": 1,
        "LISTEN": 1,
    }
    assert {state: count for state, count in found.states()["ipv6"].items() if count} == {"CLOSING": 1}
    assert found.total() == 5


def test_no_more_ways_and_services_are_told_apart_than_fit(monkeypatch):
    monkeypatch.setattr(sums, "_TOLD_APART", 3)

    def waiting(number):
        return row("TIME_WAIT", port=40000, peer="192.0.2.%d" % number)

    found = summed(*map(waiting, (1, 2, 3, 3)))
    assert not found.crowded
    found.add([waiting(4), waiting(1), waiting(1)])
    assert found.crowded and (found.time_wait().busiest.peer, found.total()) == ("192.0.2.1", 7)
    for fields in ({}, {"rcvbuf": 5, "timer": 2}):
        found = summed(*[row(port=1, peer_port=number, **fields) for number in range(3)])
        assert not found.crowded
        found.add([row(port=1, peer_port=9, **fields)])
        assert found.crowded


def test_time_wait_counts_what_keeps_a_local_port():
    out = [row("TIME_WAIT", port=40000 + number, peer="192.0.2.9", peer_port=5432) for number in range(3)]
    more = [
        row("TIME_WAIT", port=50000, peer="192.0.2.9", peer_port=80),
        row("TIME_WAIT", port=50001, local="192.0.2.2", peer="192.0.2.9", peer_port=5432),
    ]
    incoming = [row("TIME_WAIT", port=443, peer_port=40000 + number) for number in range(9)]
    served = [row("TIME_WAIT", port=33000, peer_port=40000 + number) for number in range(9)]
    listener = row("LISTEN", port=33000, peer="0.0.0.0", peer_port=0)
    found = summed(
        *out, *more, *incoming, *served, row(port=40009, peer="192.0.2.9", peer_port=5432), listeners=[listener]
    ).time_wait()
    assert found == TimeWait(23, 5, Way(local="192.0.2.1", peer="192.0.2.9", port=5432, sockets=3))
    assert summed(*incoming).time_wait() == TimeWait(9, 0, None)
    assert summed(*out, limits=Limits()).time_wait() == TimeWait(3, 0, None)


def test_keepalive_shows_by_the_timer():
    listeners = [row("LISTEN", peer="0.0.0.0", peer_port=0)]
    rows = [
        row(timer=2, expires=1800500),
        row(timer=2, expires=7200000),
        row(),
        row("CLOSE_WAIT"),
        row(timer=1),
        row(timer=4),
        row(port=50000, peer_port=5432),
    ]
    rows += [row(state, timer=2) for state in ("FIN_WAIT2", "SYN_SENT", "LAST_ACK")]
    found = summed(*rows, listeners=listeners).keepalive(5)
    assert found == Keepalive(
        connections=7, on=2, off=3, hidden=2, longer=1, without=[Service("in", 443, 2), Service("out", 5432, 1)]
    )
    assert len(summed(*rows, listeners=listeners).keepalive(1).without) == 1
    assert summed(*rows, limits=LIMITS._replace(keepalive_time=None)).keepalive(5).longer == 0


@pytest.mark.parametrize(
    "size, expected",
    [
        (None, "unknown"),
        (131072, "default"),
        (87380, "older"),
        (65536, "fixed"),
        (131073, "grown"),
        (33554432, "grown"),
        (33554433, "fixed"),
    ],
)
def test_what_a_size_says(size, expected):
    assert judged_buffer(size, RECEIVE, {87380, 131072}) == expected
    assert judged_buffer(size, None, ()) == "unknown"


@pytest.mark.parametrize(
    "size, taken, scale, expected",
    [
        (131072, 65483, 10, "default"),
        (131072, None, None, "default"),
        (None, 65483, 10, "unknown"),
        (2044848, 318670, 10, "grown"),
        (131072, 65483, 7, "older"),  # a scale of former settings
        (6291456, 65483, 7, "older"),  # also where it would fit the buffer
        (131072, 65483, 11, "older"),  # or one that no setting of now can give
        (16384, 8192, 0, "fixed"),  # set before the handshake: the scale fits the buffer
        (2097152, 654830, 5, "fixed"),
        (32768, 65495, 10, "fixed"),  # set after it: smaller than what the program takes
        (200000, 150000, 10, "fixed"),
        (131072, 65483, 8, "older"),  # neither fits: other settings once, or a window clamp of the route
        (65536, 14480, None, "fixed"),
        (87380, 14480, None, "older"),
    ],
)
def test_what_a_receive_buffer_says(size, taken, scale, expected):
    assert judged_receive_buffer(size, taken, scale, LIMITS) == expected


def test_what_cannot_be_read_proves_nothing():
    assert judged_receive_buffer(131072, 65483, 7, LIMITS._replace(rmem_max=None)) == "default"
    assert (
        judged_receive_buffer(32768, 65495, None, LIMITS._replace(autotuning=False, old_rmem=frozenset({32768})))
        == "older"
    )
    assert judged_receive_buffer(131072, 1, 1, Limits()) == "unknown"


@pytest.mark.parametrize(
    "space, expected",
    [(0, 0), (65535, 0), (65536, 1), (513920, 3), (4088000, 6), (4194304, 7), (33554432, 10), (1 << 40, 14)],
)
def test_scales_are_those_of_the_kernel(space, expected):
    assert scale_of(space) == expected


def test_buffers_and_what_was_agreed_on():
    rows = [row(), row(scale=None, negotiated=3), row(rcvbuf=16384, scale=0), row("CLOSE_WAIT", scale=7, sndbuf=20480)]
    rows.append(row(rcvbuf=None, sndbuf=None, negotiated=None))
    found = summed(*rows, row("FIN_WAIT2", rcvbuf=1), listeners=[row("LISTEN", rcvbuf=1, peer="0.0.0.0", peer_port=0)])
    assert found.buffers(5) == Buffers(
        receive={"default": 2, "grown": 0, "fixed": 1, "older": 1, "unknown": 1},
        send={"default": 3, "grown": 0, "fixed": 0, "older": 1, "unknown": 1},
        fixed=[Service("in", 443, 1)],
    )
    assert found.negotiated() == Negotiated(connections=4, timestamps=4, sack=4, window_scaling=3)


def test_a_scale_that_was_not_agreed_on_proves_nothing():
    assert summed(row(negotiated=3, scale=0)).buffers(1).receive["default"] == 1
    assert summed(row(negotiated=7, scale=0, rcvbuf=131072)).buffers(1).receive["default"] == 0
