# Tests of listeners: why a backlog is what it is, and what of a look at the sockets matters.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Pure; real listeners, before and after a change, are in ../../modules/test_tcp_socket_info_keys.py."""

from __future__ import annotations

import socket

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._codes import LISTEN_DROPS, RESTART
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets._listeners import (
    Backlog,
    Listener,
    cause_of,
    listener_findings,
    listeners,
)
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets._programs import Program
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets._rows import IPV4, LISTEN, Row
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets._sums import Limits

LIMITS = Limits((32768, 60999), (131072, 33554432), (16384, 4194304), 4194304, old_rmem=frozenset({87380}))
RAISED = Backlog(2048, {128}, 1000)
NGINX = Program(812, "nginx", "nginx.service", 500, "descriptor")


def listener(port=80, backlog=128, inode=1, queue=0, drops=0, rcvbuf=131072, cgroup=None, uid=0):
    return Row(
        IPV4,
        LISTEN,
        0,
        socket.inet_aton("0.0.0.0"),
        port,
        b"\0" * 4,
        0,
        0,
        queue,
        backlog,
        uid,
        inode,
        rcvbuf,
        16384,
        drops,
        cgroup=cgroup,
    )


def entries(*rows, by_inode=None, by_group=None, backlog=RAISED):
    return listeners(rows, by_inode or {}, by_group or {}, backlog, LIMITS)


@pytest.mark.parametrize(
    "backlog, started, changed, expected",
    [
        (2048, 500, 1000, "limit"),
        (4096, 500, 1000, "restart"),  # from before the limit was lowered: nothing else gives more than the limit
        (5, 500, 1000, "asked"),  # no limit was ever 5
        (128, 500, 1000, "restart"),
        (128, 1001, 1000, "asked"),
        (128, None, 1000, "unclear"),
        (128, 500, None, "unclear"),
        (None, 500, 1000, "unknown"),
    ],
)
def test_the_cause_of_a_backlog(backlog, started, changed, expected):
    cause, detail = cause_of(backlog, Backlog(2048, {128}, changed), started)
    assert cause == expected and detail
    assert ("probably" in detail) == (backlog == 128 and started is not None and changed is not None), (
        "what is deduced is called so"
    )


def test_an_unknown_limit():
    assert cause_of(128, Backlog(None, {128}, 1000), 500)[0] == "unknown"


def test_an_entry():
    (entry,) = entries(listener(queue=3, drops=7, uid=33), by_inode={1: NGINX})
    assert entry == Listener(
        address="0.0.0.0",
        port=80,
        sockets=1,
        program="nginx",
        pid=812,
        unit="nginx.service",
        known_by="descriptor",
        activated=False,
        started=500,
        uid=33,
        queue=3,
        backlog=128,
        drops=7,
        cause="restart",
        detail="probably left from when somaxconn was 128; up to 2048 after a restart",
        receive_buffer=131072,
        receive_buffer_is="default",
    )


def test_a_program_is_known_by_its_descriptor_or_else_by_its_group():
    group = Program(9, "sshd", "ssh.service", 1500, "cgroup")
    rows = [listener(port=number, inode=number, cgroup=7 if number < 3 else None) for number in (1, 2, 3)]
    found = entries(*rows, by_inode={1: NGINX}, by_group={7: group})
    assert [(entry.program, entry.known_by, entry.cause) for entry in found] == [
        ("nginx", "descriptor", "restart"),
        ("sshd", "cgroup", "asked"),
        (None, None, "unclear"),
    ]
    assert found[2].unit is found[2].pid is found[2].started is found[2].activated is None


def test_sockets_that_share_a_port_are_one_entry():
    rows = [
        listener(inode=1, queue=2, drops=1),
        listener(inode=2, queue=3, drops=1, backlog=64),
        listener(inode=3, backlog=5),
        listener(port=81, inode=4),
    ]
    found = entries(*rows, by_inode=dict.fromkeys((1, 2, 3, 4), NGINX), backlog=Backlog(2048, {128, 64}, 1000))
    assert [(entry.port, entry.sockets, entry.queue, entry.backlog, entry.drops, entry.cause) for entry in found] == [
        (80, 2, 5, 64, 2, "restart"),
        (80, 1, 0, 5, 0, "asked"),
        (81, 1, 0, 128, 0, "restart"),
    ]
    for rows in ((listener(drops=None), listener(inode=2)), (listener(), listener(inode=2, drops=None))):
        (merged,) = entries(*rows)
        assert merged.drops is None and merged.sockets == 2


@pytest.mark.parametrize(
    "rcvbuf, expected", [(131072, "default"), (87380, "older"), (65536, "fixed"), (200000, "fixed"), (None, "unknown")]
)
def test_a_listeners_buffer_never_grows_by_itself(rcvbuf, expected):
    assert entries(listener(rcvbuf=rcvbuf))[0].receive_buffer_is == expected


KEYS = {"net.ipv4.tcp_rmem": "4096 131072 33554432"}


def found_in(rows, drops=5):
    """Code, subject and message of each finding. drops: the kernel's counter of connections that were turned away."""
    return [tuple(finding) for finding in listener_findings(rows, KEYS, {"TcpExt.ListenDrops": drops})]


def test_a_quiet_host_has_nothing_to_tell():
    assert found_in([]) == []
    assert found_in(entries(listener(backlog=2048), listener(port=22, backlog=5))) == []


def test_an_older_buffer_is_no_finding_where_the_default_cannot_be_read():
    rows = entries(listener(backlog=2048, rcvbuf=87380))
    assert len(found_in(rows)) == 1 and listener_findings(rows, {}, {"TcpExt.ListenDrops": 5}) == []


def test_services_to_restart_stand_once_with_their_ports():
    rows = [listener(port=port, inode=port) for port in (80, 443, 8080, 8081, 8443)] + [
        listener(port=22, inode=22, backlog=4096)
    ]
    rows.append(rows[0]._replace(local=socket.inet_aton("192.0.2.1")))  # another address, the same port
    sshd = Program(9, "sshd", "", 5, "descriptor", activated=True)
    found = found_in(
        entries(
            *rows,
            listener(port=25, inode=25),
            listener(port=26, inode=26, backlog=5, rcvbuf=87380),
            by_inode={**dict.fromkeys((80, 443, 8080, 8081, 8443), NGINX), 22: sshd},
        )
    )
    assert found == [
        (
            RESTART,
            "sshd",
            (
                "port 22: backlog 4096, from before somaxconn was lowered; 2048 after a restart (of the .socket unit:"
                " systemd listens for it)"
            ),
        ),
        (RESTART, "port 26", "port 26: receive buffer 87380 bytes, 131072 after a restart"),
        (
            RESTART,
            "nginx.service",
            (
                "port 80, 443, 8080, 8081 and 1 more: backlog 128, probably left from when somaxconn was 128; up to"
                " 2048 after a restart"
            ),
        ),
    ]


def test_two_reasons_for_one_service_are_one_finding():
    found = found_in(
        entries(
            listener(inode=1),
            listener(port=81, inode=2, backlog=4096),
            listener(port=82, inode=3, rcvbuf=87380),
            by_inode=dict.fromkeys((1, 2, 3), NGINX),
        )
    )
    assert len(found) == 1 and all(
        part in found[0][2] for part in ("port 80: ", "; port 81: ", "; port 82: ", ", and receive buffer 87380 bytes")
    )


def test_drops_are_told_where_connections_were_turned_away():
    rows = entries(listener(backlog=5, drops=7))
    assert found_in(rows) == [
        (
            LISTEN_DROPS,
            "port 80",
            "port 80: 7 packets dropped; backlog 5: the program asked for it, as far as former limits are known",
        )
    ]
    for count in (0, None):
        assert found_in(rows, drops=count) == []
