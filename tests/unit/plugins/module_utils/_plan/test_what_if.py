# Tests of plans for kernels that are not at hand.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""imagine() and kernel_from(): what a kernel would take, by release, vendor, memory, page size and namespace."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import Host, Kernel, Reading
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._builtin import builtin
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._catalog import every_row
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan._profile import ProfileError, names
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan._what_if import at_boot, imagine, kernel_from
from ansible_collections.fleetnet.linux_tcp.tests.unit.planned import exactly, make_plan
from ansible_collections.fleetnet.linux_tcp.tests.unit.releases import EL7

NOTES = {row.name: row for row in every_row()}

DOCUMENT = {key: note.document for key, note in NOTES.items() if note.document}
PREFIX = "net.ipv4."


def what_if(wanted, release, memory_mb=8192, page_size=4096, namespace="host", **profile):
    """Rows by key of a plan for an imagined kernel."""
    held = exactly(wanted, **profile)
    plan = make_plan(held, imagine(Kernel(release, memory_mb, page_size, namespace), names(held)))
    assert plan["compliant"] is None and plan["summary"]["drifted"] == 0
    assert all(setting["running"] is setting["boot"] is None and setting["drift"] == [] for setting in plan["settings"])
    return {setting["key"]: setting for setting in plan["settings"]}


def one(key, value, release, **more):
    row = what_if({PREFIX + key: value}, release, **more)[PREFIX + key]
    return row["verdict"], row["reason"], {advice["code"] for advice in row["advice"]}


def test_tw_recycle_by_version():
    verdict, reason, codes = one("tcp_tw_recycle", 1, "4.9.0", memory_mb=8192)
    assert (verdict, reason) == ("apply", None) and "nat_hazard" in codes
    assert one("tcp_tw_recycle", 1, EL7)[0] == "apply"
    for release in ("4.12.0", "4.12.14-122.37-default", "6.12.101", "4.18.0-240.el8.x86_64"):
        row = what_if({PREFIX + "tcp_tw_recycle": 1}, release)[PREFIX + "tcp_tw_recycle"]
        assert (row["verdict"], row["reason"], row["advice"]) == ("skip", "removed", [])
        assert row["detail"] == "the kernel dropped it in 4.12"
    assert one("tcp_tw_recycle", 1, "4.11.12")[0] == "apply"


# What an EL7 kernel has before or beside its version number: (key, value, on EL7, on 3.10.0 from kernel.org).
VENDOR = [
    ("ip_local_port_range", "1024 65000", "32768 60999", "32768 61000"), ("tcp_keepalive_time", "1800", "7200", "7200"),
    ("tcp_challenge_ack_limit", "200", "1000", "100"), ("tcp_min_snd_mss", "48", "48", None),
]  # fmt: skip


@pytest.mark.parametrize("key, value, vendor, upstream", VENDOR)
def test_defaults_of_a_vendor(key, value, vendor, upstream):
    for release, expected in ((EL7, vendor), ("3.10.0", upstream)):
        assert what_if({PREFIX + key: value}, release)[PREFIX + key]["default"] == expected


def test_what_else_a_vendor_changed():
    assert (
        "parity" in one("ip_local_port_range", "1024 65000", EL7)[2]
        and "parity" not in one("ip_local_port_range", "1024 65000", "3.10.0")[2]
    )
    assert one("tcp_min_snd_mss", 48, EL7)[0] == "apply" and one("tcp_min_snd_mss", 48, "3.10.0")[1] == "absent"
    assert one("tcp_notsent_lowat", 5, EL7)[0] == "apply" and one("tcp_notsent_lowat", 5, "3.10.0")[1] == "absent"
    for key, value in (("tcp_keepalive_time", 1800), ("ip_local_port_range", "1024 65001"), ("tcp_mem", "1 2 3")):
        assert one(key, value, EL7, namespace="container")[0] == "apply"
        assert (one(key, value, "3.10.0", namespace="container")[1] == "other_namespace") is (key != "tcp_mem")
    assert one("tcp_mem", "1 2 3", "3.13.0", namespace="container")[1] == "other_namespace"
    el8 = "4.18.0-477.10.1.el8_8.x86_64"
    with pytest.raises(ProfileError, match="from 0 to 2"):
        one("tcp_tw_reuse", 3, el8)
    assert one("tcp_tw_reuse", 3, "4.18.0")[0] == "apply"


def test_7_2_refuses_a_tcp_rmem_below_4096():
    for value in ("4095 131072 6291456", "1 2 3"):
        with pytest.raises(ProfileError) as caught:
            what_if({PREFIX + "tcp_rmem": value}, "7.2.0")
        (problem,) = caught.value.problems
        assert problem.startswith("net.ipv4.tcp_rmem: ") and "each from 4096 to " in problem
    assert one("tcp_rmem", "4096 131072 6291456", "7.2.0")[0] == "apply"
    assert one("tcp_rmem", "4095 131072 6291456", "7.1.3")[0] == "apply"
    assert one("tcp_wmem", "1 2 3", "7.2.0")[0] == "apply"


def test_improve_counts_the_built_in_value_as_the_running_one():
    key = "net.core.somaxconn"
    kept = what_if({key: 2047}, "6.12.101", policy="improve")[key]
    assert (kept["verdict"], kept["reason"], kept["detail"]) == (
        "skip",
        "better",
        "the kernel already has 4096, better than 2047",
    )
    raised = what_if({key: 8192}, "6.12.101", policy="improve")[key]
    assert (raised["verdict"], raised["target"], raised["detail"]) == ("apply", "8192", "becomes 8192")
    assert what_if({key: 2048}, "4.9.0", policy="improve")[key]["target"] == "2048"
    assert (
        what_if({PREFIX + "tcp_rmem": "8760 256960 4088000"}, "6.12.101", policy="improve")[PREFIX + "tcp_rmem"][
            "target"
        ]
        == "8760 256960 6291456"
    )


def test_memory_and_pages():
    wanted = "131072 262144 524288"
    assert one("tcp_mem", wanted, "6.12.101", memory_mb=512)[1] == "memory"
    assert one("tcp_mem", wanted, "6.12.101", memory_mb=4096)[1] is None
    assert one("tcp_mem", wanted, "6.12.101", memory_mb=4095)[1] == "memory"
    assert one("tcp_mem", wanted, "6.12.101", memory_mb=65536, page_size=65536)[:2] == ("apply", None)
    assert one("tcp_mem", wanted, "6.12.101", memory_mb=65535, page_size=65536)[1] == "memory"
    assert "page_size" in one("tcp_mem", wanted, "6.12.101", memory_mb=65536, page_size=65536)[2]
    unknown = what_if({PREFIX + "tcp_mem": wanted}, "6.12.101", memory_mb=None)[PREFIX + "tcp_mem"]
    assert (unknown["verdict"], unknown["default"], unknown["advice"]) == ("apply", None, [])


def test_a_key_that_the_catalog_does_not_know_is_an_error():
    with pytest.raises(ProfileError, match="net.ipv4.conf.all.rp_filter: neither the catalog nor this host"):
        what_if({"net.ipv4.conf.all.rp_filter": 1}, "6.12.101")


# A container with all 23 keys: what is skipped, by release.
CHILD = {
    "6.12.101": {
        "net.core.rmem_default": "read_only",
        "net.core.rmem_max": "read_only",
        "net.core.wmem_default": "read_only",
        "net.core.wmem_max": "read_only",
        "net.core.netdev_max_backlog": "other_namespace",
        "net.ipv4.tcp_mem": "other_namespace",
        "net.ipv4.tcp_tw_recycle": "removed",
    },
    "6.1.176": {
        "net.core.rmem_default": "other_namespace",
        "net.core.rmem_max": "other_namespace",
        "net.core.wmem_default": "other_namespace",
        "net.core.wmem_max": "other_namespace",
        "net.core.netdev_max_backlog": "other_namespace",
        "net.core.optmem_max": "other_namespace",
        "net.ipv4.tcp_mem": "other_namespace",
        "net.ipv4.tcp_tw_recycle": "removed",
    },
}


@pytest.mark.parametrize("release", CHILD)
def test_containers(release):
    rows = what_if(DOCUMENT, release, namespace="container")
    assert len(rows) == 23
    assert {key: row["reason"] for key, row in rows.items() if row["reason"]} == CHILD[release]


RELEASES = [
    "2.6.32-642.el6.x86_64",
    EL7,
    "3.10.0",
    "4.4.121",
    "4.9.0",
    "4.14.355-275.570.amzn2.x86_64",
    "4.18.0-477.10.1.el8_8.x86_64",
    "5.14.0-427.13.1.el9_4.x86_64",
    "5.10.262",
    "6.1.176",
    "6.12.101",
    "6.18.44",
    "7.1.3",
]


def built(kernel, keys):
    """A host with that kernel as it comes up: every key that is there has its built-in value, where that is known."""
    readings = {}
    for key in keys:
        seen = imagine(kernel, [key]).reading(key)
        value = builtin(key, kernel)
        readings[key] = (
            seen._replace(text="\t".join(str(element.value) for element in value) + "\n")
            if value and seen.present
            else seen
        )
    return Host(kernel, readings)


@given(
    st.sampled_from(RELEASES),
    st.sampled_from([512, 8192, 65536]),
    st.sampled_from([4096, 65536]),
    st.sampled_from(["host", "container"]),
    st.sampled_from(["exact", "improve"]),
)
@settings(max_examples=60)
def test_it_is_the_plan_of_a_host_with_that_kernel(release, memory_mb, page_size, namespace, policy):
    kernel = Kernel(release, memory_mb, page_size, namespace)
    imagined = what_if(DOCUMENT, release, memory_mb, page_size, namespace, policy=policy)
    for setting in make_plan(exactly(DOCUMENT, policy=policy), built(kernel, DOCUMENT))["settings"]:
        other = imagined[setting["key"]]
        if policy == "improve" and setting["default_estimated"]:
            continue  # a running value is a floor, an estimate is none
        for field in ("wanted", "default", "default_estimated", "verdict", "reason"):
            assert setting[field] == other[field], (setting["key"], field)
        assert setting["target"] == other["target"] or setting["verdict"] == "skip"
        assert setting["advice"] == other["advice"], setting["key"]


OPTIONS = {"release": "6.12.101", "memory_mb": None, "page_size": 4096, "namespace": "host", "distribution": ""}


def test_options():
    assert kernel_from(OPTIONS) == Kernel("6.12.101")
    assert kernel_from({**OPTIONS, "memory_mb": 512, "page_size": 65536, "namespace": "container"}) == Kernel(
        "6.12.101", 512, 65536, "container"
    )
    assert kernel_from({**OPTIONS, "distribution": "cos 117"}) == Kernel("6.12.101", distribution="cos 117")


@pytest.mark.parametrize("text", ["a\nb", "debian 12 x", " debian", "de/bian", "cos 1;"])
def test_a_bad_distribution(text):
    with pytest.raises(ValueError, match="distribution: .* is refused; expected ID and VERSION_ID"):
        kernel_from({**OPTIONS, "distribution": text})


@pytest.mark.parametrize(
    ("distribution", "estimated"), [("", False), ("bottlerocket 1.40", True), ("debian 13", False)]
)
def test_a_distribution_tells_whose_kernel_it_is(distribution, estimated):
    kernel = Kernel("6.12.101", 8192, distribution=distribution)
    row = make_plan(exactly({"net.core.somaxconn": 5000}), imagine(kernel, ["net.core.somaxconn"]))["settings"][0]
    assert (row["default"], row["default_estimated"]) == ("4096", estimated)


@pytest.mark.parametrize("option, value", [
    ("release", ""), ("release", "new"), ("release", "6"), ("release", "v6.12"), ("release", " 6.12"),
    ("memory_mb", 0), ("memory_mb", -1), ("page_size", 0),
    ("page_size", -4096),
])  # fmt: skip
def test_bad_options(option, value):
    with pytest.raises(
        ValueError,
        match="not a kernel release" if option == "release" else option + ": .* is refused; expected a number above 0",
    ):
        kernel_from({**OPTIONS, option: value})


def test_a_reading_says_what_it_is():
    where = imagine(
        Kernel("6.12.101", namespace="container"), ["net.core.rmem_max", "net.core.somaxconn", "net.ipv4.tcp_mem"]
    )
    assert where.reading("net.core.rmem_max") == Reading(True, False)
    assert where.reading("net.core.somaxconn") == Reading(True, True)
    assert where.reading("net.ipv4.tcp_mem") == where.reading("net.ipv4.never_asked") == Reading(False)
    assert where.at_hand is False and where.boot == {} and where.ports == ()


def image(namespace, release="6.12.101", **readings):
    """A host whose next boot alone counts: everything is read-only here, but what is given."""
    keys = {key: Reading(True, False, "1\n", True) for key in DOCUMENT}
    return at_boot(Host(Kernel(release, 8192, 4096, namespace), {**keys, **readings}))


def test_a_container_is_planned_as_the_machine_for_which_it_is_an_image():
    gone = {"net.core.netdev_max_backlog": Reading(False), "net.ipv4.tcp_mem": Reading(False)}
    plan = make_plan(exactly(DOCUMENT), image("container", **gone))
    assert plan["summary"]["reasons"] == {"removed": 1} and plan["summary"]["apply"] == 22
    assert plan["kernel"]["namespace"] == "host"
    assert {tuple(setting["drift"]) for setting in plan["settings"] if setting["verdict"] == "apply"} == {(), ("boot",)}


def test_a_key_that_only_the_container_knows_is_taken_from_there():
    own = "net.ipv4.conf.all.rp_filter"
    plan = make_plan(exactly({own: 2}), image("container", **{own: Reading(True, True, "1\n")}))
    assert (plan["settings"][0]["verdict"], plan["settings"][0]["target"]) == ("apply", "2")


def test_a_real_host_answers_for_itself():
    settings = make_plan(exactly(DOCUMENT), image("host", **{"net.ipv4.tcp_sack": Reading(True, True, "0\n")}))[
        "settings"
    ]
    assert {setting["reason"] for setting in settings} == {"read_only", None}
    (sack,) = [setting for setting in settings if not setting["reason"]]
    assert (sack["key"], sack["running"], sack["drift"]) == ("net.ipv4.tcp_sack", "0", [])
