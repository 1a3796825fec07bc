# Tests of keys that change others beside themselves, on a private host.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""ip_forward moves the forwarding of every interface, and accept_redirects."""

from __future__ import annotations

import os
import subprocess

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._movers import moves
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host._proc import Refused
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._values import check_key
from ansible_collections.fleetnet.linux_tcp.tests.hosts.kernels import movers
from ansible_collections.fleetnet.linux_tcp.tests.unit.applied import bring_to
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import DROP_IN, get, isolated, put

FORWARD, ALL, LOOPBACK = "net.ipv4.ip_forward", "net.ipv4.conf.all.forwarding", "net.ipv4.conf.lo.forwarding"
REDIRECTS = "net.ipv4.conf.all.accept_redirects"


def all_of_them():
    return {key: get(key) for key in (FORWARD, ALL, LOOPBACK, REDIRECTS)}


@isolated
def test_what_one_key_moves_of_another_is_written_again():
    put({FORWARD: "1"})
    assert get(REDIRECTS) == "0"
    done = bring_to("present", {FORWARD: "0", REDIRECTS: "0"})
    assert done.changed and (get(FORWARD), get(REDIRECTS)) == ("0", "0"), "ip_forward 0 alone would make it 1"
    assert not bring_to("present", {FORWARD: "0", REDIRECTS: "0"}).changed


@isolated
@pytest.mark.parametrize("key", [FORWARD, ALL])
def test_it_comes_back_whole(key):
    before = all_of_them()
    bring_to("present", {key: "1"})
    assert get(LOOPBACK) == "1" and get(REDIRECTS) == "0"
    bring_to("restored", {})
    assert all_of_them() == before


@isolated
@pytest.mark.parametrize("odd", [{LOOPBACK: "1"}, {REDIRECTS: "0"}])
def test_what_could_not_come_back_is_refused_before_the_first_write(odd):
    put(odd)
    before = all_of_them()
    for check in (True, False):
        with pytest.raises(Refused, match="it would change %s too" % next(iter(odd))):
            bring_to("present", {FORWARD: "1"}, check=check)
    assert all_of_them() == before and not os.path.exists(DROP_IN)


@isolated
def test_two_keys_that_move_each_other_for_ever_are_refused_with_everything_as_before():
    before = all_of_them()
    with pytest.raises(Refused, match="does not stay as it is set"):
        bring_to("present", {FORWARD: "1", ALL: "0"})
    assert all_of_them() == before


@isolated
def test_a_key_changes_no_other_one_but_those_that_are_known():
    """Every key of this namespace that can be written; else undo would not bring the other one back."""
    subprocess.run(["ip", "link", "add", "m0", "type", "veth", "peer", "name", "m1"], check=True)
    found = movers.moves()
    unknown = [
        (key, other)
        for key, others in found.items()
        for other in others
        if not check_key(key) and not check_key(other) and not moves(key, other)
    ]
    assert len(found) > 200 and not unknown
    assert "net.ipv4.conf.m0.rp_filter" in found["net.ipv4.conf.default.rp_filter"]
    assert check_key("net.ipv4.neigh.m0.unres_qlen"), "it changes unres_qlen_bytes, and would not bring it back"


@isolated
def test_what_an_interface_took_from_the_default_goes_back_with_it():
    subprocess.run(["ip", "link", "add", "m0", "type", "veth", "peer", "name", "m1"], check=True)
    default, port = "net.ipv4.conf.default.rp_filter", "net.ipv4.conf.m0.rp_filter"
    before = get(default), get(port)
    bring_to("present", {default: "2"})
    assert (get(default), get(port)) == ("2", "2")
    bring_to("restored", {})
    assert (get(default), get(port)) == before


@isolated
def test_what_has_its_old_value_already_keeps_it_when_another_key_goes_back():
    put({FORWARD: "0"})
    put({REDIRECTS: "0"})
    bring_to("present", {FORWARD: "1", REDIRECTS: "1"})
    put({REDIRECTS: "0"})
    assert bring_to("restored", {}).changed
    assert (get(FORWARD), get(REDIRECTS)) == ("0", "0"), "ip_forward 0 alone would make it 1"
