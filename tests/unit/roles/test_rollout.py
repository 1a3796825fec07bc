# Tests of what the staged rollout works out by itself: its batches, how long a trial lasts, and who is tried.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The expressions of the play and the task files, evaluated by Ansible. Skipped where there is no ansible-core."""

from __future__ import annotations

from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml")
template = pytest.importorskip("ansible.template")
errors = pytest.importorskip("ansible.errors")
parsing = pytest.importorskip("ansible.parsing.dataloader")

ROOT = Path(__file__).resolve().parents[3]
ROLE = ROOT / "roles" / "tcp_hardening"
DEFAULTS = {
    "tcp_hardening_health": True,
    "tcp_hardening_health_window": 5,
    "tcp_hardening_confirm": 60,
    "tcp_hardening_live": True,
}
STEP = "fleetnet.linux_tcp.tcp_hardening"


def loaded(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def evaluated(text, variables):
    """What Ansible makes of an expression."""
    trust = getattr(template, "trust_as_template", lambda plain: plain)
    trusted = {
        name: trust(value) if isinstance(value, str) and "{{" in value else value for name, value in variables.items()
    }
    return template.Templar(loader=parsing.DataLoader(), variables=trusted).template(trust(text))


def plays():
    plan, roll_out = loaded(ROOT / "playbooks" / "plays" / "harden.yml")
    return plan, roll_out


def tasks(name):
    """All tasks of one of the role's files, those in blocks too."""
    found = []
    waiting = loaded(ROLE / "tasks" / name)
    while waiting:
        task = waiting.pop(0)
        inner = [part for key in ("block", "rescue", "always") for part in task.get(key, [])]
        waiting = inner + waiting
        found += [] if inner else [task]
    return found


def batches(**asked):
    play = plays()[1]
    return evaluated(play["serial"], {**play["vars"], **asked})


@pytest.mark.parametrize(
    "asked, found",
    [
        (None, ["1", "10%", "100%"]),
        ("100%", ["100%"]),
        ("5", ["5"]),
        (5, ["5"]),
        ("1, 5 ,50%", ["1", "5", "50%"]),
        ([1, 5, "50%"], ["1", "5", "50%"]),
    ],
)
def test_batches_come_as_number_text_or_list(asked, found):
    assert batches(**({} if asked is None else {"tcp_hardening_batches": asked})) == found


@pytest.mark.parametrize("asked", ["all", "", "0", 0, -1, "1,,2", "10 %", "%", [], 2.5, True])
def test_batches_that_cannot_be_are_refused_by_name(asked):
    with pytest.raises(errors.AnsibleError) as refusal:
        batches(tcp_hardening_batches=asked)
    assert "tcp_hardening_batches: " in str(refusal.value) and "nothing was changed; expected hosts or percent" in str(
        refusal.value
    )


@pytest.mark.parametrize(
    "hosts, forks, asked, seconds",
    [
        (1, 5, {}, 65),
        (5, 5, {}, 65),
        (6, 5, {}, 75),
        (200, 20, {}, 155),
        (1, 5, {"tcp_hardening_confirm": 0}, 65),
        (1, 5, {"tcp_hardening_confirm": "10"}, 15),
        (1, 5, {"tcp_hardening_health": "false"}, 60),
        (1, 5, {"tcp_hardening_health_window": "30"}, 90),
    ],
)
def test_a_trial_lasts_until_every_host_of_a_batch_had_its_turn(hosts, forks, asked, seconds):
    (task,) = [task for task in tasks("trial.yml") if "__tcp_hardening_trial_s" in task.get("vars", {})]
    variables = {**DEFAULTS, **asked, "ansible_play_batch": ["host"] * hosts, "ansible_forks": forks}
    assert int(evaluated(task["vars"]["__tcp_hardening_trial_s"], variables)) == seconds


@pytest.mark.parametrize(
    "asked, tried",
    [
        ({}, True),
        ({"tcp_hardening_health": False}, True),
        ({"tcp_hardening_confirm": 0}, True),
        ({"tcp_hardening_health": "false", "tcp_hardening_confirm": "0"}, False),
        ({"ansible_check_mode": True}, False),
        ({"tcp_hardening_live": "false"}, False),
    ],
)
def test_who_is_tried(asked, tried):
    (task,) = [task for task in tasks("batch.yml") if "__tcp_hardening_tries" in task.get("vars", {})]
    for sockets in (True, False):
        variables = {**DEFAULTS, "ansible_check_mode": False, "tcp_hardening_sockets": sockets, **asked, **task["vars"]}
        assert evaluated(task["loop"], variables) == ["trial.yml" if tried else "apply.yml"] + ["sockets.yml"] * sockets


def test_each_begins_with_the_one_step():
    """The role and the audit are one step; the rollout has it in two halves, in two plays."""
    assert [play["tasks"][0]["ansible.builtin.import_role"]["tasks_from"] for play in plays()] == ["rollout", "batch"]
    assert {path.name: mode(path.name) for path in (ROLE / "tasks").iterdir() if mode(path.name)} == {
        "main.yml": ["harden"],
        "rollout.yml": ["rollout"],
        "audit.yml": ["look"],
        "preview.yml": ["look"],
        "apply.yml": ["apply"],
        "trial.yml": ["{{ 'withdraw' if __tcp_hardening_breaches else 'confirm' }}", "withdraw"],
    }
    assert "apply.yml" in [task.get("ansible.builtin.import_tasks") for task in tasks("trial.yml")]
    assert len(tasks("main.yml")) == len(tasks("rollout.yml")) == 1, "each further task costs a process for each host"


@pytest.mark.parametrize("name", ["main", "rollout", "audit", "preview"])
def test_the_one_step_has_nothing_that_ansible_works_out_for_each_host(name):
    """But for one lookup, which costs a millisecond; a template that is compiled costs several."""
    (task,) = [task for task in tasks(name + ".yml") if STEP in task]
    assert task.pop("run_once") == "{{ lookup('fleetnet.linux_tcp.unknown_variables') }}"
    assert task.pop("register") == "__tcp_hardening_step" and "{{" not in str(task)
    assert (task[STEP].get("sockets") is False) == (name == "preview"), "the others look, where that was asked for"


def test_nothing_else_of_the_role_changes_a_host_or_becomes_root():
    everything = [task for path in (ROLE / "tasks").iterdir() for task in tasks(path.name)]
    assert not [task for task in everything if "fleetnet.linux_tcp.sysctl_profile" in task]
    assert [task["name"] for task in everything if "become" in task] == ["Look at the sockets"]


def mode(name):
    """How much of the step the tasks of a file ask for."""
    return [task[STEP]["mode"] for task in tasks(name) if STEP in task]


def test_a_failure_stops_the_rollout_and_a_lost_host_does_too():
    assert plays()[1]["max_fail_percentage"] == 0
    first = tasks("batch.yml")[0]
    assert first["ansible.builtin.meta"] == "end_play"
    for left, ended in ((["a", "b"], False), (["a"], True)):
        assert (
            evaluated("{{ %s }}" % first["when"], {"ansible_play_hosts_all": ["a", "b"], "ansible_play_hosts": left})
            is ended
        )
