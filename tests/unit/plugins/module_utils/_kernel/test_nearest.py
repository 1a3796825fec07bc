# Tests of what is said of a key that is misspelt or belongs elsewhere.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The key that was meant, or where it belongs, in the sentence that refuses the name."""

from __future__ import annotations

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel import _nearest
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._values import check_key
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan._profile import ProfileError, wanted_values
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import FIN, SOMAXCONN
from ansible_collections.fleetnet.linux_tcp.tests.unit.planned import CATALOG, exactly, host, judged, make_plan

NEW = "net.ipv4.tcp_no_such"


def problem(key, where=None, **more):
    """The one thing that is wrong with a profile that sets a key."""
    with pytest.raises(ProfileError) as caught:
        wanted_values(exactly({key: 1}, **more), where or host({}))
    (said,) = caught.value.problems
    assert said.isprintable() and len(said) < 260
    return said


@pytest.mark.parametrize("written, key", [
    ("net.ipv4.tcp_fin_timout", FIN), ("net.ipv4.tcp_fin_time_out", FIN), ("tcp_fin_timeout", FIN),
    ("fin_timeout", FIN),
    ("net/ipv4/tcp_fin_timeout", FIN), ("/proc/sys/net/ipv4/tcp_fin_timeout", FIN), ("net.ipv4.tcp.fin_timeout", FIN),
    ("net.core.tcp_fin_timeout", FIN), ("net.ipv4.tcp_fin_timeout ", FIN), ("net.ipv4.TCP_FIN_TIMEOUT", FIN),
    ("somaxconn", SOMAXCONN), ("net.ipv4.somaxconn", SOMAXCONN), ("net.core.soma_xconn", SOMAXCONN),
    ("net.ipv4.local_port_range", "net.ipv4.ip_local_port_range"),
    ("tcp_keepalive_interval", "net.ipv4.tcp_keepalive_intvl"),
])  # fmt: skip
def test_the_key_that_was_meant_is_named(written, key):
    assert problem(written).endswith("; did you mean %s?" % key)


@pytest.mark.parametrize("written", ["vm.swappiness", "fs.file-max", "kernel.panic", "vm/swappiness", "net.ipv6.x"])
def test_where_another_key_belongs_is_said(written):
    assert "ansible.posix.sysctl" in problem(written) and "did you mean" not in problem(written)


def test_how_the_dot_of_an_interface_is_written_is_said():
    assert problem("net.ipv4.conf.eth0.100.rp_filter").endswith("as a slash: net.ipv4.conf.eth0/100.rp_filter")


@pytest.mark.parametrize(
    "written", ["net.ipv4.conf.all.rp_filter", "net.core.xyzzy", "x", "", "net.ipv4." + "x" * 9000 + "/"]
)
def test_where_nothing_is_near_nothing_is_suggested(written):
    assert "did you mean" not in problem(written)


def test_what_the_host_has_is_suggested_too():
    said = problem("net.ipv4.tcp_pacing_ss_ration", host({}, siblings=("net.ipv4.tcp_pacing_ss_ratio",)))
    assert said.endswith("did you mean net.ipv4.tcp_pacing_ss_ratio?")


def test_every_key_of_the_catalog_is_found_by_its_last_part():
    assert {key: _nearest.meant(key.rpartition(".")[2]) for key in CATALOG} == {key: key for key in CATALOG}


def test_a_key_that_is_none_is_named_with_what_was_expected():
    assert check_key(None).endswith("_ and - only")


def test_in_a_container_it_is_said_that_the_host_may_have_it():
    said = problem("net.core.xyzzy", host({}, namespace="container"))
    assert "A container does not show all keys of its host: exclude it" in said
    assert "container" not in problem("net.core.xyzzy")
    assert "did you mean" in problem("net.ipv4.tcp_fin_timout", host({}, namespace="container"))


@pytest.mark.parametrize("namespace", ["host", "container"])
def test_an_excluded_key_needs_no_check(namespace):
    where = host({FIN: "60"}, namespace=namespace)
    plan = make_plan(exactly({NEW: "what ever\n", FIN: 30}, exclude=[NEW]), where)
    assert judged(plan) == {NEW: ("skip", "excluded"), FIN: ("apply", None)}
    assert judged(make_plan(exactly({FIN: 30}, exclude=[NEW]), where)) == {FIN: ("apply", None)}


def test_a_misspelt_exclude_does_not_let_the_key_be_set():
    with pytest.raises(ProfileError, match="did you mean %s" % FIN):
        make_plan(exactly({FIN: 30}, exclude=["net.ipv4.tcp_fin_timout"]), host({FIN: "60"}))


def test_a_policy_for_a_key_that_nobody_knows_is_refused():
    with pytest.raises(ProfileError, match="neither the catalog nor this host"):
        make_plan(exactly({FIN: 30}, policies={NEW: "exact"}), host({FIN: "60"}))
