# Tests of the closing table of the playbook preview.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Kernels now and then, every change once with its hosts, and hosts that could not be asked."""

from __future__ import annotations

from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._run._record import Run
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._table import _preview
from ansible_collections.fleetnet.linux_tcp.tests.unit.plugins.plugin_utils.runs import planned

GONE = {"key": "net.ipv4.tcp_tw_recycle", "code": "removed", "message": "the kernel dropped it in 4.12"}
RISES = {
    "key": "net.core.somaxconn",
    "code": "better",
    "message": "the kernel already has 4096, better than 2048",
}


def preview(*more):
    run = Run()
    for name, release, found in (
        ("web10", "4.9.0", [GONE, RISES]),
        ("web2", "4.9.0", [GONE]),
        ("new1", "7.1.0", []),
        *more,
    ):
        run.planned(name, planned(drop_in=False, release=release), True)
        run.previewed(name, {"release": "7.2", "changes": found})
    run.unreachable("gone1", "no route")
    return run


def lines(run, paint=lambda text, _colour: text):
    return _preview.lines(run, "TCP preview", False, 0, paint)


def test_the_table():
    assert lines(preview()) == [
        "TCP preview   4 hosts   3 keys",
        "host   kernel  then  changes",
        "gone1  -       -           -  unreachable",
        "new1   7.1.0   7.2         0",
        "web2   4.9.0   7.2         1",
        "web10  4.9.0   7.2         2",
        "",
        "failed   gone1                    unreachable  1 host   no route",
        "changes  net.ipv4.tcp_tw_recycle  removed      2 hosts  the kernel dropped it in 4.12",
        "         net.core.somaxconn       better       1 host   the kernel already has 4096, better than 2048",
    ]


def test_colours():
    found = lines(preview(), lambda text, colour: "%s %s" % (colour, text))
    assert [line.split()[0] for line in found[2:6]] == ["red", "green", "yellow", "yellow"]


def test_hosts_that_are_alike_share_a_row_in_a_large_fleet():
    found = lines(preview(*[("many%d" % number, "4.9.0", [GONE]) for number in range(40)]))
    assert found[2:8] == [
        "gone1                     -       -           -  unreachable",
        "web10                     4.9.0   7.2         2",
        "many0, many1 and 39 more  4.9.0   7.2         1",
        "new1                      7.1.0   7.2         0",
        "all 44 hosts                                 43",
        "",
    ]


def test_a_host_that_could_not_be_held_against_the_next_kernel_is_a_failure():
    run = Run()
    run.planned("web1", planned(), True)
    run.failed("web1", "kernel: soon is refused")
    assert lines(run)[2].split() == ["web1", "6.12.101", "-", "-", "failed"]
