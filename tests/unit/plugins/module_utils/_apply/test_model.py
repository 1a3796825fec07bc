# A host on which runs of ours, an administrator, boots and deaths act in any order: what is promised always holds.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The model, its rules and what they hold stand in tests/unit/hosts.py. `make reliability` takes more steps."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from ansible_collections.fleetnet.linux_tcp.tests.unit.hosts import Model
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import isolated

STEPS = 25
EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "20"))


@isolated
def test_whoever_acts_on_a_host_in_whatever_order_nothing_of_anybody_is_lost():
    run_state_machine_as_test(
        Model,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
            derandomize=True,  # the same commit gives the same answer; other orders are for `make reliability`
            phases=[Phase.generate],
        ),
    )
