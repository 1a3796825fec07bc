# Tests of what of a host's connections matters to a person, and that the documentation lists every finding.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Pure; findings about listeners are in test_listeners.py."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._codes import (
    FIXED_BUFFER,
    KEEPALIVE,
    OLDER_BUFFER,
    TIME_WAIT,
    of_kind,
)
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets._findings import findings
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets._seen import (
    Buffers,
    Finding,
    Keepalive,
    Service,
    TimeWait,
    Way,
    plain,
)

NO_TIME_WAIT = TimeWait(0, 0, None, ports=28232)
NO_CONNECTIONS = Keepalive(0, 0, 0, 0, 0, [])
NONE = dict.fromkeys(("default", "grown", "fixed", "older", "unknown"), 0)
ROOT = Path(__file__).resolve().parents[5]


def found_in(time_wait=NO_TIME_WAIT, keepalive=NO_CONNECTIONS, buffers=Buffers(NONE, NONE, [])):  # noqa: B008
    return findings(time_wait, keepalive, buffers, "1800")


def test_a_quiet_host_has_nothing_to_tell():
    assert found_in() == []


def test_time_wait():
    busiest = Way("192.0.2.1", "192.0.2.9", 5432, 14116)
    assert found_in(TimeWait(20000, 14116, busiest, ports=28232, percent_of_ports=50.0)) == [
        (TIME_WAIT, "TIME-WAIT", "20000 sockets; 50.0 % of the 28232 local ports toward 192.0.2.9 port 5432")
    ]
    assert found_in(TimeWait(1, 0, None)) == [(TIME_WAIT, "TIME-WAIT", "1 socket")]


def test_keepalive():
    seen = Keepalive(9, on=3, off=5, hidden=1, longer=2, without=[Service("in", 443, 4), Service("out", 5432, 1)])
    message = (
        "3 of 9 connections with keepalive; the tcp_keepalive keys do not reach 5 (port 443: 4, to port 5432: 1); 2"
        " will wait longer than 1800 s: from before the change, or by TCP_KEEPIDLE; 1 cannot be told while another"
        " timer runs"
    )
    assert found_in(keepalive=seen) == [(KEEPALIVE, "keepalive", message)]
    assert found_in(keepalive=Keepalive(1, 1, 0, 0, 0, [])) == [
        (KEEPALIVE, "keepalive", "1 of 1 connection with keepalive")
    ]


def test_buffers():
    fixed = [Service("in", port, 1) for port in (1, 2, 3, 4)]
    assert found_in(buffers=Buffers({**NONE, "fixed": 2, "older": 3}, {**NONE, "older": 4}, fixed)) == [
        (
            FIXED_BUFFER,
            "SO_RCVBUF",
            "2 connections probably with a buffer that the program fixed, which switches autotuning off (port 1: 1,"
            " port 2: 1, port 3: 1 ...)",
        ),
        (
            OLDER_BUFFER,
            "buffers",
            "4 connections probably from before the change, with the buffer sizes that were set then",
        ),
    ]


def test_the_documentation_lists_the_findings_in_the_order_of_the_table_of_codes():
    text = (ROOT / "plugins" / "modules" / "tcp_socket_info.yml").read_text(encoding="utf-8")
    (promised,) = re.findall(r"A stable code, one of (.+)\.\n", text)
    assert re.findall(r"V\((\w+)\)", promised) == list(of_kind("finding"))


def test_every_finding_of_the_table_of_codes_is_told_by_somebody():
    """And nobody writes one as a literal."""
    folder = ROOT / "plugins" / "module_utils" / "_sockets"
    texts = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.py")}
    for code in of_kind("finding"):
        teller = "_listeners.py" if code in ("restart", "listen_drops") else "_findings.py"
        assert re.search(r"\bFinding\(\s*%s," % code.upper(), texts[teller]), code
    assert not any(re.search(r"Finding\(\s*[\"']", text) for text in texts.values())


class Pair(NamedTuple):
    one: Any
    other: Any


@pytest.mark.parametrize(
    "value, expected",
    [
        (Finding(KEEPALIVE, "a", "b"), {"code": "keepalive", "subject": "a", "message": "b"}),
        ([Service("in", 1, 2)], [{"direction": "in", "port": 1, "connections": 2}]),
        ({"key": ("a", None, 1.5)}, {"key": ["a", None, 1.5]}),
        (
            TimeWait(1, 1, Way("a", "b", 2, 3)),
            {**TimeWait(1, 1, None)._asdict(), "busiest": Way("a", "b", 2, 3)._asdict()},
        ),
    ],
)
def test_what_a_module_returns_is_plain(value, expected):
    found = plain(value)
    assert found == expected
    if isinstance(value, Finding):
        assert found["code"].__class__ is str, "a code stays here; what travels is its name"
