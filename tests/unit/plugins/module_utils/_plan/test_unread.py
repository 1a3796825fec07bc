# Tests of plans for kernels whose own values nobody read in a source or saw: they are likely, and decide no write.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""A kernel of which nothing was read beside one of which all was: the same host, the same profile."""

from __future__ import annotations

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import Kernel, Profile, Reading
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel import _vendors
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan._what_if import at_boot, imagine
from ansible_collections.fleetnet.linux_tcp.tests.unit.boot.files import OWN
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import SOMAXCONN
from ansible_collections.fleetnet.linux_tcp.tests.unit.planned import exactly, host, make_plan

READ, UNREAD = "6.12.101", "6.12.101-acme"
WMEM = "net.ipv4.tcp_wmem"
AMAZON, AMAZONS = "4.14.355-280.684.amzn2.x86_64", "4096 20480 4194304"
TIME, INTERVAL, PROBES = ("net.ipv4.tcp_keepalive_" + name for name in ("time", "intvl", "probes"))


def improved(key, wanted, where):
    return make_plan(Profile({key: wanted}), where)["settings"][0]


@pytest.mark.parametrize(("release", "estimated", "target"), [(READ, False, "4096"), (UNREAD, True, "2048")])
def test_a_likely_default_is_not_written(release, estimated, target):
    """Somebody lowered it to 512; 4096 is what this kernel had of its own, if it is as upstream's."""
    row = improved(SOMAXCONN, 2048, host({SOMAXCONN: "512"}, release))
    assert (row["verdict"], row["target"]) == ("apply", target)
    assert (row["default"], row["default_estimated"]) == ("4096", estimated)


def test_a_documented_default_is_not_written(monkeypatch):
    """Also where the rest of that vendor's was read."""
    monkeypatch.setitem(_vendors.READ, "amazon", (9, 0))
    row = improved(WMEM, "4096 16384 4194304", host({WMEM: "4096 1000 4194304"}, AMAZON))
    assert (row["target"], row["default"], row["default_estimated"]) == ("4096 16384 4194304", AMAZONS, True)


@pytest.mark.parametrize(("release", "target"), [(READ, "4096"), (UNREAD, "2048")])
def test_nor_where_only_the_next_boot_counts(release, target):
    row = improved(SOMAXCONN, 2048, at_boot(host({SOMAXCONN: Reading(True, True, "512")}, release)))
    assert row["target"] == target


@pytest.mark.parametrize(("release", "drift"), [(READ, []), (UNREAD, ["boot"])])
def test_an_audit_does_not_take_it_for_what_stands_after_a_reboot(release, drift):
    row = make_plan(exactly({SOMAXCONN: 4096}), host({SOMAXCONN: "4096"}, release))["settings"][0]
    assert (row["verdict"], row["drift"]) == ("apply", drift)
    with_file = host({SOMAXCONN: "4096"}, release, files={OWN: SOMAXCONN + " = 4096\n"})
    assert make_plan(exactly({SOMAXCONN: 4096}), with_file)["settings"][0]["drift"] == []


def test_what_the_host_has_now_counts_on_any_kernel():
    row = improved(SOMAXCONN, 2048, host({SOMAXCONN: "4096"}, UNREAD))
    assert (row["verdict"], row["reason"]) == ("skip", "better")


def test_the_what_if_takes_what_is_likely_and_says_so():
    rows = [
        make_plan(Profile({SOMAXCONN: 2048}), imagine(Kernel(release, 8192), [SOMAXCONN]))["settings"][0]
        for release in (READ, UNREAD)
    ]
    assert [(row["reason"], row["default_estimated"]) for row in rows] == [("better", False), ("better", True)]
    assert [row["detail"].partition(" 4096, better than 2048")[0] for row in rows] == [
        "the kernel already has",
        "the kernel likely has",
    ]


@pytest.mark.parametrize(("release", "begin"), [(READ, "4096, which"), (UNREAD, "about 4096, which")])
def test_the_advice_says_about(release, begin):
    row = make_plan(exactly({SOMAXCONN: 2048}), host({SOMAXCONN: "2048"}, release))["settings"][0]
    message = {advice["code"]: advice["message"] for advice in row["advice"]}["weaker_than_default"]
    assert "the kernel's own is " + begin in message


@pytest.mark.parametrize(("release", "begin"), [(READ, "1000 stands"), (UNREAD, "about 1000 stands")])
def test_so_does_the_one_of_what_is_lost_at_boot(release, begin):
    key = "net.core.netdev_max_backlog"
    row = improved(key, 2000, host({key: "5000"}, release))
    message = {advice["code"]: advice["message"] for advice in row["advice"]}["lost_at_boot"]
    assert message == "nothing sets 5000 at boot; " + begin + " then"


def test_the_keepalive_keys_do_not_go_to_a_likely_default():
    """Now 7200 + 9 x 90; wanted 7200 + 9 x 80; the kernel's own, 7200 + 9 x 75, is sooner, where it is known."""
    wanted = {TIME: 7200, INTERVAL: 80, PROBES: 9}
    running = {TIME: "7200", INTERVAL: "90", PROBES: "9"}
    found = [make_plan(Profile(wanted), host(running, release))["settings"][1]["target"] for release in (READ, UNREAD)]
    assert found == ["75", "80"]
