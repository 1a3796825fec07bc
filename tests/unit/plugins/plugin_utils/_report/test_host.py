# Tests of the report of one host: the published schema, what a run adds to it, its file.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Reports, fed with real plans, against docs/report-schema.json; names and files with random input."""

from __future__ import annotations

import json
import os
import socket
import stat

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._codes import of_kind
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import Host, Kernel, Namespaces, Profile, Reading
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan._outcome import FATES
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._report import _files as files
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._report._host import SCHEMA as SCHEMA_VERSION
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._report._host import Head, document
from ansible_collections.fleetnet.linux_tcp.tests.unit.boot.files import next_boot
from ansible_collections.fleetnet.linux_tcp.tests.unit.planned import make_plan
from ansible_collections.fleetnet.linux_tcp.tests.unit.plugins.plugin_utils.reports import SCHEMA, valid
from ansible_collections.fleetnet.linux_tcp.tests.unit.plugins.plugin_utils.runs import (
    CONFIRMED,
    WITHDRAWN,
    going_back,
    harden,
    new_run,
)

HEAD = Head("harden", False, "1.0.0")
SOCKETS = {
    "states": {"ipv4": {"ESTABLISHED": 1}},
    "time_wait": {"sockets": 2},
    "keepalive": {"connections": 1},
    "ports": {"secret": 1},
    "listeners": [{"port": 80, "cause": "restart", "uid": 0}, {"port": 81, "cause": "limit"}],
    "findings": [],
}


def plan(**running):
    """A plan with one key that is applied, one that is gone, and a file that decides at boot."""
    there = {"net.core.somaxconn": "4096", **running}
    kernel = Kernel("6.12.1", 8192, 4096, "host")
    boot = next_boot({"/etc/sysctl.d/99-x.conf": "net.core.somaxconn = 5"}, there, kernel)
    where = Host(
        kernel, {key: Reading(True, True, text) for key, text in there.items()}, namespaces=Namespaces(3, True), **boot
    )
    return make_plan(Profile({"net.core.somaxconn": 2048, "net.ipv4.tcp_tw_recycle": 1}, policy="exact"), where)


def applied():
    return {
        "state": "present",
        "messages": ["an earlier run died"],
        "diff": "long",
        "settings": [
            {
                "key": "net.core.somaxconn",
                "value": "2048",
                "status": "applied",
                "reason": None,
                "detail": "4096 becomes 2048",
            }
        ],
    }


def one(run):
    """The report of the only host, as the schema has it."""
    (name,) = run.hosts
    return valid(json.loads(document(run, name, HEAD)))


def reporting():
    run = new_run()
    run.with_reports = True
    return run


def test_a_hardened_host():
    run = reporting()
    run.planned("web1", plan(), False)
    run.grouped("web1", ("web",))
    run.applied("web1", applied())
    run.looked("web1", SOCKETS, "")
    document = one(run)
    assert document["host"] == {"name": "web1", "groups": ["web"]} and document["result"] == {
        "status": "ok",
        "message": "",
    }
    assert document["namespaces"] == {"count": 3, "complete": True, "without": ["net.core.somaxconn"]}
    assert document["kernel"]["release"] == "6.12.1" and document["collection"]["version"] == "1.0.0"
    assert [setting["reason"] for setting in document["settings"]] == [None, "removed"]
    assert (document["settings"][0]["meaning"], document["settings"][0]["unit"]) == (
        "longest listen queue of one port",
        "connections",
    )
    assert document["settings"][0]["boot"] == {
        "value": "5",
        "source": "/etc/sysctl.d/99-x.conf:1",
        "loader": "systemd-sysctl",
    }
    assert document["applied"]["settings"][0]["status"] == "applied" and "diff" not in document["applied"]
    assert [listener["port"] for listener in document["sockets"]["listeners"]] == [80]
    assert "ports" not in document["sockets"]


@pytest.mark.parametrize("status", ["failed", "unreachable"])
def test_a_host_that_ends_early_has_its_report_too(status):
    run = reporting()
    getattr(run, status)("db1", "no space left")
    document = one(run)
    assert document["result"] == {"status": status, "message": "no space left"}
    assert document["kernel"] is None and document["settings"] == []


def test_a_failure_keeps_the_plan():
    run = reporting()
    run.planned("db1", plan(), False)
    run.failed("db1", "refused")
    assert len(one(run)["settings"]) == 2


@pytest.mark.parametrize("last, status, outcome", [(True, "ok", "drifted"), (False, "unfinished", "unfinished")])
def test_what_was_planned_only_is_finished_in_an_audit_and_not_in_a_change(last, status, outcome):
    run = reporting()
    run.planned("h", plan(), last)
    found = one(run)
    assert found["result"]["status"] == status
    assert [setting["outcome"] for setting in found["settings"]] == [outcome, "skipped"]
    run.nothing_follows("h")
    assert one(run)["result"]["status"] == "ok"


@pytest.mark.parametrize("as_root, target", [(True, "60"), (False, None)])
def test_a_key_that_goes_back_is_as_the_schema_has_it(as_root, target):
    run = reporting()
    run.planned("h", going_back(as_root), True)
    row = one(run)["settings"][1]
    assert (row["verdict"], row["reason"], row["target"], row["outcome"]) == (
        "return",
        "left_profile",
        target,
        "drifted",
    )
    assert row["then"] == {"reason": "", "detail": ""}
    harden(run, "h", going_back(as_root))
    found = one(run)
    assert found["settings"][1]["outcome"] == "applied" and found["settings"][0]["then"] is None
    assert found["applied"]["settings"][1]["value"] == "60"


def test_the_schema_has_the_verdicts_of_the_planner():
    setting = json.loads(SCHEMA.read_text(encoding="utf-8"))["properties"]["settings"]["items"]["properties"]
    plans = going_back(), going_back(wanted={"net.core.somaxconn": 2048})
    verdicts = {row["verdict"] for plan in plans for row in plan["settings"]} | {"skip"}
    assert set(setting["verdict"]["enum"]) == verdicts


def test_a_rollback_has_outcomes_without_a_plan():
    run = reporting()
    empty = dict(plan(), settings=[])
    run.planned("h", empty, False)
    row = {"key": "net.core.somaxconn", "value": "", "status": "applied", "reason": None, "detail": "2048 becomes 4096"}
    run.applied("h", {"state": "restored", "messages": [], "settings": [row]})
    found = one(run)
    assert found["settings"] == [] and found["applied"]["settings"] == [{**row, "outcome": "applied"}]


def test_sockets_are_kept_where_reports_are_asked_for_alone():
    run = new_run()
    run.looked("h", SOCKETS, "")
    assert one(run)["sockets"] is None


def test_the_schema_refuses_what_is_no_report():
    jsonschema = pytest.importorskip("jsonschema")
    run = reporting()
    run.planned("h", plan(), True)
    good = one(run)
    for change in (
        {"schema": 1},
        {"time": "yesterday"},
        {"result": {"status": "fine", "message": ""}},
        {"settings": [{"key": "k"}]},
        {"settings": [{name: value for name, value in good["settings"][0].items() if name != "outcome"}]},
        {"settings": [{**good["settings"][0], "outcome": "fine"}]},
    ):
        with pytest.raises(jsonschema.ValidationError):
            valid({**good, **change})


@given(st.text(min_size=1, max_size=300))
@example("-rf")
def test_any_host_name_is_a_safe_file_name(name):
    found = files.file_name(name)
    assert found == os.path.basename(found) and found[0] not in ".-" and len(found) < 200
    assert found.isprintable() and found.isascii() and found == found.lower()


@given(st.lists(st.text(min_size=1), min_size=2, max_size=20, unique=True))
def test_two_hosts_never_share_a_file(names):
    assert len({files.file_name(name) for name in names}) == len(names)


def test_names_that_look_alike_have_files_of_their_own():
    names = ["web1", "WEB1", "web1.", "web_1", "web/1", "../web1", "/", ".", "..", "web1~x"]
    assert len({files.file_name(name) for name in names}) == len(names)
    assert files.file_name("web1.example.org") == "web1.example.org.tcp.json"


def test_a_file_is_private_and_whole(tmp_path):
    path = tmp_path / "new" / "x.tcp.json"
    assert files.write(str(path), "{}") == 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700

    def broken():
        yield "half"
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError):
        files.write(str(path), broken())
    assert path.read_text() == "{}" and [found.name for found in path.parent.iterdir()] == ["x.tcp.json"]


def test_a_link_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "target").write_text("mine")
    (tmp_path / "x.tcp.json").symlink_to("target")
    files.write(str(tmp_path / "x.tcp.json"), "{}")
    assert (tmp_path / "target").read_text() == "mine" and not (tmp_path / "x.tcp.json").is_symlink()


def test_reading_says_what_is_no_report(tmp_path):
    for name, text in (("a", "{}"), ("b", "[]"), ("c", "{"), ("d", '"\xff'), ("e", "[" * 100000)):
        (tmp_path / (name + files.ENDING)).write_bytes(text.encode("latin-1"))
    (tmp_path / "other.json").write_text("{}")
    found = {os.path.basename(path)[0]: value for path, value in files.loaded(files.found(str(tmp_path)))}
    assert sorted(found) == list("abcde") and found["a"] == {}
    assert all(isinstance(found[name], str) and found[name] for name in "bcde")


def test_what_is_no_regular_file_is_named_and_nobody_waits_for_it(tmp_path):
    """Others may fill the folder: a pipe would be waited for, and a link may lead to any file of the controller."""
    (tmp_path / "good.tcp.json").write_text("{}")
    os.mkfifo(str(tmp_path / "pipe.tcp.json"))
    (tmp_path / "link.tcp.json").symlink_to("good.tcp.json")
    (tmp_path / "dangling.tcp.json").symlink_to("nowhere")
    (tmp_path / "folder.tcp.json").mkdir()
    (tmp_path / "folder.tcp.json" / "inner.tcp.json").write_text("{}")
    (tmp_path / "elsewhere").symlink_to(str(tmp_path))
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket.tcp.json"))
        found = {os.path.basename(path)[:-9]: value for path, value in files.loaded(files.found(str(tmp_path)))}
    odd = dict.fromkeys(("pipe", "link", "dangling", "folder", "socket"), "not a regular file")
    assert found == {"good": {}, **odd}


def test_a_file_that_becomes_a_pipe_meanwhile_is_not_waited_for(tmp_path, monkeypatch):
    path = str(tmp_path / "x.tcp.json")
    os.mkfifo(path)
    regular = os.stat(__file__)
    monkeypatch.setattr(files.os, "lstat", lambda _path: regular)
    assert list(files.loaded([path])) == [(path, "not a regular file")]


def test_numbers_that_json_does_not_have_and_files_that_are_too_large_are_refused(tmp_path):
    for name, text in (("nan", '{"a": NaN}'), ("inf", '{"a": [-Infinity]}'), ("large", '"%s"' % ("x" * 5 * 2**20))):
        (tmp_path / (name + ".tcp.json")).write_text(text)
    said = {os.path.basename(path): value for path, value in files.loaded(files.found(str(tmp_path)))}
    assert said == {
        "inf.tcp.json": "-Infinity is no number in JSON",
        "large.tcp.json": "larger than 4 MiB",
        "nan.tcp.json": "NaN is no number in JSON",
    }


@pytest.mark.parametrize("mode, file, folder", [("0600", 0o600, 0o700), ("0640", 0o640, 0o750), ("0644", 0o644, 0o755)])
def test_who_may_read_a_file_may_come_into_its_folder_whatever_the_umask(mode, file, folder, tmp_path):
    before = os.umask(0o077)
    try:
        files.write(str(tmp_path / "new" / "x"), "a", mode)
    finally:
        os.umask(before)
    found = tmp_path / "new"
    assert (stat.S_IMODE((found / "x").stat().st_mode), stat.S_IMODE(found.stat().st_mode)) == (file, folder)


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(OSError):
        files.found(str(tmp_path / "missing"))


def test_what_is_on_trial_counts_when_it_is_confirmed():
    run = reporting()
    run.planned("web1", plan(), False)
    run.applied("web1", dict(applied(), trial="4711"))
    lost = one(run)
    assert lost["result"]["status"] == "unfinished" and lost["applied"] is None
    run.applied("web1", CONFIRMED)
    done = one(run)
    assert done["result"]["status"] == "ok" and done["applied"]["settings"][0]["status"] == "applied"
    assert done["applied"]["state"] == "present"


def test_a_trial_that_is_withdrawn_leaves_nothing_applied():
    run = reporting()
    run.planned("web1", plan(), False)
    run.applied("web1", dict(applied(), trial="4711"))
    run.applied("web1", WITHDRAWN)
    run.failed("web1", "tcp_hardening_health: too much")
    found = one(run)
    assert found["result"]["status"] == "failed" and found["applied"] is None


def test_a_host_that_waits_for_its_turn_is_unfinished_after_the_run_too():
    run = reporting()
    run.planned("web1", plan(), False)
    run.waits("web1")
    run.finish()
    assert one(run)["result"]["status"] == "unfinished"


def test_the_schema_has_the_codes_of_the_table():
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    setting = schema["properties"]["settings"]["items"]["properties"]
    assert setting["reason"]["enum"] == [None, *of_kind("reason")]
    assert schema["$defs"]["outcome"]["enum"] == list(of_kind("outcome"))
    assert sorted(schema["properties"]["result"]["properties"]["status"]["enum"]) == sorted(FATES)
    assert schema["properties"]["schema"]["const"] == SCHEMA_VERSION
