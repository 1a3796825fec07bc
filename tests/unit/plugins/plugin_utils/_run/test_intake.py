# Tests of the one place where results come in: which matter, and what they mean.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Results as callbacks get them, of the role's steps and of tasks that are nobody's business."""

from __future__ import annotations

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._run import _intake as intake
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import FIN, RECYCLE, SOMAXCONN
from ansible_collections.fleetnet.linux_tcp.tests.unit.plugins.plugin_utils.runs import (
    CONFIRMED,
    DONE,
    new_run,
    outcomes,
    planned,
    result,
)

INFO, APPLY, SOCKETS = (
    "fleetnet.linux_tcp." + name for name in ("sysctl_profile_info", "sysctl_profile", "tcp_socket_info")
)
STEP = "fleetnet.linux_tcp.tcp_hardening"
SET_FACT = "ansible.builtin.set_fact"


def step(way=intake.WELL, action=INFO, data=None, args=None, marks=None):
    return intake.Result(way, "web1", action, args or {}, marks or {}, {} if data is None else data)


@pytest.mark.parametrize(
    "one, matters",
    [
        (step(), True),
        (step(args={"kernel": {"release": "7.2"}}), False),
        (step(action=APPLY), True),
        (step(action=STEP), True),
        (step(intake.WRONG, STEP), True),
        (step(intake.SKIPPED, STEP), False),
        (step(action=SOCKETS), True),
        (step(action=SOCKETS, marks={"__tcp_hardening_gate": True}), False),
        (step(action="ansible.builtin.command"), False),
        (step(action=SET_FACT, data={"ansible_facts": {"__tcp_hardening_next": {}}}), True),
        (step(action=SET_FACT, data={"ansible_facts": {"__tcp_hardening_verdict": {}}}), True),
        (step(action=SET_FACT, data={"ansible_facts": {"other": 1}}), False),
        (step(action="ansible.builtin.setup", data={"ansible_facts": {"__tcp_hardening_next": {}}}), False),
        (step(action=SET_FACT, data={"ansible_facts": 5}), False),
        (step(intake.SKIPPED, APPLY), True),
        (step(intake.SKIPPED, SOCKETS), False),
        (step(intake.SKIPPED, "ansible.builtin.command"), False),
        (step(intake.WRONG, "ansible.builtin.command"), True),
        (step(intake.WRONG, "ansible.builtin.fail", marks={"__tcp_hardening_drift": True}), True),
        (step(intake.SKIPPED, "ansible.builtin.fail", marks={"__tcp_hardening_drift": True}), True),
        (step(intake.WRONG, "ansible.builtin.fail", marks={"__tcp_hardening_again": True}), False),
        (step(intake.LOST, "ansible.builtin.ping"), True),
    ],
)
def test_what_matters(one, matters):
    assert intake.matters(one) == matters


def fed(*steps, looks_only=False):
    run = new_run()
    return run, [intake.take(run, one, looks_only) for one in steps]


def test_a_change():
    plan = planned(drop_in=False)
    run, far = fed(step(data=plan), step(action=APPLY, data=result(plan)))
    assert far == [intake.PLANNED, intake.DONE] and outcomes(run, "web1")[FIN] == "applied"


def test_a_change_on_trial_is_not_done():
    plan = planned(drop_in=False)
    run, far = fed(step(data=plan), step(action=APPLY, data=result(plan, trial="4711")))
    assert far == [intake.PLANNED, intake.NOWHERE] and outcomes(run, "web1")[FIN] == "unfinished"


def of_step(plan, applied=None, mode="harden", **more):
    """A result of the role's step that went well."""
    data = {"plan": plan, "applied": applied, "to_do": applied is not None, **more}
    return step(
        action=STEP, args={"mode": mode}, data={name: one for name, one in data.items() if name != "plan" or one}
    )


def test_the_one_step_with_a_change():
    plan = planned(drop_in=False)
    run, far = fed(of_step(plan, result(plan)))
    assert far == [intake.DONE] and outcomes(run, "web1")[FIN] == "applied"


def test_the_one_step_where_nothing_is_to_do():
    run, far = fed(of_step(planned(running=DONE)))
    assert far == [intake.DONE] and outcomes(run, "web1")[FIN] == "unchanged"


def test_the_one_step_in_two_halves():
    plan = planned(drop_in=False)
    run, far = fed(of_step(plan, mode="rollout", to_do=True))
    assert far == [intake.PLANNED] and run.ended(run.hosts["web1"]) == "not reached"
    tried, confirmed = (of_step(None, one, mode, to_do=True) for one, mode in (
        (result(plan, trial="4711"), "apply"), (CONFIRMED, "confirm")))  # fmt: skip
    assert intake.take(run, tried, False) == intake.NOWHERE
    assert run.ended(run.hosts["web1"]) == "not confirmed"
    assert intake.take(run, confirmed, False) == intake.DONE and outcomes(run, "web1")[FIN] == "applied"


def test_the_one_step_as_a_look():
    plan = planned(drop_in=False)
    for found in (fed(of_step(plan, mode="look", to_do=True)), fed(of_step(plan, to_do=True), looks_only=True)):
        run, far = found
        assert far == [intake.DONE] and outcomes(run, "web1")[FIN] == "drifted"


@pytest.mark.parametrize("way, end", [(intake.WRONG, "failed"), (intake.LOST, "unreachable")])
def test_the_one_step_that_failed_has_its_plan(way, end):
    plan = planned(drop_in=False)
    run, far = fed(step(way, STEP, {"msg": "refused", "invocation": {"module_args": None, "plan": plan}}))
    assert far == [intake.ENDED] and run.hosts["web1"].end == end and run.hosts["web1"].message == "refused"
    open_ = "failed" if way == intake.WRONG else "unfinished"
    assert outcomes(run, "web1") == {SOMAXCONN: open_, FIN: open_, RECYCLE: "skipped"}


@pytest.mark.parametrize("invocation", [None, "x", {"plan": 5}, {}])
def test_what_is_no_plan_is_none(invocation):
    run, far = fed(step(intake.WRONG, STEP, {"msg": "refused", "invocation": invocation}))
    assert far == [intake.ENDED] and outcomes(run, "web1") == {}


def test_a_plan_of_others_in_a_failure_is_none():
    data = {"msg": "no", "invocation": {"plan": planned()}}
    run, _far = fed(step(intake.WRONG, "ansible.builtin.command", data))
    assert outcomes(run, "web1") == {}


def test_in_an_audit_the_plan_is_all():
    run, far = fed(step(data=planned(drop_in=False)), step(intake.WRONG, data={"msg": "later"}), looks_only=True)
    assert far == [intake.DONE, intake.ENDED] and outcomes(run, "web1")[FIN] == "drifted"


@pytest.mark.parametrize("way", [intake.WRONG, intake.SKIPPED])
def test_an_audit_in_somebodys_own_playbook_is_a_look_whatever_follows(way):
    """With its drift it may fail the host, which is no failure; what fails later concerns no key."""
    drift = step(way, "ansible.builtin.fail", {"msg": "2 of 3 keys"}, marks={"__tcp_hardening_drift": True})
    run, far = fed(step(data=planned(drop_in=False)), drift)
    assert far == [intake.PLANNED, intake.DONE] and run.status(run.hosts["web1"]) == "ok"
    intake.take(run, step(intake.WRONG, "ansible.builtin.fail", {"msg": "their own"}), False)
    assert outcomes(run, "web1")[FIN] == "drifted" and run.status(run.hosts["web1"]) == "failed"


def test_a_host_that_waits_and_one_that_need_not():
    plan = planned(drop_in=False)
    run, far = fed(of_step(plan, mode="rollout", to_do=True))
    assert far == [intake.PLANNED] and run.ended(run.hosts["web1"]) == "not reached"
    for one in (of_step(planned(running=DONE), mode="rollout"), of_step(plan, result(plan), mode="rollout")):
        run, far = fed(one)
        assert far == [intake.DONE] and run.ended(run.hosts["web1"]) == ""
    run, far = fed(of_step(plan, mode="plan", to_do=True))
    assert far == [intake.PLANNED] and run.ended(run.hosts["web1"]) == "", "nobody said that it has a batch"


def test_a_look_at_the_sockets_in_the_one_step():
    seen = {"findings": [{"subject": "nginx.service", "code": "restart", "message": "old  values"}], "states": {}}
    one = of_step(planned(running=DONE), sockets=seen)
    run, _far = fed(one)
    assert one.looked == seen and run.hosts["web1"].findings == (("nginx.service", "restart", "old values"),)
    run, far = fed(of_step(planned(running=DONE), sockets={"msg": "no sudo"}))
    assert far == [intake.DONE] and run.hosts["web1"].notes == ("the sockets could not be looked at: no sudo",)
    assert of_step(planned()).looked is None and of_step(planned(), sockets=5).looked is None


def test_ends():
    run, far = fed(step(intake.LOST, data={"msg": "no route"}))
    assert far == [intake.ENDED] and run.hosts["web1"].end == "unreachable"
    run, far = fed(step(intake.WRONG, data={"msg": "no space"}))
    assert far == [intake.ENDED] and run.hosts["web1"].message == "no space"


def test_facts_of_the_role():
    told = {"release": "7.2", "changes": [{"key": FIN, "code": "removed", "message": "gone  in\n7"}]}
    verdict = {"breaches": [], "unknown": ["Tcp.OutRsts"], "rates": {}}
    run, _far = fed(
        step(action=SET_FACT, data={"ansible_facts": {"__tcp_hardening_next": told}}),
        step(action=SET_FACT, data={"ansible_facts": {"__tcp_hardening_verdict": verdict}}),
    )
    assert run.hosts["web1"].next == ("7.2", ((FIN, "removed", "gone in 7"),))
    assert run.hosts["web1"].notes == ("tcp_hardening_health: not known of Tcp.OutRsts",)


def test_a_look_that_failed_is_explained():
    run, _far = fed(step(action=SOCKETS, data={"msg": "MODULE FAILURE", "module_stderr": "no python\n"}))
    assert run.hosts["web1"].notes == ("the sockets could not be looked at: MODULE FAILURE: no python",)
    seen = {"uptime_s": 5.0}
    assert step(action=SOCKETS, data=seen).look == seen and not step(intake.WRONG, SOCKETS, seen).look
    assert step(action=STEP, data={"sockets": seen}).look == seen and not step(action=STEP, data={"sockets": 5}).look


def test_a_module_that_could_not_start_is_explained_by_what_the_host_said():
    started = {
        "msg": "No start of json char found",
        "module_stdout": "/bin/sh: 1: sudo: not found\r\n",
        "module_stderr": "",
    }
    assert intake.why(started) == "No start of json char found: /bin/sh: 1: sudo: not found"
    assert intake.why({"msg": "refused", "module_stdout": ""}) == "refused"
    assert intake.why({}) == "failed"
