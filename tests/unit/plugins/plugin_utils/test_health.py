# Tests of the health gate's rule: when a counter that rose is a breach, and when it is not.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""judge(), fed with three looks at a host: a window before the change, right before it, a window after it."""

from __future__ import annotations

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets._counters import NAMES
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._health import Verdict, judge

OVERFLOWS, RETRANS, OUT = "TcpExt.ListenOverflows", "Tcp.RetransSegs", "Tcp.OutSegs"
SHARE = RETRANS + "/" + OUT
WINDOW = 5.0


def looks(*counts, name=OVERFLOWS, uptimes=(100.0, 105.0, 110.0), **more):
    """Three looks in which a counter has these values, and all others stand still."""
    found = []
    for place, count in enumerate(counts):
        counters = dict.fromkeys(NAMES, 7)
        counters[name] = count
        counters.update((other, values[place]) for other, values in more.items())
        found.append({"uptime_s": uptimes[place], "counters": counters})
    return found


def share(before, after):
    """Looks at segments (retransmitted, sent) in the window before and the one after."""
    sums = [(0, 0), before, (before[0] + after[0], before[1] + after[1])]
    return looks(*(pair[0] for pair in sums), name=RETRANS, **{OUT: [pair[1] for pair in sums]})


def test_what_begins_with_the_change_is_a_breach_and_says_its_numbers():
    found = judge(looks(0, 0, 600), {OVERFLOWS: 2})
    assert found == Verdict(
        breaches=["TcpExt.ListenOverflows 120.0 /s after the change, 0.0 /s before it, limit 2.0 /s"],
        unknown=[],
        rates={},
    )


@pytest.mark.parametrize(
    "counts, limit, breach",
    [
        ((0, 0, 50), 10, False),  # 10 /s: at the limit, not above it
        ((0, 0, 51), 10, True),
        ((0, 500, 1000), 2, False),  # it was losing as much before
        ((0, 500, 1500), 2, False),  # twice as much, not more
        ((0, 500, 1501), 2, True),
        ((0, 0, 9), 0, False),  # chance
        ((0, 0, 10), 0, True),
        ((0, 0, 600), "2", True),  # with -e a number may come as text
    ],
)
def test_over_the_limit_and_clearly_worse_than_before(counts, limit, breach):
    assert bool(judge(looks(*counts), {OVERFLOWS: limit}).breaches) == breach


@pytest.mark.parametrize(
    "former, breach",
    [
        ([], True),
        ([{OVERFLOWS: 0.0}] * 3, True),
        ([{OVERFLOWS: 59.0}] * 3, True),
        ([{OVERFLOWS: 60.0}] * 3, False),  # not more than twice what the fleet has with the new values
        ([{OVERFLOWS: 2e8}], True),  # one host, and even two, are no fleet
        ([{OVERFLOWS: 2e8}] * 2, True),
        ([{OVERFLOWS: 0.0}, {OVERFLOWS: 1.0}, {OVERFLOWS: 900.0}], True),  # one bad host among several excuses nobody
        ([{RETRANS: 900.0}], True),
    ],
)
def test_the_batches_before_count(former, breach):
    found = judge(looks(0, 0, 600), {OVERFLOWS: 2}, former)
    assert bool(found.breaches) == breach
    if breach and len(former) > 2:
        assert found.breaches[0].endswith(" /s in the batches before")


@pytest.mark.parametrize(
    "counts, counted",
    [
        ((0, 0, 10), True),  # at the limit
        ((0, 0, 51), False),  # a breach of its own says nothing about the others
        ((0, 0, 10**9), False),
        ((0, 500, 1000), True),  # as bad before
        ((0, 500, 1501), False),
    ],
)
def test_a_host_counts_for_the_others_where_it_is_plausible_against_its_own_past(counts, counted):
    assert bool(judge(looks(*counts), {OVERFLOWS: 2}).rates) == counted


def test_what_a_host_says_of_itself_decides_nothing_for_the_others():
    """Also where a fact of a host stands where the verdict of an earlier batch is expected."""
    wrong = [5, None, "x", [], {OVERFLOWS: float("nan")}, {OVERFLOWS: float("inf")}, {OVERFLOWS: "9"},
             {OVERFLOWS: True}, {OVERFLOWS: -1.0}, {OVERFLOWS: 10**400}]  # fmt: skip
    assert judge(looks(0, 0, 600), {OVERFLOWS: 2}, wrong).breaches == judge(looks(0, 0, 600), {OVERFLOWS: 2}).breaches


@pytest.mark.parametrize("count", ["600", 1e999, float("nan"), True, [], {}, -5, 2**70, "x" * 10**6])
def test_a_counter_that_is_no_number_is_said_and_no_breach(count):
    found = judge(looks(0, 0, count), {OVERFLOWS: 2})
    assert found == Verdict([], [OVERFLOWS + ": the host gives no number for it"], {})


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"uptime_s": 1.0},
        {"uptime_s": "1", "counters": {}},
        {"uptime_s": float("nan"), "counters": {}},
        {"uptime_s": 1e999, "counters": {}},
        {"uptime_s": 1.0, "counters": []},
    ],  # fmt: skip
)
def test_a_look_that_is_none_is_refused(broken):
    with pytest.raises(ValueError, match="a look at the counters of this host cannot be used"):
        judge([*looks(0, 0, 0)[:2], broken], {OVERFLOWS: 2})


def test_two_looks_at_one_moment_make_no_rate():
    found = judge(looks(0, 0, 10**9, uptimes=(1.0, 2.0, 2.0 + 1e-9)), {OVERFLOWS: 2})
    assert found.breaches == [] and found.unknown and found.rates == {}


@pytest.mark.parametrize(
    "before, after, breach",
    [
        ((0, 1000), (51, 1000), True),  # 5.1 %
        ((0, 1000), (50, 1000), False),
        ((30, 1000), (60, 1000), False),
        ((0, 1000), (6, 20), False),  # too few to tell
        ((0, 0), (0, 0), False),
        ((0, 0), (20, 100), True),
    ],
)
def test_a_share_is_in_percent_of_the_other_counter(before, after, breach):
    found = judge(share(before, after), {SHARE: 5})
    assert bool(found.breaches) == breach
    if after == (51, 1000):
        assert found.breaches == ["Tcp.RetransSegs/Tcp.OutSegs 5.1 % after the change, 0.0 % before it, limit 5.0 %"]


def test_a_counter_that_the_kernel_does_not_have_is_unknown_and_nothing_to_speak_of():
    for counts in ((None, None, None), (None, 0, 600), (0, None, 600)):
        found = judge(looks(*counts), {OVERFLOWS: 2})
        assert found.breaches == [] and found.unknown == []
    assert judge(looks(None, None, None), {OVERFLOWS: 2}).rates == {}, "never 0"


def test_a_counter_that_began_anew_is_said_and_no_breach():
    for counts in ((0, 900, 600), (900, 0, 600)):
        found = judge(looks(*counts), {OVERFLOWS: 2})
        assert found.breaches == [] and found.unknown == [OVERFLOWS + ": the counter began anew"]


@pytest.mark.parametrize("uptimes", [(100.0, 105.0, 3.0), (100.0, 3.0, 8.0)])
def test_a_reboot_in_between_is_said_and_no_breach(uptimes):
    found = judge(looks(0, 0, 600, uptimes=uptimes), {OVERFLOWS: 2})
    assert found.breaches == [] and found.unknown == [OVERFLOWS + ": the host was booted in between"]


@pytest.mark.parametrize("limit", ["much", -1, None, True, "nan", "inf"])
def test_a_limit_that_is_none_is_refused(limit):
    with pytest.raises(
        ValueError, match="TcpExt.ListenOverflows: the limit .* is refused; expected a number from 0 on"
    ):
        judge(looks(0, 0, 0), {OVERFLOWS: limit})


def test_a_counter_that_nobody_reads_is_refused():
    with pytest.raises(ValueError, match="there is no counter TcpExt.ListenOverflow; there are"):
        judge(looks(0, 0, 0), {"TcpExt.ListenOverflow": 2})
    with pytest.raises(ValueError, match="there is no counter Tcp.All; there are"):
        judge(looks(0, 0, 0), {"Tcp.RetransSegs/Tcp.All": 2})
