# Tests of what a host's step says by itself.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Plans of the planner, and what sysctl_profile makes of them; the lines to the letter."""

from __future__ import annotations

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._codes import (
    NAT_HAZARD,
    PORT_OVERLAP,
    WEAKER_THAN_DEFAULT,
)
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._step._told import told, warnings
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import FIN, RECYCLE, SOMAXCONN
from ansible_collections.fleetnet.linux_tcp.tests.unit.plugins.plugin_utils.runs import (
    DONE,
    FRESH,
    LATER,
    going_back,
    planned,
    result,
)

LEFT = "  left alone: removed: net.ipv4.tcp_tw_recycle"
SET = "net.core.somaxconn = 8192 (was 4096), net.ipv4.tcp_fin_timeout = 30 (was 60)"


def done(plan, **more):
    return {**result(plan, **more), "changed": True}


def test_a_host_that_is_as_it_should_be_has_one_short_line_and_its_warnings():
    assert told(planned(running=DONE), None, False, "present") == ["2 keys as wanted, 1 skipped (removed 1)"]
    assert told(planned(running=DONE, exclude=[FIN, RECYCLE, SOMAXCONN]), None, False, "present") == [
        "0 keys as wanted, 3 skipped (excluded 3)"
    ]


def test_a_change():
    plan = planned()
    assert told(plan, done(plan, messages=["an earlier\nrun"]), True, "present") == [
        "2 keys set, 0 as wanted, 1 skipped", "  set: " + SET, LEFT, "  an earlier run"]  # fmt: skip


def test_a_change_that_is_foretold_or_tried():
    plan = planned()
    foretold = told(plan, done(plan), True, "present", check=True)
    assert foretold[:2] == ["2 keys would be set, 0 as wanted, 1 skipped", "  to set: " + SET]
    assert told(plan, done(plan, trial="1"), True, "present")[0] == "2 keys set on trial, 0 as wanted, 1 skipped"


def test_what_is_only_planned():
    assert told(planned(), None, True, "present") == [
        "2 of 2 keys not as wanted, 1 skipped",
        "  to set: " + SET,
        LEFT,
    ]


def test_where_no_key_was_set_the_file_was_or_nothing():
    plan = planned(running=DONE)
    assert told(plan, done(plan), True, "present") == ["drop-in rewritten, 2 as wanted, 1 skipped", LEFT]
    kept = {**done(plan), "changed": False}
    assert told(plan, kept, True, "present")[0] == "drop-in kept, 2 as wanted, 1 skipped"


def test_a_line_does_not_become_endless():
    keys = ["net.ipv4.conf.%d.rp_filter" % number for number in range(12)]
    plan = planned(running=dict.fromkeys(keys, "0"), wanted=dict.fromkeys(keys, 1))
    line = told(plan, done(plan), True, "present")[1]
    assert line.count(" = 1 (was 0)") == 5 and line.endswith(" and 7 more")


def test_what_can_hurt_is_said_of_its_host_with_the_message():
    plan = planned(files=LATER)
    (line,) = [line for line in told(plan, done(plan), True, "present") if "overridden_at_boot" in line]
    assert line.startswith("  warning: overridden_at_boot: %s: /etc/sysctl.d/99-x.conf:1 " % FIN)
    assert line in told(planned(running=DONE, files=LATER), None, False, "present"), "also where nothing is to do"
    assert warnings(plan)[0].startswith("overridden_at_boot: at boot something else sets another value after ")


def advised(*codes):
    """A plan in which the keys have these advices."""
    plan = planned()
    for setting, code in zip(plan["settings"], codes):
        setting["advice"] = [{"code": code, "message": "of\tthis \x1b[2J host"}] if code else []
    return plan


def test_what_is_warned_of():
    plan = advised("port_overlap", "weaker_than_default", "nat_hazard")
    assert warnings(plan) == [
        "nat_hazard: %s. It is about each host that has a line `warning: nat_hazard`." % NAT_HAZARD.when,
        "port_overlap: %s. It is about each host that has a line `warning: port_overlap`." % PORT_OVERLAP.when,
        "weaker_than_default: %s. It is about each host that has a line `warning: weaker_than_default`."
        % WEAKER_THAN_DEFAULT.when,
    ], "what can hurt first"
    assert told(plan, None, True, "present")[-3:] == [
        "  warning: nat_hazard: %s: of this ?[2J host" % RECYCLE,
        "  warning: port_overlap: %s: of this ?[2J host" % SOMAXCONN,
        "  warning: weaker_than_default: " + FIN,
    ]
    assert warnings(advised("parity", "restart_listeners", "no_effect")) == []


def test_what_is_worse_than_the_host_had_is_warned_of():
    worse = planned(wanted={SOMAXCONN: 128, FIN: 90})
    assert [line.split(": ")[0] for line in warnings(worse)] == ["weaker_than_default"]
    assert warnings(planned(wanted={SOMAXCONN: 128, FIN: 90}, policy="improve")) == [], "nothing gets worse"


BACK = {"key": FIN, "value": "60", "status": "applied", "reason": None, "detail": "30 goes back to 60"}
STANDS = {"key": SOMAXCONN, "value": "8192", "status": "unchanged", "reason": None, "detail": ""}


def applied(*rows):
    return {"settings": rows, "messages": [], "state": "present", "trial": "", "changed": True}


def test_a_key_that_left_the_profile_is_to_go_back():
    assert told(going_back(), None, True, "present") == [
        "1 of 2 keys not as wanted, 0 skipped", "  to go back: net.ipv4.tcp_fin_timeout = 60"]  # fmt: skip
    assert told(going_back(as_root=False), None, True, "present")[1] == "  to go back: net.ipv4.tcp_fin_timeout", (
        "only root sees to what"
    )
    foretold = told(going_back(), applied(STANDS, BACK), True, "present", check=True)
    assert foretold == [
        "1 key would be gone back, 1 as wanted, 0 skipped",
        "  to go back: net.ipv4.tcp_fin_timeout = 60",
    ]


def test_a_key_that_left_the_profile_goes_back():
    assert told(going_back(), applied(STANDS, BACK), True, "present") == [
        "1 key gone back, 1 as wanted, 0 skipped",
        "  gone back: net.ipv4.tcp_fin_timeout = 60",
    ]
    raised = {**STANDS, "status": "applied"}
    both = told(going_back(running={SOMAXCONN: "4096"}), applied(raised, BACK), True, "present")
    assert both[0] == "1 key set, 1 gone back, 0 as wanted, 0 skipped"
    assert both[1] == "  set: net.core.somaxconn = 8192 (was 4096)", "what goes back is not set"


def test_a_key_that_somebody_changed_before_it_could_go_back_is_left():
    stays = {**BACK, "value": "", "status": "skipped", "reason": "left_profile", "detail": "it has 45; left"}
    assert told(going_back(), applied(STANDS, stays), True, "present") == [
        "drop-in rewritten, 1 as wanted, 1 skipped",
        "  left alone: left_profile: net.ipv4.tcp_fin_timeout",
    ]
    assert told(going_back(running={FIN: "45"}), None, True, "present") == [
        "0 of 1 key not as wanted, 1 skipped",
        "  left alone: left_profile: net.ipv4.tcp_fin_timeout",
    ]


def test_what_the_host_has_better_is_left_alone():
    plan = planned(running={SOMAXCONN: "16384", FIN: "20"}, wanted={SOMAXCONN: 8192, FIN: 30}, policy="improve")
    assert told(plan, None, False, "present") == ["0 keys as wanted, 2 skipped (better 2)"]


def test_an_advice_is_one_warning_whichever_keys_and_hosts_it_is_of():
    one, other = (
        advised("nat_hazard", "weaker_than_running"),
        advised("nat_hazard", "weaker_than_running", "weaker_than_running"),
    )
    other["settings"][0]["advice"][0]["message"] = "otherwise"
    assert warnings(one) == warnings(other) and len(warnings(one)) == 2
    assert told(one, None, True, "present")[-1] == "  warning: weaker_than_running: " + FIN
    assert told(other, None, True, "present")[-1] == "  warning: weaker_than_running: %s, %s" % (FIN, RECYCLE)


@pytest.mark.parametrize(
    "state, first",
    [
        ("absent", "drop-in %sremoved, live values stay"),
        ("restored", "drop-in and 1 key %sput back as in the snapshot"),
    ],
)
def test_taking_back(state, first):
    plan = planned(wanted={}, running={})
    applied = {"changed": True, "messages": ["one\tnote"], "state": state, "settings": [{"status": "applied"}]}
    assert told(plan, applied, True, state) == [first % "", "  one note"]
    assert told(plan, applied, True, state, check=True)[0] == first % "would be "
    assert told(plan, {**applied, "changed": False}, True, state)[0] == "state %s: nothing to do" % state
    assert told(plan, None, True, state) == ["to be brought to the state " + state]


def test_a_host_cannot_forge_a_line():
    plan = planned(running={**FRESH, FIN: "60\nroot: all is well\x1b[1A"})
    for line in told(plan, done(plan, messages=["a\nb\x07"]), True, "present") + warnings(plan):
        assert line.isprintable() and "\n" not in line
