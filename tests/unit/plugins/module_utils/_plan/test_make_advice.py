# Tests of the advice on a plan: each code, when it comes and when it stays away.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Every advice code over hosts that are plain data, with its message where people act on it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot._conf import LAST
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import (
    Assignment,
    Host,
    Kernel,
    Namespaces,
    Reading,
)
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan._verdict import size
from ansible_collections.fleetnet.linux_tcp.tests.unit.boot.files import OWN, next_boot
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import FIN, MEM, RANGE, RECYCLE, RESERVED, RMEM, SOMAXCONN
from ansible_collections.fleetnet.linux_tcp.tests.unit.planned import CATALOG, exactly, make_plan
from ansible_collections.fleetnet.linux_tcp.tests.unit.releases import EL7

BACKLOG = "net.ipv4.tcp_max_syn_backlog"
COOKIES, STAMPS, REUSE = "net.ipv4.tcp_syncookies", "net.ipv4.tcp_timestamps", "net.ipv4.tcp_tw_reuse"
FACK, SACK = "net.ipv4.tcp_fack", "net.ipv4.tcp_sack"


def advised(wanted, running=None, release="6.12.101", memory_mb=8192, page_size=4096, namespace="host", **more):
    """Messages by code and key of a plan for a host on which every wanted key is present and writable."""
    texts = {**dict.fromkeys(wanted), **(running or {})}
    kernel = Kernel(release, memory_mb, page_size, namespace)
    boot = next_boot(more.pop("files", {}), wanted, kernel, more.get("path", OWN))
    host = Host(
        kernel, {key: Reading(True, True, text) for key, text in texts.items()}, ports=more.pop("ports", ()), **boot
    )
    found = {}
    for setting in make_plan(exactly(wanted, **more), host)["settings"]:
        for advice in setting["advice"]:
            assert advice["message"].isprintable() and len(advice["message"]) < 200
            assert (advice["code"], setting["key"]) not in found, "each code once for a key"
            found[advice["code"], setting["key"]] = advice["message"]
    return found


def codes(*args, **named):
    """The codes that were given, without the one that every key of a namespace gets, and the one for odd values."""
    return sorted({code for code, _key in advised(*args, **named)} - {"not_inherited_by_containers", "implausible"})


def test_a_value_below_the_default_is_told_with_both_numbers():
    said = "8760 256960 4000000; the kernel's own is 4096 131072 6291456, which is better in part (improve keeps it)"
    assert advised({RMEM: "8760 256960 4000000"}, {RMEM: "4096 131072 6291456"}) == {
        ("weaker_than_default", RMEM): said
    }
    found = advised({RMEM: "8760 256960 4088000"}, {RMEM: "4096 131072 6291456"})["weaker_than_default", RMEM]
    assert "(improve keeps it); measured on " in found, "of the document's value, and of no other"
    assert (
        "2048; the kernel's own is 4096, which is better "
        in advised({SOMAXCONN: 2048}, {SOMAXCONN: "4096"})["weaker_than_default", SOMAXCONN]
    )
    assert codes({RMEM: "8760 256960 6291456"}, {RMEM: "4096 131072 6291456"}) == []
    assert codes({SOMAXCONN: 4096}, {SOMAXCONN: "4096"}) == []
    assert codes({SOMAXCONN: 8192}, {SOMAXCONN: "8192"}) == []
    assert codes({SOMAXCONN: 2048}, {SOMAXCONN: "2048"}, release="4.9.0") == []
    assert codes({SOMAXCONN: 2048}, {SOMAXCONN: "128"}, policy="improve") == ["restart_listeners"], "4096 is set"


def test_an_estimated_default_is_called_so():
    about = advised({MEM: "1 2 3"}, {MEM: "1 2 3"}, memory_mb=65536)["weaker_than_default", MEM]
    assert about.startswith("1 2 3; the kernel's own is about ")
    assert codes({MEM: "1 2 3"}, {MEM: "1 2 3"}, memory_mb=None) == [], "nothing is compared where it is not known"


def test_a_value_below_the_running_one_is_told_unless_that_is_the_default():
    found = advised({FIN: 90}, {FIN: "45"})
    assert found["weaker_than_running", FIN] == "90; the host now has 45, which is better (improve keeps it)"
    assert codes({FIN: 90}, {FIN: "45"}) == ["weaker_than_default", "weaker_than_running"]
    assert codes({FIN: 90}, {FIN: "60\n"}) == ["weaker_than_default"]
    assert codes({FIN: 50}, {FIN: "40"}) == ["weaker_than_running"]
    assert codes({FIN: 30}, {FIN: "60"}) == codes({FIN: 30}, {FIN: "2"}) == [], "shorter is better, but not below 5 s"
    assert codes({FIN: 50}, {FIN: "80"}) == []
    assert codes({FIN: 50}, {FIN: None}) == []
    assert codes({RMEM: "9000 200000 7000000"}, {RMEM: "9001\t1\t1"}) == ["weaker_than_running"]


@pytest.mark.parametrize("release, expected", [("4.14.0", False), ("4.15.0", True), ("6.12.101", True), (EL7, False)])
def test_fack_has_no_effect_from_4_15(release, expected):
    found = advised({FACK: 1}, {FACK: "0"}, release=release)
    assert found.get(("no_effect", FACK)) == ("accepted, and without effect from 4.15" if expected else None)


@pytest.mark.parametrize("planned, running, release, expected", [
    (None, "1", "6.12.101", True), (None, "2", "6.12.101", True), (None, "0\n", "6.12.101", False),
    (1, "0", "6.12.101", True), (0, "1", "6.12.101", False),
    (None, None, "6.12.101", True), (None, "1", "4.3.0", True), (None, "1", "4.2.0", False), (None, "1", EL7, False),
])  # fmt: skip
def test_the_syn_backlog_has_no_effect_while_syncookies_are_on(planned, running, release, expected):
    wanted = {BACKLOG: 4096, **({} if planned is None else {COOKIES: planned})}
    found = advised(wanted, {BACKLOG: "4096", COOKIES: running}, release=release)
    assert (("no_effect", BACKLOG) in found) is expected
    assert not expected or "tcp_syncookies" in found["no_effect", BACKLOG]


@pytest.mark.parametrize("value, release, hint", [
    ("1024 65000", "6.12.101", "1024 65001"), ("1025 65535", "6.12.101", "1025 65534"),
    ("1024 65534", "4.2.0", "1024 65535"),
    ("1024 65000", EL7, "1024 65001"), ("1024 65000", "4.1.0", None), ("1024 65535", "6.12.101", None),
    ("1025 65000", "6.12.101", None),
])  # fmt: skip
def test_parity(value, release, hint):
    message = advised({RANGE: value}, {RANGE: value}, release=release).get(("parity", RANGE))
    assert message == (
        hint and "%s: the kernel wants one even and one odd, such as %s" % (value.replace(" ", " and "), hint)
    )


def test_nat_hazard_of_tw_recycle():
    assert codes({RECYCLE: 1}, {RECYCLE: "0"}, release="4.9.0") == ["nat_hazard"]
    assert codes({RECYCLE: 0}, {RECYCLE: "1"}, release="4.9.0") == []
    assert codes({RECYCLE: 1}, {RECYCLE: "0"}, release="4.9.0", exclude=[RECYCLE]) == []
    assert codes({REUSE: 1}, {REUSE: "1"}, release="4.9.0") == []


@pytest.mark.parametrize("reuse, planned, running, expected", [
    (1, None, "0", True), (2, None, "0", True), (0, None, "0", False), (1, None, "1", False), (1, None, "2", False),
    (1, 0, "1", True), (1, 1, "0", False),
    (1, None, None, False),
])  # fmt: skip
def test_tw_reuse_needs_timestamps(reuse, planned, running, expected):
    wanted = {REUSE: reuse, **({} if planned is None else {STAMPS: planned})}
    assert ("needs_timestamps" in codes(wanted, {REUSE: "2", STAMPS: running})) is expected


OPEN = {RANGE: "1024 65001"}


@pytest.mark.parametrize("ports, more, running, listed", [
    ((22, 443, 1023, 65002), {}, {}, None), ((), {}, {}, None), ((1024, 8080, 65001), {}, {}, "1024, 8080, 65001"),
    ((22, 8080), {}, {}, "8080"),
    ((8080, 9000), {}, {RESERVED: "8080,9000-9010\n"}, None), ((8080, 9000), {}, {RESERVED: "8080\n"}, "9000"),
    ((8080, 9000), {RESERVED: "9000"}, {RESERVED: "8080\n"}, "8080"),
    ((8080,), {RESERVED: "8000-8100"}, {RESERVED: "\n"}, None),
    ((8080,), {RESERVED: ""}, {RESERVED: "8080\n"}, "8080"),
    (tuple(range(2000, 2008)), {}, {}, "2000, 2001, 2002, 2003, 2004, 2005, 2006, 2007"),
    (tuple(range(2000, 2011)), {}, {}, "2000, 2001, 2002, 2003, 2004, 2005, 2006, 2007 and 3 more"),
])  # fmt: skip
def test_ports_of_services_inside_the_local_range(ports, more, running, listed):
    message = advised({**OPEN, **more}, {RANGE: "32768\t60999", **running}, ports=ports).get(("port_overlap", RANGE))
    assert message == (listed and "in use by services: %s; reserve them in %s" % (listed, RESERVED))


def test_a_skipped_reservation_is_none():
    found = codes({**OPEN, RESERVED: "8080"}, {RANGE: "1024 65001", RESERVED: "\n"}, ports=(8080,), exclude=[RESERVED])
    assert "port_overlap" in found


@pytest.mark.parametrize("wanted, running, expected", [
    (8192, "4096", True), (8192, "8192\n", False), (8192, None, True), (4096, None, False), (4096, "4096", False),
    (2048, "4096", True),
])  # fmt: skip
def test_listeners_are_restarted_where_the_queue_changes(wanted, running, expected):
    assert ("restart_listeners" in codes({SOMAXCONN: wanted}, {SOMAXCONN: running})) is expected


def test_pages_that_are_not_of_4_kib():
    found = advised({MEM: "131072 262144 524288"}, {MEM: "1 2 3"}, memory_mb=1 << 20, page_size=65536)
    assert found["page_size", MEM] == "counted in pages, here of 64 KiB: the high limit means 32.0 GiB"
    assert "page_size" not in codes({MEM: "1 2 3"}, {MEM: "1 2 3"})
    assert "page_size" not in codes({FIN: 30}, {FIN: "60"}, page_size=65536)


@pytest.mark.parametrize("key, value, release, namespace, expected", [
    (FIN, 60, "6.12.101", "host", True), (FIN, 60, "4.5.0", "host", False), (FIN, 60, "6.12.101", "container", False),
    (RMEM, "4096 131072 6291456", "6.12.101", "host", False),
    ("net.core.netdev_max_backlog", 2000, "6.12.101", "host", False),
    ("net.core.optmem_max", 131072, "6.8.0", "host", True), ("net.core.optmem_max", 131072, "6.6.0", "host", False),
    ("net.ipv4.new", 1, "6.12.101", "host", False),
])  # fmt: skip
def test_containers_do_not_inherit_what_is_theirs(key, value, release, namespace, expected):
    found = advised({key: value}, {key: "1" if key == "net.ipv4.new" else None}, release=release, namespace=namespace)
    assert (("not_inherited_by_containers", key) in found) is expected


def overridden(files, wanted=60, key=FIN, code="overridden_at_boot", **profile):
    """The message for a key whose target is the built-in 60, unless another is wanted."""
    return advised({key: wanted}, {key: str(wanted)}, files=files, **profile).get((code, key))


Z, ZZ, A, VENDOR = (
    "/etc/sysctl.d/99-z.conf",
    "/etc/sysctl.d/99-zz.conf",
    "/etc/sysctl.d/10-a.conf",
    "/usr/lib/sysctl.d/99-z.conf",
)
RENAME = "; change it there, or roll back and set tcp_hardening_path: /etc/sysctl.d/zz-tcp-hardening.conf"
LATER = " sets 5 after the drop-in" + RENAME
KEEPS = " keeps the key from being set" + RENAME


@pytest.mark.parametrize("files, message", [
    ({}, None), ({Z: "\n%s = 5" % FIN}, Z + ":2" + LATER),
    ({VENDOR: "net/ipv4/tcp_fin_timeout=\t5"}, VENDOR + ":1" + LATER),
    ({Z: "%s = 30" % FIN}, None), ({Z: "%s = 036" % FIN}, None), ({Z: "%s = 0x1e" % FIN}, None),
    ({Z: "%s = 30 # seconds" % FIN}, None),
    ({A: "%s = 5" % FIN}, None), ({"/etc/sysctl.d/90-a.conf": "%s = 5" % FIN}, None),
    ({"/etc/sysctl.d/90-tcp-hardening-too.conf": "%s = 5" % FIN}, None), ({Z: "net.ipv4.tcp_fin_* = 5"}, None),
    # of the same name: the drop-in of today, and files that it masks
    ({OWN: "%s = 5" % FIN}, None), ({OWN.replace("/etc", "/run"): "%s = 5" % FIN}, None),
    ({OWN.replace("/etc", "/usr/lib"): "%s = 5" % FIN}, None),
    ({Z: "%s = 5" % FIN, VENDOR.replace("z", "zz"): "%s = 30" % FIN}, None), ({Z: "", VENDOR: "%s = 5" % FIN}, None),
    ({Z: "# %s = 5" % FIN}, None),
    # a bare -key later takes it out, and a value that the kernel refuses loses it too; an earlier one does not
    ({Z: "#\n-%s" % FIN}, Z + ":2" + KEEPS), ({A: "-%s" % FIN}, None), ({Z: "-%s = 30" % FIN}, None),
    ({Z: "-" + FIN, ZZ: FIN + "=30"}, None),
    ({Z: "%s = half a minute" % FIN}, Z + ":1" + KEEPS), ({A: "%s = half a minute" % FIN}, None),
    # nothing of what stands in somebody's file reaches a terminal as it is
    ({Z: "%s = 5\x1b[2J" % FIN}, Z + ":1" + KEEPS),
    ({"/etc/sysctl.d/99-\x1b.conf": "%s = 5" % FIN}, "/etc/sysctl.d/99-?.conf:1" + LATER),
    ({Z: "%s = 5 \x1b[2J" % FIN}, Z + ":1" + LATER.replace("5", "5 ?[2J")),
])  # fmt: skip
def test_overridden_at_boot(files, message):
    assert overridden(files, wanted=30) == message


@pytest.mark.parametrize("path, who", [
    ("/etc/sysctl.d/95-dev-sec.conf", "dev-sec os_hardening"),
    ("/etc/sysctl.d/zz-hardening.conf", "konstruktoid hardening"),
    ("/usr/lib/sysctl.d/zz-main-hardening.conf", "konstruktoid hardening"),
    ("/etc/sysctl.d/99-cloudimg-ipv6.conf", "cloud image"),
    ("/etc/sysctl.d/99-gce-network-security.conf", "Google Cloud image"),
])  # fmt: skip
def test_other_roles_are_named(path, who):
    assert overridden({path: FIN + " = 5"}, wanted=30) == "%s:1 (%s)%s" % (path, who, LATER)


@pytest.mark.parametrize(
    "path", ["/etc/sysctl.d/zz-tcp-hardening.conf", "/etc/sysctl.d/zzz.conf", "/etc/sysctl.d/\u00e9.conf"]
)
def test_a_name_that_would_not_help_is_not_proposed(path):
    assert overridden({path: FIN + " = 5"}, wanted=30).endswith(":1 sets 5 after the drop-in; change it there")


def late(value, source, loader, wanted=30):
    """The message where ufw or tuned comes after the drop-in."""
    host = Host(Kernel("6.12.101"), {FIN: Reading(True, True, "30")}, after={FIN: Assignment(value, source, loader)})
    plan = make_plan(exactly({FIN: wanted}), host)
    return "".join(
        advice["message"] for advice in plan["settings"][0]["advice"] if advice["code"] == "overridden_at_boot"
    )


@pytest.mark.parametrize("path, who", [
    ("/usr/lib/sysctl.d/50-libkcapi-optmem_max.conf", "libkcapi"),
    ("/usr/lib/sysctl.d/50-security-hardening.conf", "systemd of Photon or Azure Linux"),
    ("/etc/sysctl.d/90-va-tune-up.conf", "distrib-compat of Photon"),
    ("/etc/sysctl.d/10-network-security.conf", "procps of Ubuntu"),
    ("/usr/lib/sysctl.d/50-redhat.conf", "Red Hat's release package"),
    ("/usr/lib/sysctl.d/50-default.conf", "systemd"),
    ("/usr/lib/sysctl.d/60-gce-network-security.conf", "Google Cloud image"),
    ("/usr/lib/sysctl.d/80-release.conf", "Bottlerocket"),
    ("/etc/sysctl.d/confluent.conf", "xCAT confluent"),
    ("/etc/sysctl.d/50-default.conf.bak.conf", ""),
])  # fmt: skip
def test_what_distributions_ship_is_named(path, who):
    """Where such a file comes after the drop-in, whatever the drop-in's own name is."""
    assert (" (%s) sets 5" % who if who else ":3 sets 5") in late("5", path + ":3", None)


@pytest.mark.parametrize("folder, who", [
    ("/usr/lib/tuned/profiles", "profile throughput-performance of tuned, as shipped"),
    ("/usr/lib/tuned", "profile throughput-performance of tuned, as shipped"),
    ("/etc/tuned", "profile throughput-performance of tuned"),
])  # fmt: skip
def test_a_profile_of_tuned_is_named_and_whether_it_is_the_one_that_is_shipped(folder, who):
    assert " (%s) sets 5" % who in late("5", folder + "/throughput-performance/tuned.conf:64", "tuned")


def test_writers_that_come_later_are_named_with_what_to_do():
    assert (
        late("5", "/etc/ufw/sysctl.conf:7", "ufw")
        == "/etc/ufw/sysctl.conf:7 (IPT_SYSCTL of ufw) sets 5 after the drop-in; change it there"
    )
    profile = "/etc/tuned/web/tuned.conf:3"
    said = (
        profile + " (profile web of tuned) sets 5 after the drop-in; change it there, or set reapply_sysctl = 1 in"
        " /etc/tuned/tuned-main.conf"
    )
    assert late("5", profile, "tuned") == late("<5", profile, "tuned") == said
    assert late(">31", profile, "tuned") == said.replace("sets 5", "sets 31")
    assert (
        late(">30", profile, "tuned")
        == late(">29", profile, "tuned")
        == late("<30", profile, "tuned")
        == late("<99", profile, "tuned")
        == ""
    )
    assert late("5", LAST + ":2", "tuned") == LAST + ":2 sets 5 after the drop-in; change it there"


def test_network_namespaces_are_counted_once():
    def told(namespaces, **kernel):
        host = Host(
            Kernel("6.12.101", **kernel),
            {key: Reading(True, True, "1") for key in (FIN, RMEM, SACK)},
            namespaces=namespaces and Namespaces(*namespaces),
        )
        plan = make_plan(exactly({FIN: 1, RMEM: "4096 5000 6000", SACK: 1}, exclude=[SACK]), host)
        return plan["namespaces"], [
            advice["message"]
            for row in plan["settings"]
            for advice in row["advice"]
            if advice["code"].startswith("not_inh")
        ]

    apart = "containers start at the kernel's own value, not at this one"
    assert told((12, True)) == (
        {"count": 12, "complete": True, "without": [FIN]},
        [apart + "; 12 other network namespaces live here"],
    )
    assert told((3, False)) == (
        {"count": 3, "complete": False, "without": [FIN]},
        [apart + "; at least 3 other network namespaces live here"],
    )
    assert told((0, True)) == ({"count": 0, "complete": True, "without": [FIN]}, [apart])
    assert told(None, namespace="container") == (None, [])


def test_a_drop_in_elsewhere_is_judged_where_it_stands():
    here = OWN.replace("/etc", "/run")
    assert overridden({OWN: FIN + " = 5"}, wanted=30, path=here) == OWN + ":1" + LATER
    unread = {"path": here, "code": "not_read_at_boot"}
    assert overridden({OWN: FIN + " = 5"}, wanted=30, **unread) is None, "it is overridden already"
    masked = "a file of its name masks the drop-in; rename the drop-in"
    assert overridden({OWN: "# empty"}, wanted=30, **unread) == masked
    assert overridden({OWN: "# empty"}, wanted=30, path=here) is None
    assert overridden({OWN: "# empty"}, wanted=60, **unread) is None, "it is the kernel's own value"
    assert overridden({OWN.replace("/etc", "/usr/lib"): FIN + " = 5"}, wanted=30, path=here) is None
    early = "/etc/sysctl.d/98-x.conf"
    assert overridden({early: FIN + " = 5"}, wanted=30, path="/etc/sysctl.d/99-tcp.conf") is None
    assert overridden({early: FIN + " = 5"}, wanted=30, path="/etc/sysctl.d/97-tcp.conf") == early + ":1" + LATER
    assert overridden({early: FIN + " = 5"}, wanted=30, path="/opt/97-tcp.conf") == early + ":1" + LATER
    assert overridden({}, wanted=30, path="/opt/97-tcp.conf") is None


def test_where_nothing_reads_the_drop_in_what_stands_at_boot_counts():
    boot = {FIN: Assignment("30", "kernel command line", None)}
    host = Host(Kernel("6.12.1"), {FIN: Reading(True, True, "30")}, boot=boot, unread="nothing reads it")
    for wanted, expected in ((30, []), (60, ["not_read_at_boot"]), (5, ["not_read_at_boot"])):
        advice = make_plan(exactly({FIN: wanted}), host)["settings"][0]["advice"]
        assert [one["code"] for one in advice if "boot" in one["code"]] == expected


def test_what_the_kernel_leaves_by_itself_is_not_overridden():
    assert overridden({Z: "-" + FIN}, wanted=60) is None
    assert overridden({Z: "%s = 8081,8080" % RESERVED}, key=RESERVED, wanted="8080-8081") is None
    assert overridden({Z: "%s = 8081" % RESERVED}, key=RESERVED, wanted="8080-8081") is not None


def test_a_skipped_key_gets_no_advice():
    where = {"wanted": {FIN: 30, RECYCLE: 1, FACK: 1}, "files": {Z: FIN + "=5"}, "ports": (8080,)}
    assert (
        advised(where["wanted"], {FIN: "50"}, release="4.16.0", files=where["files"], exclude=[FIN, RECYCLE, FACK])
        == {}
    )


@given(st.integers(0, 2**47))
def test_sizes_for_people(count):
    number, unit = size(count).split()
    factor = {"MiB": 1 << 20, "GiB": 1 << 30}[unit]
    assert abs(float(number) * factor - count) <= factor * (0.5 if unit == "MiB" else 0.051)
    assert unit == "GiB" or float(number) <= 1024


def test_the_document_on_a_new_kernel():
    """What people will see first: 6.18 with 24 GiB at its defaults."""
    running = {
        "net.core.rmem_max": "4194304",
        SOMAXCONN: "4096",
        RMEM: "4096\t131072\t33554432",
        FIN: "60",
        FACK: "0",
        SACK: "1",
        RANGE: "32768\t60999",
    }
    wanted = {
        "net.core.rmem_max": 513920,
        SOMAXCONN: 2048,
        RMEM: "8760 256960 4088000",
        FIN: 30,
        FACK: 1,
        SACK: 1,
        RANGE: "1024 65000",
    }
    found = advised(wanted, running, release="6.18.44", memory_mb=24105, ports=(22, 5432))
    assert {pair for pair in found if pair[0] != "not_inherited_by_containers"} == {
        ("weaker_than_default", "net.core.rmem_max"), ("weaker_than_default", SOMAXCONN), ("weaker_than_default", RMEM),
        ("restart_listeners", SOMAXCONN), ("no_effect", FACK), ("parity", RANGE), ("port_overlap", RANGE),
    }  # fmt: skip


# Values that the kernel takes, and that nobody means; and such that somebody may mean.
ODD = [
    ("net.ipv4.tcp_keepalive_time", 1800000, "1800000 is hardly meant; what makes sense is 10 to 86400 seconds"),
    (RANGE, "40000 40001", "2 ports are hardly meant; what makes sense is 1000 or more"),
    (SOMAXCONN, 1, "1 is hardly meant; what makes sense is 64 to 1048576 connections"),
    ("net.ipv4.tcp_keepalive_probes", 0, "0 is hardly meant; what makes sense is 2 to 50 probes"),
    (SACK, 2, "2 is hardly meant; what makes sense is 0 to 1"),
    (FIN, 30000, "30000 is hardly meant; what makes sense is 5 to 600 seconds"),
    (RMEM, "1 2 3", "1 2 3 is hardly meant; what makes sense is 1024 to 1073741824 bytes, each number"),
    ("net.ipv4.tcp_retries2", 255, "255 is hardly meant; what makes sense is 5 to 30"),
]  # fmt: skip


@pytest.mark.parametrize("key, value, message", ODD)
@pytest.mark.parametrize("policy", ["exact", "improve"])
def test_a_value_that_nobody_means_is_set_and_told(key, value, message, policy):
    if key == RANGE and policy == "improve":
        assert ("implausible", key) not in advised({key: value}, policy=policy), "what is set is 40000 to 60999"
    else:
        assert advised({key: value}, {key: str(value)}, policy=policy)["implausible", key] == message
        assert advised({key: value}, policy=policy)["implausible", key] == message


@pytest.mark.parametrize("key, value", [
    (RANGE, "1024 65000"), (RANGE, "40000 40999"), (SOMAXCONN, 64), (FIN, 5), (RMEM, "4096 131072 1073741824"),
    ("net.ipv4.tcp_keepalive_time", 86400), ("net.ipv4.tcp_challenge_ack_limit", 2147483647),
    ("net.ipv4.ip_local_reserved_ports", "1-65535"), ("net.ipv4.tcp_congestion_control", "cubic"),
])  # fmt: skip
def test_a_value_that_somebody_may_mean_is_not(key, value):
    assert ("implausible", key) not in advised({key: value}, {key: str(value)})


def test_a_running_value_that_nobody_means_is_told_where_it_stays():
    assert advised({FIN: 30000}, {FIN: "30"}, policy="improve").keys() == {("implausible", FIN)}, "30 stays"
    found = advised({RMEM: "4096 131072 6291456"}, {RMEM: "4096 131072 2147483647"}, policy="improve", files={
        OWN: RMEM + " = 4096 131072 2147483647\n"})  # fmt: skip
    assert found == {}, "the host's own is always meant"
    found = advised({RMEM: "4096 262144 6291456"}, {RMEM: "4096 131072 2147483647"}, policy="improve")
    assert found["implausible", RMEM].startswith("4096 262144 2147483647 is hardly meant")


def test_the_kernels_own_value_is_always_meant():
    orphans = "net.ipv4.tcp_max_orphans"
    assert ("implausible", orphans) in advised({orphans: 512}, memory_mb=8192)
    assert ("implausible", orphans) not in advised({orphans: 256}, memory_mb=64), "a host so small has it by itself"


def test_the_documents_values_make_sense():
    values = {key: row.document for key, row in CATALOG.items() if row.document}
    assert len(values) == 23 and "implausible" not in {code for code, _key in advised(values)}
