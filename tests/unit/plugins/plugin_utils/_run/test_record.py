# Tests of the record of a run: what became of each key of a host, whatever came in between.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Run, fed with plans and results of one play, of several, of rollouts that stop, and in any order of hosts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._codes import of_kind
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan._outcome import FATES
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._run._rows import planned_row, planned_text
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import FIN, RECYCLE, SOMAXCONN
from ansible_collections.fleetnet.linux_tcp.tests.unit.plugins.plugin_utils.runs import (
    CONFIRMED,
    DONE,
    LATER,
    WITHDRAWN,
    going_back,
    harden,
    lines,
    new_run,
    outcomes,
    planned,
    result,
)

SACK = "net.ipv4.tcp_sack"
SKIPPED = {RECYCLE: "skipped"}


def both(outcome):
    return {SOMAXCONN: outcome, FIN: outcome, **SKIPPED}


def test_harden_and_audit_in_one_run_count_each_key_once():
    run = new_run()
    harden(run, "web1", planned(drop_in=False))
    run.planned("web1", planned(DONE), True)
    assert outcomes(run, "web1") == both("applied"), "what was changed stays so where it is found as wanted"
    assert lines(run)[2].split() == ["web1", "6.12.101", "2", "0", "1", "0", "0"]


def test_an_audit_that_finds_drift_after_a_change_has_the_last_word():
    run = new_run()
    harden(run, "web1", planned(drop_in=False))
    run.planned("web1", planned({**DONE, FIN: "45"}, drop_in=True), True)
    assert outcomes(run, "web1")[FIN] == "drifted"


def test_two_drop_ins_of_one_run_are_the_union_of_their_keys():
    run = new_run()
    harden(run, "web1", planned(drop_in=False))
    harden(run, "web1", planned({SACK: "0", FIN: "30"}, wanted={SACK: 1, FIN: 30}, drop_in=False))
    assert outcomes(run, "web1") == {**both("applied"), SACK: "applied"}
    assert lines(run)[0].endswith("4 keys")


def test_the_second_play_that_fails_fails_its_own_keys():
    run = new_run()
    harden(run, "web1", planned(drop_in=False))
    run.planned("web1", planned({SACK: "0"}, wanted={SACK: 1}, drop_in=False), False)
    run.failed("web1", "refused")
    assert outcomes(run, "web1") == {**both("applied"), SACK: "failed"}
    assert run.status(run.hosts["web1"]) == "failed"


def test_another_value_for_a_key_replaces_the_word_on_it():
    run = new_run()
    harden(run, "web1", planned(drop_in=False))
    run.planned("web1", planned({**DONE, FIN: "25"}, wanted={FIN: 25}), True)
    assert outcomes(run, "web1")[FIN] == "unchanged", "somebody else set it meanwhile"
    run.planned("web1", planned(DONE, exclude=[FIN]), True)
    assert outcomes(run, "web1")[FIN] == "skipped"


def test_a_host_that_is_hardened_and_taken_back():
    run = new_run()
    harden(run, "web1", planned(drop_in=False))
    run.planned("web1", planned(wanted={}, running={}), False)
    rows = [
        {"key": SOMAXCONN, "value": "", "status": "applied", "reason": None, "detail": "8192 becomes 4096"},
        {"key": FIN, "value": "", "status": "skipped", "reason": None, "detail": "somebody changed it"},
    ]
    run.applied("web1", {"settings": rows, "messages": [], "state": "restored"})
    assert outcomes(run, "web1") == {SOMAXCONN: "applied", FIN: "skipped", RECYCLE: "skipped"}
    word = run.words(run.hosts["web1"])[SOMAXCONN]
    assert word.planned.target == "8192" and word.done.detail == "8192 becomes 4096", "the plan is still told"


def test_two_changes_after_one_plan():
    """Somebody's own tasks: set, then take out."""
    run = new_run()
    harden(run, "web1", planned(drop_in=False))
    run.applied("web1", {"settings": [{"key": FIN, "value": "", "status": "unchanged", "reason": None, "detail": ""}],
                         "messages": ["the drop-in is gone"], "state": "absent"})  # fmt: skip
    assert outcomes(run, "web1") == {SOMAXCONN: "applied", FIN: "unchanged", RECYCLE: "skipped"}
    assert run.hosts["web1"].change.state == "absent"


def test_one_applied_and_one_that_another_file_sets_at_boot():
    run = new_run()
    harden(run, "web1", planned(drop_in=False, wanted={SOMAXCONN: 8192, FIN: 30}, files=LATER))
    assert outcomes(run, "web1") == {SOMAXCONN: "applied", FIN: "boot"}
    assert lines(run)[2].split() == ["web1", "6.12.101", "1", "0", "0", "1", "0"]


def test_a_step_that_fails_after_the_change_takes_nothing_back():
    run = new_run()
    harden(run, "web1", planned(drop_in=False))
    run.failed("web1", "nginx does not start")
    assert outcomes(run, "web1") == both("applied")
    assert lines(run)[2].endswith("failed") and run.status(run.hosts["web1"]) == "failed"


def test_a_second_play_that_fails_leaves_what_it_found_as_wanted():
    run = new_run()
    harden(run, "web1", planned(drop_in=False))
    run.planned("web1", planned(DONE), False)
    run.failed("web1", "no space left")
    assert outcomes(run, "web1") == both("applied")


def test_two_playbooks_in_one_run():
    run = new_run()
    run.planned("web1", planned(drop_in=False), False)
    assert outcomes(run, "web1") == both("drifted")
    run.planned("web1", planned(drop_in=False), False)
    assert run.status(run.hosts["web1"]) == "unfinished", "the second one has not come to its end"


def test_a_step_that_is_skipped_in_a_rescue_does_not_make_a_failure_good():
    run = new_run()
    run.planned("web1", planned(drop_in=False), False)
    run.failed("web1", "refused")
    run.nothing_follows("web1")
    assert outcomes(run, "web1") == both("failed")


def test_a_host_that_goes_on_after_a_failure():
    run = new_run()
    run.failed("web1", "the first try failed")
    harden(run, "web1", planned(drop_in=False))
    assert outcomes(run, "web1") == both("applied") and run.status(run.hosts["web1"]) == "ok"
    assert any("the first try failed" in line for line in lines(run))


@pytest.mark.parametrize("ended, status, outcome", [(False, "unfinished", "unfinished"), (True, "ok", "drifted")])
def test_a_plan_alone_is_unfinished_until_the_run_has_come_to_its_end(ended, status, outcome):
    run = new_run()
    run.planned("web1", planned(drop_in=False), False)
    if ended:
        run.finish()
    host = run.hosts["web1"]
    assert run.status(host) == status and run.words(host)[FIN].outcome == outcome


def test_a_trial():
    run = new_run()
    plan = planned(drop_in=False)
    for name in ("confirmed", "withdrawn", "lost", "waiting", "silent"):
        run.planned(name, plan, False)
        run.waits(name)
        if name != "waiting":
            run.applied(name, result(plan, trial="4711"))
    run.applied("confirmed", CONFIRMED)
    run.applied("withdrawn", WITHDRAWN)
    run.failed("withdrawn", "tcp_hardening_health: too much")
    run.unreachable("lost", "no route to host")
    found = {name: (outcomes(run, name)[FIN], run.ended(host), run.status(host)) for name, host in run.hosts.items()}
    assert found == {
        "confirmed": ("applied", "", "ok"),
        "withdrawn": ("failed", "failed", "failed"),
        "lost": ("unfinished", "unreachable", "unreachable"),
        "waiting": ("unfinished", "not reached", "unfinished"),
        "silent": ("unfinished", "not confirmed", "unfinished"),
    }
    assert run.stopped_at == ["withdrawn", "lost"]


def test_only_what_is_new_is_touched():
    run = new_run()
    for name in ("a", "b"):
        run.planned(name, planned(), True)
    assert run.touched() == ["a", "b"] and run.touched() == []
    run.unreachable("b", "gone")
    assert run.touched() == ["b"]
    run.planned("c", planned(), False)
    run.touched()
    run.finish()
    assert run.touched() == ["c"], "it is not unfinished any more"


def test_alike_hosts_share_what_is_equal():
    run = new_run()
    for number in range(50):
        harden(run, "web%d" % number, planned(drop_in=False), messages=["an earlier run died"])
    hosts = list(run.hosts.values())
    for of in (lambda host: host.turn.plan, lambda host: host.turn.change.rows, lambda host: host.kernel,
               lambda host: host.notes, run.words):  # fmt: skip
        assert len({id(of(host)) for host in hosts}) == 1


def test_a_text_of_a_host_is_never_taken_for_a_row():
    run = new_run()
    run.planned("web1", planned(), False)
    text = run.hosts["web1"].turn.plan[0].text
    run.failed("web1", text)
    assert run.hosts["web1"].message == text


@pytest.mark.parametrize("as_root, target, differs", [
    (True, "60", "30; wanted 60"),
    (False, "", "30; goes back to what it was before"),
])  # fmt: skip
def test_a_row_of_a_key_that_goes_back(as_root, target, differs):
    setting = going_back(as_root)["settings"][1]
    row = planned_row(setting, planned_text(setting))
    assert (row.verdict, row.target, row.differs) == ("return", target, differs)


def test_a_key_that_went_back_and_has_no_row_any_more_is_still_counted():
    run = new_run()
    harden(run, "web1", going_back())
    run.planned("web1", planned({SOMAXCONN: "8192"}, {SOMAXCONN: 8192}), True)
    assert outcomes(run, "web1") == {SOMAXCONN: "unchanged", FIN: "applied"}


def test_a_key_that_is_excluded_and_went_back_is_skipped_from_then_on():
    run = new_run()
    wanted = {SOMAXCONN: 8192, FIN: 30}
    harden(run, "web1", going_back(wanted=wanted, exclude=[FIN]))
    assert outcomes(run, "web1")[FIN] == "applied"
    run.planned("web1", planned({SOMAXCONN: "8192", FIN: "60"}, wanted, exclude=[FIN]), True)
    assert outcomes(run, "web1")[FIN] == "skipped"


STEPS = st.sampled_from(["plan", "plan_other", "plan_back", "audit", "done", "apply", "trial", "confirm", "withdraw",
                         "skip", "wait", "fail", "lose", "restore"])  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), STEPS), max_size=14))
def test_whatever_comes_every_key_has_one_outcome_and_the_columns_add_up(steps):
    run = new_run()
    plans = {"plan": planned(drop_in=False), "done": planned(DONE), "audit": planned(drop_in=False, files=LATER),
             "plan_back": going_back(as_root=False),
             "plan_other": planned({SACK: "0"}, wanted={SACK: 1, RECYCLE: 0})}  # fmt: skip
    keys = {"a": set(), "b": set()}
    restored = {"settings": [{"key": FIN, "status": "applied"}], "messages": [], "state": "restored"}
    for name, step in steps:
        if step in plans:
            run.planned(name, plans[step], step == "audit")
            keys[name] |= {setting["key"] for setting in plans[step]["settings"]}
        elif step in ("apply", "trial"):
            run.applied(name, result(plans["plan"], trial="1" if step == "trial" else ""))
        elif step == "restore":
            run.applied(name, restored)
        elif step in ("confirm", "withdraw"):
            run.applied(name, CONFIRMED if step == "confirm" else WITHDRAWN)
        else:
            {"skip": run.nothing_follows, "wait": run.waits}.get(step, lambda _name: None)(name)
            {"fail": run.failed, "lose": run.unreachable}.get(step, lambda *_all: None)(name, "why")
    found = lines(run)
    for name, host in run.hosts.items():
        words = run.words(host)
        assert keys[name] <= set(words) and run.status(host) in FATES
        assert all(word.outcome in of_kind("outcome") for word in words.values())
        rows = [line.split() for line in found[2:] if line.startswith(name + " ")]
        (row,) = [cells for cells in rows if cells[1] in ("6.12.101", "-")]
        numbers = [int(cell) for cell in row if cell.isdigit()]
        assert sum(numbers) == len(words)


@pytest.mark.parametrize("code", ["not_read_at_boot", "overridden_at_boot"])
def test_a_key_that_does_not_stand_at_boot_is_so_whatever_was_written(code):
    plan = planned()
    for setting in plan["settings"]:
        setting["advice"] = [{"code": code, "message": "x"}]
        row = planned_row(setting, planned_text(setting))
        assert row.overridden
        assert not planned_row({**setting, "advice": []}, "").overridden
