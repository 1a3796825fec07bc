# Tests of what another kernel changes for a host, told from its plan.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""changes(): keys that go and come, built-in values that rise, values that are refused, effects that end; and what is
no change."""

from __future__ import annotations

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import MISSING, Host, Kernel, Profile, Reading
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan._profile import POLICIES
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan._what_if import imagine
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._next_kernel import changes
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import FIN, RECYCLE, RMEM, SOMAXCONN
from ansible_collections.fleetnet.linux_tcp.tests.unit.planned import make_plan
from ansible_collections.fleetnet.linux_tcp.tests.unit.plugins.plugin_utils.runs import going_back

BUFFERS = "8760 256960 4088000"
FACK = "net.ipv4.tcp_fack"
OPTMEM, RTO = "net.core.optmem_max", "net.ipv4.tcp_rto_max_ms"
PORTS, START = "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start"
BACKLOG, COOKIES = "net.ipv4.tcp_max_syn_backlog", "net.ipv4.tcp_syncookies"


def told(wanted, release, then, running=None, namespace="host", **options):
    """Key to codes, for a host on which the keys are there that its kernel has."""
    kernel = Kernel(release, 8192, 4096, namespace)
    keys = {
        key: one._replace(text=(running or {}).get(key, "1")) if one.present else MISSING
        for key, one in imagine(kernel, wanted).keys.items()
    }
    plan = make_plan(Profile(wanted, **options), Host(kernel, keys, ports=(8080,)))
    options.pop("exclude", None)
    return [(change["key"], change["code"], change["message"]) for change in changes(plan, then, **options)]


def codes(*args, **named):
    return [(key, code) for key, code, _message in told(*args, **named)]


def test_a_key_disappears_and_an_effect_ends():
    assert told({RECYCLE: 0, FACK: 1}, "4.11.0", "4.15", namespace="host")[:2] == [
        (RECYCLE, "removed", "the kernel dropped it in 4.12"),
        (FACK, "no_effect", "this kernel takes the value and ignores it, from 4.15 on")]  # fmt: skip
    assert codes({RECYCLE: 0}, "4.12.0", "7.2") == [], "it is gone already"


def test_a_built_in_value_rises_above_the_profile():
    (found,) = told({SOMAXCONN: 2048}, "5.3.0", "5.4", {SOMAXCONN: "128"}, policy="exact")
    assert found == (SOMAXCONN, "weaker_than_default", "2048; the kernel's own, now 128, becomes 4096")
    assert codes({SOMAXCONN: 4096}, "5.3.0", "5.4", policy="exact") == []
    (found,) = told({RMEM: BUFFERS}, "6.12.0", "6.18.0", policy="exact")
    assert found[1:] == (
        "weaker_than_default",
        "8760 256960 4088000; the kernel's own, now 4096 131072 6291456, becomes 4096 131072 33554432",
    ), "more so"
    assert codes({RMEM: BUFFERS}, "6.18.0", "6.12.0", policy="exact") == [], "it falls"


def test_a_built_in_value_becomes_better_than_the_profile():
    (found,) = told({SOMAXCONN: 2048}, "5.3.0", "5.4", {SOMAXCONN: "128"})
    assert found[:2] == (SOMAXCONN, "better") and found[2].startswith("the kernel already has 4096, better than 2048; ")
    assert codes({SOMAXCONN: 4097}, "5.3.0", "5.4") == [], "the profile is better still"
    assert codes({SOMAXCONN: 2048}, "5.4.0", "7.2") == [], "it was better before"


def test_a_mixed_target_rises_with_the_kernels_own():
    """What is set is the better of both, number by number, so another kernel may change it."""
    (found,) = told({RMEM: BUFFERS}, "6.12.0", "6.18.0")
    assert found == (
        RMEM,
        "better",
        "8760 256960 33554432 is set then; the kernel's own becomes 4096 131072 33554432, and is better in part",
    )
    assert codes({RMEM: BUFFERS}, "6.18.0", "6.18.50") == [], "as good in part as before"
    assert codes({RMEM: BUFFERS}, "6.18.0", "6.12.0") == [], "it falls"


def test_what_the_next_kernel_ignores_or_takes_for_harm_is_left_then():
    assert codes({FACK: 1}, "4.14.0", "4.15") == [(FACK, "no_effect")]
    assert codes({RECYCLE: 1}, "4.4.0", "4.9") == [], "harmful before and after"
    assert codes({RECYCLE: 1}, "4.9.0", "4.12") == [(RECYCLE, "removed")]


def test_a_key_that_goes_back_is_not_of_the_profile():
    """Whatever an earlier run set: the next kernel does not get it."""
    for plan in (going_back(), going_back(as_root=False), going_back(running={FIN: "45"})):
        row = plan["settings"][1]
        assert row["reason"] == "left_profile" and changes(plan, "7.2") == []
        row.update(key=RECYCLE, wanted="0", running="0")
        plan["kernel"].update(release="4.9.0", namespace="host")
        assert changes(plan, "4.12") == [], "nobody wants what the next kernel drops"
        row.update(reason=None, verdict="apply", then=None)
        assert [change["code"] for change in changes(plan, "4.12")] == ["removed"], "else it would be said"
    excluded = going_back(wanted={SOMAXCONN: 8192, FIN: 30}, exclude=[FIN])
    assert [row["verdict"] for row in excluded["settings"]] == ["apply", "return"] and changes(excluded, "7.2") == []


def test_bounds_refuse_a_value():
    (found,) = told({RMEM: "2304 8760 33554432"}, "6.18.0", "7.2", {RMEM: "4096 131072 33554432"})
    assert found[:2] == (RMEM, "refused") and "each from 4096 to" in found[2]
    assert codes({RMEM: "2304 8760 33554432"}, "6.18.0", "7.2", {RMEM: "1 2 3"}, exclude=[RMEM]) == []


def test_a_kernel_that_knows_unprivileged_ports_refuses_a_range_that_begins_below_them():
    """It came with 4.11. An older kernel takes any range."""
    (found,) = told({PORTS: "1000 65001"}, "4.9.0", "6.12.101", {PORTS: "32768 60999"})
    assert found[:2] == (PORTS, "refused")
    assert found[2].startswith(
        "1000 65001 is refused: the kernel takes no port below ip_unprivileged_port_start, which"
    )
    assert codes({PORTS: "1025 65000"}, "4.9.0", "6.12.101") == []
    assert codes({PORTS: "1000 65001"}, "4.4.0", "4.9.0") == [], "neither knows them"
    assert codes({PORTS: "1000 65001"}, "4.11.0", "6.12.101") == [], "the host takes it already"
    assert codes({PORTS: "1000 65001"}, "4.9.0", "6.12.101", exclude=[PORTS]) == []


def test_the_profiles_own_unprivileged_ports_count():
    running = {PORTS: "32768 60999"}
    found = codes({PORTS: "1000 65001", START: 900}, "4.9.0", "6.12.101", running)
    assert (START, "appears") in found and "refused" not in dict(found).values()
    found = codes({PORTS: "1025 65000", START: 2000}, "4.9.0", "6.12.101", running)
    assert found == [(PORTS, "refused"), (START, "appears")]
    (one,) = told({START: 40000}, "4.9.0", "6.12.101")
    assert one[:2] == (START, "refused") and "which is 32768 here" in one[2]


def test_keys_appear_and_become_a_namespaces_own():
    assert codes({RTO: 60000}, "6.14.0", "6.15") == [(RTO, "appears")]
    assert codes({OPTMEM: 200000}, "6.6.0", "6.8") == [(OPTMEM, "not_inherited_by_containers")]
    assert codes({OPTMEM: 200000}, "6.6.0", "6.8", namespace="container") == [(OPTMEM, "appears")]


def test_what_stays_is_no_change():
    assert codes({FIN: 30, BACKLOG: 2048, COOKIES: 1}, "6.12.101", "7.2") == []
    assert codes({BACKLOG: 2048}, "6.12.101", "7.2") == [], "whatever the host has in a key that it was not asked for"
    kernel = Kernel("6.12.101")
    locked = Host(kernel, {FIN: Reading(True, False, "60", True), COOKIES: MISSING})
    assert changes(make_plan(Profile({FIN: 30, COOKIES: 1}), locked), "7.2") == [], (
        "a build option and a mount stay as they are"
    )


def test_a_key_that_only_the_host_knows_stays():
    host = Host(Kernel("6.12.101"), {"net.ipv4.new": Reading(True, True, "5")})
    assert changes(make_plan(Profile({"net.ipv4.new": 6}), host), "7.2") == []


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(
    "release", ["3.10.0-1160.el7.x86_64", "4.18.0-553.el8_10.x86_64", "5.10.0-30-amd64", "6.12.101", "7.2.3"]
)
def test_the_same_kernel_changes_nothing(release, policy):
    wanted = {SOMAXCONN: 2048, RMEM: "8760 256960 4088000", FACK: 1, RECYCLE: 0, OPTMEM: 81920, FIN: 30, BACKLOG: 2048}
    assert told(wanted, release, release, policy=policy) == []


@pytest.mark.parametrize(
    "release", ["", "7", "nonsense", "7.2 ", "7.2\n", "v7.2", "1.0", 7.2, None, "7.2;x", "7.2-" + "\u00e9"]
)
def test_what_is_no_release_is_refused(release):
    with pytest.raises(ValueError, match="is not a kernel release; expected one such as 7.2"):
        told({FIN: 30}, "6.12.101", release)


@pytest.mark.parametrize(
    "release", ["7.2", "7.2.0", "6.12.101-1-amd64", "5.14.0-611.el9.x86_64", "7.2-rc1", "6.8.0-1021-aws"]
)
def test_releases_in_full_and_in_short(release):
    assert told({FIN: 30}, "6.12.101", release) == []
