# Tests of counters and limits: the files of new and old kernels, and what is not there.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""A counter that a kernel does not have is unknown, never 0."""

from __future__ import annotations

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._catalog import every_row
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets import _counters as counters
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets._seen import Memory, Orphans, TimeWait, Way

NOTES = {row.name: row for row in every_row()}

SNMP = """\
Ip: Forwarding DefaultTTL
Ip: 1 64
Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs OutSegs \
RetransSegs InErrs OutRsts
Tcp: 1 200 120000 -1 11 12 13 14 15 16 17 18 19 20
Udp: InDatagrams
Udp: 5
"""
# RHEL 6: no TCPKeepAlive, no TCPReqQFull..., but PAWSPassive and TCPFACKReorder.
OLD = """\
TcpExt: SyncookiesSent SyncookiesRecv SyncookiesFailed PruneCalled TW TWRecycled TWKilled PAWSPassive PAWSActive \
ListenOverflows ListenDrops TCPFACKReorder
TcpExt: 1 2 3 4 5 6 7 8 9 10 11 12
IpExt: InNoRoutes
IpExt: 3
"""
SOFTNET = "00000005 00000002 00000000 0 0\n000000ff 0000001f 00000001 0 0\n"


def test_counters_of_an_old_kernel():
    found = counters.counters(SNMP, OLD, SOFTNET)
    assert list(found) == list(counters.NAMES)
    assert (
        found["Tcp.ActiveOpens"],
        found["Tcp.OutRsts"],
        found["TcpExt.PAWSPassive"],
        found["TcpExt.ListenDrops"],
    ) == (11, 20, 8, 11)
    assert found["softnet.dropped"] == 33
    assert found["TcpExt.TCPKeepAlive"] is None and found["TcpExt.TCPReqQFullDrop"] is None


@pytest.mark.parametrize(
    "texts", [(None, None, None), ("", "", ""), ("Tcp: A B\n", "TcpExt:\n", "x\n"), ("Tcp:\nTcp:\n", "nonsense", "5\n")]
)
def test_files_that_are_not_there_or_hold_nothing(texts):
    assert set(counters.counters(*texts).values()) == {None}


def test_every_key_of_the_document_has_its_row():
    assert list(counters.COUNTERS) == [key for key, note in NOTES.items() if note.document]
    assert all(name.split(".")[0] in ("Tcp", "TcpExt", "softnet") for name in counters.NAMES)
    assert len(set(counters.NAMES)) == len(counters.NAMES)
    assert {name for names in counters.COUNTERS.values() for name in names} <= set(counters.NAMES)


def test_sockstat():
    text = "sockets: used 23\nTCP: inuse 1 orphan 2 tw 3 alloc 4 mem 53\nUDP: inuse 0 mem 0\n"
    assert counters.sockstat(text) == {"inuse": 1, "orphan": 2, "tw": 3, "alloc": 4, "mem": 53}
    assert counters.sockstat(None) == counters.sockstat("TCP6: inuse 4\n") == {}


@pytest.mark.parametrize(
    "text, expected",
    [
        (None, 0),
        ("", 0),
        ("8080", 1),
        ("10", 0),
        ("8080,9000-9010", 12),
        ("900-1009", 10),
        ("64990-65535", 11),
        ("x,8080", 1),
    ],
)
def test_reserved_ports(text, expected):
    assert counters.reserved(text, 1000, 65000) == expected


@pytest.mark.parametrize(
    "part, whole, expected", [(1, 3, 33.3), (0, 5, 0.0), (None, 5, None), (1, None, None), (1, 0, None)]
)
def test_percent(part, whole, expected):
    assert counters.percent(part, whole) == expected


KEYS_HERE = {
    "net.ipv4.ip_local_port_range": "32768 60999",
    "net.ipv4.ip_local_reserved_ports": "40000-40009",
    "net.ipv4.tcp_max_orphans": "8192",
    "net.ipv4.tcp_mem": "100 200 400",
    "net.ipv4.tcp_max_tw_buckets": "1000",
}
WAITING = TimeWait(200, 150, Way(local="a", peer="b", port=5432, sockets=141))


def test_pressure():
    found = counters.pressure(WAITING, {"orphan": 4096, "mem": 100}, KEYS_HERE, 4096)
    assert found.time_wait == WAITING._replace(
        ports=28222, percent_of_ports=0.5, max_buckets=1000, percent_of_buckets=20.0
    )
    assert found.orphans == Orphans(4096, 8192, 50.0)
    assert found.memory == Memory(pages=100, page_size=4096, low=100, pressure=200, high=400, percent=25.0)


def test_pressure_in_a_container_and_where_nothing_can_be_read():
    found = counters.pressure(TimeWait(0, 0, None), {}, dict.fromkeys(KEYS_HERE), 65536)
    assert found.time_wait == TimeWait(0, 0, None, None, None, None, None)
    assert found.orphans == Orphans(None, None, None)
    assert found.memory == Memory(None, 65536, None, None, None, None)
