# Tests of why a plan is refused before anything is written.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Plans of the planner, judged; the sentences to the letter."""

from __future__ import annotations

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._step._judge import refusal
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import FIN, SOMAXCONN
from ansible_collections.fleetnet.linux_tcp.tests.unit.plugins.plugin_utils.runs import LATER, planned

STRICT = (
    "tcp_hardening_strict: net.ipv4.tcp_tw_recycle cannot be set here; nothing was changed. Exclude them "
    "(tcp_hardening_exclude), or set tcp_hardening_strict to false."
)


def message(plan, key):
    (setting,) = [one for one in plan["settings"] if one["key"] == key]
    return next(one["message"] for one in setting["advice"] if one["code"] == "overridden_at_boot")


@pytest.mark.parametrize("strict, conflict", [(False, "warn"), (False, "fail"), (True, "warn")])
def test_what_is_accepted(strict, conflict):
    plan = planned(files=LATER if conflict == "warn" else None, exclude=["net.ipv4.tcp_tw_recycle"])
    assert refusal(plan, strict, conflict) == ""


def test_a_key_that_nobody_asked_to_skip():
    assert refusal(planned(), True, "fail") == STRICT and refusal(planned(), False, "fail") == ""


def test_a_conflict():
    plan = planned(files=LATER)
    said = "tcp_hardening_boot_conflict: nothing was changed. %s: %s." % (FIN, message(plan, FIN))
    assert refusal(plan, False, "fail") == said and "/etc/sysctl.d/99-x.conf" in said
    assert refusal(plan, True, "fail") == STRICT + " " + said


def test_two_conflicts():
    plan = planned(files={"/etc/sysctl.d/99-x.conf": "%s = 5\n%s = 6\n" % (FIN, SOMAXCONN)})
    told = ["%s: %s" % (key, message(plan, key)) for key in (SOMAXCONN, FIN)]
    assert refusal(plan, False, "fail").endswith("nothing was changed. %s." % "; ".join(told))
