# Tests of the catalog against what was read in vendors' own sources, fact by fact, on both sides of each change.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Each release here is one whose source was read, or the build that a changelog names; the places are in
_vendor_sources.py."""

from __future__ import annotations

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import Kernel
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel import _catalog as catalog
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._builtin import is_read, own_text, written
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._values import taken
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._vendor_sources import VENDOR_SOURCES
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import flat, full
from ansible_collections.fleetnet.linux_tcp.tests.unit.planned import CATALOG

EL6_71, EL6_358, EL6_431 = "2.6.32-71.el6.x86_64", "2.6.32-358.el6.x86_64", "2.6.32-431.el6.x86_64"
EL6_504, EL6_754 = "2.6.32-504.16.2.el6.x86_64", "2.6.32-754.35.1.el6.x86_64"
EL7_123, EL7_229, EL7_236 = "3.10.0-123.el7.x86_64", "3.10.0-229.el7.x86_64", "3.10.0-236.el7.x86_64"
EL7_327, EL7_359, EL7_474 = "3.10.0-327.el7.x86_64", "3.10.0-359.el7.x86_64", "3.10.0-474.el7.x86_64"
EL7_475, EL7_514, EL7_957 = "3.10.0-475.el7.x86_64", "3.10.0-514.26.2.el7.x86_64", "3.10.0-957.12.2.el7.x86_64"
EL7_1062, EL7_1160 = "3.10.0-1062.el7.x86_64", "3.10.0-1160.59.1.el7.x86_64"
EL8_80, EL8_80_1, EL8_80_4 = "4.18.0-80.el8.x86_64", "4.18.0-80.1.2.el8_0.x86_64", "4.18.0-80.4.2.el8_0.x86_64"
EL8_477, EL8_553 = "4.18.0-477.10.1.el8_8.x86_64", "4.18.0-553.66.1.el8_10.x86_64"
EL9_70, EL9_162, EL9_284 = "5.14.0-70.13.1.el9_0", "5.14.0-162.23.1.el9_1.x86_64", "5.14.0-284.11.1.el9_2.x86_64"
EL9_193, EL9_194, EL9_230, EL9_231 = ("5.14.0-%d.el9.x86_64" % build for build in (193, 194, 230, 231))
EL9_570 = "5.14.0-570.32.1.el9_6.x86_64"
EL10_9, EL10_24 = "6.12.0-55.9.1.el10_0.x86_64", "6.12.0-55.24.1.el10_0.x86_64"
SP1, SP2, SP3 = "4.12.14-197.108-default", "5.3.18-24.107-default", "5.3.18-150300.59.215-default"
SP4, SP5 = "5.14.21-150400.24.46-default", "5.14.21-150500.55.88-default"
TENCENT_4, TENCENT_5 = "4.14.105-19-0013", "5.4.119-19.0009.56"
UEK5, AMAZON_4, AMAZON_5 = "4.14.35-2047.539.5.el7uek.x86_64", "4.14.355-280.684.amzn2", "5.15.184-125.190.amzn2"

# A key's own value on a host with 64 GiB and pages of 4 KiB.
DEFAULTS = [
    ("net.core.rmem_max", [(one, "212992") for one in (EL9_70, EL9_162, EL9_284, EL9_570, EL10_9, EL10_24)]),
    (
        "net.core.somaxconn",
        [(one, "128") for one in (EL8_80, EL8_477, EL8_553, SP1, SP2, SP3, "4.12.14-122.1-default")],
    ),
    ("net.core.somaxconn", [(one, "4096") for one in (SP4, SP5, EL9_70, TENCENT_4, TENCENT_5)]),
    (
        "ip_local_port_range",
        [
            (EL7_123, "32768 61000"),
            (EL7_327, "32768 61000"),
            (EL7_359, "32768 60999"),
            (EL7_514, "32768 60999"),
            (EL6_504, "32768 61000"),
            (EL6_754, "32768 60999"),
        ],
    ),
    (
        "tcp_rmem",
        [
            ("4.19.79", "4096 87380 6291456"),
            ("4.19.90", "4096 131072 6291456"),
            ("4.19.108", "4096 131072 6291456"),
            ("4.19.222", "4096 131072 6291456"),
            ("4.14.325", "4096 87380 6291456"),
            (TENCENT_4, "4096 131072 6291456"),
            (EL8_80, "4096 87380 6291456"),
            (EL8_553, "4096 87380 6291456"),
            (SP5, "4096 131072 6291456"),
        ],
    ),
    ("tcp_wmem", [(AMAZON_5, "4096 16384 4194304"), (AMAZON_4, "4096 20480 4194304")]),
    ("tcp_max_syn_backlog", [(SP2, "4096"), (SP3, "4096"), (SP1, "2048"), ("5.3.18", "2048")]),
    ("tcp_max_syn_backlog", [(EL6_71, "1024"), (EL6_358, "2048")]),
    ("tcp_max_syn_backlog", [(EL8_80, "2048"), (EL8_553, "2048"), (EL9_70, "4096"), (UEK5, "2048")]),
    (
        "tcp_challenge_ack_limit",
        [
            (EL6_358, None),
            (EL6_431, "100"),
            (EL6_504, "100"),
            (EL6_754, "1000"),
            (EL7_474, "100"),
            (EL7_475, "1000"),
            (EL7_514, "1000"),
            (EL9_70, "1000"),
            (EL9_570, "1000"),
            (EL10_24, "2147483647"),
        ],
    ),
    ("tcp_tw_reuse", [(EL8_80, "2"), (UEK5, "0")]),
    *(
        (full("net.core.%smem_max" % one), [(EL6_71, "131071"), (EL6_358, "212992"), (EL6_754, "124928")])
        for one in "rw"
    ),
    ("tcp_max_tw_buckets", [(EL6_71, "180000"), (EL6_358, "262144")]),
    ("tcp_max_orphans", [(EL6_71, "65536"), (EL6_358, "262144")]),
    ("net.core.optmem_max", [(EL9_70, "20480"), (EL9_570, "20480"), (EL10_24, "131072")]),
    ("tcp_fack", [("4.9.115", "1"), ("4.11.0", "0"), ("4.12.0", "0"), (SP1, "0")]),
    ("tcp_notsent_lowat", [("4.8.17", "-1"), ("4.9.0", "4294967295")]),
]


@pytest.mark.parametrize(("key", "release", "expected"), flat(DEFAULTS))
def test_the_own_value(key, release, expected):
    assert own_text(full(key), Kernel(release, 65536)) == expected


@pytest.mark.parametrize(
    ("release", "expected"), [(EL9_162, 4096), (EL9_193, 4096), (EL9_194, 65536), (EL9_570, 65536)]
)
def test_the_first_number_of_the_buffers_on_el9_with_large_pages(release, expected):
    kernel = Kernel(release, 65536, 65536)
    assert own_text("net.ipv4.tcp_rmem", kernel).split()[0] == str(expected)
    assert own_text("net.ipv4.tcp_wmem", kernel).split()[0] == str(expected)


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        (EL7_1160, "pfifo_fast"),
        (EL8_553, "pfifo_fast"),
        (EL9_70, "fq_codel"),
        (EL9_570, "fq_codel"),
        (EL10_24, "fq_codel"),
    ],
)
def test_the_queueing_discipline(release, expected):
    assert written(CATALOG["net.core.default_qdisc"], Kernel(release)) == expected


NAMESPACES = [
    *(
        (full("tcp_keepalive_" + name), [(EL7_514, False), (EL7_957, False), (EL7_1062, True)])
        for name in ("time", "intvl", "probes")
    ),
    ("ip_local_port_range", [(EL7_123, False), (EL7_229, False), (EL7_236, True), (EL7_514, True)]),
    ("tcp_min_snd_mss", [(EL6_754, False), (EL7_1062, True)]),
    *((full("tcp_%smem" % one), [("4.14.325", False), (TENCENT_4, True)]) for one in "rw"),
    ("tcp_max_orphans", [("5.4.286", False), (TENCENT_4, True), (TENCENT_5, True)]),
    ("net.core.optmem_max", [(EL9_570, False), (EL10_24, True)]),
]


@pytest.mark.parametrize(("key", "release", "expected"), flat(NAMESPACES))
def test_whether_each_namespace_has_its_own(key, release, expected):
    assert catalog.per_namespace(full(key), Kernel(release)) is expected


PRESENCE = [
    (
        "tcp_min_snd_mss",
        [
            (EL8_80, False),
            (EL8_80_1, False),
            (EL8_80_4, True),
            (EL8_553, True),
            (TENCENT_4, True),
            ("4.14.105", False),
            (EL6_504, False),
            (EL6_754, True),
            (EL7_957, False),
            ("3.10.0-957.21.3.el7.x86_64", True),
            (EL7_1062, True),
            ("4.4.181", False),
            ("4.4.182", True),
            ("4.9.182", True),
            ("4.14.126", False),
            ("4.14.127", True),
            ("4.19.52", True),
            ("5.1.11", True),
        ],
    ),
    ("ip_local_reserved_ports", [("2.6.32.69", False), (EL6_71, True), (EL6_754, True)]),
    ("tcp_challenge_ack_limit", [(EL6_358, False), (EL6_431, True), ("2.6.32.69", False)]),
    ("net.core.busy_poll", [(EL6_431, False), (EL6_504, True), (EL7_514, True)]),
    ("net.core.busy_read", [(EL6_431, False), (EL6_504, True), (EL7_1160, True)]),
    ("tcp_dma_copybreak", [(EL6_754, True), (EL7_514, False), (EL7_1160, False)]),
    ("tcp_rto_max_ms", [(EL9_570, False), (EL10_24, False), ("6.15", True)]),
]


@pytest.mark.parametrize(("key", "release", "expected"), flat(PRESENCE))
def test_presence(key, release, expected):
    assert catalog.exists(full(key), Kernel(release)) is expected


BOUNDS = [
    (
        "tcp_ecn",
        [
            (EL9_162, (0, 255)),
            (EL9_230, (0, 255)),
            (EL9_231, (0, 2)),
            (EL9_284, (0, 2)),
            ("5.15.24", (0, 255)),
            ("5.15.100", (0, 2)),
            ("5.15.167.4-microsoft-standard-WSL2", (0, 2)),
            (SP4, (0, 255)),
            (SP5, (0, 2)),
        ],
    ),
    ("tcp_tw_reuse", [(EL8_80, (0, 2)), (EL7_1160, (0, 2147483647))]),
]


@pytest.mark.parametrize(("key", "release", "expected"), flat(BOUNDS))
def test_bounds(key, release, expected):
    assert catalog.bounds(full(key), Kernel(release)) == expected


TAKEN = [
    # What a boot file may hold, and the kernel takes: el6 has no bounds here.
    ("net.core.somaxconn", "100000", [(EL6_71, True), (EL6_754, True), (EL7_1160, False)]),
    ("net.core.somaxconn", "-1", [(EL6_71, True), (EL6_754, True), (EL7_1160, False)]),
    ("net.core.rmem_max", "-1", [(EL6_754, True), (EL7_1160, False)]),
    ("net.ipv4.tcp_rmem", "0 1 2", [(EL6_754, True), (EL7_1160, False)]),
    ("net.ipv4.tcp_mem", "4294967296 1 2", [(EL6_754, False), (EL7_1160, True)]),
    ("net.ipv4.tcp_syn_retries", "200", [(EL6_431, True), (EL6_504, False), (EL7_1160, False)]),
    ("net.ipv4.tcp_syn_retries", "0", [(EL6_431, True), (EL6_504, False)]),
    ("net.ipv4.tcp_mem", "-1 2 3", [(EL9_162, False), (EL9_284, False), ("6.0", False)]),
]


@pytest.mark.parametrize(("key", "text", "cases"), TAKEN)
def test_what_a_boot_file_leaves(key, text, cases):
    assert [(release, taken(Kernel(release), key, text)) for release, _expected in cases] == cases


def test_what_is_only_documented_is_not_known():
    assert not is_read("net.ipv4.tcp_wmem", Kernel(AMAZON_4))
    assert not is_read("net.ipv4.tcp_max_syn_backlog", Kernel(SP2))
    assert is_read("net.core.rmem_max", Kernel(EL9_570)) and is_read("net.core.somaxconn", Kernel(EL8_553))


def test_every_vendors_marker_has_its_source():
    for row in CATALOG.values():
        histories = (row.bounds, row.default, row.per_namespace)
        markers = {marker for history in histories for marker, _fact in history} | {
            *row.introduced.split(),
            *row.removed.split(),
        }
        of_vendors = {marker for marker in markers if not marker[0].isdigit()}
        told = {marker for source in VENDOR_SOURCES.get(row.name, ()) for marker in source.markers.split()}
        assert of_vendors <= told, row.name
        # A branch without a line of its own is as upstream, and was read to be.
        assert told - markers <= {"el8", "el9", "el10"}, row.name


def test_a_default_that_says_about_is_only_documented():
    for key, row in CATALOG.items():
        documented = {
            marker for source in VENDOR_SOURCES.get(key, ()) if not source.read for marker in source.markers.split()
        }
        about = {marker for marker, text in row.default if text.startswith("about ") and not marker[0].isdigit()}
        assert about <= documented, key
