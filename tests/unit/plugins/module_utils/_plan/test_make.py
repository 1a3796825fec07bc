# Tests of the plan: a profile held against hosts that are plain data.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""make_plan() and check_settings(): verdicts and reasons, the two policies, the memory guard, and that a second plan
changes nothing."""

from __future__ import annotations

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import Reading
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan._handed import check_settings
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan._profile import ProfileError
from ansible_collections.fleetnet.linux_tcp.tests.unit.boot.files import OWN
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import FIN, MEM, RECYCLE, RMEM, SOMAXCONN
from ansible_collections.fleetnet.linux_tcp.tests.unit.planned import (
    exactly,
    host,
    judged,
    make_plan,
    plan_one,
)
from ansible_collections.fleetnet.linux_tcp.tests.unit.plugins.module_utils._plan.document import VALUES


def test_a_row_in_full():
    files = {"/usr/lib/sysctl.d/50-x.conf": "# x\nnet.core.somaxconn = 0x400\n"}
    setting = plan_one(SOMAXCONN, 2048, host({SOMAXCONN: "4096\n"}, files=files))
    del setting["advice"]
    assert setting == {
        "key": SOMAXCONN, "wanted": "2048", "running": "4096", "default": "4096", "default_estimated": False,
        "boot": {"value": "0x400", "source": "/usr/lib/sysctl.d/50-x.conf:2", "loader": "systemd-sysctl"},
        "target": "2048", "verdict": "apply", "reason": None, "detail": "4096 becomes 2048",
        "drift": ["running", "boot"], "then": None,
    }  # fmt: skip


def test_what_is_not_known_is_null():
    where = host({SOMAXCONN: Reading(True, True, None), "net.ipv4.new": "1\n"}, release="2.6.32-642.el6.x86_64")
    rows = make_plan(exactly({SOMAXCONN: 5, "net.ipv4.new": 2, RECYCLE: 0}), where)["settings"]
    assert (rows[0]["running"], rows[0]["boot"], rows[0]["detail"]) == (None, None, "becomes 5")
    assert (rows[1]["default"], rows[1]["verdict"]) == (None, "apply")
    assert rows[2]["running"] is None and rows[2]["verdict"] == "skip"


def test_settings_keep_the_order_of_the_profile_and_are_counted():
    wanted = {RMEM: "1 2 3", SOMAXCONN: 1, RECYCLE: 0, FIN: 60}
    plan = make_plan(exactly(wanted, exclude=[FIN]), host({RMEM: "1\t2\t3\n", SOMAXCONN: "2", FIN: "60"}))
    assert list(judged(plan)) == list(wanted)
    assert plan["kernel"] == {"release": "6.12.101", "memory_mb": 8192, "page_size": 4096, "namespace": "host"}
    assert plan["summary"] == {
        "total": 4,
        "apply": 2,
        "return": 0,
        "skip": 2,
        "drifted": 2,
        "reasons": {"removed": 1, "excluded": 1},
        "unasked": [RECYCLE],
    }
    assert plan["compliant"] is False


def test_presence_comes_from_the_host_and_the_version_only_explains():
    assert plan_one(RECYCLE, 1, host({RECYCLE: "0"}))["verdict"] == "apply"
    gone = plan_one(RECYCLE, 1, host({}))
    assert (gone["reason"], gone["detail"]) == ("removed", "the kernel dropped it in 4.12")
    assert plan_one(RECYCLE, 1, host({}, release="4.9.0"))["reason"] == "absent"
    delay = "net.ipv4.tcp_tw_reuse_delay"
    assert plan_one(delay, 5, host({delay: "1000"}, release="4.9.0"))["verdict"] == "apply"
    old = plan_one(delay, 5, host({}, release="6.12.101"))
    assert (old["reason"], old["detail"]) == ("absent", "this kernel is too old: the key came with 6.14")
    cookies = plan_one("net.ipv4.tcp_syncookies", 1, host({}))
    assert (cookies["reason"], cookies["detail"]) == ("absent", "this kernel was built without CONFIG_SYN_COOKIES")
    assert plan_one("net.ipv4.tcp_sack", 1, host({}))["reason"] == "absent"


def test_a_container_on_6_12():
    host_wide = {
        "net.core." + name: Reading(True, False, "212992\n")
        for name in ("rmem_default", "rmem_max", "wmem_default", "wmem_max")
    }
    missing = {"net.core.netdev_max_backlog", MEM, RECYCLE}
    own = {key: str(value) for key, value in VALUES.items() if key not in missing}
    plan = make_plan(exactly(VALUES), host({**own, **host_wide}, namespace="container"))
    expected = dict.fromkeys(VALUES, ("apply", None))
    expected.update(dict.fromkeys(host_wide, ("skip", "read_only")))
    expected.update(
        {
            RECYCLE: ("skip", "removed"),
            MEM: ("skip", "other_namespace"),
            "net.core.netdev_max_backlog": ("skip", "other_namespace"),
        }
    )
    assert judged(plan) == expected
    assert plan["summary"]["reasons"] == {"read_only": 4, "other_namespace": 2, "removed": 1}
    details = {setting["key"]: setting["detail"] for setting in plan["settings"]}
    assert "whole host" in details["net.core.rmem_max"] and "whole host" in details[MEM]


@pytest.mark.parametrize("release, key, expected", [
    ("2.6.32-642.el6.x86_64", RMEM, ("skip", "other_namespace")), ("3.0.27", FIN, ("skip", "other_namespace")),
    ("3.0.27", SOMAXCONN, ("apply", None)),
    ("3.4.113", MEM, ("apply", None)), ("3.4.113", FIN, ("skip", "other_namespace")), ("3.5.0", FIN, ("apply", None)),
    ("6.12.101", FIN, ("apply", None)),
])  # fmt: skip
def test_before_3_5_a_container_could_write_what_belongs_to_the_host(release, key, expected):
    inside = plan_one(
        key, VALUES[key], host({key: "1 2 3" if key in (RMEM, MEM) else "1"}, release, namespace="container")
    )
    assert (inside["verdict"], inside["reason"]) == expected
    assert plan_one(key, VALUES[key], host({key: "1"}, release))["verdict"] == "apply"


def test_read_only_says_why():
    mounted = plan_one(FIN, 30, host({FIN: Reading(True, False, "60", mount_read_only=True)}))
    assert (mounted["reason"], mounted["detail"]) == ("read_only", "/proc/sys is mounted read-only here")
    assert (
        plan_one(FIN, 30, host({FIN: Reading(True, False, "60")}))["detail"] == "the kernel offers it for reading only"
    )
    missing = plan_one(RECYCLE, 1, host({RECYCLE: Reading(False, False, None, mount_read_only=True)}))
    assert missing["reason"] == "removed"


@pytest.mark.parametrize("high, percent, memory_mb, page_size, reason", [
    (1048576, 50, 8192, 4096, None), (1048577, 50, 8192, 4096, "memory"), (65536, 50, 8192, 65536, None),
    (65537, 50, 8192, 65536, "memory"),
    (524288, 50, 512, 4096, "memory"), (524288, 0, 512, 4096, None), (65536, 50, 512, 4096, None),
    (131072, 100, 512, 4096, None),
    (131073, 100, 512, 4096, "memory"), (524288, 25, 8192, 4096, None), (524288, 24, 8192, 4096, "memory"),
    (524288, 50, None, 4096, None),
    (524288, 50, 8192, 65536, "memory"), (524288, 100, 32768, 65536, None),
    (140737488355327, 1, 4194304, 4096, "memory"),
])  # fmt: skip
def test_the_memory_guard_at_its_boundary(high, percent, memory_mb, page_size, reason):
    where = host({MEM: "10 20 30"}, memory_mb=memory_mb, page_size=page_size)
    assert plan_one(MEM, "1 2 %d" % high, where, memory_percent=percent)["reason"] == reason


def test_the_memory_guard_says_how_much_and_looks_at_no_other_key():
    small = host({MEM: "10 20 30", RMEM: "1 2 3"}, memory_mb=512)
    plan = make_plan(exactly({MEM: "131072 262144 524288", RMEM: [1, 2, 2147483647]}), small)
    assert judged(plan) == {MEM: ("skip", "memory"), RMEM: ("apply", None)}
    assert plan["settings"][0]["detail"] == "the high limit, 2.0 GiB, is over 50 % of 512 MiB"
    assert plan["summary"]["unasked"] == [MEM]


def test_excluded_wins_over_everything_and_also_over_a_value_that_this_kernel_refuses():
    new = host({RMEM: "4096 131072 33554432"}, release="7.2.0")
    with pytest.raises(ProfileError, match="4096"):
        plan_one(RMEM, "1000 2000 3000", new)
    left = plan_one(RMEM, "1000 2000 3000\x00", new, exclude=[RMEM])
    assert (left["reason"], left["wanted"], left["advice"], left["drift"]) == (
        "excluded",
        r"'1000 2000 3000\x00'",
        [],
        [],
    )
    assert plan_one(RECYCLE, 1, host({}), exclude=[RECYCLE])["reason"] == "excluded"
    assert plan_one(MEM, VALUES[MEM], host({MEM: "1 2 3"}, memory_mb=64), exclude=[MEM])["reason"] == "excluded"
    plan = make_plan(exactly({FIN: 30}, exclude=[RECYCLE]), host({FIN: "30"}))
    assert list(judged(plan)) == [FIN], "a key that is excluded and not in the profile makes no row"


def problems(where, **profile):
    with pytest.raises(ProfileError) as caught:
        make_plan(exactly(**profile), where)
    assert all(problem.isprintable() for problem in caught.value.problems)
    assert str(caught.value) == "; ".join(caught.value.problems)
    return caught.value.problems


def test_every_fault_is_reported_at_once_and_names_its_key():
    bad = {
        RMEM: "1 2",
        "net.ipv4.tcp_sakc": 1,
        "kernel.core_pattern": "|/x",
        SOMAXCONN: True,
        FIN: 30,
        "net.ipv4.tcp_sack\n": 1,
    }
    found = problems(
        host({FIN: "60"}),
        values=bad,
        exclude=["vm.x"],
        policies={FIN: "never", "net.ipv4.nope": "exact"},
        memory_percent=101,
    )
    for key in (
        RMEM,
        "net.ipv4.tcp_sakc",
        "'kernel.core_pattern'",
        SOMAXCONN,
        r"'net.ipv4.tcp_sack\n'",
        "'vm.x'",
        FIN,
        "net.ipv4.nope",
        "memory_percent",
    ):
        assert sum(problem.startswith(key + " ") or problem.startswith(key + ":") for problem in found) == 1, (
            key,
            found,
        )
    assert len(found) == 9
    assert (
        "net.ipv4.tcp_sakc: neither the catalog nor this host (6.12.101) knows this key; "
        "did you mean net.ipv4.tcp_sack?"
    ) in found
    assert any(problem.startswith(FIN + ": policy 'never'; expected one of improve, exact") for problem in found)


@pytest.mark.parametrize("percent", [-1, 101, 1000])
def test_a_share_of_memory_is_a_share(percent):
    assert problems(host({}), values={}, memory_percent=percent) == [
        "memory_percent: %d is refused; expected 0 (no guard) to 100" % percent
    ]


def test_a_key_that_only_the_host_knows():
    where = host({"net.ipv4.new": "1 2\n", "net.ipv4.word": "reno\n"})
    assert plan_one("net.ipv4.new", [3, 4], where)["target"] == "3 4"
    assert plan_one("net.ipv4.word", "cubic", where)["target"] == "cubic"
    assert problems(where, values={"net.ipv4.new": 3})[0].startswith(
        "net.ipv4.new: 3 is refused; expected 2 decimal numbers"
    )


@pytest.mark.parametrize("running, wanted, release, target, reason", [
    ("8192", 2048, "6.12.101", "8192", "better"), ("4096", 2048, "6.12.101", "4096", "better"),
    ("128", 2048, "6.12.101", "4096", None),
    ("128", 2048, "4.9.0", "2048", None), ("2048", 2048, "4.9.0", "2048", None),
    ("128", 8192, "6.12.101", "8192", None),
    ("8192", 2048, "4.18.0-477.10.1.el8_8.x86_64", "8192", "better"), (None, 2048, "6.12.101", "4096", None),
])  # fmt: skip
def test_improve_on_one_number(running, wanted, release, target, reason):
    setting = plan_one(SOMAXCONN, wanted, host({SOMAXCONN: Reading(True, True, running)}, release), policy="improve")
    assert (setting["target"], setting["reason"]) == (target, reason)


def test_improve_goes_element_by_element_and_an_estimate_does_not_count():
    where = host({RMEM: "4096 131072 6291456", MEM: "90000 300000 500000"}, release="6.12.101")
    assert plan_one(RMEM, "8760 256960 4088000", where, policy="improve")["target"] == "8760 256960 6291456"
    low = host({RMEM: "1 2 3", MEM: "1 2 3"}, release="6.12.101", memory_mb=65536)
    assert plan_one(RMEM, "20 30 8760", low, policy="improve")["target"] == "4096 131072 6291456"
    assert plan_one(MEM, "5 6 7", low, policy="improve")["target"] == "5 6 7"
    assert plan_one(MEM, "100000 200000 600000", where, policy="improve")["target"] == "100000 300000 600000"


def test_improve_on_numbers_that_the_host_has_in_the_wrong_order():
    # The kernel accepts them; what this collection sets has to ascend.
    where = host({RMEM: "9000000 20 30"}, release="6.12.101", memory_mb=None)
    setting = plan_one(RMEM, "8760 256960 4088000", where, policy="improve")
    assert setting["target"] == "9000000 9000000 9000000" and setting["verdict"] == "apply"
    assert check_settings([setting], where) == [(RMEM, "9000000 9000000 9000000", None, setting["detail"], False)]
    assert plan_one(RMEM, "1 2 3", where, policy="improve")["reason"] == "better", "not ours to put in order"
    assert plan_one("net.ipv4.new", "3 2 1", host({"net.ipv4.new": "5 5 5"}), policy="improve")["target"] == "3 2 1", (
        "not in the catalog"
    )


def test_policies_for_single_keys():
    where = host({SOMAXCONN: "8192", FIN: "20"})
    plan = make_plan(exactly({SOMAXCONN: 2048, FIN: 30}, policies={SOMAXCONN: "improve"}), where)
    assert judged(plan) == {SOMAXCONN: ("skip", "better"), FIN: ("apply", None)}
    plan = make_plan(exactly({SOMAXCONN: 2048, FIN: 30}, policy="improve", policies={SOMAXCONN: "exact"}), where)
    assert judged(plan) == {SOMAXCONN: ("apply", None), FIN: ("skip", "better")}
    assert plan["summary"]["unasked"] == [], "what improve keeps was asked for"
    assert plan["settings"][1]["detail"] == "the host already has 20, better than 30"


def test_what_improve_wrote_stays_in_the_drop_in():
    text = SOMAXCONN + " = 4096\n"
    mine = plan_one(SOMAXCONN, 2048, host({SOMAXCONN: "4096"}, drop_in=text), policy="improve")
    assert (mine["verdict"], mine["target"]) == ("apply", "4096")
    others = plan_one(SOMAXCONN, 2048, host({SOMAXCONN: "8192"}, drop_in=text), policy="improve")
    assert others["reason"] == "better", "raised by hand since: no longer ours"


@pytest.mark.parametrize("running, text, drift", [
    ("30", FIN + " = 30", []), ("30", FIN + " = 036", []), ("30", FIN + " = 30 # seconds", []),
    ("30", FIN + " = 30s", ["boot"]),
    ("30", None, ["boot"]), ("60", FIN + " = 30", ["running"]), ("60", FIN + "=60", ["running", "boot"]),
    ("30\n", "net/ipv4/tcp_fin_timeout=\t30", []), ("30", "net.ipv4.tcp_fin_* = 30", []),
    ("30", FIN + "=30\n-" + FIN, ["boot"]),
])  # fmt: skip
def test_drift_is_now_or_after_a_reboot(running, text, drift):
    plan = make_plan(exactly({FIN: 30}), host({FIN: running}, files={} if text is None else {OWN: text}))
    assert (
        plan["settings"][0]["drift"] == drift
        and plan["compliant"] is (drift == [])
        and plan["summary"]["drifted"] == bool(drift)
    )


def test_a_built_in_value_stands_after_a_reboot_without_any_file():
    assert make_plan(exactly({FIN: 60}), host({FIN: "60"}))["compliant"] is True
    reserved = "net.ipv4.ip_local_reserved_ports"
    assert make_plan(exactly({reserved: ""}), host({reserved: "\n"}))["compliant"] is True
    assert make_plan(exactly({reserved: "9000,8080-8081"}), host({reserved: "8080-8081,9000\n"}))["settings"][0][
        "drift"
    ] == ["boot"]
    assert plan_one(reserved, "8080", host({reserved: "\n"}))["detail"] == "empty becomes 8080"
