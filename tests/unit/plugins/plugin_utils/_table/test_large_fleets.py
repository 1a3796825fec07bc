# Tests of the closing table of a large fleet: hosts that are alike share a row, the worst first, and the totals.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The table over fleets at both sides of the number from which on rows are shared."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._table._grid import ROWS, SHARED_FROM
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._table._under import LINES
from ansible_collections.fleetnet.linux_tcp.tests.unit.plugins.plugin_utils.runs import (
    DONE,
    LATER,
    harden,
    lines,
    new_run,
    planned,
)


def fleet(count):
    """Hosts that are as they should be, and one of each other kind."""
    run = new_run()
    for number in range(count - 5):
        harden(run, "web%d" % number, planned(DONE))
    harden(run, "changed", planned(drop_in=False))
    harden(run, "overridden", planned(DONE, files=LATER))
    run.planned("waits", planned(drop_in=False), False)
    run.waits("waits")
    run.planned("broken", planned(drop_in=False), False)
    run.failed("broken", "no space left")
    run.unreachable("gone", "no route")
    return run


def test_below_it_each_host_has_a_row_in_the_order_of_names():
    found = lines(fleet(SHARED_FROM - 1))
    names = [line.split()[0] for line in found[2 : found.index("")]]
    assert names == ["broken", "changed", "gone", "overridden", "waits", *("web%d" % number for number in range(24))]


def test_from_it_on_alike_hosts_share_a_row_the_worst_first_and_a_row_has_the_totals():
    assert lines(fleet(SHARED_FROM))[:10] == [
        "TCP settings   30 hosts   3 keys",
        "host                    kernel    applied  unchanged  skipped  drifted  failed  unfinished",
        "broken                  6.12.101        0          0        1        0       2           0  failed",
        "gone                    -               -          -        -        -       -           -  unreachable",
        "waits                   6.12.101        0          0        1        0       0           2  not reached",
        "overridden              6.12.101        0          1        1        1       0           0",
        "changed                 6.12.101        2          0        1        0       0           0",
        "web0, web1 and 23 more  6.12.101        0          2        1        0       0           0",
        "all 30 hosts                            2         51       29        1       2           2",
        "",
    ]


def test_other_kernels_are_not_alike():
    run = new_run()
    for number in range(40):
        harden(run, "web%d" % number, planned(DONE, release="6.1.%d" % (number % 2)))
    assert [line.split("  ")[0] for line in lines(run)[2:5]] == [
        "web0, web2 and 18 more",
        "web1, web3 and 18 more",
        "all 40 hosts",
    ]


def test_shared_rows_have_the_colours_of_their_hosts():
    painted = lines(fleet(40), paint=lambda text, colour: "<%s>%s" % (colour, text))
    colours = [line.split(">")[0].strip("<") for line in painted[2:8]]
    assert colours == ["red", "red", "red", "yellow", "yellow", "green"] and painted[8].startswith("all 40 hosts")


def unlike(count):
    """Hosts of which no two are alike, each with a failure of its own."""
    run = new_run()
    for number in range(count):
        name = "web%03d" % number
        run.planned(name, planned(drop_in=False, release="6.1.%d" % number), False)
        run.failed(name, "no space left, %d bytes are free on this host, and more of them are needed" % number)
    return run


def test_a_large_fleet_is_a_screen_whatever_befell_it():
    for width in (0, 100):
        found = lines(unlike(200), width=width)
        rows, blank = found[2:], found.index("")
        assert len(rows) <= ROWS + LINES + 4
        assert rows[0].startswith("web000 ") and rows[ROWS - 1].startswith("web039 ")
        assert rows[ROWS] == "... and 160 more hosts: reports (tcp_hardening_report_dir) have them all"
        assert rows[ROWS + 1].startswith("all 200 hosts ")
        told = found[blank + 1 :]
        assert told[0].startswith("failed   web000")
        assert any(line.startswith("skipped") for line in told), "failures leave room for reasons"
        assert len(told) <= LINES + 1 and told[-1].endswith(
            "more lines: reports (tcp_hardening_report_dir) have them all"
        )
    assert len(lines(unlike(200))) == 2 + ROWS + 3 + LINES + 1


def test_long_messages_count_with_all_their_lines():
    run = new_run()
    for number in range(40):
        run.unreachable("web%02d" % number, "no route to host %d, " % number + "x " * 100)
    found = lines(run, width=100)
    assert found.index("") + LINES - 8 < len(found) <= found.index("") + LINES + 2
    assert found[-1].startswith("... and ") and "more lines: reports" in found[-1]


def test_a_small_fleet_is_told_in_full():
    found = lines(unlike(SHARED_FROM - 1))
    assert not [line for line in found if line.startswith("...")]
    assert sum(" no space left" in line for line in found) == SHARED_FROM - 1


@given(st.lists(st.sampled_from(["changed", "done", "audited", "broken", "gone", "waits"]), min_size=30, max_size=60))
def test_the_totals_are_those_of_all_hosts(kinds):
    run = new_run()
    for number, kind in enumerate(kinds):
        name = "h%d" % number
        if kind == "gone":
            run.unreachable(name, "x")
        elif kind in ("changed", "done"):
            harden(run, name, planned(DONE) if kind == "done" else planned(drop_in=False))
        else:
            run.planned(name, planned(drop_in=False), False)
            if kind == "waits":
                run.waits(name)
            elif kind == "broken":
                run.failed(name, "x")
    found = lines(run)
    (totals,) = [line.split() for line in found if line.startswith("all %d hosts " % len(kinds))]
    numbers = list(map(int, totals[3:]))
    assert sum(numbers) == 3 * sum(kind != "gone" for kind in kinds)
    rows = [line for line in found[2:] if line.startswith("h")]
    assert len(rows) == len(set(kinds)), "a row for each kind"
