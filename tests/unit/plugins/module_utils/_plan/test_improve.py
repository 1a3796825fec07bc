# Tests of the policy `improve`: a value is set where it is better for the host, in the direction of its key.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The document's values on kernels old and new; what an administrator has better; groups, lists and bits; and the way
from one policy to the other."""

from __future__ import annotations

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import Kernel, Profile, Reading
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan._profile import names
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan._what_if import at_boot, imagine
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import FIN, MEM, RECYCLE, RMEM, SOMAXCONN
from ansible_collections.fleetnet.linux_tcp.tests.unit.planned import carried_out, exactly, host, judged, make_plan
from ansible_collections.fleetnet.linux_tcp.tests.unit.plugins.module_utils._plan.document import VALUES

PORTS, RESERVED = "net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports"
FASTOPEN, FACK, REUSE = "net.ipv4.tcp_fastopen", "net.ipv4.tcp_fack", "net.ipv4.tcp_tw_reuse"
WMEM, OPTMEM, RMEM_MAX = "net.ipv4.tcp_wmem", "net.core.optmem_max", "net.core.rmem_max"
TIME, INTERVAL, PROBES = ("net.ipv4.tcp_keepalive_" + name for name in ("time", "intvl", "probes"))


def what_if(release, memory_mb, **profile):
    """The rows for the document's values on a kernel that is not at hand, by key."""
    held = Profile(VALUES, **profile)
    plan = make_plan(held, imagine(Kernel(release, memory_mb), names(held)))
    return {setting["key"]: setting for setting in plan["settings"]}


def brief(row):
    return row["target"] if row["verdict"] == "apply" else "%s %s" % (row["verdict"], row["reason"])


def codes(row):
    return {advice["code"] for advice in row["advice"]}


def test_the_document_on_6_12():
    rows = what_if("6.12.0", 16384)
    assert {key: brief(row) for key, row in rows.items() if row["target"] != row["wanted"] or row["reason"]} == {
        SOMAXCONN: "skip better", OPTMEM: "skip better", RMEM: "8760 256960 6291456", WMEM: "8760 256960 4194304",
        FACK: "skip no_effect", RECYCLE: "skip removed",
    }  # fmt: skip
    assert rows[SOMAXCONN]["detail"].startswith("the kernel already has 4096, better than 2048; measured on ")
    assert rows[OPTMEM]["detail"].startswith("the kernel already has 131072, better than 81920; measured on ")
    assert [brief(rows[key]) for key in (RMEM_MAX, TIME, INTERVAL, PROBES, REUSE, FIN)] == [
        "513920", "1800", "30", "3", "1", "30"]  # fmt: skip
    assert brief(rows[PORTS]) == "1024 65000" and "parity" in codes(rows[PORTS])
    assert not any(code.startswith("weaker") for row in rows.values() for code in codes(row))


def test_the_document_on_7_2():
    rows = what_if("7.2", 16384)
    assert {brief(rows[key]) for key in (RMEM_MAX, "net.core.wmem_max", SOMAXCONN, OPTMEM)} == {"skip better"}
    assert brief(rows[RMEM]) == "8760 256960 33554432"


def test_the_document_on_a_kernel_of_its_time():
    rows = what_if("3.10.0", 8192)
    assert {key: brief(row) for key, row in rows.items() if row["target"] != row["wanted"] or row["reason"]} == {
        RMEM: "8760 256960 6291456", WMEM: "8760 256960 4194304", RECYCLE: "skip harmful",
    }  # fmt: skip
    assert brief(what_if("2.6.32", 8192)[SOMAXCONN]) == "2048"


def test_exact_sets_the_document_and_says_what_is_worse():
    rows = what_if("6.12.0", 16384, policy="exact")
    assert {key: brief(row) for key, row in rows.items() if row["target"] != row["wanted"] or row["reason"]} == {
        RECYCLE: "skip removed"}  # fmt: skip
    assert {key for key, row in rows.items() if "weaker_than_default" in codes(row)} == {
        SOMAXCONN,
        OPTMEM,
        MEM,
        RMEM,
        WMEM,
    }
    for release in ("2.6.32", "3.10.0", "4.9.0", "4.11.12"):
        recycle = what_if(release, 8192, policy="exact")[RECYCLE]
        assert brief(recycle) == "1" and "nat_hazard" in codes(recycle)


@pytest.mark.parametrize("release", ["2.6.32", "3.10.0-1160.el7.x86_64", "4.9.0", "4.11.12"])
def test_tw_recycle_is_never_switched_on(release):
    row = what_if(release, 8192)[RECYCLE]
    assert (row["verdict"], row["reason"]) == ("skip", "harmful") and "share an address" in row["detail"]
    left = make_plan(Profile({RECYCLE: 1}), host({RECYCLE: "1"}, release=release))["settings"][0]
    assert left["reason"] == "harmful", "what an administrator switched on is his"
    assert judged(make_plan(Profile({RECYCLE: 0}), host({RECYCLE: "1"}, release=release))) == {RECYCLE: ("apply", None)}


def test_what_an_administrator_has_better_stays():
    row = make_plan(Profile({SOMAXCONN: 2048}), host({SOMAXCONN: "16384"}))["settings"][0]
    assert brief(row) == "skip better" and row["detail"].startswith(
        "the host already has 16384, better than 2048; measured on "
    )
    other = make_plan(Profile({SOMAXCONN: 2047}), host({SOMAXCONN: "16384"}))["settings"][0]
    assert other["detail"] == "the host already has 16384, better than 2047", "of this value nothing was measured"
    assert row["drift"] == [] and row["advice"] == [], "the kernel's own, which stands after a reboot, is better too"


def test_what_is_better_now_alone_is_told():
    row = make_plan(Profile({FIN: 30}), host({FIN: "20"}))["settings"][0]
    assert brief(row) == "skip better"
    assert row["advice"] == [{"code": "lost_at_boot", "message": "nothing sets 20 at boot; 60 stands then"}]
    kept = host({FIN: "20"}, files={"/etc/sysctl.d/10-own.conf": FIN + " = 20\n"})
    assert make_plan(Profile({FIN: 30}), kept)["settings"][0]["advice"] == []
    wrong = make_plan(Profile({FIN: 30000}), host({FIN: "60"}))["settings"][0]
    assert codes(wrong) == {"implausible"}, "a slip of the pen does no harm, and is told all the same"


def test_another_file_that_sets_something_better_at_boot_counts():
    files = {"/etc/sysctl.d/10-own.conf": SOMAXCONN + " = 65535\n"}
    row = make_plan(Profile({SOMAXCONN: 8192}), host({SOMAXCONN: "4096"}, files=files))["settings"][0]
    assert brief(row) == "65535", "the drop-in comes later, and would take it away"


@pytest.mark.parametrize("running, kept", [
    (("600", "60", "5"), True),  # 900 s
    (("1800", "30", "3"), False),
    (("7200", "75", "9"), False),
    (("1000", "100", "8"), True),  # 1800 s against 1890 s
    (("1200", "100", "8"), False),  # 2000 s
    (("60", "10", "1"), False),  # one probe is hardly meant
])  # fmt: skip
def test_the_keepalive_keys_are_judged_as_one(running, kept):
    wanted = {TIME: 1800, INTERVAL: 30, PROBES: 3}
    plan = make_plan(Profile(wanted), host(dict(zip(wanted, running))))
    targets = [row["target"] for row in plan["settings"]]
    assert targets == list(running) if kept else targets == ["1800", "30", "3"]
    assert all(row["reason"] == "better" for row in plan["settings"] if row["target"] != row["wanted"])


def test_a_keepalive_key_alone_is_judged_with_what_the_others_have():
    others = {INTERVAL: "75", PROBES: "9"}
    assert judged(make_plan(Profile({TIME: 1800}), host({TIME: "600", **others}))) == {TIME: ("skip", "better")}
    assert judged(make_plan(Profile({TIME: 300}), host({TIME: "600", **others}))) == {TIME: ("apply", None)}
    left = make_plan(Profile({TIME: 8000, INTERVAL: 10}, exclude=[PROBES]), host({TIME: "7200", **others}))
    assert judged(left) == {TIME: ("skip", "better"), INTERVAL: ("skip", "better")}, "8090 s against 7875 s"


@pytest.mark.parametrize("key, running, wanted, target, reason", [
    (PORTS, "32768 60999", "1024 65000", "1024 65000", None),
    (PORTS, "20000 60999", "32768 65000", "20000 65000", None),
    (PORTS, "1024 65535", "2000 65000", "1024 65535", "better"),
    (RESERVED, "9000", "8080", "8080,9000", None),
    (RESERVED, "8080,9000-9010", "8080", "8080,9000-9010", "better"),
    (RESERVED, "", "8080", "8080", None),
    (FASTOPEN, "2", 1, "3", None),
    (FASTOPEN, "1", 3, "3", None),
    (FASTOPEN, "7", 3, "7", "better"),
    (REUSE, "2", 1, "1", None),
    (REUSE, "1", 2, "1", "better"),
    (RMEM, "4096 131072 16777216", "8760 256960 4088000", "8760 256960 16777216", None),
    ("net.ipv4.tcp_sack", "1", 0, "0", None),
    ("net.ipv4.tcp_congestion_control", "bbr", "cubic", "cubic", None),
    ("net.ipv4.conf.all.accept_redirects", "1", 0, "0", None),
    ("net.ipv4.tcp_orphan_retries", "0", 7, "7", None),  # 0 stands for 8
    ("net.ipv4.tcp_orphan_retries", "0", 9, "0", "better"),
    ("net.ipv4.tcp_retries2", "5", 9, "9", None),  # below 8, shorter is no longer better
])  # fmt: skip
def test_each_rule_on_a_host(key, running, wanted, target, reason):
    row = make_plan(Profile({key: wanted}), host({key: running}))["settings"][0]
    assert (row["target"], row["reason"]) == (target, reason)


def run(plan_of, where, times=2, **more):
    """The plans of several runs, each carried out, and the host after them."""
    plans = []
    for _time in range(times):
        plans.append(make_plan(plan_of, where))
        where = carried_out(plans[-1], where, **more)
    return plans, where


@pytest.mark.parametrize("before", [{SOMAXCONN: "16384"}, {SOMAXCONN: "4096"}, {}])
def test_improve_after_exact_brings_back_what_the_host_has_better(before):
    """before: as root sees it in the snapshot; anybody else knows the kernel's own alone."""
    _plans, hardened = run(exactly({SOMAXCONN: 2048, FIN: 30}), host({SOMAXCONN: "4096", FIN: "60"}), 1)
    assert hardened.reading(SOMAXCONN).text == "2048\n"
    (first, second), after = run(Profile({SOMAXCONN: 2048, FIN: 30}), hardened._replace(before=before))
    own = before.get(SOMAXCONN, "4096")
    assert judged(first) == {SOMAXCONN: ("return", "left_profile"), FIN: ("apply", None)}
    assert first["settings"][0]["target"] == own and first["summary"]["return"] == 1 and not first["compliant"]
    assert after.reading(SOMAXCONN).text == own + "\n"
    assert judged(second)[SOMAXCONN] == ("skip", "better") and second["compliant"] and SOMAXCONN not in after.drop_in


def test_exact_after_improve_sets_the_profile():
    _plans, improved = run(Profile({RMEM: "8760 256960 4088000"}), host({RMEM: "4096 131072 6291456"}))
    assert "# wanted: %s = 8760 256960 4088000\n" % RMEM in improved.drop_in
    (first, second), _after = run(exactly({RMEM: "8760 256960 4088000"}), improved)
    assert first["settings"][0]["target"] == "8760 256960 4088000" and second["compliant"]


def test_a_wish_that_is_lowered_later_takes_effect():
    """What an earlier run set is not what the host has of its own."""
    _plans, hardened = run(Profile({SOMAXCONN: 65536}), host({SOMAXCONN: "4096"}))
    (first, second), after = run(Profile({SOMAXCONN: 8192}), hardened)
    assert judged(first) == judged(second) == {SOMAXCONN: ("apply", None)}
    assert after.reading(SOMAXCONN).text == "8192\n"
    _plans, mixed = run(Profile({MEM: "1 2 600000"}), host({MEM: "100000 200000 300000"}, memory_mb=65536))
    assert mixed.reading(MEM).text == "100000\t200000\t600000\n"
    (first, second), after = run(Profile({MEM: "1 2 400000"}), mixed)
    assert after.reading(MEM).text == "100000\t200000\t400000\n", "the host's own numbers stay, the wished one goes"
    assert second["compliant"]


@pytest.mark.parametrize("values, exclude", [({SOMAXCONN: 8192}, []), ({SOMAXCONN: 8192, FIN: 30}, [FIN])])
def test_what_leaves_the_profile_goes_back(values, exclude):
    _plans, hardened = run(Profile({SOMAXCONN: 8192, FIN: 30}), host({SOMAXCONN: "4096", FIN: "60"}), 1)
    profile = Profile(values, exclude)
    (first, second), after = run(profile, hardened._replace(before={FIN: "60"}))
    row = first["settings"][1]
    assert (row["verdict"], row["reason"], row["target"]) == ("return", "left_profile", "60")
    assert row["detail"].endswith("an earlier run set 30: it goes back to 60")
    assert after.reading(FIN).text == "60\n" and FIN not in after.drop_in
    assert second["compliant"] and second["summary"]["return"] == 0
    assert second["summary"]["reasons"] == ({"excluded": 1} if exclude else {})
    # Without root nobody knows to what, and the row says where it is known.
    row = make_plan(profile, hardened)["settings"][1]
    assert (row["verdict"], row["target"], row["drift"]) == ("return", None, ["running"])
    assert "the snapshot has it" in row["detail"]


def test_what_somebody_changed_since_stays_and_is_told():
    _plans, hardened = run(Profile({FIN: 30, SOMAXCONN: 8192}), host({SOMAXCONN: "4096", FIN: "60"}), 1)
    changed = hardened._replace(keys={**hardened.keys, FIN: Reading(True, True, "77")}, before={FIN: "60"})
    for profile in (Profile({SOMAXCONN: 8192}), Profile({SOMAXCONN: 8192, FIN: 30}, [FIN])):
        row = make_plan(profile, changed)["settings"][1]
        assert row["verdict"] == "skip" and row["detail"].endswith("somebody changed it since: it stays")
        (_first, second), after = run(profile, changed)
        assert after.reading(FIN).text == "77" and second["compliant"]


def test_an_image_is_improved_over_the_kernels_own():
    where = at_boot(host({SOMAXCONN: "128", FIN: "5"}))
    plan = make_plan(Profile({SOMAXCONN: 2048, FIN: 30}), where)
    assert judged(plan) == {SOMAXCONN: ("skip", "better"), FIN: ("apply", None)}, "what runs here does not count"


def test_a_policy_for_one_key():
    where = host({SOMAXCONN: "4096", FIN: "20"})
    plan = make_plan(Profile({SOMAXCONN: 2048, FIN: 30}, policies={SOMAXCONN: "exact"}), where)
    assert judged(plan) == {SOMAXCONN: ("apply", None), FIN: ("skip", "better")}
    assert "weaker_than_default" in codes(plan["settings"][0])


def test_a_strict_run_sees_what_is_skipped_once_it_went_back():
    text = "%s = 131072 262144 524288\n" % MEM
    where = host({MEM: "131072 262144 524288"}, memory_mb=2048, drop_in=text, before={MEM: "20000 30000 40000"})
    plan = make_plan(Profile({MEM: "131072 262144 524288"}), where)
    assert judged(plan) == {MEM: ("return", "left_profile")} and plan["summary"]["unasked"] == [MEM]


def test_a_keepalive_key_that_an_earlier_run_set_goes_back_while_another_is_new():
    _plans, hardened = run(exactly({PROBES: 9}), host({TIME: "1800", INTERVAL: "10", PROBES: "3"}), 1)
    profile = Profile({INTERVAL: 10, PROBES: 9})
    (first, second), after = run(profile, hardened._replace(before={PROBES: "3"}))
    assert judged(first) == {INTERVAL: ("apply", None), PROBES: ("return", "left_profile")}
    assert after.reading(PROBES).text == "3\n" and second["compliant"]


def test_a_line_that_the_kernel_would_refuse_is_no_better():
    start = "net.ipv4.ip_unprivileged_port_start"
    files = {"/etc/sysctl.d/50-x.conf": PORTS + " = 512 60999\n"}
    where = host({PORTS: "32768 60999", start: "1024"}, files=files)
    assert make_plan(Profile({PORTS: "20000 60999"}), where)["settings"][0]["target"] == "20000 60999"


@pytest.mark.parametrize("key, host_has, earlier, wanted, left", [
    (RESERVED, "7000", "8080,9090", "8080", "7000,8080"),
    (RESERVED, "", "8080,9090", "8080", "8080"),
    (FASTOPEN, "4", "3", "1", "5"),
])  # fmt: skip
def test_what_a_wish_no_longer_has_goes_and_the_hosts_own_stays(key, host_has, earlier, wanted, left):
    _plans, hardened = run(Profile({key: earlier}), host({key: host_has}), 2)
    (_first, second), after = run(Profile({key: wanted}), hardened)
    assert after.reading(key).text == left + "\n" and second["compliant"]
