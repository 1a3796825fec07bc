# Tests of trials: live values that go back by themselves unless somebody confirms them, whoever dies meanwhile.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Trials on private hosts, with the process that really stays behind.

Where a trial is to end, its clock is put forward, so that a minute is a moment.
"""

from __future__ import annotations

import functools
import os
import signal
import subprocess
import sys
import time
import zipfile
from itertools import count
from pathlib import Path, PurePosixPath
from types import SimpleNamespace

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply import _ends, _store, _undo
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply import _transaction as transaction
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply import _trial as trial
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._store import Store
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host._proc import Refused
from ansible_collections.fleetnet.linux_tcp.tests.unit.applied import recovered
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import FIN, SOMAXCONN
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import (
    DROP_IN,
    JOURNAL,
    SNAPSHOT,
    dies_at,
    get,
    isolated,
    put,
    read,
    start,
    tree,
    write,
)
from ansible_collections.fleetnet.linux_tcp.tests.unit.trials import (
    BEFORE,
    LONG_S,
    OLDER,
    SAID,
    WANTED,
    afresh,
    end,
    live,
    run,
    stop_the_clock,
    time_is_up,
    wait_until,
    watchers,
    world,
)


@pytest.fixture
def clock(monkeypatch):
    stop_the_clock(monkeypatch)


def dies(work):
    """Run in a fork that is expected to be killed."""
    assert os.WIFSIGNALED(os.waitpid(start(work), 0)[1])


def kill_self(*_args, **_more):
    os.kill(os.getpid(), signal.SIGKILL)


@isolated
def test_a_trial_that_is_confirmed_leaves_what_a_run_at_once_leaves():
    afresh()
    run()
    after = world()
    before = afresh()
    tried = run(trial_s=LONG_S)
    assert tried.changed and tried.trial and live() == WANTED
    assert tree()[DROP_IN] == before[0][DROP_IN], "the drop-in waits"
    assert os.path.exists(JOURNAL) and len(watchers()) == 1
    found = end("confirmed", tried.trial)
    assert found.changed and not found.said and world() == after
    wait_until(lambda: not watchers())
    assert run().changed is False


@isolated
def test_what_stays_behind_holds_nothing():
    afresh()
    tried = run(trial_s=LONG_S)
    (pid,) = watchers()
    wait_until(lambda: len(os.listdir("/proc/%d/fd" % pid)) == 3)
    assert {os.readlink("/proc/%d/fd/%d" % (pid, number)) for number in range(3)} == {"/dev/null"}
    assert os.readlink("/proc/%d/cwd" % pid) == "/" and os.getsid(pid) != os.getsid(0)
    with Store(DROP_IN).locked(wait_s=0):
        pass
    end("withdrawn", tried.trial)
    wait_until(lambda: not watchers())


@isolated
def test_a_trial_that_is_withdrawn_leaves_what_was_before_this_run_not_before_the_first():
    before = afresh()
    tried = run(trial_s=LONG_S)
    found = end("withdrawn", tried.trial)
    assert found.changed and world() == before and get(FIN) == OLDER[FIN]
    again = end("withdrawn", tried.trial)
    assert not again.changed and again.said == ["the trial was over already"] and world() == before


@isolated
def test_nobody_confirms(clock):
    before = afresh()
    tried = run(trial_s=LONG_S)
    assert live() == WANTED
    time_is_up()
    assert world() == before
    with pytest.raises(Refused, match="the trial is over: not confirmed in time .*, or taken back by another run"):
        end("confirmed", tried.trial)
    assert world() == before


RUN = """
import os
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._states import Wanted, carry_out
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._store import Store
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host._proc import read_keys
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import Handed
targets = %r
plan = [Handed(key, text, None, "") for key, text in targets.items()]
content = "".join("%%s = %%s\\n" %% item for item in targets.items())
print(carry_out("present", Store(%r), lambda: Wanted(plan, read_keys(targets), content), True, False, 1).trial)
os.unlink("/etc/module.zip")
"""


@isolated
def test_what_stays_behind_needs_none_of_the_files_that_it_was_made_of():
    """When it acts, the run is over and Ansible has removed the module's archive: nothing can be imported any more."""
    before = afresh()
    folder = Path(trial.__file__).parents[1]
    top = "ansible_collections/fleetnet/linux_tcp/plugins/module_utils/"
    with zipfile.ZipFile("/etc/module.zip", "w") as archive:
        for path in folder.glob("_*/*.py"):
            archive.write(str(path), top + str(path.relative_to(folder)))
        for path in folder.glob("*.py"):
            archive.write(str(path), top + path.name)
        packages = {parent for name in archive.namelist() for parent in PurePosixPath(name).parents if parent.name}
        for package in packages:
            archive.writestr("%s/__init__.py" % package, "")
    script = "import sys\nsys.path.insert(0, '/etc/module.zip')\n" + RUN % (WANTED, DROP_IN)
    found = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, check=False)
    assert found.stdout.strip().isdigit(), "a trial began: %s" % found.stderr.decode()
    wait_until(lambda: not watchers())
    assert world() == before


LATE = """
import ast, importlib.util, sys
sys.path.insert(0, %r)
top = "ansible_collections.fleetnet.linux_tcp.plugins.module_utils."
importlib.import_module(top + "_apply._trial")
seen, missing = [], set()
for name in sorted(name for name in sys.modules if name.startswith(top) and "._" in name):
    if getattr(sys.modules[name], "__file__", None):
        with open(sys.modules[name].__file__, encoding="utf-8") as stream:
            tree = ast.parse(stream.read())
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.level:
                whole = importlib.util.resolve_name("." * node.level + (node.module or ""), name.rpartition(".")[0])
                package = hasattr(importlib.import_module(whole), "__path__") if whole in sys.modules else False
                for one in [whole + "." + alias.name for alias in node.names] if package else [whole]:
                    seen.append(one)
                    missing |= set() if one in sys.modules else {one}
print(len(seen) > 40, sorted(missing))
"""


def test_what_stays_behind_has_loaded_what_others_import_late():
    """By the rule, for what a test of one trial does not come upon: a refused key, a list of ports."""
    folder = Path(trial.__file__).parents[6]
    found = subprocess.run([sys.executable, "-I", "-c", LATE % str(folder)], stdout=subprocess.PIPE, check=False)
    assert found.stdout.decode().strip() == "True []"


@isolated
def test_what_stays_behind_waits_for_a_run_that_is_at_work(monkeypatch, clock):
    before = afresh()
    sleep = time.sleep
    monkeypatch.setattr(_store, "time", SimpleNamespace(monotonic=time.monotonic, sleep=lambda seconds: waits(sleep)))
    run(trial_s=LONG_S)
    with Store(DROP_IN).locked():
        write("/etc/time-is-up", "")
        while not os.path.exists("/etc/it-waits"):
            assert watchers(), "it did not wait"
            time.sleep(0.01)
        assert live() == WANTED and os.path.exists(JOURNAL)
    wait_until(lambda: not watchers())
    for name in ("/etc/time-is-up", "/etc/it-waits"):
        os.unlink(name)
    assert world() == before


def waits(sleep):
    """What the wait for the lock does: leave a mark."""
    write("/etc/it-waits", "")
    sleep(0.01)


@isolated
def test_the_run_dies_and_what_it_started_undoes_its_work(monkeypatch, clock):
    write_all = transaction.write_all
    for after in ("the first value", "all values"):
        before = afresh()

        def written(writes, after=after):
            write_all(writes[: 1 if after == "the first value" else None])
            kill_self()

        with monkeypatch.context() as patch:
            patch.setattr(transaction, "write_all", written)
            dies(lambda: run(trial_s=LONG_S))
        assert live() != before[1], "it died after " + after
        time_is_up()
        assert world() == before


@isolated
def test_the_confirming_run_dies_and_the_old_values_come_back(monkeypatch, clock):
    before = afresh()
    tried = run(trial_s=LONG_S)
    with monkeypatch.context() as patch:
        patch.setattr(_ends, "remove", kill_self)
        dies(lambda: end("confirmed", tried.trial))
    assert read(DROP_IN).startswith(FIN + " = 30"), "it died after the drop-in was in its place"
    time_is_up()
    assert world() == before


@isolated
def test_a_trial_that_is_killed_at_any_step_is_healed_by_the_next_run(monkeypatch):
    monkeypatch.setattr(trial, "watch", lambda *_args: [])
    afresh()
    run()
    after = world()
    for number in count(1):
        before = afresh()
        if not dies_at(number, lambda: run(trial_s=LONG_S)):
            break
        interrupted = os.path.exists(JOURNAL)
        assert interrupted or live() == before[1], "at %d: changed, and nothing to undo it by" % number
        assert (
            run(check=True).said
            == ["an earlier run was not confirmed; the real run puts its work back first"] * interrupted
        )
        assert recovered() == SAID * interrupted
        assert world() == before, "at %d" % number
        run()
        assert world() == after, "at %d" % number
    print("killed at %d steps" % (number - 1))
    assert number > 10


@isolated
@pytest.mark.parametrize("state", ["confirmed", "withdrawn"])
def test_the_end_of_a_trial_that_is_killed_at_any_step_leaves_one_or_the_other(state, monkeypatch):
    monkeypatch.setattr(trial, "watch", lambda *_args: [])
    afresh()
    run()
    after = world()
    healed = 0
    for number in count(1):
        before = afresh()
        name = run(trial_s=LONG_S).trial
        if not dies_at(number, functools.partial(end, state, name)):
            break
        healed += os.path.exists(JOURNAL)
        recovered()
        assert world() in ((before, after) if state == "confirmed" else (before,)), "at %d" % number
    assert world() == (after if state == "confirmed" else before)
    assert number > 4 and healed > 2


@isolated
def test_too_late_to_confirm(monkeypatch, clock):
    monkeypatch.setattr(trial, "watch", lambda *_args: [])
    before = afresh()
    tried = run(trial_s=LONG_S)
    now = trial.boottime_ns()
    monkeypatch.setattr(trial, "boottime_ns", lambda: now + LONG_S * 10**9 + 1)
    with pytest.raises(Refused, match="the trial was not confirmed in time. Every value and the file are as before"):
        end("confirmed", tried.trial)
    assert world() == before


@isolated
def test_a_reboot_ends_a_trial(monkeypatch):
    before = afresh()
    tried = run(trial_s=LONG_S)
    put({SOMAXCONN: "4096"})  # as the new boot left it
    for module in (trial, _undo):
        monkeypatch.setattr(module, "boot_id", lambda: "another boot")
    with pytest.raises(Refused, match="not confirmed in time"):
        end("confirmed", tried.trial)
    assert tree()[DROP_IN] == before[0][DROP_IN] and get(SOMAXCONN) == "4096" and not os.path.exists(JOURNAL)


@isolated
@pytest.mark.parametrize("state", ["present", "absent", "restored"])
def test_another_run_takes_a_trial_back_first_and_says_so(state):
    afresh()
    run(state, OLDER)
    after = world()
    before = afresh()
    tried = run(trial_s=LONG_S)
    found = run(state, OLDER)
    assert found.said == SAID and found.changed and world() == after
    with pytest.raises(Refused, match="the trial is over"):
        end("confirmed", tried.trial)
    assert world() == after and (state != "present" or after == before)


@isolated
def test_only_the_trial_that_is_named_is_ended():
    afresh()
    tried = run(trial_s=LONG_S)
    now = world()
    for name in ("", "0", "None", tried.trial + "0"):
        with pytest.raises(Refused, match="the trial is over"):
            end("confirmed", name)
        assert end("withdrawn", name).changed is False
    assert world() == now
    assert end("withdrawn", tried.trial).changed


@isolated
def test_a_trial_that_is_refused_leaves_everything_as_before():
    before = afresh()
    with pytest.raises(Refused, match="Every value and the file are as before"):
        run(targets=dict(WANTED, **{"net.ipv4.tcp_wmem": "9999 0 4088000"}), trial_s=LONG_S)
    assert world() == before
    wait_until(lambda: not watchers())


@isolated
def test_without_somebody_to_end_it_no_trial_begins(monkeypatch):
    before = afresh()

    def refused():
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refused)
    with pytest.raises(Refused, match="Resource temporarily unavailable. Every value and the file are as before"):
        run(trial_s=LONG_S)
    assert world() == before


@isolated
def test_nothing_to_do_is_no_trial():
    afresh()
    run()
    now = world()
    found = run(trial_s=LONG_S)
    assert not found.changed and found.trial == "" and world() == now and not watchers()


@isolated
def test_check_mode_tries_nothing():
    before = afresh()
    found = run(trial_s=LONG_S, check=True)
    assert found.changed and found.trial == "" and world() == before and not watchers()
    tried = run(trial_s=LONG_S)
    now = world()
    assert end("confirmed", tried.trial, check=True) == end("withdrawn", tried.trial, check=True)
    assert world() == now
    end("withdrawn", tried.trial)


@isolated
def test_a_rollback_on_trial():
    before = afresh()
    tried = run("restored", {}, LONG_S)
    assert live() == BEFORE and os.path.exists(SNAPSHOT)
    end("withdrawn", tried.trial)
    assert world() == before
    tried = run("restored", {}, LONG_S)
    end("confirmed", tried.trial)
    assert not os.path.exists(SNAPSHOT) and not os.path.exists(DROP_IN) and get(FIN) == BEFORE[FIN]


@isolated
def test_a_journal_whose_trial_is_damaged_is_refused():
    afresh()
    run(trial_s=LONG_S)
    for old, new in (('"kind": "file"', '"kind": "pipe"'), ('"after": {', '"later": {')):
        text = read(JOURNAL)
        place = text.rindex('"after"')
        write(JOURNAL, text[:place] + text[place:].replace(old, new, 1))
        with pytest.raises(Refused, match="cannot be used.*Look into it, and move it away"):
            run(check=True)
        write(JOURNAL, text)
    run()


@isolated
def test_what_somebody_set_during_a_trial_is_left_and_named():
    afresh()
    old = get(FIN)
    tried = run(trial_s=LONG_S)
    put({SOMAXCONN: "777"})
    write(DROP_IN, "# an administrator's\n")
    found = end("withdrawn", tried.trial)
    assert found.changed and get(SOMAXCONN) == "777" and get(FIN) == old and read(DROP_IN) == "# an administrator's\n"
    assert sorted(found.said) == sorted([
        "%s: 777 was set by somebody else meanwhile: it is left" % SOMAXCONN,
        "%s was written by somebody else meanwhile: it is left" % DROP_IN,
    ])  # fmt: skip


@isolated
def test_a_trial_that_ends_by_itself_says_so_in_syslog(monkeypatch):
    afresh()
    said = []
    monkeypatch.setattr(trial.syslog, "syslog", lambda _level, text: said.append(text))
    run(trial_s=LONG_S)
    put({SOMAXCONN: "777"})
    journal = trial.load_journal(JOURNAL)
    trial._expire(Store(DROP_IN), journal)
    assert said == [
        "the trial of %s was not confirmed: the old values are back" % DROP_IN,
        "%s: 777 was set by somebody else meanwhile: it is left" % SOMAXCONN,
    ]
    trial._expire(Store(DROP_IN), journal)
    assert len(said) == 2, "of a trial that is over there is nothing to say"
