# Tests of the tables of sockets by port and by peer: nothing is lost, and the busiest come first.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Pure; tables of real sockets are in ../../modules/test_tcp_socket_info.py."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets import _sums
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets._rows import IPV4, IPV6, STATES, Row
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets._tables import ByPeer, ByPort, Table, Tables


def row(state="ESTABLISHED", local="192.0.2.1", port=443, peer="192.0.2.7", peer_port=51034):
    family = IPV6 if ":" in local else IPV4
    ends = [socket.inet_pton(family, address) for address in (local, peer)]
    return Row(family, STATES.index(state), 0, ends[0], port, ends[1], peer_port, 0, 0, 0, 0, 1)


def tabled(*rows, per):
    found = Tables(per)
    found.add(rows)
    return found


@given(
    st.lists(
        st.tuples(
            st.sampled_from(STATES[1:]), st.sampled_from(["192.0.2.1", "::1"]), st.integers(0, 9), st.integers(1, 12)
        )
    ),
    st.integers(1, 5),
)
def test_nothing_is_lost_in_the_tables(drawn, top):
    rows = [
        row(state, local, port=port, peer="::1" if ":" in local else "192.0.2.%d" % peer)
        for state, local, port, peer in drawn
    ]
    found = tabled(*rows, per=["port", "peer"])
    for table, subjects in (
        (found.ports(top), {one.port for one in rows}),
        (found.peers(top), {one.peer for one in rows}),
    ):
        assert sum(line.sockets for line in table.busiest) + table.others_sockets == len(rows)
        assert all(line.sockets == sum(line.states.values()) for line in table.busiest)
        assert (len(table.busiest), table.others) == (min(top, len(subjects)), max(0, len(subjects) - top))
        counts = [line.sockets for line in table.busiest]
        assert counts == sorted(counts, reverse=True)
        assert not counts or table.others_sockets <= counts[-1] * table.others


def test_a_table_only_where_it_is_asked_for():
    assert tabled(row(), per=["peer"]).ports(5) is None and tabled(row(), per=["port"]).peers(5) is None


def test_ports_with_their_states_and_the_sum_of_the_rest():
    listener = row("LISTEN", peer="0.0.0.0", peer_port=0)
    found = tabled(listener, row(), row("TIME_WAIT"), row(port=80), row(port=22), row(port=22), per=["port"])
    states = {"ESTABLISHED": 1, "TIME_WAIT": 1, "LISTEN": 1}
    assert found.ports(2) == Table([ByPort(443, 3, states), ByPort(22, 2, {"ESTABLISHED": 2})], 1, 1)


def test_a_peer_is_one_over_ipv4_and_over_an_ipv6_socket():
    """A listener has no peer."""
    mapped = row(local="::ffff:192.0.2.1", peer="::ffff:192.0.2.7")
    found = tabled(row("LISTEN", peer="0.0.0.0", peer_port=0), row(), mapped, per=["peer"])
    assert found.peers(5) == Table([ByPeer("192.0.2.7", 2, {"ESTABLISHED": 2})], 0, 0)


@pytest.mark.parametrize("per", ["port", "peer"])
def test_no_more_are_told_apart_than_fit(per, monkeypatch):
    monkeypatch.setattr(_sums, "_TOLD_APART", 3)

    def numbered(number):
        return row(peer="192.0.2.%d" % number, port=number)

    found = tabled(*map(numbered, (1, 2, 3, 3)), per=[per])
    assert not found.crowded
    found.add([numbered(4), numbered(1), numbered(1)])
    assert found.crowded
    (table,) = [table for table in (found.ports(5), found.peers(5)) if table]
    assert [line.sockets for line in table.busiest] == [3, 2, 1], "the fourth is not counted"
