# Tests of watching: the rates that several looks at a host come to, before and after a change.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Watch, fed with plain results of tcp_socket_info."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._table._watch import _WIDEST, Watch


def look(at, overflows=0, opens=0, waiting=0, somaxconn="128", paws=None):
    quiet = {"ESTABLISHED": 0, "TIME_WAIT": 0, "SYN_RECV": 0, "CLOSE_WAIT": None}
    states = {"ipv4": dict(quiet, TIME_WAIT=waiting), "ipv6": quiet}
    return {
        "uptime_s": float(at),
        "states": states,
        "running": {"net.core.somaxconn": somaxconn, "net.ipv4.tcp_tw_recycle": None},
        "counters": {"Tcp.ActiveOpens": opens, "TcpExt.ListenOverflows": overflows, "TcpExt.PAWSPassive": paws},
    }


def watched(*looks, name="web1"):
    watch = Watch()
    for one in looks:
        watch.looked(name, one)
    return watch


def test_one_look_is_no_watch():
    assert Watch().lines() == watched(look(1)).lines() == []
    assert watched({"msg": "failed"}, look(1)).lines() == []


def test_rates_before_and_after_a_change():
    looks = [
        look(100, 0, 0, 10),
        look(105, 50, 500, 20),
        look(110, 100, 1000, 30),
        look(115, 130, 1500, 5, "2048"),
        look(120, 130, 2000, 5, "2048"),
    ]
    assert watched(*looks).lines() == [
        "TCP counters   1 host   20 s, 5 looks",
        "",
        "web1   changed (|) in the first 15 s: net.core.somaxconn 128 -> 2048",
        "                             before  after",
        "  Tcp.ActiveOpens /s            100    100  [##|#]",
        "  TcpExt.ListenOverflows /s    10.0    0.0  [##| ]",
        "  TIME_WAIT sockets            20.0    5.0  [+#|.]",
        "  0 other counters did not move",
    ]


def test_without_a_change_there_is_one_mean():
    lines = watched(look(10, 0), look(20, 10), look(30, 10)).lines()
    assert lines[2:] == [
        "web1   no key was changed",
        "                             mean",
        "  TcpExt.ListenOverflows /s   0.5  [# ]",
        "  1 other counters did not move",
    ]


def test_a_counter_that_the_kernel_does_not_have_is_no_row_and_no_zero():
    lines = "\n".join(watched(look(10), look(20)).lines())
    assert "PAWSPassive" not in lines and "2 other counters did not move" in lines
    assert "TcpExt.PAWSPassive /s" in "\n".join(watched(look(10, paws=1), look(20, paws=2)).lines())


def test_a_reboot_in_between_makes_no_rate():
    lines = watched(look(1000, 500, 7), look(5, 3), look(15, 13, 10)).lines()
    assert lines[2] == "web1   booted"
    assert "  TcpExt.ListenOverflows /s   1.0  [?#]" in lines


def test_a_counter_that_began_anew_makes_no_rate():
    assert "  TcpExt.ListenOverflows /s   1.0  [?#]" in watched(look(10, 50), look(20, 5), look(30, 15)).lines()
    assert "  TcpExt.ListenOverflows /s   1.0  [?#]" in watched(look(1000, 5), look(10, 50), look(20, 60)).lines(), (
        "booted, and faster than before"
    )


def test_a_little_is_not_nothing_and_a_long_time_is_drawn_on_one_screen():
    lines = watched(look(10, 0), look(20, 100000), look(30, 100001), look(40, 100001)).lines()
    assert "  TcpExt.ListenOverflows /s  3333  [#. ]" in lines
    long = watched(*[look(number, number) for number in range(202)]).lines()
    assert "  TcpExt.ListenOverflows /s   1.0  [%s]" % ("#" * 51) in long, "201 spans, four to a character"


def test_two_changes_and_a_change_at_either_end():
    changing = [look(0, 0), look(10, 10, somaxconn="1"), look(20, 30, somaxconn="1"), look(30, 60, somaxconn="2")]
    lines = watched(*changing).lines()
    assert (
        lines[2] == "web1   changed (|) in the first 10 s: net.core.somaxconn 128 -> 1; changed (|) in the first 30 s:"
        " net.core.somaxconn 1 -> 2"
    )
    assert "  TcpExt.ListenOverflows /s       -      -  [|+|]" in lines


def test_hosts_are_told_apart():
    watch = watched(look(0), look(60, 60), name="b")
    for one in (look(0), look(30, 3), look(61, 6)):
        watch.looked("a", one)
    watch.looked("c", look(0))
    lines = watch.lines()
    assert lines[0] == "TCP counters   2 hosts   61 s, 3 looks"
    assert [line.split()[0] for line in lines if line and not line.startswith(" ")][1:] == ["a", "b"]


@given(st.lists(st.tuples(st.integers(0, 50), st.sampled_from(["1", "2"])), min_size=2, max_size=300))
def test_a_line_is_never_wider_than_a_screen(steps):
    looks, total = [], 0
    for number, (step, value) in enumerate(steps):
        total += step
        looks.append(look(number * 5, total, waiting=step, somaxconn=value))
    lines = watched(*looks).lines()
    drawn = [line for line in lines if line.endswith("]")]
    assert all(len(line.rpartition("[")[2]) - 1 <= _WIDEST for line in drawn) and max(map(len, lines[3:])) < 120
    changed = any(one != other for (_step, one), (_other, other) in zip(steps, steps[1:]))
    assert all(("|" in line) == changed for line in drawn)
    assert all(line == line.rstrip() and line.isascii() for line in lines)
