# Tests of the catalog's answers: facts that were read in kernel sources or measured, as concrete numbers.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Defaults, bounds, existence and namespaces by kernel."""

from __future__ import annotations

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import Kernel
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel import _builtin
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel import _catalog as catalog
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import flat, full
from ansible_collections.fleetnet.linux_tcp.tests.unit.releases import AMAZON, EL6, EL7, EL8_3, EL8_8, EL9, EL10

# Per release: lowest and highest number of each element.
BOUNDS = [
    (
        "net.core.rmem_max",
        [
            (EL6, 1, 2147483647),
            (EL7, 1, 2147483647),
            ("3.19", 1, 2147483647),
            ("4.0", 2304, 2147483647),
            ("7.3.4", 2304, 2147483647),
        ],
    ),
    ("net.core.rmem_default", [("3.13.10", 1, 2147483647), ("6.18.44", 2304, 2147483647)]),
    ("net.core.wmem_max", [("3.13.10", 1, 2147483647), ("6.18.44", 4608, 2147483647)]),
    ("net.core.wmem_default", [("3.13.10", 1, 2147483647), ("6.18.44", 4608, 2147483647)]),
    (
        "net.core.somaxconn",
        [("4.0.9", 0, 65535), (EL7, 0, 65535), (EL6, 0, 65535), ("4.1", 0, 2147483647), (EL8_3, 0, 2147483647)],
    ),
    ("net.core.optmem_max", [("5.4", 0, 2147483647), ("6.18.44", 0, 2147483647)]),
    ("net.core.netdev_max_backlog", [("6.18.44", 1, 2147483647)]),
    ("tcp_mem", [("6.18.44", 1, 140737488355327)]),
    (
        "tcp_rmem",
        [
            ("3.10.99", 1, 2147483647),
            ("5.10.262", 1, 2147483647),
            ("6.1.187", 1, 2147483647),
            ("6.1.190", 4096, 2147483647),
            ("6.1.0-53-amd64", 1, 2147483647),
            ("6.1.0-54-amd64", 4096, 2147483647),
            ("6.2.0", 1, 2147483647),
            ("6.6.155", 1, 2147483647),
            ("6.6.158", 4096, 2147483647),
            ("6.12.111", 1, 2147483647),
            ("6.12.112", 4096, 2147483647),
            ("6.18.53", 1, 2147483647),
            ("6.18.54", 4096, 2147483647),
            ("6.19.14", 1, 2147483647),
            ("7.1.3", 1, 2147483647),
            ("7.2.0", 4096, 2147483647),
            ("7.2.13", 4096, 2147483647),
            ("7.3.4", 4096, 2147483647),
        ],
    ),
    ("tcp_wmem", [("3.10.99", 1, 2147483647), ("7.3.4", 1, 2147483647)]),
    (
        "tcp_keepalive_time",
        [(EL7, 1, 2147483), ("4.11.12", 1, 2147483), ("4.12", 1, 21474836), (EL8_3, 1, 21474836)],
    ),
    ("tcp_keepalive_intvl", [("6.18.44", 1, 21474836)]),
    ("tcp_fin_timeout", [("6.18.44", 0, 21474836)]),
    (
        "tcp_keepalive_probes",
        [
            ("5.4.273", 0, 2147483647),
            ("5.10.177", 0, 2147483647),
            ("5.10.178", 0, 255),
            ("5.10.0-21-amd64", 0, 2147483647),
            ("5.10.0-22-amd64", 0, 255),
            ("5.10.0-34-cloud-amd64", 0, 255),
            ("5.12", 0, 2147483647),
            ("5.13", 0, 255),
            ("6.18.44", 0, 255),
            (EL8_8, 0, 2147483647),
            (EL9, 0, 255),
        ],
    ),
    (
        "tcp_tw_reuse",
        [
            ("4.18.20", 0, 2147483647),
            ("4.19.13", 0, 2),
            (EL7, 0, 2147483647),
            (EL8_3, 0, 2),
            (EL9, 0, 2),
            ("7.3.4", 0, 2),
        ],
    ),
    ("tcp_syncookies", [("6.18.44", 0, 255)]),
    ("tcp_retries1", [("4.9.45", 0, 255), ("6.18.44", 0, 255)]),
    ("ip_local_port_range", [("3.0.27", 1, 65535), ("6.18.44", 1, 65535)]),
    ("tcp_syn_retries", [("6.18.44", 1, 127)]),
    ("tcp_tw_reuse_delay", [("6.18.44", 1, 60000)]),
    (
        "tcp_ecn",
        [
            ("5.4.273", 0, 2147483647),
            ("5.10.0-21-amd64", 0, 2147483647),
            ("5.10.0-22-amd64", 0, 255),
            ("6.1.0-50-amd64", 0, 2),
            ("5.15", 0, 255),
            ("6.0.19", 0, 2),
            ("6.18.44", 0, 2),
            ("7.3.4", 0, 5),
        ],
    ),
    ("tcp_notsent_lowat", [("4.6.2", -1, 2147483647), ("4.9.45", 0, 4294967295)]),
    ("tcp_min_snd_mss", [("6.18.44", 48, 65535)]),
    ("tcp_rto_max_ms", [("6.18.44", 1000, 120000)]),
    ("tcp_syn_linear_timeouts", [("6.18.44", 0, 127)]),
    ("ip_unprivileged_port_start", [("6.18.44", 0, 65535)]),
]
# Releases with the key, releases without it.
EXISTENCE = [
    (
        "tcp_tw_recycle",
        ["2.6.12", EL6, EL7, "4.4.0-21-generic", "4.9.0-19-amd64", "4.11"],
        ["4.12.3", "4.12.14-122.37-default", AMAZON, EL8_3, "4.19.0-27-amd64", "6.18.44"],
    ),
    ("tcp_fack", ["2.6.12", EL7, "4.15.1", "7.3.4"], []),
    ("tcp_fastopen", ["3.6.0", EL7, "7.3.4"], ["3.0.27", EL6]),
    ("net.core.default_qdisc", [EL6, EL7, "3.12.0", "7.3.4"], ["2.6.32-573.el6.x86_64", "3.10.99"]),
    ("tcp_notsent_lowat", [EL7, "3.12.0"], [EL6, "3.10.99"]),
    ("tcp_challenge_ack_limit", [EL6, EL7, "3.10.99"], ["3.0.27", "2.6.32.69"]),
    ("ip_local_reserved_ports", [EL6, "2.6.32-71.el6.x86_64", "3.0.27", EL7], ["2.6.32.69"]),
    ("ip_unprivileged_port_start", ["4.11", "6.18.44"], ["4.10.1", EL7]),
    (
        "tcp_min_snd_mss",
        ["5.2.0", "4.14.177", "4.19.72", "3.10.0-1062.el7.x86_64", EL7, EL8_3, "7.3.4"],
        ["4.14.67", "4.15.1", "4.19.13", "5.1.0", "3.10.0-862.el7.x86_64"],
    ),
    ("tcp_tw_reuse_delay", ["6.14", "6.18.44"], ["6.12.107", EL10]),
    ("tcp_rto_max_ms", ["6.15", "6.17.8"], ["6.14"]),
    ("tcp_syn_linear_timeouts", ["6.5", "6.8.1"], ["6.1.176", EL9]),
    ("ip_local_port_step_width", ["7.1.3", "7.3.4"], ["6.18.5", "7.0.13"]),
    ("tcp_slow_start_after_idle", ["2.6.18"], ["2.6.17"]),
    ("tcp_mtu_probing", ["2.6.17"], ["2.6.16"]),
    ("tcp_congestion_control", ["2.6.13"], ["2.6.12"]),
]
# Releases on which each namespace has its own value, releases on which the key is host-wide.
NAMESPACES = [
    ("net.core.rmem_max", [], ["6.9.0", "6.10.0", "7.3.4"]),
    ("net.core.netdev_max_backlog", [], ["7.3.4"]),
    ("net.core.somaxconn", ["2.6.32.69", "7.3.4"], []),
    ("net.core.optmem_max", ["6.8.1", "7.3.4"], ["6.1.176", EL9]),
    ("tcp_mem", ["3.3.0", "3.10.99", EL7], ["3.0.27", EL6, "3.13.10", EL8_3, "6.18.44"]),
    ("tcp_rmem", ["4.15.1", EL8_3, "6.18.44"], ["4.14.177", EL7]),
    ("tcp_wmem", ["4.15.1"], ["4.14.177"]),
    ("tcp_keepalive_time", ["4.5.7", EL7], ["4.4.121", "3.10.99", EL6]),
    ("tcp_keepalive_intvl", ["4.5.7", EL7], ["4.4.121"]),
    ("tcp_keepalive_probes", ["4.5.7", EL7], ["4.4.121"]),
    ("tcp_sack", ["4.13.9"], ["4.12.3", EL7]),
    ("tcp_fack", ["4.15.1"], ["4.14.177"]),
    ("tcp_timestamps", ["4.13.9"], ["4.12.3"]),
    ("tcp_window_scaling", ["4.13.9"], ["4.12.3"]),
    ("tcp_syncookies", ["4.6.2"], ["4.5.7"]),
    ("tcp_tw_reuse", ["4.10.1", EL8_3], ["4.9.45", EL7]),
    ("tcp_tw_recycle", ["4.11"], ["4.10.1", EL7]),
    ("tcp_fin_timeout", ["4.6.2"], ["4.5.7"]),
    ("ip_local_port_range", ["3.13.10", EL7], ["3.10.99", EL6]),
    ("tcp_max_syn_backlog", ["4.11"], ["4.10.1"]),
    ("tcp_max_tw_buckets", ["4.11"], ["4.10.1"]),
    ("tcp_max_orphans", [], ["7.3.4"]),
    ("tcp_mtu_probing", ["4.1", "4.4.121"], ["3.19"]),
    ("tcp_ecn", ["3.10.99", EL7], ["3.0.27"]),
    ("ip_local_reserved_ports", ["3.16"], ["3.13.10", EL7]),
    ("net.core.default_qdisc", [], ["7.3.4"]),
    ("tcp_low_latency", [], ["7.3.4"]),
]


@pytest.mark.parametrize(("key", "release", "low", "high"), flat(BOUNDS))
def test_bounds(key, release, low, high):
    assert catalog.bounds(key, Kernel(release)) == (low, high)


@pytest.mark.parametrize(("key", "there", "absent"), [(full(key), there, absent) for key, there, absent in EXISTENCE])
def test_existence(key, there, absent):
    assert [release for release in there if not catalog.exists(key, Kernel(release))] == []
    assert [release for release in absent if catalog.exists(key, Kernel(release))] == []


@pytest.mark.parametrize(("key", "own", "shared"), [(full(key), own, shared) for key, own, shared in NAMESPACES])
def test_namespaces(key, own, shared):
    assert [release for release in own if not catalog.per_namespace(key, Kernel(release))] == []
    assert [release for release in shared if catalog.per_namespace(key, Kernel(release))] == []


@pytest.mark.parametrize(
    ("function", "key", "release", "expected"),
    [
        (catalog.removed_in, "tcp_tw_recycle", "4.11.12", ""),
        (catalog.removed_in, "tcp_tw_recycle", "4.12", "4.12"),
        (catalog.removed_in, "tcp_tw_recycle", EL7, ""),
        (catalog.removed_in, "tcp_tw_recycle", EL8_3, "4.12"),
        (catalog.removed_in, "tcp_fack", "6.18.44", ""),
        (catalog.no_effect, "tcp_fack", "4.14.177", ""),
        (catalog.no_effect, "tcp_fack", "4.15", "4.15"),
        (catalog.no_effect, "tcp_fack", EL7, ""),
        (catalog.no_effect, "tcp_fack", EL8_3, "4.15"),
        (catalog.no_effect, "tcp_low_latency", "6.18.44", "4.14"),
        (catalog.no_effect, "tcp_max_syn_backlog", "6.18.44", ""),
    ],
)
def test_removed_and_without_effect(function, key, release, expected):
    assert function(full(key), Kernel(release)) == expected


def test_a_key_that_the_catalog_does_not_know():
    kernel = Kernel("6.18.44", 24105)
    key = "net.ipv4.tcp_autocorking"
    assert _builtin.builtin(key, kernel) is None
    assert catalog.bounds(key, kernel) is None
    assert catalog.removed_in(key, kernel) == catalog.no_effect(key, kernel) == ""
    assert catalog.exists(key, kernel) is False
    assert catalog.per_namespace(key, kernel) is True
