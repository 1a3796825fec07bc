# Tests of what is refused when planned, since the host cannot take it: ports and names.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The port range against ip_unprivileged_port_start, and congestion controls and qdiscs against what a host has."""

from __future__ import annotations

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import (
    Available,
    Host,
    Kernel,
    Reading,
)
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan import _make
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan._profile import ProfileError
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan._refusals import beside
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan._what_if import at_boot, imagine
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import CONGESTION, FIN, RANGE, START
from ansible_collections.fleetnet.linux_tcp.tests.unit.planned import exactly, host, plan_one

QDISC = "net.core.default_qdisc"
RUNNING = {RANGE: "32768\t60999\n", START: "1024\n"}


def refusal(values, where, **more):
    """What is wrong with a profile on a host, "" for nothing."""
    try:
        _make.make_plan(exactly(values, **more), where)
    except ProfileError as exc:
        (said,) = exc.problems
        return said
    return ""


def test_a_port_range_below_the_unprivileged_ports_is_refused_with_the_cause():
    said = refusal({RANGE: "1000 65001"}, host(RUNNING))
    assert said == (
        RANGE
        + ": 1000 65001 is refused: the kernel takes no port below ip_unprivileged_port_start, which is 1024 here; "
        "begin at 1024 or above, or lower that key too"
    )
    assert "which is 2000 here" in refusal({RANGE: "1024 65001"}, host({**RUNNING, START: "2000"}))


@pytest.mark.parametrize("values, running", [
    ({RANGE: "1024 65000"}, {}), ({RANGE: "80 65001", START: 80}, {}), ({RANGE: "80 65001"}, {START: "0"}),
    ({START: 1024}, {}), ({START: 32768}, {}), ({START: 40000, RANGE: "40000 65001"}, {}), ({FIN: 5}, {START: "65535"}),
])  # fmt: skip
def test_a_port_range_that_the_kernel_takes(values, running):
    assert refusal(values, host({FIN: "60", **RUNNING, **running})) == ""


def test_the_unprivileged_ports_may_not_begin_within_the_range():
    said = refusal({START: 40000}, host(RUNNING))
    assert said.startswith(START + ": 40000 is refused: it may not be above the lowest port of ip_local_port_range")
    assert "which is 32768 here" in said
    assert refusal({START: 2000, RANGE: "1024 65001"}, host(RUNNING)).startswith(RANGE)


def test_of_a_key_that_is_left_alone_the_running_value_counts():
    where = host({**RUNNING, START: Reading(True, False, "2000")})
    for more in ({}, {"exclude": [START]}):
        with pytest.raises(ProfileError, match="which is 2000 here"):
            _make.make_plan(exactly({RANGE: "1024 65001", START: 80}, **more), where)
    assert refusal({RANGE: "80 65001"}, host(RUNNING), exclude=[RANGE]) == ""
    assert "80 65001 is refused" in refusal({RANGE: "80 65001"}, host(RUNNING), policy="improve"), "wider is better"


def test_before_4_11_no_port_is_privileged_by_a_key():
    assert refusal({RANGE: "80 65001"}, host({RANGE: "1 2"}, release="4.10.0")) == ""
    imagined = imagine(Kernel("4.10.0"), [RANGE, START])
    assert refusal({RANGE: "80 65001"}, imagined) == ""
    assert "which is 1024 here" in refusal({RANGE: "80 65001"}, imagine(Kernel("4.11"), [RANGE, START]))


def test_what_has_to_be_read_as_well():
    assert beside([FIN]) == beside([RANGE, START]) == []
    assert (beside([FIN, RANGE]), beside([START])) == ([START], [RANGE])


HAS = Available(("bbr", "cubic", "reno"), True)


@pytest.mark.parametrize("key", [CONGESTION, QDISC])
def test_a_name_that_the_kernel_cannot_have_is_refused_with_those_that_it_can(key):
    where = host({key: "reno\n"}, available={key: HAS})
    said = refusal({key: "bbrr"}, where)
    assert said == (
        key + ": bbrr is refused: this kernel does not have it, nor a module of that name; it has bbr, cubic, reno"
    )
    assert refusal({key: "bbr"}, where) == refusal({key: "bbrr"}, where, exclude=[key]) == ""
    assert not [advice for advice in plan_one(key, "bbr", where)["advice"] if advice["code"] == "value_not_available"]


def test_a_long_list_is_cut():
    many = Available(tuple("name%02d" % number for number in range(30)), True)
    said = refusal({CONGESTION: "x"}, host({CONGESTION: "reno"}, available={CONGESTION: many}))
    assert said.endswith("name11 and 18 more")


def test_a_name_that_a_container_may_not_use_is_refused():
    found = Available(("bbr", "reno"), False, ("cubic",))
    said = refusal({CONGESTION: "cubic"}, host({CONGESTION: "reno"}, available={CONGESTION: found}))
    assert "a container may not use it" in said


def doubts(name, found):
    advice = plan_one(CONGESTION, name, host({CONGESTION: "reno"}, available={CONGESTION: found}))["advice"]
    return [one["message"] for one in advice if one["code"] == "value_not_available"]


def test_where_it_cannot_be_known_it_is_an_advice():
    assert doubts("bbrr", HAS._replace(complete=False)) == [
        "the kernel may not have bbrr: its modules cannot be seen here, and it has bbr, cubic, reno loaded"
    ]
    assert doubts("bbrr", Available((), False)) == [
        "the kernel may not have bbrr: its modules cannot be seen here, and what is loaded cannot be seen either"
    ]
    assert doubts("bbr", HAS._replace(complete=False)) == []


def test_of_a_kernel_that_is_not_at_hand_nothing_is_said():
    assert refusal({CONGESTION: "bbrr"}, imagine(Kernel("6.12.0"), [CONGESTION])) == ""
    image = at_boot(host({CONGESTION: "reno"}, available={CONGESTION: HAS}, namespace="container"))
    assert refusal({CONGESTION: "bbrr"}, image) == "" and isinstance(image, Host)
    assert refusal({CONGESTION: "bbrr"}, at_boot(host({CONGESTION: "reno"}, available={CONGESTION: HAS}))) != ""


def test_one_switch_with_two_names():
    switch, other = "net.ipv4.ip_forward", "net.ipv4.conf.all.forwarding"
    where = host({switch: "0", other: "0"})
    assert refusal({switch: "1", other: "0"}, where) == (
        "net.ipv4.ip_forward: 1 is refused: it is the same switch as net.ipv4.conf.all.forwarding, which is to be 0; "
        "leave one out"
    )
    assert refusal({switch: "1", other: "1"}, where) == ""
