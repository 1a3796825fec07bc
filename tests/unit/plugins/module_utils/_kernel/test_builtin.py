# Tests of the kernel's own values, against numbers that were read in sources or seen on kernels, written down by hand.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""builtin(): fixed values, and those that follow from memory and page size."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import Kernel
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel import _builtin
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import flat, full
from ansible_collections.fleetnet.linux_tcp.tests.unit.planned import CATALOG
from ansible_collections.fleetnet.linux_tcp.tests.unit.releases import AMAZON, EL6, EL7, EL8_3, EL8_8, EL9, EL10, ELREPO

# Keys below net.ipv4 without their prefix; net.core keys in full.
DEFAULTS = [
    # buffers of all sockets
    (
        "net.core.rmem_default",
        [("2.6.32.69", None), ("3.10.99", 212992), (EL7, 212992), ("6.18.44", 212992), ("7.3.4", 212992)],
    ),
    ("net.core.wmem_default", [("3.0.27", None), ("3.10.99", 212992), ("6.18.44", 212992)]),
    (
        "net.core.rmem_max",
        [
            ("2.6.32.69", 131071),
            (EL6, 124928),
            ("3.0.27", 131071),
            ("3.10.99", 212992),
            (EL7, 212992),
            (EL8_8, 212992),
            ("6.17.8", 212992),
            ("6.18.5", 4194304),
            ("7.3.4", 4194304),
            (EL9, 212992),
            (EL10, 212992),
            ("5.14.21-150500.55-default", 212992),
            ("6.12.0-160000.5-default", 212992),
            ("6.8.0-45-generic", 212992),
        ],
    ),
    ("net.core.wmem_max", [("3.0.27", 131071), ("3.10.99", 212992), ("6.17.8", 212992), ("6.18.5", 4194304)]),
    ("net.core.netdev_max_backlog", [("2.6.32.69", 1000), (EL8_3, 1000), ("7.3.4", 1000)]),
    (
        "net.core.somaxconn",
        [
            ("2.6.32.69", 128),
            (EL7, 128),
            ("5.3.18-22-default", 128),
            ("5.4", 4096),
            ("6.18.44", 4096),
            (EL8_3, 128),
            ("4.18.0-425.3.1.el8.x86_64", 128),
            (EL8_8, 128),
            ("4.18.0-553.el8_10.x86_64", 128),
            (EL9, 4096),
            (EL10, 4096),
            (ELREPO, 4096),
        ],
    ),
    (
        "net.core.optmem_max",
        [("2.6.32.69", 20480), (EL9, 20480), ("6.1.176", 20480), ("6.8.1", 131072), ("6.18.44", 131072)],
    ),
    # TCP
    ("tcp_keepalive_time", [(EL6, 7200), ("7.3.4", 7200)]),
    ("tcp_keepalive_intvl", [(EL6, 75), ("7.3.4", 75)]),
    ("tcp_keepalive_probes", [(EL6, 9), ("7.3.4", 9)]),
    ("tcp_sack", [(EL6, 1), ("7.3.4", 1)]),
    (
        "tcp_fack",
        [
            (EL7, 1),
            ("4.9.115", 1),
            ("4.11.0", 0),
            ("4.12.0", 0),
            ("4.14.67", 0),
            ("4.15.1", 0),
            (EL8_3, 0),
            ("7.3.4", 0),
        ],
    ),
    ("tcp_timestamps", [(EL6, 1), ("7.3.4", 1)]),
    ("tcp_window_scaling", [(EL6, 1), ("7.3.4", 1)]),
    ("tcp_syncookies", [("2.6.32.69", 0), (EL6, 0), ("3.0.27", 1), (EL7, 1), ("7.3.4", 1)]),
    ("tcp_tw_reuse", [(EL7, 0), ("4.18.20", 0), ("4.19.13", 2), (EL8_3, 2), (EL8_8, 2), ("6.18.44", 2)]),
    ("tcp_tw_recycle", [(EL7, 0), ("4.11", 0), ("4.12.3", None), ("6.18.44", None)]),
    ("tcp_fin_timeout", [(EL6, 60), ("7.3.4", 60)]),
    (
        "ip_local_port_range",
        [
            ("3.19", [32768, 61000]),
            (EL6, [32768, 61000]),
            ("4.2", [32768, 60999]),
            (EL7, [32768, 60999]),
            ("6.18.44", [32768, 60999]),
        ],
    ),
    # related
    ("tcp_rfc1337", [("6.18.44", 0)]),
    ("tcp_synack_retries", [("6.18.44", 5)]),
    ("tcp_syn_retries", [("3.0.27", 5), ("3.7.0", 6), ("6.18.44", 6)]),
    ("tcp_retries1", [("6.18.44", 3)]),
    ("tcp_retries2", [("6.18.44", 15)]),
    ("tcp_orphan_retries", [("6.18.44", 0)]),
    ("tcp_slow_start_after_idle", [("6.18.44", 1)]),
    ("tcp_mtu_probing", [("6.18.44", 0)]),
    ("tcp_no_metrics_save", [("6.18.44", 0)]),
    ("tcp_fastopen", [("3.0.27", None), ("3.10.99", 0), (EL7, 0), ("3.13.10", 1), ("6.18.44", 1)]),
    ("tcp_notsent_lowat", [("4.6.2", -1), ("4.9.45", 4294967295), ("6.18.44", 4294967295)]),
    ("tcp_abort_on_overflow", [("6.18.44", 0)]),
    (
        "tcp_challenge_ack_limit",
        [
            ("3.10.99", 100),
            ("4.4.121", 1000),
            ("5.15", 1000),
            (EL6, 100),
            ("2.6.32-754.35.1.el6.x86_64", 1000),
            ("3.10.0-327.el7.x86_64", 100),
            (EL7, 1000),
            (EL8_3, 1000),
            ("6.0.19", 2147483647),
            ("6.18.44", 2147483647),
        ],
    ),
    ("tcp_tw_reuse_delay", [("6.12.107", None), ("6.18.44", 1000)]),
    ("ip_unprivileged_port_start", [("6.18.44", 1024)]),
    ("tcp_dsack", [("6.18.44", 1)]),
    ("tcp_moderate_rcvbuf", [("6.18.44", 1)]),
    ("tcp_ecn", [("6.18.44", 2)]),
    ("tcp_min_snd_mss", [("6.18.44", 48)]),
    ("tcp_rto_max_ms", [("6.18.44", 120000)]),
    ("tcp_syn_linear_timeouts", [("6.18.44", 4)]),
    ("ip_local_port_step_width", [("6.18.5", None), ("7.1.3", 0)]),
    ("tcp_low_latency", [("6.18.44", 0)]),
    ("net.core.netdev_budget", [("6.18.44", 300)]),
    ("net.core.dev_weight", [("6.18.44", 64)]),
    ("net.core.busy_poll", [("3.10.99", None), ("6.18.44", 0)]),
    ("net.core.busy_read", [("3.10.99", None), ("6.18.44", 0)]),
    ("tcp_abc", [("2.6.32.69", 0), ("3.9", None)]),
    ("tcp_frto_response", [("2.6.32.69", 0), ("3.10.99", None)]),
    ("tcp_max_ssthresh", [("2.6.32.69", 0), ("3.13.10", None)]),
    ("tcp_dma_copybreak", [("3.16.0", 4096), ("3.19", None)]),
    ("rt_cache_rebuild_count", [("2.6.32.69", 4), ("3.10.99", None)]),
    # words and lists have no number
    ("tcp_congestion_control", [("6.18.44", None)]),
    ("ip_local_reserved_ports", [("6.18.44", None)]),
    ("net.core.default_qdisc", [("6.18.44", None)]),
]
# Release, MiB of memory, size of a page, the numbers.
BUFFERS = {
    "tcp_rmem": [
        ("2.6.32.69", 24105, 4096, [4096, 87380, 4194304]),
        ("3.3.8", 24105, 4096, [4096, 87380, 4194304]),
        ("3.4.0", 24105, 4096, [4096, 87380, 6291456]),
        (EL7, 24105, 4096, [4096, 87380, 6291456]),
        (EL7, 24105, 65536, [65536, 87380, 6291456]),
        ("4.9.45", 24105, 65536, [65536, 87380, 6291456]),
        ("4.10.1", 24105, 65536, [4096, 87380, 6291456]),
        (EL8_8, 24105, 65536, [4096, 87380, 6291456]),
        ("4.19.72", 24105, 4096, [4096, 87380, 6291456]),
        ("4.19.108", 24105, 4096, [4096, 131072, 6291456]),
        ("4.20.0", 24105, 4096, [4096, 131072, 6291456]),
        (EL9, 24105, 65536, [65536, 131072, 6291456]),
        ("5.14.0-162.6.1.el9_1.x86_64", 24105, 65536, [4096, 131072, 6291456]),
        ("6.0.19", 24105, 65536, [65536, 131072, 6291456]),
        ("6.14", 24105, 4096, [4096, 131072, 6291456]),
        ("6.16", 24105, 4096, [4096, 131072, 33554432]),
        ("6.18.44", 24105, 4096, [4096, 131072, 33554432]),
        ("6.18.44", 2048, 4096, [4096, 131072, 16777216]),
        ("6.12.107", 512, 4096, [4096, 131072, 4194304]),
        ("6.12.107", 8, 4096, [4096, 131072, 87380]),
    ],
    "tcp_wmem": [
        ("2.6.32.69", 24105, 4096, [4096, 16384, 4194304]),
        (EL7, 24105, 65536, [65536, 16384, 4194304]),
        ("5.15", 24105, 65536, [4096, 16384, 4194304]),
        (EL9, 24105, 65536, [65536, 16384, 4194304]),
        ("5.14.0-162.6.1.el9_1.x86_64", 24105, 65536, [4096, 16384, 4194304]),
        ("6.0.19", 24105, 65536, [65536, 16384, 4194304]),
        ("6.18.44", 24105, 4096, [4096, 16384, 4194304]),
        ("6.18.44", 256, 4096, [4096, 16384, 2097152]),
        ("6.18.44", 4, 4096, [4096, 16384, 65536]),
        (AMAZON, 24105, 4096, [4096, 20480, 4194304]),
        ("5.10.245-241.976.amzn2.x86_64", 24105, 4096, [4096, 16384, 4194304]),
    ],
    "tcp_max_syn_backlog": [
        ("6.18.44", 24105, 4096, [2048]),
        ("5.4", 512, 4096, [128]),
        ("5.4", 2048, 4096, [128]),
        ("5.4", 4096, 4096, [256]),
        ("5.4", 8192, 4096, [512]),
        ("5.4", 16384, 4096, [1024]),
        ("5.4", 32768, 4096, [2048]),
        ("5.4", 65536, 4096, [4096]),
        ("5.4", 1048576, 4096, [4096]),
        ("4.19.72", 24105, 4096, [1024]),
        ("4.19.72", 65536, 4096, [2048]),
        (EL7, 512, 4096, [128]),
        (EL8_3, 65536, 4096, [2048]),
    ],
    "tcp_max_orphans": [
        ("6.18.44", 24105, 4096, [131072]),
        ("6.18.44", 512, 4096, [2048]),
        ("6.18.44", 1048576, 4096, [262144]),
    ],
    "tcp_max_tw_buckets": [("6.18.44", 24105, 4096, [131072])],
}


def numbers(key, kernel):
    elements = _builtin.builtin(key, kernel)
    return None if elements is None else [element.value for element in elements]


@pytest.mark.parametrize(("key", "release", "expected"), flat(DEFAULTS))
def test_default(key, release, expected):
    found = _builtin.builtin(key, Kernel(release, 24105))
    wanted = expected if expected is None or isinstance(expected, list) else [expected]
    assert (None if found is None else [element.value for element in found]) == wanted
    assert all(element.exact for element in found or ())
    assert _builtin.builtin(key, Kernel(release)) == found, "this one does not depend on the memory"


@pytest.mark.parametrize(("key", "release", "memory_mb", "page_size", "expected"), flat(BUFFERS.items()))
def test_default_by_memory(key, release, memory_mb, page_size, expected):
    assert numbers(key, Kernel(release, memory_mb, page_size)) == expected
    assert _builtin.builtin(key, Kernel(release, None, page_size)) is None


def test_every_numeric_key_has_a_case():
    cases = {full(key) for key, _entries in DEFAULTS} | {full(key) for key in BUFFERS} | {"net.ipv4.tcp_mem"}
    assert cases == set(CATALOG)


@pytest.mark.parametrize(
    ("release", "memory_mb", "page_size", "expected"),
    [
        # measured, on a machine and on User-Mode Linux
        ("6.18.44", 24105, 4096, [287901, 383868, 575802]),
        ("5.10.46", 485, 4096, [5778, 7706, 11556]),
        ("6.1.176", 486, 4096, [5793, 7724, 11586]),
        ("6.1.176", 1461, 4096, [17445, 23261, 34890]),
        ("6.12.101", 486, 4096, [5784, 7715, 11568]),
        ("7.2.7", 490, 4096, [5841, 7788, 11682]),
        # 3/64, 1/16 and 3/32 of the pages; 3/32, 1/8 and 3/16 before 4.2 and on RHEL 7
        ("4.2", 16384, 4096, [196608, 262144, 393216]),
        (EL8_3, 16384, 4096, [196608, 262144, 393216]),
        ("6.18.44", 16384, 65536, [12288, 16384, 24576]),
        ("3.19", 8192, 4096, [196608, 262144, 393216]),
        (EL7, 8192, 4096, [196608, 262144, 393216]),
    ],
)
def test_default_of_tcp_mem_within_one_percent(release, memory_mb, page_size, expected):
    found = _builtin.builtin("net.ipv4.tcp_mem", Kernel(release, memory_mb, page_size))
    assert [element.value for element in found] == pytest.approx(expected, rel=0.01)
    assert not any(element.exact for element in found)


@pytest.mark.parametrize(
    ("release", "memory_mb", "share_mb"),
    [
        # measured in qemu on Debian's kernels, which have huge pages and so a larger reserve
        ("6.1.0-50-cloud-amd64", 469, 453),
        ("6.1.0-50-cloud-amd64", 5937, 5826),
        ("7.2.12+deb14-cloud-amd64", 5928, 5816),
    ],
)
def test_default_of_tcp_mem_is_above_the_kernels_own_by_no_more_than_its_reserve(release, memory_mb, share_mb):
    found = _builtin.builtin("net.ipv4.tcp_mem", Kernel(release, memory_mb))[1].value
    own = share_mb * 256 // 16
    assert own <= found <= own * 1.08
    assert found - own <= 116 * 256 // 16


def test_default_of_tcp_mem_is_unknown_where_no_source_was_read_or_no_memory_is_known():
    assert _builtin.builtin("net.ipv4.tcp_mem", Kernel("2.6.32.69", 24105)) is None
    assert _builtin.builtin("net.ipv4.tcp_mem", Kernel("6.18.44")) is None


def test_default_of_tcp_mem_is_never_below_128_pages():
    assert numbers("net.ipv4.tcp_mem", Kernel("6.18.44", 4)) == [96, 128, 192]


@pytest.mark.parametrize(("release", "beyond_mb"), [("6.18.44", (10922, 16384, 21845)), (EL7, (5461, 8192, 10922))])
def test_from_this_memory_on_the_documents_tcp_mem_lowers_the_default(release, beyond_mb):
    for element, (wanted, limit) in enumerate(zip((131072, 262144, 524288), beyond_mb)):
        assert numbers("net.ipv4.tcp_mem", Kernel(release, limit - 16))[element] < wanted
        assert numbers("net.ipv4.tcp_mem", Kernel(release, limit + 16))[element] > wanted


@pytest.mark.parametrize(
    ("release", "memory_mb", "expected"),
    [("5.10.46", 485, 3945568), ("6.1.176", 486, 3955040), ("7.2.7", 490, 3987488)],
)
def test_a_share_of_the_memory_within_one_percent(release, memory_mb, expected):
    for key in ("net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"):
        largest = _builtin.builtin(key, Kernel(release, memory_mb))[2]
        assert largest.value == pytest.approx(expected, rel=0.01)
        assert not largest.exact


def test_a_share_of_the_memory_is_exact_only_where_the_cap_is_far_away():
    def exact(memory_mb):
        return _builtin.builtin("net.ipv4.tcp_rmem", Kernel("6.18.44", memory_mb))[2].exact

    assert exact(24105) and exact(5000)
    assert not exact(4096) and not exact(2048)


@pytest.mark.parametrize(
    ("key", "memory_mb", "exact"),
    [
        # 512 MiB show as 485, and a hash of 4096 is then as likely as one of 8192; User-Mode Linux had both
        ("tcp_max_orphans", 485, False),
        ("tcp_max_orphans", 1461, True),
        ("tcp_max_orphans", 24105, True),
        ("tcp_max_syn_backlog", 485, True),
        ("tcp_max_syn_backlog", 32000, False),
        ("tcp_max_syn_backlog", 32768, False),
        ("tcp_max_syn_backlog", 32769, True),
        ("tcp_max_syn_backlog", 65536, True),
    ],
)
def test_a_number_of_buckets_is_exact_only_well_below_a_power_of_two(key, memory_mb, exact):
    assert _builtin.builtin(full(key), Kernel("6.18.44", memory_mb))[0].exact is exact


@settings(deadline=None)
@given(
    st.sampled_from([case[0] for case in BUFFERS["tcp_rmem"]]),
    st.integers(1, 1 << 24),
    st.sampled_from([4096, 16384, 65536]),
)
def test_computed_defaults_are_in_order_and_grow_with_the_memory(release, memory_mb, page_size):
    small, large = Kernel(release, memory_mb, page_size), Kernel(release, memory_mb * 2, page_size)
    for key in ("tcp_mem", "tcp_rmem", "tcp_wmem", "tcp_max_syn_backlog", "tcp_max_orphans"):
        found, more = numbers(full(key), small), numbers(full(key), large)
        if found is None:
            continue
        assert len(found) == CATALOG[full(key)].arity
        assert all(low <= high for low, high in zip(found, more))
    memory = numbers("net.ipv4.tcp_mem", small)
    assert memory is None or memory[0] < memory[1] < memory[2]
