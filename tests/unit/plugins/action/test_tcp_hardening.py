# Tests of the role's one step: which modules run, as whom, with what, and what the result has.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The action with modules that answer as the test says, and with the real ones on a private host."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

pytest.importorskip("ansible.plugins.action")

from ansible import constants
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from ansible.template import trust_as_template as trusted

from ansible_collections.fleetnet.linux_tcp.plugins.action import tcp_hardening
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._step import _render, _runs
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._step._wishes import wishes
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import FIN, RMEM, SOMAXCONN
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import DROP_IN, get, isolated, put, read, tree
from ansible_collections.fleetnet.linux_tcp.tests.unit.plugins.plugin_utils.runs import (
    DONE,
    FRESH,
    LATER,
    WANTED,
    planned,
    result,
)
from ansible_collections.fleetnet.linux_tcp.tests.unit.steps import INFO, PROFILE, ROLE, SOCKETS, Step, real

DIFF = [{"before_header": "f", "after_header": "f", "before": "", "after": "x"}]


@pytest.fixture(autouse=True)
def no_table(monkeypatch):
    monkeypatch.setattr(constants, "CALLBACKS_ENABLED", [])
    monkeypatch.setattr(constants, "DEFAULT_STDOUT_CALLBACK", "default")


def info(plan, root=False, as_wanted=False):
    """What sysctl_profile_info returns for a plan."""
    drop_in = hashlib.sha256(_render.drop_in(plan).encode()).hexdigest() if as_wanted else ""
    return {"changed": False, "root": root, "drop_in": drop_in, "invocation": {"module_args": {"a": 1}},
            "_ansible_parsed": True, **plan}  # fmt: skip


SEEN = {"changed": False, "findings": [], "_ansible_parsed": True}


def answers(plan, applied=None, seen=None, **more):
    """Modules that answer so."""
    applied = {**result(plan), "changed": True, "diff": DIFF} if applied is None else applied
    seen = SEEN if seen is None else seen

    def execute(name, _arguments):
        found = info(plan, **more) if name == INFO else seen if name == SOCKETS else applied
        if isinstance(found, Exception):
            raise found
        return dict(found)

    return execute


DRIFTED, GOOD = planned(drop_in=False), planned(running=DONE)


def test_where_nothing_is_to_do_one_module_runs(monkeypatch):
    step = Step(answers(GOOD, as_wanted=True))
    found = step.run(monkeypatch, values=WANTED)
    assert step.modules == [INFO] and step.ran[0][2] is None
    assert (found["changed"], found["to_do"], found["applied"]) == (False, False, None)
    assert found["plan"] == {**GOOD, "root": False, "drop_in": info(GOOD, as_wanted=True)["drop_in"]}
    assert found["ansible_stats"]["data"] == {"tcp_hosts_as_wanted": ["web1"]}
    said = found["msg"].split("\n")
    assert said[0] == "2 keys as wanted, 1 skipped (removed 1)" and step.shown == ["web1: " + said[0], *said[1:]]


def test_where_something_is_to_do_the_second_module_runs_as_root(monkeypatch):
    step = Step(answers(DRIFTED))
    found = step.run(monkeypatch, values={FIN: 30}, overrides={SOMAXCONN: 8192}, exclude=["a"], policies={FIN: "exact"})
    (_info, asked, nobody), (_profile, done, plugin) = step.ran
    assert step.modules == [INFO, PROFILE] and nobody is None and step.connection.become is None
    assert plugin.name == "sudo" and plugin.get_option("become_user") == "root"
    assert asked == {"values": {FIN: 30, SOMAXCONN: 8192}, "exclude": ["a"], "policy": "improve", "memory_percent": 50,
                     "policies": {FIN: "exact"}, "path": DROP_IN, "live": True, "replace": False}  # fmt: skip
    assert set(done) == {"settings", "content", "path", "state", "live", "replace", "force", "confirm", "exclude"}
    assert done["exclude"] == [], "a key that is not set is no matter of the second module"
    assert done["content"] == _render.drop_in(DRIFTED)
    assert {frozenset(one) for one in done["settings"]} == {frozenset({"key", "verdict", "reason", "detail", "target"})}
    assert found["changed"] and found["to_do"] and "diff" not in found and "diff" not in found["applied"]
    assert found["applied"] == {**result(DRIFTED), "changed": True}
    assert found["ansible_stats"]["data"] == {"tcp_hosts_changed": ["web1"]}
    assert step.shown[0] == "web1: 2 keys set, 0 as wanted, 1 skipped"


def test_the_role_says_where_it_is_used_twice_for_one_path(monkeypatch):
    first = Step(answers(DRIFTED))
    first.task._role = ROLE
    earlier = first.run(monkeypatch, values={FIN: 20})
    again = Step(answers(DRIFTED), {"__tcp_hardening_step": earlier})
    again.task._role = ROLE
    found = again.run(monkeypatch, values={FIN: 30})
    (said,) = [text for text in found["warnings"] if "before in this run" in text]
    assert said in found["applied"]["messages"] and "  warning: " + said in found["msg"].split("\n")
    assert not [text for text in earlier["warnings"] if "before in this run" in text]


def test_a_way_back_leaves_out_what_is_excluded(monkeypatch):
    step = Step(answers(DRIFTED))
    step.run(monkeypatch, state="restored", exclude=["a"])
    assert [arguments.get("exclude") for name, arguments, _become in step.ran] == [[], ["a"]]


@pytest.mark.parametrize(
    "plan, as_wanted, live, to_do",
    [
        (GOOD, True, True, False),
        (GOOD, False, True, True),
        (planned(running=FRESH), True, True, True),
        (planned(running=FRESH), True, False, False),
    ],
)
def test_what_is_to_do(plan, as_wanted, live, to_do, monkeypatch):
    step = Step(answers(plan, as_wanted=as_wanted))
    assert step.run(monkeypatch, values=WANTED, live=live, mode="plan")["to_do"] == to_do
    assert step.modules == [INFO]


@pytest.mark.parametrize("state", ["absent", "restored"])
def test_to_take_back_needs_no_profile(state, monkeypatch):
    plan = planned(wanted={}, running={})
    step = Step(answers(plan, as_wanted=True))
    found = step.run(monkeypatch, values={"x": 1}, exclude=["y"], policies={"z": 1}, state=state)
    assert found["changed"]
    assert [step.ran[0][1][name] for name in ("values", "exclude", "policies")] == [{}, [], {}]
    assert step.ran[1][1]["state"] == state and step.ran[1][1]["content"] == ""


def test_root_stays_as_it_is(monkeypatch):
    step = Step(answers(DRIFTED, root=True))
    step.run(monkeypatch, values=WANTED)
    assert [become for _name, _arguments, become in step.ran] == [None, None]


def test_diff_where_it_is_asked_for(monkeypatch):
    step = Step(answers(DRIFTED))
    step.task.diff = True
    assert step.run(monkeypatch, values=WANTED)["diff"] == DIFF


def test_the_two_halves_of_a_rollout(monkeypatch):
    first = Step(answers(DRIFTED)).run(monkeypatch, values=WANTED, mode="plan")
    assert first["to_do"] and first["applied"] is None and first["plan"]["settings"]
    assert "ansible_stats" not in first, "its batch is to come"
    step = Step(answers(DRIFTED, applied={**result(DRIFTED, trial="4711"), "changed": True}))
    second = step.run(monkeypatch, mode="apply", planned=first, confirm="60")
    assert step.modules == [PROFILE] and step.ran[0][1]["confirm"] == 60 and "plan" not in second
    assert "ansible_stats" not in second, "it may be taken back"
    assert second["applied"]["trial"] == "4711" and second["root"] is False and "on trial" in second["msg"]
    for mode, state in (("confirm", "confirmed"), ("withdraw", "withdrawn")):
        done = {"changed": True, "settings": [], "messages": ["so it is"], "state": state, "trial": ""}
        step = Step(answers(DRIFTED, applied=done))
        found = step.run(monkeypatch, mode=mode, planned=second, path="/etc/x.conf")
        assert (
            step.ran[0][1] == {"path": "/etc/x.conf", "state": state, "trial": "4711"} and step.ran[0][2].name == "sudo"
        )
        assert found["msg"] == "so it is" and found["applied"] == done
        data = found.get("ansible_stats", {}).get("data")
        assert data == ({"tcp_hosts_changed": ["web1"]} if mode == "confirm" else None)


STAGES = {"tcp_hardening_batches": "1,100%"}
NO_STAGES = {"tcp_hardening_batches": "100%", "tcp_hardening_health": False, "tcp_hardening_confirm": 0}


class GroupBy:
    """Ansible's action of that name, which needs a worker from 2.21 on; tests/unit/roles/test_plays.py has the real
    one."""

    def __init__(self, task, *_others):
        self.task = task

    def run(self, task_vars):
        assert self.task.args == {"key": "__tcp_hardening_to_do"} and task_vars["inventory_hostname"] == "web1"
        return {"changed": True, "add_group": self.task.args["key"], "parent_groups": ["all"]}


def rolled_out(monkeypatch, step, **arguments):
    monkeypatch.setattr(_runs.group_by, "ActionModule", GroupBy)
    step.task._role = ROLE
    return step.run(monkeypatch, mode="rollout", values=WANTED, **arguments)


def test_in_a_rollout_who_has_something_to_do_waits_in_a_group(monkeypatch):
    step = Step(answers(DRIFTED), STAGES)
    found = rolled_out(monkeypatch, step, sockets=True)
    assert step.modules == [INFO] and found["add_group"] == "__tcp_hardening_to_do" and not found["changed"]
    assert step.task.changed_when == [False] and found["parent_groups"] == ["all"]
    assert found["applied"] is None and "ansible_stats" not in found and step.task.args["mode"] == "rollout"


def test_in_a_rollout_who_has_nothing_to_do_is_done(monkeypatch):
    step = Step(answers(GOOD, as_wanted=True), STAGES)
    found = rolled_out(monkeypatch, step)
    assert step.modules == [INFO] and "add_group" not in found and not hasattr(step.task, "changed_when")
    assert found["ansible_stats"]["data"] == {"tcp_hosts_as_wanted": ["web1"]}


def test_a_rollout_without_stages_changes_the_host_at_once(monkeypatch):
    step = Step(answers(DRIFTED), NO_STAGES)
    found = rolled_out(monkeypatch, step)
    assert step.modules == [INFO, PROFILE] and found["changed"] and "add_group" not in found
    assert step.ran[1][1]["confirm"] == 0


@pytest.mark.parametrize("mode, variables, as_root", [
    ("harden", {}, True), ("rollout", NO_STAGES, True), ("look", {}, False)])  # fmt: skip
def test_sockets_are_looked_at_where_that_was_asked_for(mode, variables, as_root, monkeypatch):
    for plan, as_wanted in ((DRIFTED, False), (GOOD, True)):
        step = Step(answers(plan, as_wanted=as_wanted), variables)
        step.task._role = ROLE
        found = step.run(monkeypatch, mode=mode, values=WANTED, sockets=True, path="/etc/x.conf")
        name, asked, plugin = step.ran[-1]
        assert name == SOCKETS and (plugin.name if plugin else None) == ("sudo" if as_root else None)
        running = {one["key"]: one["running"] for one in plan["settings"] if one["running"]}
        assert asked == {"former": running, "path": "/etc/x.conf"} and found["sockets"] == {"findings": []}
        assert step.connection.become is None
        step = Step(answers(plan, as_wanted=as_wanted), variables)
        step.task._role = ROLE
        assert "sockets" not in step.run(monkeypatch, mode=mode, values=WANTED) and SOCKETS not in step.modules


@pytest.mark.parametrize("mode", ["plan", "apply"])
def test_a_half_of_the_step_looks_at_no_sockets(mode, monkeypatch):
    first = Step(answers(DRIFTED)).run(monkeypatch, values=WANTED, mode="plan")
    step = Step(answers(DRIFTED))
    assert "sockets" not in step.run(monkeypatch, values=WANTED, mode=mode, planned=first, sockets=True)
    assert SOCKETS not in step.modules


@pytest.mark.parametrize("seen", [AnsibleConnectionFailure("cut"), AnsibleError("cut"), {"failed": True, "msg": "cut"}])
def test_sockets_that_cannot_be_seen_are_no_failure_and_lose_nothing(seen, monkeypatch):
    step = Step(answers(DRIFTED, seen=seen))
    found = step.run(monkeypatch, values=WANTED, sockets=True)
    assert found["changed"] and found["applied"]["changed"] and found["sockets"] == {"msg": "cut"}
    assert not found.get("failed") and not found.get("unreachable")


def test_a_file_of_somebody_else_is_foretold(monkeypatch):
    """Where nothing is to do, nobody's file is in the way."""
    why = DROP_IN + " is a file that this collection did not write; nothing was changed"
    for mode in ("harden", "plan"):
        step = Step(answers({**DRIFTED, "refused": why}))
        found = step.run(monkeypatch, values=WANTED, mode=mode)
        assert found["failed"] and found["msg"] == why and step.modules == [INFO]
    for plan, mode, as_wanted in (
        ({**DRIFTED, "refused": why}, "look", False),
        ({**GOOD, "refused": why}, "plan", True),
    ):
        assert not Step(answers(plan, as_wanted=as_wanted)).run(monkeypatch, values=WANTED, mode=mode).get("failed")


@pytest.mark.parametrize("mode", ["apply", "confirm", "withdraw"])
def test_what_has_to_be_planned_before(mode, monkeypatch):
    with pytest.raises(AnsibleActionFail, match="planned: expected what mode="):
        Step(answers(DRIFTED)).run(monkeypatch, mode=mode)


def test_a_look_is_not_judged(monkeypatch):
    plan = planned(drop_in=False, files=LATER)
    asked = {"values": WANTED, "strict": True, "boot_conflict": "fail"}
    found = Step(answers(plan)).run(monkeypatch, mode="look", **asked)
    assert (
        found["to_do"] and not found.get("failed") and found["msg"].startswith("2 of 2 keys not as wanted, 1 skipped")
    )
    for mode in ("plan", "harden"):
        step = Step(answers(plan))
        found = step.run(monkeypatch, mode=mode, **asked)
        assert found["failed"] and step.modules == [INFO] and "tcp_hardening_boot_conflict" in found["msg"]
        assert found["invocation"]["plan"]["settings"] == plan["settings"] and "plan" not in found


def test_a_plan_that_failed_is_the_result(monkeypatch):
    step = Step(lambda _name, _arguments: {"failed": True, "msg": "no such key", "problems": ["x"]})
    found = step.run(monkeypatch, values=WANTED)
    assert (found["failed"], found["msg"], found["problems"]) == (True, "no such key", ["x"])
    assert step.modules == [INFO] and step.shown == []


@pytest.mark.parametrize(
    "answer, how",
    [
        ({"failed": True, "msg": "refused", "invocation": {"module_args": {"b": 2}}}, "failed"),
        (AnsibleConnectionFailure("refused"), "unreachable"),
        (AnsibleError("refused"), "failed"),
    ],
)
def test_a_change_that_failed_has_the_plan_where_ansible_does_not_print_it(answer, how, monkeypatch):
    step = Step(answers(DRIFTED, applied=answer))
    found = step.run(monkeypatch, values=WANTED)
    assert found[how] and found["msg"] == "refused" and "plan" not in found and "applied" not in found
    assert found["invocation"]["plan"]["settings"] == DRIFTED["settings"]
    assert step.connection.become is None and step.shown == []


def test_who_must_not_become_root_is_told_whose_account_it_was(monkeypatch):
    step = Step(answers(DRIFTED, {"failed": True, "msg": "this needs root"}), variables={"ansible_become": "no"})
    step.connection.default_user = "deploy"
    found = step.run(monkeypatch, values=WANTED)
    assert step.ran[1][2] is None, "the inventory forbids it"
    assert found["msg"] == "this needs root. It ran as deploy, since ansible_become is false for this host"


def test_who_is_root_already_is_told_nothing_of_that(monkeypatch):
    step = Step(answers(DRIFTED, {"failed": True, "msg": "refused"}, root=True), variables={"ansible_become": False})
    assert step.run(monkeypatch, values=WANTED)["msg"] == "refused"


def test_what_ansible_has_to_hear_comes_along(monkeypatch):
    step = Step(lambda name, _arguments: {**answers(DRIFTED)(name, {}), "warnings": ["of " + name],
                                          "ansible_facts": {"evil": 1}})  # fmt: skip
    action = step.action()
    action._discovered_interpreter_key, action._discovered_interpreter = "discovered_interpreter_python", "/usr/bin/x"
    monkeypatch.setattr(step, "action", lambda: action)
    found = step.run(monkeypatch, values=WANTED)
    assert found["ansible_facts"] == {"discovered_interpreter_python": "/usr/bin/x"}
    assert found["warnings"][-2:] == ["of " + INFO, "of " + PROFILE]
    assert "evil" not in str(found["plan"]) + str(found["applied"])


def test_a_drop_in_of_another_path_is_named(monkeypatch):
    """A host may have several."""
    step = Step(answers(DRIFTED))
    step.run(monkeypatch, values=WANTED, path="/etc/sysctl.d/95-x.conf")
    assert step.shown[0] == "web1: /etc/sysctl.d/95-x.conf: 2 keys set, 0 as wanted, 1 skipped"


def test_warnings(monkeypatch):
    plan = planned(drop_in=False, files=LATER)
    found = Step(answers(plan)).run(monkeypatch, values=WANTED)
    assert found["warnings"][0].startswith("overridden_at_boot: at boot ")
    assert found["warnings"] == Step(answers(plan)).run(monkeypatch, values=WANTED)["warnings"]


@pytest.mark.parametrize("quiet", ["table", "json", "no_log"])
def test_who_speaks_otherwise_is_not_disturbed(quiet, monkeypatch):
    step = Step(answers(DRIFTED))
    if quiet == "table":
        monkeypatch.setattr(constants, "CALLBACKS_ENABLED", ["fleetnet.linux_tcp.closing_table"])
    elif quiet == "json":
        monkeypatch.setattr(constants, "DEFAULT_STDOUT_CALLBACK", "ansible.posix.json")
    else:
        step.task.no_log = True
    found = step.run(monkeypatch, values=WANTED)
    assert step.shown == [] and found["msg"].startswith("2 keys set") and ("warnings" in found) == (quiet == "json")


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"state": "gone"}, "state: 'gone' is refused; expected present, absent or restored"),
        ({"strict": "perhaps"}, "strict: 'perhaps' is refused; expected true or false"),
        ({"wrong": 1}, "wrong: the role knows no such variable"),
        ({"confirm": "soon"}, "confirm: 'soon' is refused; expected a whole number of seconds"),
    ],
)
def test_arguments_that_cannot_be(arguments, words, monkeypatch):
    step = Step(answers(GOOD))
    found = step.run(monkeypatch, **arguments)
    assert found["failed"] and step.modules == [] and step.shown == []
    assert found["msg"].startswith("The variables cannot be used, nothing was changed. " + words)


def test_a_mode_that_there_is_not(monkeypatch):
    with pytest.raises(AnsibleActionFail, match="mode: go is refused; expected one of harden, plan"):
        Step(answers(GOOD)).run(monkeypatch, mode="go")


@pytest.mark.parametrize("role, profile", [(ROLE, {FIN: 30, SOMAXCONN: 3}), (None, {FIN: 30, SOMAXCONN: 1})])
def test_further_overrides_are_the_roles(role, profile, monkeypatch):
    """Variables of the host count in the role's own step alone. Of what the task passes on, the task's counts."""
    variables = {
        "tcp_hardening_overrides_b": {SOMAXCONN: trusted("{{ more }}")},
        "tcp_hardening_overrides_a": {SOMAXCONN: 2},
        "tcp_hardening_exclude": [FIN],
        "more": 3,
    }
    step = Step(answers(GOOD, as_wanted=True), variables)
    step.task._role = role
    step.run(monkeypatch, values={FIN: 30}, overrides={SOMAXCONN: 1}, exclude=[])
    assert step.ran[0][1]["values"] == profile and step.ran[0][1]["exclude"] == []


def test_in_the_role_a_variable_that_it_does_not_know_is_refused(monkeypatch):
    step = Step(answers(GOOD), {"tcp_hardening_excludes": [FIN], "__tcp_hardening_x": 1})
    step.task._role = ROLE
    found = step.run(monkeypatch, values={})
    assert step.modules == [] and found["problems"] == [
        "tcp_hardening_excludes: the role knows no such variable; did you mean tcp_hardening_exclude?"]  # fmt: skip


def test_a_template_of_the_sites_own(monkeypatch, tmp_path):
    (tmp_path / "own.j2").write_text("# own\n{% for one in plan.settings %}\n{{ one.key }} = 1\n{% endfor %}\n")
    step = Step(answers(DRIFTED))
    step.run(monkeypatch, values=WANTED, template=str(tmp_path / "own.j2"))
    assert step.ran[1][1]["content"].splitlines() == ["# own", *("%s = 1" % one["key"] for one in DRIFTED["settings"])]


def test_a_template_that_cannot_be_rendered_fails_before_anything_is_written(monkeypatch, tmp_path):
    (tmp_path / "own.j2").write_text("# own\n{{ plan.nothing }}\n")
    step = Step(answers(DRIFTED))
    found = step.run(monkeypatch, values=WANTED, template=str(tmp_path / "own.j2"))
    assert found["failed"] and step.modules == [INFO]
    assert "own.j2" in found["msg"] and "nothing was changed" in found["msg"]


@isolated
def test_on_a_host(monkeypatch):
    """The real modules: check mode writes nothing, the first run changes, the second has nothing to do."""
    put({FIN: "77"})
    before = tree("/etc"), get(FIN)
    values = {"values": {FIN: 30, SOMAXCONN: 8192}}
    step = Step(lambda name, arguments: real(name, arguments, check=True))
    step.task.check_mode = step.task.diff = True
    found = step.run(monkeypatch, **values)
    assert found["changed"] and (tree("/etc"), get(FIN)) == before and step.shown[0].startswith("web1: 2 keys would be")
    assert [one["before_header"] for one in found["diff"]] == [DROP_IN, "live values"]
    found = Step(real).run(monkeypatch, **values)
    assert found["changed"] and (get(FIN), get(SOMAXCONN)) == ("30", "8192") and DROP_IN in tree("/etc")
    step = Step(real)
    assert not step.run(monkeypatch, **values)["changed"] and step.modules == [INFO]
    found = Step(real).run(monkeypatch, state="restored")
    assert found["changed"] and (tree("/etc"), get(FIN)) == before
    assert found["plan"]["settings"] == [] and found["plan"]["summary"]["return"] == 0, (
        "the snapshot says what goes back"
    )


@isolated
@pytest.mark.parametrize("later", [{"values": {SOMAXCONN: 8192}}, {"values": WANTED, "exclude": [FIN]}])
def test_a_key_that_leaves_the_profile_goes_back_on_a_host(later, monkeypatch):
    """Live and at boot, once, and in check mode not at all; what the snapshot has of the other key stays in it."""
    put({FIN: "77"})
    before = tree("/etc"), get(FIN), get(SOMAXCONN)
    assert Step(real).run(monkeypatch, values=WANTED)["changed"] and get(FIN) == "30"
    step = Step(lambda name, arguments: real(name, arguments, check=True))
    step.task.check_mode = True
    assert step.run(monkeypatch, **later)["changed"] and get(FIN) == "30"
    assert step.shown[1] == "  to go back: net.ipv4.tcp_fin_timeout = 77"
    step = Step(real)
    assert step.run(monkeypatch, **later)["changed"] and (get(FIN), get(SOMAXCONN)) == ("77", "8192")
    assert step.shown[1] == "  gone back: net.ipv4.tcp_fin_timeout = 77"
    assert "\n%s = " % FIN not in read(DROP_IN), "nor after a reboot"
    step = Step(real)
    assert not step.run(monkeypatch, **later)["changed"] and step.modules == [INFO]
    assert Step(real).run(monkeypatch, state="restored")["changed"]
    assert (tree("/etc"), get(FIN), get(SOMAXCONN)) == before


@isolated
def test_the_better_of_both_is_set_and_stays(monkeypatch):
    put({RMEM: "4096 131072 33554432", FIN: "20"})
    wanted = {"values": {RMEM: "8760 256960 4088000", FIN: 30}}
    assert Step(real).run(monkeypatch, **wanted)["changed"]
    assert (get(RMEM), get(FIN)) == ("8760 256960 33554432", "20"), "the lower time-out is the better one"
    assert "# wanted: %s = 8760 256960 4088000" % RMEM in read(DROP_IN) and "skipped (better)" in read(DROP_IN)
    step = Step(real)
    assert not step.run(monkeypatch, **wanted)["changed"] and step.modules == [INFO]


def test_the_documentation_has_the_arguments():
    yaml = pytest.importorskip("yaml")
    file = Path(tcp_hardening.__file__).parents[1] / "modules" / "tcp_hardening.yml"
    options = yaml.safe_load(file.read_text(encoding="utf-8"))["DOCUMENTATION"]["options"]
    own = {"mode": "harden", "template": "", "planned": None}
    assert tuple(options["mode"]["choices"]) == tcp_hardening._MODES
    plain = wishes({})._asdict()
    assert set(options) - set(own) - {"overrides"} <= set(plain)
    for name, option in options.items():
        expected = {**own, "overrides": {}, **plain, "confirm": 0}[name]
        assert option.get("default") == expected, name
