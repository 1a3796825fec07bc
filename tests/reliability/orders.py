# Hosts on which everybody acts in any order: runs of ours, an administrator, boots, deaths at each step, trials.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The model of tests/unit/hosts.py, with other orders than the unit tests take."""

from __future__ import annotations

import random

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from ansible_collections.fleetnet.linux_tcp.tests.reliability.private import Case, Scripts, alone
from ansible_collections.fleetnet.linux_tcp.tests.unit.hosts import Model

STEPS = 25  # of a case


def any_order(_scripts: Scripts, dice: random.Random) -> Case:
    """So many steps on one host."""
    number = dice.getrandbits(64)
    return alone(lambda: _steps(number))


def _steps(number: int) -> Case:
    taken = []

    class Seeded(Model):
        """The same, and it counts."""

        def check_invariants(self, *arguments: object, **more: object) -> None:
            taken.append(1)
            super().check_invariants(*arguments, **more)

    chosen = settings(
        max_examples=1,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(seed(number)(Seeded), settings=chosen)
    except AssertionError as error:
        return Case("broken", [str(error)])
    return Case("kept", [] if taken else ["no step was taken"])
