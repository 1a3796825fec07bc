# Tests of the plan: a profile held against hosts that are plain data.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""make_plan() and check_settings(): verdicts and reasons, the two policies, the memory guard, and that a second plan
changes nothing."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import Host, Kernel, Profile, Reading
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel import _builtin
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel import _catalog as catalog
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel import _values as values
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan._handed import check_settings
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan._profile import ProfileError
from ansible_collections.fleetnet.linux_tcp.tests.unit.boot.files import OWN, next_boot
from ansible_collections.fleetnet.linux_tcp.tests.unit.planned import CATALOG, make_plan

CORE = {"rmem_default": 256960, "rmem_max": 513920, "wmem_default": 256960, "wmem_max": 513920, "netdev_max_backlog": 2000, "somaxconn": 2048,
        "optmem_max": 81920}  # fmt: skip
IPV4 = {"tcp_mem": "131072 262144 524288", "tcp_rmem": "8760 256960 4088000", "tcp_wmem": "8760 256960 4088000", "tcp_keepalive_time": 1800,
        "tcp_keepalive_intvl": 30, "tcp_keepalive_probes": 3, "tcp_sack": 1, "tcp_fack": 1, "tcp_timestamps": 1, "tcp_window_scaling": 1,
        "tcp_syncookies": 1, "tcp_tw_reuse": 1, "tcp_tw_recycle": 1, "tcp_fin_timeout": 30, "ip_local_port_range": "1024 65000",
        "tcp_max_syn_backlog": 2048}  # fmt: skip
VALUES = {
    **{"net.core." + name: value for name, value in CORE.items()},
    **{"net.ipv4." + name: value for name, value in IPV4.items()},
}
SOMAXCONN, RMEM, MEM, RECYCLE, FIN = (
    "net.core.somaxconn",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_mem",
    "net.ipv4.tcp_tw_recycle",
    "net.ipv4.tcp_fin_timeout",
)


def host(readings, release="6.12.101", memory_mb=8192, page_size=4096, namespace="host", files=None, **more):
    """A host; of a key the running text is enough where it is present and writable.

    files: of sysctl.d, text by path.
    """
    found = {key: one if isinstance(one, Reading) else Reading(True, True, one) for key, one in readings.items()}
    kernel = Kernel(release, memory_mb, page_size, namespace)
    return Host(kernel, found, **next_boot(files or {}, readings, kernel), **more)


def plan_one(key, wanted, where, **profile):
    return make_plan(Profile({key: wanted}, **profile), where)["settings"][0]


def judged(plan):
    return {setting["key"]: (setting["verdict"], setting["reason"]) for setting in plan["settings"]}


def carried_out(plan, where, files=None):
    """The host, with other people's files on it, after the plan was applied: running values as the kernel prints them,
    and the drop-in in its place."""
    targets = {setting["key"]: setting["target"] for setting in plan["settings"] if setting["verdict"] == "apply"}
    text = "".join("%s = %s\n" % item for item in targets.items())
    keys = {
        key: one._replace(text=targets[key].replace(" ", "\t") + "\n") if key in targets else one
        for key, one in where.keys.items()
    }
    return where._replace(keys=keys, drop_in=text, **next_boot({**(files or {}), OWN: text}, keys, where.kernel))


def test_a_row_in_full():
    files = {"/usr/lib/sysctl.d/50-x.conf": "# x\nnet.core.somaxconn = 0x400\n"}
    setting = plan_one(SOMAXCONN, 2048, host({SOMAXCONN: "4096\n"}, files=files))
    del setting["advice"]
    assert setting == {
        "key": SOMAXCONN, "wanted": "2048", "running": "4096", "default": "4096", "default_estimated": False,
        "boot": {"value": "0x400", "source": "/usr/lib/sysctl.d/50-x.conf:2", "loader": "systemd-sysctl"},
        "target": "2048", "verdict": "apply", "reason": None, "detail": "4096 becomes 2048", "drift": ["running", "boot"],
    }  # fmt: skip


def test_what_is_not_known_is_null():
    where = host({SOMAXCONN: Reading(True, True, None), "net.ipv4.new": "1\n"}, release="2.6.32-642.el6.x86_64")
    rows = make_plan(Profile({SOMAXCONN: 5, "net.ipv4.new": 2, RECYCLE: 0}), where)["settings"]
    assert (rows[0]["running"], rows[0]["boot"], rows[0]["detail"]) == (None, None, "becomes 5")
    assert (rows[1]["default"], rows[1]["verdict"]) == (None, "apply")
    assert rows[2]["running"] is None and rows[2]["verdict"] == "skip"


def test_settings_keep_the_order_of_the_profile_and_are_counted():
    wanted = {RMEM: "1 2 3", SOMAXCONN: 1, RECYCLE: 0, FIN: 60}
    plan = make_plan(Profile(wanted, exclude=[FIN]), host({RMEM: "1\t2\t3\n", SOMAXCONN: "2", FIN: "60"}))
    assert list(judged(plan)) == list(wanted)
    assert plan["kernel"] == {"release": "6.12.101", "memory_mb": 8192, "page_size": 4096, "namespace": "host"}
    assert plan["summary"] == {
        "total": 4,
        "apply": 2,
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
    plan = make_plan(Profile(VALUES), host({**own, **host_wide}, namespace="container"))
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
    ("2.6.32-642.el6.x86_64", RMEM, ("skip", "other_namespace")), ("3.0.27", FIN, ("skip", "other_namespace")), ("3.0.27", SOMAXCONN, ("apply", None)),
    ("3.4.113", MEM, ("apply", None)), ("3.4.113", FIN, ("skip", "other_namespace")), ("3.5.0", FIN, ("apply", None)), ("6.12.101", FIN, ("apply", None)),
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
    (1048576, 50, 8192, 4096, None), (1048577, 50, 8192, 4096, "memory"), (65536, 50, 8192, 65536, None), (65537, 50, 8192, 65536, "memory"),
    (524288, 50, 512, 4096, "memory"), (524288, 0, 512, 4096, None), (65536, 50, 512, 4096, None), (131072, 100, 512, 4096, None),
    (131073, 100, 512, 4096, "memory"), (524288, 25, 8192, 4096, None), (524288, 24, 8192, 4096, "memory"), (524288, 50, None, 4096, None),
    (524288, 50, 8192, 65536, "memory"), (524288, 100, 32768, 65536, None), (140737488355327, 1, 4194304, 4096, "memory"),
])  # fmt: skip
def test_the_memory_guard_at_its_boundary(high, percent, memory_mb, page_size, reason):
    where = host({MEM: "10 20 30"}, memory_mb=memory_mb, page_size=page_size)
    assert plan_one(MEM, "1 2 %d" % high, where, memory_percent=percent)["reason"] == reason


def test_the_memory_guard_says_how_much_and_looks_at_no_other_key():
    small = host({MEM: "10 20 30", RMEM: "1 2 3"}, memory_mb=512)
    plan = make_plan(Profile({MEM: "131072 262144 524288", RMEM: [1, 2, 2147483647]}), small)
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
    plan = make_plan(Profile({FIN: 30}, exclude=[RECYCLE]), host({FIN: "30"}))
    assert list(judged(plan)) == [FIN], "a key that is excluded and not in the profile makes no row"


def problems(where, **profile):
    with pytest.raises(ProfileError) as caught:
        make_plan(Profile(**profile), where)
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
    assert "net.ipv4.tcp_sakc: neither the catalog nor this host (6.12.101) knows this key; check its spelling" in found
    assert any(problem.startswith(FIN + ": policy 'never'; expected one of exact, raise_only") for problem in found)


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
    ("8192", 2048, "6.12.101", "8192", "lower"), ("4096", 2048, "6.12.101", "4096", "lower"), ("128", 2048, "6.12.101", "4096", None),
    ("128", 2048, "4.9.0", "2048", None), ("2048", 2048, "4.9.0", "2048", None), ("128", 8192, "6.12.101", "8192", None),
    ("8192", 2048, "4.18.0-477.10.1.el8_8.x86_64", "8192", "lower"), (None, 2048, "6.12.101", "4096", None),
])  # fmt: skip
def test_raise_only_on_one_number(running, wanted, release, target, reason):
    setting = plan_one(SOMAXCONN, wanted, host({SOMAXCONN: Reading(True, True, running)}, release), policy="raise_only")
    assert (setting["target"], setting["reason"]) == (target, reason)


def test_raise_only_goes_element_by_element_and_an_estimate_does_not_count():
    where = host({RMEM: "4096 131072 6291456", MEM: "90000 300000 500000"}, release="6.12.101")
    assert plan_one(RMEM, "8760 256960 4088000", where, policy="raise_only")["target"] == "8760 256960 6291456"
    low = host({RMEM: "1 2 3", MEM: "1 2 3"}, release="6.12.101", memory_mb=65536)
    assert plan_one(RMEM, "20 30 8760", low, policy="raise_only")["target"] == "4096 131072 6291456"
    assert plan_one(MEM, "5 6 7", low, policy="raise_only")["target"] == "5 6 7"
    assert plan_one(MEM, "100000 200000 600000", where, policy="raise_only")["target"] == "100000 300000 600000"


def test_raise_only_on_numbers_that_the_host_has_in_the_wrong_order():
    # The kernel accepts them; what this collection sets has to ascend.
    where = host({RMEM: "9000000 20 30"}, release="6.12.101", memory_mb=None)
    setting = plan_one(RMEM, "8760 256960 4088000", where, policy="raise_only")
    assert setting["target"] == "9000000 9000000 9000000" and setting["verdict"] == "apply"
    assert check_settings([setting], where) == []
    assert plan_one(RMEM, "1 2 3", where, policy="raise_only")["reason"] == "lower", "not ours to put in order"
    assert plan_one("net.ipv4.new", "3 2 1", host({"net.ipv4.new": "1 1 2"}), policy="raise_only")["target"] == "3 2 2"


def test_policies_for_single_keys():
    where = host({SOMAXCONN: "8192", FIN: "60"})
    plan = make_plan(Profile({SOMAXCONN: 2048, FIN: 30}, policies={SOMAXCONN: "raise_only"}), where)
    assert judged(plan) == {SOMAXCONN: ("skip", "lower"), FIN: ("apply", None)}
    plan = make_plan(Profile({SOMAXCONN: 2048, FIN: 30}, policy="raise_only", policies={SOMAXCONN: "exact"}), where)
    assert judged(plan) == {SOMAXCONN: ("apply", None), FIN: ("skip", "lower")}
    assert plan["summary"]["unasked"] == [], "what raise_only keeps was asked for"
    assert plan["settings"][1]["detail"] == "raise_only: the host already has 60"


def test_what_raise_only_wrote_stays_in_the_drop_in():
    text = SOMAXCONN + " = 4096\n"
    mine = plan_one(SOMAXCONN, 2048, host({SOMAXCONN: "4096"}, drop_in=text), policy="raise_only")
    assert (mine["verdict"], mine["target"]) == ("apply", "4096")
    others = plan_one(SOMAXCONN, 2048, host({SOMAXCONN: "8192"}, drop_in=text), policy="raise_only")
    assert others["reason"] == "lower", "raised by hand since: no longer ours"


@pytest.mark.parametrize("running, text, drift", [
    ("30", FIN + " = 30", []), ("30", FIN + " = 036", []), ("30", FIN + " = 30 # seconds", []), ("30", FIN + " = 30s", ["boot"]),
    ("30", None, ["boot"]), ("60", FIN + " = 30", ["running"]), ("60", FIN + "=60", ["running", "boot"]),
    ("30\n", "net/ipv4/tcp_fin_timeout=\t30", []), ("30", "net.ipv4.tcp_fin_* = 30", []), ("30", FIN + "=30\n-" + FIN, ["boot"]),
])  # fmt: skip
def test_drift_is_now_or_after_a_reboot(running, text, drift):
    plan = make_plan(Profile({FIN: 30}), host({FIN: running}, files={} if text is None else {OWN: text}))
    assert (
        plan["settings"][0]["drift"] == drift
        and plan["compliant"] is (drift == [])
        and plan["summary"]["drifted"] == bool(drift)
    )


def test_a_built_in_value_stands_after_a_reboot_without_any_file():
    assert make_plan(Profile({FIN: 60}), host({FIN: "60"}))["compliant"] is True
    reserved = "net.ipv4.ip_local_reserved_ports"
    assert make_plan(Profile({reserved: ""}), host({reserved: "\n"}))["compliant"] is True
    assert make_plan(Profile({reserved: "9000,8080-8081"}), host({reserved: "8080-8081,9000\n"}))["settings"][0][
        "drift"
    ] == ["boot"]
    assert plan_one(reserved, "8080", host({reserved: "\n"}))["detail"] == "empty becomes 8080"


KERNELS = [Kernel("3.10.0-1160.el7.x86_64", 8192), Kernel("4.9.0", 512), Kernel("5.4.0", 65536), Kernel("6.1.0-41-amd64", None), Kernel("6.12.101", 8192),
           Kernel("6.18.44", 24105), Kernel("7.3.4", 65536, 65536), Kernel("6.12.101", 8192, 4096, "container")]  # fmt: skip
NUMERIC = [key for key, row in CATALOG.items() if row.numeric]


@st.composite
def situations(draw):
    """A kernel, some keys of it with values of any order running, a profile, an older drop-in and other people's files."""
    kernel = draw(st.sampled_from(KERNELS))
    readings, wanted, old = {}, {}, {}
    for key in draw(st.lists(st.sampled_from(NUMERIC), min_size=1, max_size=4, unique=True)):
        low, high = catalog.bounds(key, kernel)
        arity = CATALOG[key].arity
        small = st.integers(low, min(high, low + 6))
        vector = st.lists(st.one_of(small, small, st.integers(low, high)), min_size=arity, max_size=arity)
        builtin = _builtin.builtin(key, kernel)
        running = draw(
            st.sampled_from([[element.value for element in builtin]] if builtin else [[low] * arity])
            if draw(st.booleans())
            else vector
        )
        wanted[key] = sorted(draw(vector))
        readings[key] = " ".join(map(str, running))
        if draw(st.booleans()):
            old[key] = " ".join(map(str, draw(st.sampled_from([running, wanted[key]]))))
    policies = draw(st.dictionaries(st.sampled_from(list(wanted)), st.sampled_from(["exact", "raise_only"])))
    policy, percent = draw(st.sampled_from(["exact", "raise_only", "raise_only"])), draw(st.sampled_from([0, 50]))
    profile = Profile(wanted, policy=policy, policies=policies, memory_percent=percent)
    text = "".join("%s = %s\n" % item for item in old.items())
    where = host(readings, *kernel, drop_in=text)
    return profile, where._replace(**next_boot({OWN: text} if text else {}, readings, where.kernel))


@pytest.mark.parametrize("running", ["1 1 1048577", "5 1 1048577"])
def test_what_the_guard_takes_out_of_the_drop_in_is_judged_as_the_next_run_will(running):
    """Its reason is written into the drop-in, so a second run would change the file."""
    where = host({MEM: running}, memory_mb=8192, drop_in="%s = %s\n" % (MEM, running))
    profile = Profile({MEM: "1 1 1"}, policy="raise_only")
    first = make_plan(profile, where)
    second = make_plan(profile, carried_out(first, where))
    assert judged(first) == judged(second) == {MEM: ("skip", "lower")}
    assert first["settings"][0]["target"] == second["settings"][0]["target"] == running


@given(situations())
@settings(max_examples=150)
def test_the_second_plan_is_the_first_and_finds_nothing_to_do(situation):
    profile, where = situation
    first = make_plan(profile, where)
    assert check_settings(first["settings"], where) == [], "the module that applies takes what the planner gives"
    after = carried_out(first, where)
    second = make_plan(profile, after)
    assert judged(second) == judged(first)
    assert [one["target"] for one in second["settings"]] == [one["target"] for one in first["settings"]]
    assert second["compliant"] and second["summary"]["drifted"] == 0
    assert carried_out(second, after) == after
    assert not [
        advice
        for setting in second["settings"]
        for advice in setting["advice"]
        if advice["code"] in ("lowers_running", "overridden_at_boot")
    ]


def elements(text):
    return [int(word) for word in text.split()]


@given(situations())
@settings(max_examples=150)
def test_raise_only_lowers_nothing_and_exact_takes_the_profile(situation):
    profile, where = situation
    for setting in make_plan(profile, where)["settings"]:
        running, wanted, target = (elements(setting[name]) for name in ("running", "wanted", "target"))
        floors = [running, wanted]
        builtin = _builtin.builtin(setting["key"], where.kernel) or []
        if profile.policy_of(setting["key"]) == "exact":
            assert target == wanted and setting["reason"] in (None, "memory", "other_namespace")
            continue
        floors += [[one.value for one in builtin]] if builtin and all(one.exact for one in builtin) else []
        assert all(have <= get for floor in floors for have, get in zip(floor, target))
        if setting["reason"] == "lower":
            assert target == running != wanted
        elif setting["verdict"] == "apply":
            assert target == sorted(target)


@given(situations(), st.sampled_from(["10-a.conf", "99-z.conf"]), st.integers(0, 3))
def test_other_peoples_files_do_not_make_the_plan_flip(situation, name, value):
    profile, where = situation
    foreign = {"/etc/sysctl.d/" + name: "".join("%s = %d\n" % (key, value) for key in profile.values)}
    where = where._replace(**next_boot({**foreign, OWN: where.drop_in}, where.keys, where.kernel))
    first = make_plan(profile, where)
    second = make_plan(profile, carried_out(first, where, foreign))
    assert judged(second) == judged(first)
    assert [one["target"] for one in second["settings"]] == [one["target"] for one in first["settings"]]
    assert not any("running" in one["drift"] for one in second["settings"])
    assert name.startswith("99") or second["compliant"]


@given(situations())
def test_a_plan_that_was_tampered_with_is_refused(situation):
    profile, where = situation
    rows = [row for row in make_plan(profile, where)["settings"] if row["verdict"] == "apply"]
    assume(rows)
    row, key = rows[0], rows[0]["key"]
    spaced = row["target"].replace(" ", "  ") if " " in row["target"] else row["target"] + " "
    for change in ({"target": spaced}, {"target": "0%s" % row["target"]}, {"target": row["target"] + "\nkernel.x=1"}, {"target": None}, {"target": True},
                   {"verdict": "maybe"}, {"verdict": None}):  # fmt: skip
        found = check_settings([{**row, **change}], where)
        assert len(found) == 1 and found[0].startswith(key + ":") and found[0].isprintable()
    assert check_settings([row, row], where) == ["%s: it stands in the settings twice" % key]
    assert check_settings([{**row, "key": "net.ipv4.../x"}], where)[0].startswith("settings[0]: 'net.ipv4.../x'")
    assert check_settings([{**row, "key": "net.ipv4.nope"}], where)[0].startswith(
        "net.ipv4.nope: neither the catalog nor this host"
    )
    assert check_settings([{"verdict": "apply", "target": "1"}], where)[0].startswith("settings[0]: None is not a key")


def test_a_value_is_compared_as_the_kernel_prints_it():
    setting = plan_one(RMEM, "4096\t131072  6291456", host({RMEM: "4096\t131072\t6291456\n"}))
    assert setting["detail"] == "already 4096 131072 6291456" and "running" not in setting["drift"]
    assert values.same(RMEM, setting["running"], setting["target"])
