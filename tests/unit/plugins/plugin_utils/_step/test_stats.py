# Tests of the hosts by outcome that a run leaves to a workflow.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""statistics(), and that Ansible adds them up."""

from __future__ import annotations

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._step._stats import statistics
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._step._wishes import wishes

HOSTS = [("a", False, None), ("b", True, True), ("c", True, None), ("d", True, False), ("e", True, True)]
SUMS = {"tcp_hosts_as_wanted": ["a", "d"], "tcp_hosts_changed": ["b", "e"], "tcp_hosts_to_do": ["c"]}


def test_ansible_adds_the_hosts_up():
    stats = pytest.importorskip("ansible.executor.stats").AggregateStats()
    for host in HOSTS:
        found = statistics(*host)
        assert found["aggregate"] and not found["per_host"]
        for name, value in found["data"].items():
            stats.update_custom_stats(name, value)
    assert stats.custom == {"_run": SUMS}


def test_the_next_job_of_a_workflow_gets_them_as_variables_and_the_role_does_not_mind():
    assert wishes(SUMS) == wishes({})
