# Tests of the closing table of the playbook preview.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Kernels now and then, every change once with its hosts, and hosts that could not be asked."""

from __future__ import annotations

from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._table._preview import Preview

GONE = {"key": "net.ipv4.tcp_tw_recycle", "code": "removed", "message": "the kernel dropped it in 4.12"}
RISES = {
    "key": "net.core.somaxconn",
    "code": "lowers_default",
    "message": "2048; the kernel's own, now 128, becomes 4096",
}


def preview():
    fleet = Preview()
    fleet.title = "TCP preview"
    for name, release, found in (("web10", "4.9.0", [GONE, RISES]), ("web2", "4.9.0", [GONE]), ("new1", "7.1.0", [])):
        row = {
            "key": "k",
            "reason": "removed",
            "detail": "today",
            "advice": [{"code": "parity", "message": "today"}],
            "drift": ["boot"],
        }
        fleet.planned(name, {"kernel": {"release": release}, "summary": {"total": 23}, "settings": [row]})
        fleet.previewed(name, {"release": "7.2", "changes": found})
    fleet.unreachable("gone1", "no route")
    return fleet


def test_the_table():
    assert preview().lines(False, 0, lambda text, _colour: text) == [
        "TCP preview   4 hosts   23 keys",
        "host   kernel  then      changes",
        "gone1  -          -  unreachable",
        "new1   7.1.0    7.2            0",
        "web2   4.9.0    7.2            1",
        "web10  4.9.0    7.2            2",
        "",
        "failed   gone1                    unreachable     1 host   no route",
        "changes  net.core.somaxconn       lowers_default  1 host   2048; the kernel's own, now 128, becomes 4096",
        "         net.ipv4.tcp_tw_recycle  removed         2 hosts  the kernel dropped it in 4.12",
    ]


def test_colours():
    found = preview().lines(False, 0, lambda text, colour: "%s %s" % (colour, text))
    assert [line.split()[0] for line in found[2:6]] == ["red", "green", "yellow", "yellow"]
