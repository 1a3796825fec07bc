# Tests of the variables of all hosts of a play: who has one that the role does not know, and how often it is looked.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""unknown_in(), over variables as a task of one host sees them."""

from __future__ import annotations

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._step import _play
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._step._play import unknown_in

KNOWN = {"tcp_hardening_overrides": {}, "tcp_hardening_overrides_web": {}, "other": 1}


class HostVars(dict):
    """As Ansible's, which counts how often it is asked."""

    asked = 0

    def raw_get(self, host):
        self.asked += 1
        return self[host]


@pytest.fixture(autouse=True)
def nothing_known_yet(monkeypatch):
    monkeypatch.setattr(_play, "_last", None)


def seen(hostvars, own=None):
    """What a task of the first host sees."""
    hosts = list(hostvars)
    return {**KNOWN, **hostvars[hosts[0]], **(own or {}), "ansible_play_hosts_all": hosts, "hostvars": hostvars}


def test_hosts_are_named_with_what_they_have():
    hosts = HostVars(w1=KNOWN, w2={"tcp_hardening_polcy": 1}, w10={"tcp_hardening_polcy": 2}, w3={})
    assert unknown_in(seen(hosts), "present") == [
        "tcp_hardening_polcy of w2, w10: the role knows no such variable; did you mean tcp_hardening_policy?"
    ]


def test_what_all_hosts_have_is_not_a_list_of_them():
    many = HostVars({"w%d" % number: {"tcp_hardening_polcy": 1} for number in range(1000)})
    (said,) = unknown_in(seen(many), "present")
    assert said.startswith("tcp_hardening_polcy of all 1000 hosts: ")
    _play._last = None
    del many["w7"]["tcp_hardening_polcy"]
    (said,) = unknown_in(seen(many), "present")
    assert said.startswith("tcp_hardening_polcy of w0, w1, w2 and 996 more: ")


def test_a_variable_of_the_play_has_no_host():
    (said,) = unknown_in(seen(HostVars(w1=KNOWN), {"tcp_hardening_polcy": 1}), "present")
    assert said.startswith("tcp_hardening_polcy: ")


def test_the_way_back_is_stopped_by_nothing_of_the_profile():
    hosts = HostVars(w1={"tcp_hardening_polcy": 1}, w2={"tcp_hardening_pathh": 1})
    (said,) = unknown_in(seen(hosts), "restored")
    assert said.startswith("tcp_hardening_pathh of w2: ")


def test_each_host_is_looked_at_once_for_a_play():
    hosts = HostVars({"w%d" % number: KNOWN for number in range(5)})
    for _host in hosts:
        assert unknown_in(seen(hosts), "present") == []
    assert hosts.asked == 5
    del hosts["w4"]
    assert unknown_in(seen(hosts), "present") == [] and hosts.asked == 9, "another play"
