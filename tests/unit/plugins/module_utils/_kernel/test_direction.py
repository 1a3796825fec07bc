# Tests of the direction of each key: which of two values is the better one.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Written down by hand for every key of the catalog, so that no direction turns round unnoticed."""

from __future__ import annotations

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._direction import (
    best,
    detection,
    is_weaker,
    rule,
)
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._values import value_of
from ansible_collections.fleetnet.linux_tcp.tests.unit.planned import CATALOG

# The better value, and the weaker one.
BETTER = {
    "net.core.rmem_default": ("256960", "212992"),
    "net.core.rmem_max": ("4194304", "513920"),
    "net.core.wmem_default": ("256960", "212992"),
    "net.core.wmem_max": ("4194304", "513920"),
    "net.core.netdev_max_backlog": ("2000", "1000"),
    "net.core.somaxconn": ("4096", "2048"),
    "net.core.optmem_max": ("131072", "81920"),
    "net.ipv4.tcp_mem": ("131072 262144 524288", "131072 262144 524287"),
    "net.ipv4.tcp_rmem": ("8760 256960 33554432", "4096 256960 33554432"),
    "net.ipv4.tcp_wmem": ("8760 256960 4194304", "8760 256960 4088000"),
    "net.ipv4.tcp_keepalive_time": ("1800", "7200"),
    "net.ipv4.tcp_keepalive_intvl": ("30", "75"),
    "net.ipv4.tcp_keepalive_probes": ("3", "9"),
    "net.ipv4.tcp_timestamps": ("1", "2"),
    "net.ipv4.tcp_syncookies": ("1", "0"),
    "net.ipv4.tcp_tw_reuse": ("1", "2"),
    "net.ipv4.tcp_fin_timeout": ("30", "60"),
    "net.ipv4.ip_local_port_range": ("1024 65000", "32768 60999"),
    "net.ipv4.tcp_max_syn_backlog": ("2048", "1024"),
    "net.ipv4.tcp_synack_retries": ("3", "5"),
    "net.ipv4.tcp_syn_retries": ("3", "6"),
    "net.ipv4.tcp_retries2": ("8", "15"),
    "net.ipv4.tcp_orphan_retries": ("7", "0"),
    "net.ipv4.tcp_max_orphans": ("65536", "8192"),
    "net.ipv4.tcp_max_tw_buckets": ("262144", "8192"),
    "net.ipv4.tcp_fastopen": ("3", "1"),
    "net.ipv4.tcp_notsent_lowat": ("131072", "4294967295"),
    "net.ipv4.tcp_challenge_ack_limit": ("1000", "100"),
    "net.ipv4.tcp_tw_reuse_delay": ("100", "1000"),
    "net.ipv4.ip_local_reserved_ports": ("8080,9000-9010", "9005"),
    "net.ipv4.tcp_min_snd_mss": ("536", "48"),
    "net.ipv4.tcp_rto_max_ms": ("60000", "120000"),
    "net.core.netdev_budget": ("600", "300"),
}
# Switches of which off is the weaker. What is wished of them is set all the same.
WEAKER_OFF = ("tcp_sack", "tcp_window_scaling", "tcp_dsack", "tcp_moderate_rcvbuf")
# No more and no less: neither of two values is better.
NEITHER = (
    "net.ipv4.tcp_fack", "net.ipv4.tcp_tw_recycle", "net.ipv4.tcp_rfc1337", "net.ipv4.tcp_retries1",
    "net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_mtu_probing", "net.ipv4.tcp_no_metrics_save",
    "net.ipv4.tcp_congestion_control", "net.core.default_qdisc", "net.ipv4.tcp_abort_on_overflow",
    "net.ipv4.ip_unprivileged_port_start", "net.ipv4.tcp_ecn", "net.ipv4.tcp_syn_linear_timeouts",
    "net.ipv4.ip_local_port_step_width", "net.ipv4.tcp_low_latency", "net.core.dev_weight", "net.core.busy_poll",
    "net.core.busy_read", "net.ipv4.tcp_abc", "net.ipv4.tcp_frto_response", "net.ipv4.tcp_max_ssthresh",
    "net.ipv4.tcp_dma_copybreak", "net.ipv4.rt_cache_rebuild_count",
)  # fmt: skip


def two(key, one, other):
    return value_of(key, one), value_of(key, other)


def test_every_key_has_a_direction_here_and_a_reason_in_its_row():
    switches = ["net.ipv4." + name for name in WEAKER_OFF]
    assert sorted([*BETTER, *switches, *NEITHER]) == sorted(CATALOG)
    assert [key for key, row in CATALOG.items() if not row.why or row.why.endswith(".")] == []
    assert {key for key in CATALOG if rule(key) == "set"} == {*switches, *NEITHER}


@pytest.mark.parametrize("key", BETTER)
def test_the_better_of_two_values(key):
    better, weaker = two(key, *BETTER[key])
    assert is_weaker(key, weaker, better) and not is_weaker(key, better, weaker)
    assert best(key, better, [weaker]).same(better) and best(key, weaker, [better]).same(better)
    assert not is_weaker(key, better, better) and best(key, better, [better, weaker]) is better


@pytest.mark.parametrize("key", ["net.ipv4." + name for name in WEAKER_OFF])
def test_a_switch_is_weaker_off_and_set_as_wished(key):
    on, off = two(key, "1", "0")
    assert is_weaker(key, off, on) and not is_weaker(key, on, off)
    assert best(key, off, [on]) is off and best(key, on, [off]) is on


@pytest.mark.parametrize("key", [*NEITHER, "net.ipv4.conf.all.accept_redirects"])
def test_of_others_neither_is_better(key):
    pair = two(key, *(("reno", "cubic") if key in CATALOG and not CATALOG[key].numeric else ("0", "1")))
    for wanted, there in (pair, pair[::-1]):
        assert not is_weaker(key, wanted, there) and best(key, wanted, [there]) is wanted


@pytest.mark.parametrize("key, wanted, other, expected", [
    ("net.ipv4.tcp_fin_timeout", "30", "4", "30"), ("net.ipv4.tcp_fin_timeout", "30", "5", "5"),
    ("net.ipv4.tcp_retries2", "9", "7", "9"), ("net.ipv4.tcp_retries2", "9", "8", "8"),
    ("net.ipv4.tcp_min_snd_mss", "100", "1400", "536"), ("net.ipv4.tcp_min_snd_mss", "600", "536", "600"),
    ("net.ipv4.tcp_orphan_retries", "0", "9", "0"), ("net.ipv4.tcp_orphan_retries", "9", "0", "0"),
    ("net.ipv4.tcp_orphan_retries", "8", "0", "8"), ("net.ipv4.tcp_notsent_lowat", "131072", "-1", "131072"),
    ("net.ipv4.tcp_timestamps", "0", "2", "2"), ("net.ipv4.tcp_timestamps", "7", "1", "7"),
    ("net.ipv4.ip_local_port_range", "2000 65000", "1024 3000", "1024 65000"),
    ("net.ipv4.tcp_rmem", "9000 10000 11000", "1 20000 2", "9000 20000 11000"),
    ("net.ipv4.tcp_rmem", "1 2 3", "4 5", "1 2 3"), ("net.ipv4.tcp_fastopen", "4", "3", "7"),
    ("net.ipv4.ip_local_reserved_ports", "8080", "8081,1-3", "1-3,8080-8081"),
])  # fmt: skip
def test_at_the_edges(key, wanted, other, expected):
    wished, there = two(key, wanted, other)
    assert best(key, wished, [there]).text == expected


def test_a_number_that_is_not_known_does_not_count():
    key = "net.ipv4.tcp_rmem"
    assert best(key, value_of(key, "1 2 3"), [(9, None, 9), (None, None, None)]).text == "9 2 9"


@pytest.mark.parametrize("numbers, seconds", [
    ((7200, 75, 9), 7875), ((1800, 30, 3), 1890), ((600, 60, 5), 900), ((60, 10, 1), None)])  # fmt: skip
def test_the_time_until_a_dead_peer_is_found(numbers, seconds):
    assert detection(numbers) == seconds
