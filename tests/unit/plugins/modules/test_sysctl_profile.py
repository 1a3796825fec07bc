# Tests of the module sysctl_profile as Ansible calls it: arguments, results, messages, against the real kernel.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""main() on a host of the test's own. What lies below it has tests of its own (../module_utils)."""

from __future__ import annotations

import os
import time
from itertools import count

import pytest

pytest.importorskip("ansible.module_utils.testing", reason="needs ansible-core 2.19 or newer")

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply import _store
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._store import Store
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot import _conf
from ansible_collections.fleetnet.linux_tcp.plugins.modules import sysctl_profile, sysctl_profile_info
from ansible_collections.fleetnet.linux_tcp.tests.unit.applied import keys_in, opened
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import FIN, RMEM, SOMAXCONN
from ansible_collections.fleetnet.linux_tcp.tests.unit.module_run import run_module
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import (
    DROP_IN,
    JOURNAL,
    SNAPSHOT,
    STATE,
    become_nobody,
    clear,
    dies_at,
    everything,
    get,
    isolated,
    put,
    read,
    recorded,
    tree,
    write,
)

WANTED = {FIN: 30, RMEM: "8760 256960 4088000", SOMAXCONN: "2048"}
LIVE = {FIN: "30", RMEM: "8760 256960 4088000", SOMAXCONN: "2048"}


def call(module=sysctl_profile, **arguments):
    return run_module(module, arguments)


def plan(values=None, **arguments):
    """The settings of a plan, to the letter of its values."""
    found = call(sysctl_profile_info, values=WANTED if values is None else values, policy="exact", **arguments)
    assert "failed" not in found, found
    return found["settings"]


def entry(key, target, verdict="apply"):
    return {"key": key, "target": target, "verdict": verdict, "reason": None, "detail": ""}


@isolated
def test_values():
    put({FIN: "77"})
    found = call(values=dict(WANTED, **{"net.ipv4.tcp_tw_recycle": 1}))
    assert (
        found["changed"] and found["state"] == "present" and found["snapshot"] == SNAPSHOT and found["messages"] == []
    )
    assert found["settings"][0] == {
        "key": FIN,
        "value": "30",
        "status": "applied",
        "reason": None,
        "detail": "77 becomes 30",
    }
    assert found["settings"][3] == {
        "key": "net.ipv4.tcp_tw_recycle",
        "value": "",
        "status": "skipped",
        "reason": "removed",
        "detail": "the kernel dropped it in 4.12",
    }
    assert {key: get(key) for key in LIVE} == LIVE
    assert read(DROP_IN) == "# Set by fleetnet.linux_tcp.sysctl_profile.\n" + "".join(
        "%s = %s\n" % item for item in LIVE.items()
    )
    assert [part["before_header"] for part in found["diff"]] == [DROP_IN, "live values"]
    again = call(values=WANTED)
    assert not again["changed"] and again["diff"] == []
    assert [setting["status"] for setting in again["settings"]] == ["unchanged"] * 3


@isolated
def test_no_values_are_not_an_empty_profile():
    before = everything()
    found = call(values=None)
    assert found["failed"] and found["problems"] == ["values: null is refused; expected a mapping of keys to values"]
    assert everything() == before


@isolated
def test_a_plan_and_its_content_are_carried_out_and_taken_back():
    put({FIN: "77"})
    write(DROP_IN, "# theirs\n", 0o640, 3, 4)
    before = tree("/etc"), get(FIN), get(RMEM), get(SOMAXCONN)
    settings = plan(exclude=[SOMAXCONN])
    content = "# a template\n%s = 30\n\nnet/ipv4/tcp_rmem=8760\t256960 4088000\n" % FIN
    dry = call(settings=settings, content=content, replace=True, _ansible_check_mode=True)
    found = call(settings=settings, content=content, replace=True)
    assert dict(dry, snapshot=SNAPSHOT, invocation=0) == dict(found, invocation=0)
    assert (read(DROP_IN), get(FIN), get(SOMAXCONN)) == (content, "30", before[3])
    assert [setting["status"] for setting in found["settings"]] == ["applied", "applied", "skipped"]
    assert not call(settings=plan(exclude=[SOMAXCONN]), content=content)["changed"]
    found = call(state="restored")
    assert found["changed"] and found["snapshot"] == ""
    assert {setting["key"]: setting["status"] for setting in found["settings"]} == {FIN: "applied", RMEM: "applied"}
    assert (tree("/etc"), get(FIN), get(RMEM), get(SOMAXCONN)) == before
    again = call(state="restored")
    assert not again["changed"] and again["messages"] == ["there is no snapshot for %s: nothing to restore" % DROP_IN]


@isolated
def test_absent_and_the_file_alone():
    assert call(values=WANTED, live=False)["changed"]
    assert get(FIN) == "60"
    assert call(values=WANTED)["changed"] and get(FIN) == "30"
    found = call(state="absent")
    assert found["changed"] and {setting["status"] for setting in found["settings"]} == {"applied"}
    assert not os.path.exists(DROP_IN) and get(FIN) == "30"
    assert not call(state="absent")["changed"]


@isolated
def test_another_path():
    path = "/etc/image/sysctl.d/10-tcp.conf"
    assert call(values=WANTED, path=path)["changed"] and not call(values=WANTED, path=path)["changed"]
    assert read(path).endswith("%s = 2048\n" % SOMAXCONN) and not os.path.exists(DROP_IN)


GOOD = [entry(FIN, "30")]
LINE = FIN + " = 30\n"
FAULTS = {
    "no arguments": ({}, "settings, values"),
    "both": ({"values": WANTED, "settings": []}, "mutually exclusive"),
    "zero in a triplet": ({"values": {RMEM: "9999 0 4088000"}}, RMEM),
    "order": ({"values": {RMEM: "4088000 256960 8760"}}, "do not ascend"),
    "arity": ({"values": {RMEM: "8760 256960"}}, "3 decimal numbers"),
    "overflow": ({"values": {FIN: "99999999999999999999"}}, FIN),
    "boolean": ({"values": {FIN: True}}, FIN),
    "newline": ({"values": {FIN: "30\nkernel.panic = 1"}}, FIN),
    "foreign key": ({"values": {"kernel.panic": 1}}, "kernel.panic"),
    "path in a key": ({"values": {"net.ipv4.../../kernel/panic": 1}}, "net.ipv4.../../kernel/panic"),
    "glob": ({"values": {"net.ipv4.*": 1}}, "net.ipv4.*"),
    "NUL": ({"values": {"net.ipv4.tcp_sack\0": 1}}, "tcp_sack"),
    "unknown key": ({"values": {"net.ipv4.tcp_no_such": 1}}, "check its spelling"),
    "one bad among good": ({"values": dict(WANTED, **{"net.ipv4.tcp_sack": "x"})}, "net.ipv4.tcp_sack"),
    "setting without a key": ({"settings": [{"target": "1", "verdict": "apply"}]}, "settings[0]"),
    "setting that is no mapping": ({"settings": ["x"]}, "settings"),
    "key of a wrong type": ({"settings": [entry(["x"], "1")]}, "settings[0]"),
    "key of a wrong form": ({"settings": GOOD + [entry("vm.swappiness", "1")]}, "vm.swappiness"),
    "unknown key in a plan": ({"settings": [entry("net.ipv4.tcp_no_such", "1")]}, "check its spelling"),
    "unknown verdict": ({"settings": [entry(FIN, "30", "maybe")]}, "verdict 'maybe'; expected apply, return or skip"),
    "no verdict": ({"settings": [{"key": FIN, "target": "30"}]}, "verdict None"),
    "verdict of a wrong type": ({"settings": [entry(FIN, "30", ["apply"])]}, "verdict"),
    "no target": ({"settings": [{"key": FIN, "verdict": "apply"}]}, FIN),
    "target of a wrong type": ({"settings": [entry(FIN, {"a": 1})]}, FIN),
    "number as a target": ({"settings": [entry(FIN, 30)]}, FIN),
    "target out of bounds": ({"settings": [entry(RMEM, "0 0 0")]}, RMEM),
    "target not in plain form": ({"settings": [entry(RMEM, "8760  256960 4088000")]}, "plain form"),
    "reason that is no text": ({"settings": [dict(entry(FIN, "30", "skip"), reason=["x"])]}, "expected a text"),
    "detail that is no text": ({"settings": [dict(entry(FIN, "30"), detail=7)]}, "expected a text"),
    "back to what is no text": (
        {"settings": [entry(FIN, 77, "return")]},
        "expected a text, or null for what the snapshot",
    ),
    "back to several lines": ({"settings": [entry(FIN, "7\n7", "return")]}, "to go back to; expected a text"),
    "content sets a key that goes back": (
        {"settings": [entry(FIN, "77", "return")], "content": LINE},
        "does not apply",
    ),
    "the same key twice": ({"settings": GOOD + GOOD}, "twice"),
    "twice, applied and skipped": ({"settings": GOOD + [entry(FIN, "30", "skip")]}, "twice"),
    "content sets another key": (
        {"settings": GOOD, "content": LINE + "kernel.panic = 1\n"},
        "line 2 sets kernel.panic",
    ),
    "content sets another value": ({"settings": GOOD, "content": FIN + " = 31\n"}, "31 in the file and 30 in the plan"),
    "content lacks a key": ({"settings": GOOD, "content": "# nothing\n"}, "missing in the file"),
    "content takes a key out": ({"settings": GOOD, "content": LINE + "-net.ipv4.tcp_sack\n"}, "net.ipv4.tcp_sack"),
    "content with a glob": ({"settings": GOOD, "content": LINE + "net.ipv4.conf.*.rp_filter = 0\n"}, "rp_filter"),
    "content sets a skipped key": ({"settings": [entry(FIN, "30", "skip")], "content": LINE}, "does not apply"),
    "relative path": ({"values": WANTED, "path": "etc/x.conf"}, "path"),
    "another ending": ({"values": WANTED, "path": "/etc/passwd"}, "ending in .conf"),
    "path with ..": ({"values": WANTED, "path": "/etc/sysctl.d/../x.conf"}, "path"),
    "path with a glob": ({"values": WANTED, "path": "/etc/sysctl.d/*.conf"}, "path"),
    "path with a newline": ({"values": WANTED, "path": "/etc/x\n.conf"}, "path"),
    "path with a newline at its end": ({"values": WANTED, "path": "/etc/x.conf\n"}, "path"),
    "path for absent": ({"state": "absent", "path": "/etc/passwd"}, "path"),
    "path for restored": ({"state": "restored", "path": "/etc/sysctl.d/../x.conf"}, "path"),
    "state": ({"values": WANTED, "state": "gone"}, "state"),
}


@isolated
def test_a_fault_in_the_arguments_is_found_before_anything_is_written():
    write(DROP_IN, "# theirs\n")
    call(sysctl_profile_info, values=WANTED)
    for name, (arguments, expected) in FAULTS.items():
        before = everything()
        with recorded() as opened:
            found = call(**arguments)
        assert found.get("failed") and not found.get("changed"), name
        assert expected in found["msg"], (name, found["msg"])
        assert not opened and everything() == before, name
        assert "Traceback" not in found["msg"] and "exception" not in found, name


@isolated
@pytest.mark.parametrize("target", ["77", None])
def test_a_key_goes_back_to_what_the_plan_or_the_snapshot_has(target):
    put({FIN: "77"})
    assert call(values=WANTED)["changed"] and get(FIN) == "30"
    rest = [entry(key, LIVE[key]) for key in (RMEM, SOMAXCONN)]
    settings = [*rest, {**entry(FIN, target, "return"), "reason": "left_profile"}]
    found = call(settings=settings)
    assert found["changed"] and get(FIN) == "77" and FIN not in read(DROP_IN)
    done = {"key": FIN, "value": "77", "status": "applied", "reason": None, "detail": "30 goes back to 77"}
    assert found["settings"][2] == done
    assert not call(settings=rest)["changed"]


@isolated
def test_a_key_that_somebody_changed_does_not_go_back():
    assert call(values=WANTED)["changed"]
    put({FIN: "45"})
    found = call(settings=[{**entry(FIN, "60", "return"), "reason": "left_profile"}])
    row = found["settings"][0]
    assert (row["status"], row["reason"], get(FIN)) == ("skipped", "left_profile", "45") and "45" in row["detail"]
    assert FIN not in read(DROP_IN)


@isolated
def test_all_faults_are_said_at_once():
    found = call(values={FIN: "x", RMEM: "1", SOMAXCONN: 2048})
    assert len(found["problems"]) == 2 and FIN in found["msg"] and RMEM in found["msg"]
    assert found["msg"].startswith("The arguments cannot be used, nothing was changed. ")


@isolated
def test_what_only_the_kernel_can_refuse_leaves_everything_as_before():
    key, value = "net.ipv4.tcp_congestion_control", "no_such_algorithm"
    write(DROP_IN, "# theirs\n", 0o600, 5, 6)
    before = tree("/etc"), everything()[1]
    found = call(values=dict(WANTED, **{key: value}), replace=True)
    assert found["failed"] and "%s: '%s' was refused: " % (key, value) in found["msg"]
    assert "(ENOENT); " in found["msg"] and found["msg"].endswith("Every value and the file are as before")
    assert (tree("/etc"), everything()[1]) == before
    assert os.listdir(STATE) == ["lock"]


@isolated
def test_a_plan_that_is_older_than_the_host():
    found = call(settings=GOOD + [entry("net.ipv4.tcp_tw_recycle", "1")])
    assert (
        found["failed"]
        and "net.ipv4.tcp_tw_recycle: the key is not there (any more); nothing was changed" in found["msg"]
    )


@isolated
def test_who_is_not_root_is_told_so():
    call(values=WANTED)
    become_nobody()
    for check in (True, False):
        found = call(values={FIN: 31}, _ansible_check_mode=check)
        assert (
            found["failed"] and "this needs root; nothing was changed. Set become, or connect as root" in found["msg"]
        )


@isolated
def test_a_dry_run_opens_nothing_for_writing():
    before = everything()
    with recorded() as opened:
        found = call(values=WANTED, _ansible_check_mode=True)
    assert found["changed"] and found["snapshot"] == "" and not opened and everything() == before


@isolated
def test_a_run_starts_no_program_and_opens_nothing_of_others():
    call(sysctl_profile_info, values=WANTED)
    with recorded() as opened:
        call(values=WANTED)
    assert {event for event, _path in opened} == {"open"}
    folders = {os.path.dirname(path) for _event, path in opened if not path.isdigit()}
    assert folders == {"/proc/sys/net/ipv4", "/proc/sys/net/core", STATE, os.path.dirname(DROP_IN)}
    with recorded() as opened:
        assert not call(values=WANTED)["changed"]
    assert opened == [("open", STATE + "/lock")]


@isolated
def test_a_run_that_was_killed_at_any_step_is_healed_and_said():
    healed = 0
    for number in count(1):
        clear("/etc", "/var/lib")
        os.mkdir("/etc/sysctl.d", 0o755)
        put({FIN: "77"})
        if not dies_at(number, lambda: call(values=WANTED)):
            break
        died = os.path.exists(JOURNAL)
        healed += died
        dry = call(values=WANTED, _ansible_check_mode=True)
        said = ["an earlier run had died in the middle; the real run puts its work back first"]
        assert dry["messages"] == said * died and dry["changed"] >= died
        found = call(values=WANTED)
        said = ["an earlier run had died in the middle; %s and the live values were put back first" % DROP_IN]
        assert found["messages"] == said * died and found["changed"] >= died
        assert not died or found["settings"][0]["detail"] == "77 becomes 30"
        assert not call(values=WANTED)["changed"]
    assert get(FIN) == "30" and healed > 10


@isolated
def test_a_key_is_read_once_before_once_after_its_write_and_once_in_the_end():
    """In the whole module, the check of its arguments included; also of keys that the catalog does not know."""
    unknown = "net.ipv4.conf.all.rp_filter"
    values = dict(WANTED, **{unknown: 2, "net.ipv4.tcp_tw_recycle": 1, SOMAXCONN: get(SOMAXCONN)})
    settings = plan(values=values)
    put({FIN: "77", RMEM: "5000 200000 3000000", unknown: "0"})
    undo = {FIN: "77", RMEM: "5000 200000 3000000", unknown: "0"}
    for arguments in ({"values": values}, {"settings": settings}):
        put(undo)
        for check, wanted in ((True, "r"), (False, "rwrr"), (False, "r")):
            with opened() as files:
                found = call(_ansible_check_mode=check, **arguments)
            assert found["changed"] == (check or wanted == "rwrr")
            assert keys_in(files) == {
                FIN: wanted,
                RMEM: wanted,
                unknown: wanted,
                SOMAXCONN: "rr" if wanted == "rwrr" else "r",
            }
        assert not call(state="absent", path="/etc/sysctl.d/91-other.conf")["changed"]


@isolated
@pytest.mark.parametrize("content", [None, "".join("%s = %s\n" % item for item in LIVE.items())])
def test_a_text_is_taken_apart_once(content, monkeypatch):
    """The text that is handed in, and the file that is there where it is another one."""
    texts = []
    write(DROP_IN, "# theirs\n")
    settings = plan()
    monkeypatch.setattr(
        _conf, "lines", lambda chunks, real=_conf.lines: texts.append(chunks.getvalue()) or real(chunks)
    )
    with opened() as files:
        assert call(settings=settings, content=content, replace=True)["changed"]
    assert texts == ([] if content is None else [content]) + ["# theirs\n"] and files[DROP_IN] == "r"
    del texts[:]
    with opened() as files:
        assert not call(settings=settings, content=content)["changed"]
    assert texts == ([] if content is None else [content]) and files[DROP_IN] == "r"


@isolated
def test_a_lock_that_an_earlier_run_left_is_held_before_the_host_is_read(monkeypatch):
    """So what is read is true until it is written; and nobody who has to wait is told about old values."""
    call(values=WANTED)
    monkeypatch.setattr(_store, "_LOCK_WAIT_S", 0)
    with Store(DROP_IN).locked(), opened() as files:
        found = call(values={FIN: 31})
    assert found["failed"] and found["msg"].startswith("another run has been at work on this host")
    assert keys_in(files) == {}


@isolated
def test_how_long_the_module_itself_takes():
    """For information (pytest -rP): the module in a warm interpreter, without its start and Ansible's imports."""
    call(sysctl_profile_info, values=WANTED)
    timed = []
    for module in (sysctl_profile_info, sysctl_profile, sysctl_profile):
        begin = time.perf_counter()
        call(module, values=WANTED)
        timed.append((time.perf_counter() - begin) * 1000)
    print("in ms: plan %.1f, first run %.1f, second run %.1f" % tuple(timed))
