# Tests of the callback: results of a whole run, as ansible-core hands them over, to the table and to the files.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""CallbackModule, with a play, hosts and a display of the test's own."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

pytest.importorskip("ansible.plugins.callback")

from ansible_collections.fleetnet.linux_tcp.plugins.callback import closing_table
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._report import _writer
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import FIN, SOMAXCONN
from ansible_collections.fleetnet.linux_tcp.tests.unit.plugins.plugin_utils.reports import valid
from ansible_collections.fleetnet.linux_tcp.tests.unit.plugins.plugin_utils.runs import planned, result

INFO, APPLY = "fleetnet.linux_tcp.sysctl_profile_info", "fleetnet.linux_tcp.sysctl_profile"
NAMES = ["web1", "web2", "web3"]


def group(name):
    return SimpleNamespace(get_name=lambda: name)


def task(name, action=INFO, data=None, **marks):
    """The result of a task on a host."""
    host = SimpleNamespace(
        get_name=lambda: name, get_groups=lambda: [group(one) for one in ("all", "web", "__tcp_hardening_to_do")]
    )
    return SimpleNamespace(
        host=host,
        task=SimpleNamespace(resolved_action=action, args={}, vars=marks),
        result={} if data is None else data,
    )


class Told:
    """What would be on the screen."""

    columns = 80

    def __init__(self):
        self.lines, self.warnings = [], []

    def display(self, line):
        self.lines.append(line)

    def warning(self, text):
        self.warnings.append(text)


@pytest.fixture
def start(monkeypatch):
    """Begins a run of a playbook whose reports go to a folder; gives the callback and what it says."""
    monkeypatch.setattr(closing_table, "stringc", lambda text, _colour: text)
    monkeypatch.setattr(closing_table.context, "CLIARGS", {"check": False})
    monkeypatch.setattr(closing_table.gc, "freeze", lambda: None)
    monkeypatch.setattr(_writer.atexit, "register", lambda _function: None)
    inventory = SimpleNamespace(get_hosts=lambda _pattern, ignore_restrictions: [group(name) for name in NAMES])
    inventory._sources = []
    manager = SimpleNamespace(_inventory=inventory, _loader=SimpleNamespace(get_basedir=lambda: "/x"))

    def begin(playbook, folder="", mode="0600"):
        monkeypatch.setattr(_writer.Writer, "_wished", lambda _self, _play: (str(folder), mode))
        callback = closing_table.CallbackModule()
        told = callback._display = callback._writer._display = Told()
        callback._writer._warn = told.warning
        callback.v2_playbook_on_start(SimpleNamespace(_file_name="/x/%s.yml" % playbook))
        callback._play = SimpleNamespace(get_variable_manager=lambda: manager, hosts="all", serial=[], _uuid="x")
        callback.v2_playbook_on_play_start(callback._play)
        return callback, told

    return begin


def test_a_run(start, tmp_path):
    callback, told = start("harden", tmp_path / "reports")
    plan = planned(drop_in=False)
    for name in NAMES:
        callback.v2_runner_on_ok(task(name, data=plan))
    callback.v2_runner_on_ok(task("web1", APPLY, result(plan)))
    callback.v2_runner_on_failed(task("web2", APPLY, {"msg": "refused"}))
    callback.v2_runner_on_failed(task("web1", "ansible.builtin.command"), ignore_errors=True)
    callback.v2_runner_on_unreachable(task("web3", APPLY, {"msg": "no route"}))
    callback.v2_playbook_on_stats(None)
    assert [line.split()[2:] for line in told.lines[2:5]] == [
        ["2", "0", "1", "0", "0", "0"],
        ["0", "0", "1", "0", "2", "0", "failed"],
        ["0", "0", "1", "0", "0", "2", "unreachable"],
    ]
    reports = {path.name: json.loads(path.read_text()) for path in (tmp_path / "reports").iterdir()}
    assert {name: valid(one)["result"]["status"] for name, one in reports.items()} == {
        "web1.tcp.json": "ok", "web2.tcp.json": "failed", "web3.tcp.json": "unreachable"}  # fmt: skip
    assert [one["outcome"] for one in reports["web1.tcp.json"]["settings"]] == ["applied", "applied", "skipped"]
    assert reports["web1.tcp.json"]["host"]["groups"] == ["web"] and told.warnings == []


def test_each_batch_is_written_when_the_next_begins_and_what_is_open_is_unfinished(start, tmp_path):
    callback, _told = start("harden", tmp_path)
    callback.v2_runner_on_ok(task("web1", data=planned(drop_in=False)))
    callback.v2_playbook_on_play_start(callback._play)
    file = tmp_path / "web1.tcp.json"
    assert json.loads(file.read_text())["result"]["status"] == "unfinished"
    file.unlink()
    callback.v2_playbook_on_play_start(callback._play)
    assert not file.exists(), "nothing new became known of it"
    callback.v2_playbook_on_stats(None)
    assert json.loads(file.read_text())["result"]["status"] == "ok", "nobody was about to change it"


def test_in_an_audit_a_plan_is_all(start):
    callback, told = start("audit")
    callback.v2_runner_on_ok(task("web1", data=planned(drop_in=False)))
    callback.v2_runner_on_failed(task("web1", "ansible.builtin.fail", {"msg": "x"}, __tcp_hardening_drift=True))
    callback.v2_playbook_on_stats(None)
    assert told.lines[0].startswith("TCP audit   1 host") and told.lines[2].split()[2:] == ["0", "0", "1", "2", "0"]


def test_the_head_says_where_the_profile_comes_from(start):
    callback, told = start("audit")
    plan = planned(wanted={SOMAXCONN: 2048, FIN: 45}, running={SOMAXCONN: "1", FIN: "1"})
    callback.v2_runner_on_ok(task("web1", data=plan))
    callback.v2_playbook_on_stats(None)
    assert told.lines[0] == "TCP audit   1 host   2 keys   2 values, 1 the collection's own; 1 override, 0 excludes"


def test_variables_that_lie_near_and_are_not_read_are_one_warning_before_the_first_change(start, tmp_path, monkeypatch):
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars" / "web.yml").write_text("tcp_hardening_exclude: [net.core.somaxconn]")
    monkeypatch.chdir(tmp_path)
    callback, told = start("harden")
    callback.v2_runner_on_ok(task("web1", "ansible.builtin.command"))
    assert told.warnings == [], "not in a play of others"
    for name in NAMES:
        callback.v2_runner_on_ok(task(name, data=planned(drop_in=False)))
    (said,) = told.warnings
    assert said.startswith("group_vars/web.yml: the tcp_hardening_ variables there do not count in this play.")
    assert said.endswith("or name each file: -e @group_vars/web.yml")


def test_variables_beside_the_inventory_and_beside_the_play_are_read(start, tmp_path, monkeypatch):
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars" / "web.yml").write_text("tcp_hardening_exclude: [net.core.somaxconn]")
    (tmp_path / "hosts").write_text("web1")
    monkeypatch.chdir(tmp_path)
    for beside in ("inventory", "play"):
        callback, told = start("harden")
        manager = callback._play.get_variable_manager()
        if beside == "inventory":
            manager._inventory._sources = [str(tmp_path / "hosts")]
        else:
            manager._inventory._sources, manager._loader.get_basedir = [], lambda: str(tmp_path)
        callback.v2_playbook_on_play_start(callback._play)
        callback.v2_runner_on_ok(task("web1", data=planned(drop_in=False)))
        assert told.warnings == [], beside


def test_without_our_modules_nothing_is_said(start):
    callback, told = start("site")
    callback.v2_runner_on_ok(task("web1", "ansible.builtin.command"))
    callback.v2_runner_on_skipped(task("web1", "ansible.builtin.command"))
    callback.v2_playbook_on_stats(None)
    assert told.lines == []


def test_a_folder_that_cannot_be_written_is_one_warning(start, tmp_path):
    (tmp_path / "file").write_text("")
    callback, told = start("audit", tmp_path / "file" / "reports")
    for name in NAMES:
        callback.v2_runner_on_ok(task(name, data=planned()))
    callback.v2_playbook_on_stats(None)
    (warning,) = told.warnings
    assert warning.startswith("tcp_hardening_report_dir: reports of 3 hosts could not be written, the first of web1")
