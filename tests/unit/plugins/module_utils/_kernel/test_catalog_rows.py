# Tests of the rows of the catalog: their shape, and that they agree with the document and with each other.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Whoever adds a row is told here what is wrong with it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import Kernel
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._builtin import _FORMULAS, builtin
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._catalog import bounds, every_row, exists
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._key import ABOUT
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._vendors import BRANCHES

NOTES = {row.name: row for row in every_row()}
KEYS = every_row()

ROOT = Path(__file__).resolve().parents[5]

# The document's second table: key, its default, the optimised value.
DOCUMENT = (
    ("net.core.rmem_default", "229376", "256960"),
    ("net.core.rmem_max", "131071", "513920"),
    ("net.core.wmem_default", "229376", "256960"),
    ("net.core.wmem_max", "131071", "513920"),
    ("net.core.netdev_max_backlog", "1000", "2000"),
    ("net.core.somaxconn", "128", "2048"),
    ("net.core.optmem_max", "20480", "81920"),
    ("net.ipv4.tcp_mem", "94011 125351 188022", "131072 262144 524288"),
    ("net.ipv4.tcp_rmem", "4096 87380 4011232", "8760 256960 4088000"),
    ("net.ipv4.tcp_wmem", "4096 16384 4011232", "8760 256960 4088000"),
    ("net.ipv4.tcp_keepalive_time", "7200", "1800"),
    ("net.ipv4.tcp_keepalive_intvl", "75", "30"),
    ("net.ipv4.tcp_keepalive_probes", "9", "3"),
    ("net.ipv4.tcp_sack", "1", "1"),
    ("net.ipv4.tcp_fack", "1", "1"),
    ("net.ipv4.tcp_timestamps", "1", "1"),
    ("net.ipv4.tcp_window_scaling", "1", "1"),
    ("net.ipv4.tcp_syncookies", "1", "1"),
    ("net.ipv4.tcp_tw_reuse", "0", "1"),
    ("net.ipv4.tcp_tw_recycle", "0", "1"),
    ("net.ipv4.tcp_fin_timeout", "60", "30"),
    ("net.ipv4.ip_local_port_range", "32768 61000", "1024 65000"),
    ("net.ipv4.tcp_max_syn_backlog", "2048", "2048"),
)
OPTIMISED = {key: value for key, _default, value in DOCUMENT}

RELATED = [
    "tcp_rfc1337",
    "tcp_synack_retries",
    "tcp_syn_retries",
    "tcp_retries1",
    "tcp_retries2",
    "tcp_orphan_retries",
    "tcp_max_orphans",
    "tcp_max_tw_buckets",
    "tcp_slow_start_after_idle",
    "tcp_mtu_probing",
    "tcp_no_metrics_save",
    "tcp_fastopen",
    "tcp_congestion_control",
    "default_qdisc",
    "tcp_notsent_lowat",
    "tcp_abort_on_overflow",
    "tcp_challenge_ack_limit",
    "tcp_tw_reuse_delay",
    "ip_local_reserved_ports",
    "ip_unprivileged_port_start",
    "tcp_dsack",
    "tcp_moderate_rcvbuf",
    "tcp_ecn",
    "tcp_min_snd_mss",
    "tcp_rto_max_ms",
    "tcp_syn_linear_timeouts",
    "ip_local_port_step_width",
    "tcp_low_latency",
    "netdev_budget",
    "dev_weight",
    "busy_poll",
    "busy_read",
    "tcp_abc",
    "tcp_frto_response",
    "tcp_max_ssthresh",
    "tcp_dma_copybreak",
    "rt_cache_rebuild_count",
]

# Keys of which every accepted number may be meant, and others that nobody sets.
NO_WINDOW = ["ip_local_port_range", "tcp_tw_reuse_delay", "ip_unprivileged_port_start", "tcp_rto_max_ms"]
NO_WINDOW += ["tcp_syn_linear_timeouts", "ip_local_port_step_width", "tcp_abc", "tcp_frto_response"]
NO_WINDOW += ["tcp_max_ssthresh", "tcp_dma_copybreak", "rt_cache_rebuild_count"]

UPSTREAM = (
    "2.6.12",
    "2.6.32.69",
    "3.0.27",
    "3.2.0",
    "3.3.0",
    "3.4.0",
    "3.6.0",
    "3.10.99",
    "3.13.10",
    "3.16.0",
    "3.19.0",
    "4.0.0",
    "4.1.0",
    "4.4.121",
    "4.6.2",
    "4.9.45",
    "4.10.1",
    "4.11.0",
    "4.12.3",
    "4.15.1",
    "4.19.72",
    "4.20.0",
    "5.2.0",
    "5.4.273",
    "5.10.13",
    "5.10.262",
    "5.13.0",
    "5.15.0",
    "6.0.19",
    "6.1.176",
    "6.8.1",
    "6.10.0",
    "6.12.107",
    "6.14.0",
    "6.17.8",
    "6.18.44",
    "7.0.0",
    "7.1.3",
    "7.2.13",
    "7.3.4",
)
VENDORS = (
    "2.6.32-642.el6.x86_64",
    "3.10.0-1160.el7.x86_64",
    "4.18.0-240.el8.x86_64",
    "4.18.0-553.el8_10.x86_64",
    "5.14.0-427.13.1.el9_4.x86_64",
    "6.12.0-55.9.1.el10_0.x86_64",
    "4.14.355-275.570.amzn2.x86_64",
    "5.10.245-241.976.amzn2.x86_64",
    "4.12.14-122.37-default",
    "5.15.0-3.60.5.1.el9uek.x86_64",
)

every_row = pytest.mark.parametrize("row", KEYS, ids=[row.name for row in KEYS])


def histories(row):
    """All histories of a row by the name of the field."""
    return {"bounds": row.bounds, "default": row.default, "per_namespace": row.per_namespace}


def test_the_document_comes_first_and_in_its_order():
    assert [(row.name, NOTES[row.name].document) for row in KEYS[: len(DOCUMENT)]] == [
        (key, default) for key, default, _value in DOCUMENT
    ]


def test_the_related_keys_follow():
    rest = KEYS[len(DOCUMENT) :]
    assert [row.name.rsplit(".", 1)[1] for row in rest] == RELATED
    assert not any(NOTES[row.name].document for row in rest)


def test_names_are_unique():
    assert len({row.name for row in KEYS}) == len(KEYS)


def test_the_role_sets_the_documents_values():
    yaml = pytest.importorskip("yaml")
    text = (ROOT / "roles" / "tcp_hardening" / "defaults" / "main.yml").read_text(encoding="utf-8")
    values = yaml.safe_load(text)["tcp_hardening_values"]
    assert [(key, str(value)) for key, value in values.items()] == [(key, value) for key, _default, value in DOCUMENT]


@every_row
def test_words(row):
    assert re.match(r"net\.(core|ipv4)\.[a-z0-9_]+\Z", row.name)
    assert row.kind in ("int", "word", "ports")
    assert row.unit in ("", "bytes", "pages", "seconds", "milliseconds", "packets", "connections", "ports", "probes")
    assert row.needs == "" or row.needs.startswith("CONFIG_")


@every_row
def test_markers_are_known_and_ascend(row):
    for field, history in histories(row).items():
        upstream = [tuple(map(int, marker.split("."))) for marker, _value in history if marker[0].isdigit()]
        assert upstream == sorted(set(upstream)), field
        vendors = [marker.partition("-") for marker, _value in history if not marker[0].isdigit()]
        builds = [
            (
                [*BRANCHES, "amzn", "tencent4.14", "tencent5.4"].index(branch),
                tuple(map(int, build.split("."))) if build else (),
            )
            for branch, _dash, build in vendors
        ]
        assert builds == sorted(set(builds)), field
        # upstream first, so that a person reads one line of time and then the exceptions
        assert [marker[0].isdigit() for marker, _value in history] == [True] * len(upstream) + [False] * len(builds), (
            field
        )
    assert re.match(r"(\d+\.\d+( el\d+(-\d+)?)*)?\Z", row.removed)
    for marker in (row.no_effect, row.visible_in_child):
        assert re.match(r"(\d+\.\d+)?\Z", marker)
    assert re.match(r"(0|\d+(\.\d+)+)( \d+(\.\d+)+)*( el\d+(-\d+(\.\d+)*)?)*( tencent4.14)?\Z", row.introduced)


@every_row
def test_neighbours_in_a_history_differ(row):
    for field, history in histories(row).items():
        mainline = [value for marker, value in history if re.match(r"\d+(\.\d+)?\Z|2\.6\.\d+\Z", marker)]
        assert all(left != right for left, right in zip(mainline, mainline[1:])), field


@every_row
def test_defaults_are_numbers_or_known_words(row):
    assert row.default
    for _marker, text in row.default:
        if row.numeric:
            words = (text[len(ABOUT) :] if text.startswith(ABOUT) else text).split()
            assert len(words) == row.arity
            assert all(word in _FORMULAS or re.match(r"-?\d+\Z", word) for word in words)
        else:
            assert row.arity == 1
    document = NOTES[row.name].document
    assert not document or len(document.split()) == row.arity


@every_row
def test_bounds_are_sane(row):
    assert row.bounds[0][0] == "0"
    for _marker, (low, high, *own) in row.bounds:
        assert (-1 if -1 in dict(row.means) else 0) <= low < high
        # The kernel's own are given where they are wider.
        if own:
            lowest, highest = own
            assert (lowest, highest) != (low, high)
            assert (highest is None or highest >= high) and (lowest is None or lowest <= low)
        assert high * 65536 < 2**63 if row.unit == "pages" else high <= 2**32 - 1
        if row.unit == "seconds":
            assert high * 100 <= 2**31 - 1


@every_row
def test_the_documents_values_and_the_kernels_own_make_sense(row):
    if not row.sane:
        assert not row.numeric or row.name.rsplit(".", 1)[1] in NO_WINDOW
        return
    low, high = row.sane
    assert row.numeric and 0 <= low < high
    told = [row.document, OPTIMISED.get(row.name, ""), *(text for _marker, text in row.default)]
    numbers = [int(word) for text in told for word in text.split() if word.lstrip("-").isdigit()]
    assert all(low <= number <= high for number in numbers if number != -1)


@every_row
def test_what_is_copied_or_shown_to_a_new_namespace(row):
    assert row.inherited is (row.name.rsplit(".", 1)[1] in ("tcp_rmem", "tcp_wmem", "tcp_congestion_control"))
    if row.inherited:
        assert row.per_namespace
    if row.visible_in_child:
        assert not row.per_namespace


@pytest.mark.parametrize("release", UPSTREAM + VENDORS)
def test_bounds_hold_the_default_and_the_optimised_value(release):
    for memory_mb, page_size in ((480, 4096), (24105, 65536), (1031000, 4096)):
        kernel = Kernel(release, memory_mb, page_size)
        for row in KEYS:
            if not row.numeric or not exists(row.name, kernel):
                continue
            low, high = bounds(row.name, kernel)
            default = [element.value for element in builtin(row.name, kernel) or ()]
            wanted = [int(word) for word in OPTIMISED.get(row.name, "").split()]
            # -1 is how an old kernel shows that there is no limit; nobody needs to write it
            assert all(low <= number <= high for number in default + wanted if number != -1), row.name
