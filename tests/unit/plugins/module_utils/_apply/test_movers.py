# Tests of keys that change others beside themselves, on a private host.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""ip_forward moves the forwarding of every interface, and accept_redirects."""

from __future__ import annotations

import os

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host._proc import Refused
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
