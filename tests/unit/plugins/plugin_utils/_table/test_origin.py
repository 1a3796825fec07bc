# Tests of where the hosts' profiles come from, as the head of the table has it.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""origin(), over plans of one host and of several that differ."""

from __future__ import annotations

from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._table._origin import origin
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import FIN, RECYCLE, SOMAXCONN
from ansible_collections.fleetnet.linux_tcp.tests.unit.plugins.plugin_utils.runs import WANTED, new_run, planned


def told(*plans, own=None):
    own = WANTED if own is None else own
    run = new_run()
    for number, plan in enumerate(plans):
        run.planned("h%d" % number, plan, True)
    run.unreachable("gone", "no route")
    return origin(run, own)


def test_the_collections_own():
    assert told(planned(), planned()) == "3 values, all the collection's own; 0 overrides, 0 excludes"
    rmem = "net.ipv4.tcp_rmem"
    same = planned(wanted={rmem: "1 2\t3"}, running={rmem: "1\t2\t3"})
    assert told(same, own={rmem: "1  2 3"}) == "1 value, all the collection's own; 0 overrides, 0 excludes"


def test_overrides_and_excludes():
    assert told(planned(wanted={**WANTED, FIN: 20})) == "3 values, 2 the collection's own; 1 override, 0 excludes"
    assert told(planned(exclude=[FIN])) == "3 values, all the collection's own; 0 overrides, 1 exclude"
    assert told(planned(), own={}) == "3 values, 0 the collection's own; 3 overrides, 0 excludes"


def test_hosts_that_differ():
    plans = planned(), planned(wanted={**WANTED, FIN: 20, SOMAXCONN: 5}, exclude=[RECYCLE]), planned(wanted={FIN: 30})
    assert told(*plans) == "1 to 3 values, 1 to 3 the collection's own; 0 to 2 overrides, 0 to 1 exclude"


def test_a_rollback_has_no_profile():
    assert told(planned(wanted={}, running={})) == told() == ""
