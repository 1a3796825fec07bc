# Tests of the metrics with Prometheus' own tool: what it reads is what it takes, whatever hosts say.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""A fleet of made-up hosts, and a thousand liars, through `promtool check metrics`."""

from __future__ import annotations

import random
import shutil
import subprocess

from browser import profile
from fleet_of import reports

from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._report._fleet import Fleet
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._report._texts import prometheus_text
from ansible_collections.fleetnet.linux_tcp.tests.unit.hostile import TEXTS, broken


def promtool(text):
    """Exit code and words of the tool."""
    assert shutil.which("promtool"), "Debian has it in the package prometheus"
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, done.stdout + done.stderr


def test_promtool_takes_the_metrics_of_a_fleet_with_liars():
    fleet, taken = Fleet(), 0
    good = reports(40, profile())
    for number, one in enumerate(good):
        fleet.add("good", one)
        for part in range(25):
            chance = random.Random(number * 100 + part)
            liar = broken({**one, "host": {"name": chance.choice(TEXTS), "groups": [chance.choice(TEXTS)]}}, chance)
            try:
                fleet.add("liar", liar)
                taken += 1
            except ValueError:
                continue
    assert taken > 50 and {one["host"]["name"] for one in good} <= set(fleet.hosts)
    assert promtool("".join(prometheus_text(fleet))) == (0, "")


def test_promtool_would_say_what_is_wrong():
    code, said = promtool('linux_tcp_x{host="a\x1b\nb"} 1\n')
    assert code and said
