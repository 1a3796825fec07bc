# Tests of the module sysctl_profile_info as Ansible calls it: it reads only, and needs no root.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""main() on a host of the test's own. The plan itself has tests of its own (../module_utils/test_plan.py)."""

from __future__ import annotations

import hashlib
import json
import os
import socket

import pytest

pytest.importorskip("ansible.module_utils.testing", reason="needs ansible-core 2.19 or newer")

from ansible_collections.fleetnet.linux_tcp.plugins.modules import sysctl_profile, sysctl_profile_info
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import FIN, RANGE, RECYCLE, RMEM, SOMAXCONN
from ansible_collections.fleetnet.linux_tcp.tests.unit.module_run import run_module
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import (
    DROP_IN,
    STATE,
    become_nobody,
    everything,
    isolated,
    put,
    read_only,
    recorded,
    write,
)

BACKLOG = "net.core.netdev_max_backlog"
VALUES = {
    SOMAXCONN: 2048,
    RMEM: "8760 256960 4088000",
    FIN: 30,
    RANGE: "1024 65000",
    RECYCLE: 1,
    BACKLOG: 2000,
    "net.ipv4.tcp_mem": "131072 262144 524288",
}


def call(module=sysctl_profile_info, **arguments):
    return run_module(module, arguments)


def by_key(found):
    return {setting["key"]: setting for setting in found["settings"]}


def codes(setting):
    return [advice["code"] for advice in setting["advice"]]


@isolated
def test_the_plan_of_a_host():
    put({FIN: "77", SOMAXCONN: "2048"})
    write("/etc/sysctl.d/10-web.conf", "\n%s = 9\n%s = 2048\n" % (FIN, SOMAXCONN))
    found = call(values=VALUES, policy="exact")
    assert not found["changed"] and found["root"] and not found["compliant"]
    assert found["kernel"]["release"] == os.uname().release and found["kernel"]["namespace"] == "container"
    assert [setting["key"] for setting in found["settings"]] == list(VALUES)
    rows = by_key(found)
    fin = rows[FIN]
    assert (fin["wanted"], fin["running"], fin["target"], fin["verdict"], fin["reason"]) == (
        "30",
        "77",
        "30",
        "apply",
        None,
    )
    assert (fin["boot"]["value"], fin["boot"]["source"]) == ("9", "/etc/sysctl.d/10-web.conf:2") and fin["drift"] == [
        "running",
        "boot",
    ]
    assert rows[SOMAXCONN]["drift"] == [] and rows[SOMAXCONN]["detail"] == "already 2048"
    assert {key: rows[key]["reason"] for key in (RECYCLE, BACKLOG, "net.ipv4.tcp_mem")} == {
        RECYCLE: "removed",
        BACKLOG: "other_namespace",
        "net.ipv4.tcp_mem": "other_namespace",
    }
    assert found["summary"]["reasons"] == {"removed": 1, "other_namespace": 2}


@isolated
def test_what_is_better_stays_unless_the_policy_is_exact():
    put({SOMAXCONN: "9000", RMEM: "4096 131072 33554432"})
    rows = by_key(call(values=VALUES))
    assert (rows[SOMAXCONN]["verdict"], rows[SOMAXCONN]["reason"]) == ("skip", "better")
    assert (rows[RMEM]["verdict"], rows[RMEM]["target"]) == ("apply", "8760 256960 33554432"), "number by number"
    assert (rows[FIN]["target"], rows[RANGE]["target"]) == ("30", "1024 65000"), "a time-out, a range"
    rows = by_key(call(values=VALUES, policies={SOMAXCONN: "exact"}))
    assert (rows[SOMAXCONN]["target"], codes(rows[SOMAXCONN])[:2]) == (
        "2048",
        ["weaker_than_default", "weaker_than_running"],
    )


@isolated
@pytest.mark.parametrize("as_root, target", [(True, "77"), (False, None)])
def test_what_an_earlier_run_set_and_nobody_wants_any_more_goes_back(as_root, target):
    put({FIN: "77"})
    call(sysctl_profile, values={FIN: 30, RANGE: "1024 65000"})
    if not as_root:
        become_nobody()
    found = call(values={RANGE: "1024 65000"})
    row = by_key(found)[FIN]
    assert (row["verdict"], row["reason"], row["running"], row["target"]) == ("return", "left_profile", "30", target)
    assert row["drift"] == ["running"] and row["then"] == {"reason": "", "detail": ""}
    assert (found["summary"]["return"], found["summary"]["apply"], found["summary"]["total"]) == (1, 1, 2)
    assert not found["compliant"] and by_key(found)[RANGE]["then"] is None
    excluded = by_key(call(values={FIN: 30, RANGE: "1024 65000"}, exclude=[FIN]))[FIN]
    assert excluded["verdict"] == "return" and excluded["then"]["reason"] == "excluded"


@isolated
def test_an_ordinary_user_gets_the_same_plan():
    write("/etc/sysctl.d/10-web.conf", FIN + " = 9\n")
    before = everything()
    with recorded() as opened:
        root = call(values=VALUES)
    assert not opened and everything() == before
    become_nobody()
    with recorded() as opened:
        found = call(values=VALUES)
    assert not opened
    assert (root.pop("root"), found.pop("root")) == (True, False)
    assert (root.pop("drop_in"), found.pop("drop_in")) == ("", "")
    assert found == root and "warnings" not in found


@isolated
def test_a_file_that_an_ordinary_user_may_not_read_is_a_warning():
    write("/etc/sysctl.d/10-secret.conf", FIN + " = 9\n", 0o600)
    warnings = []
    # Where other tests have loaded the controller's part of Ansible, a warning goes to the screen and not into the
    # result.
    sysctl_profile_info.AnsibleModule.warn = lambda _module, text: warnings.append(text)
    call(values=VALUES)
    assert not warnings
    become_nobody()
    call(values=VALUES)
    assert warnings == [
        "/etc/sysctl.d/10-secret.conf cannot be read (Permission denied); what it sets at boot is not known"
    ]


@isolated
def test_after_the_plan_was_carried_out_the_host_is_compliant():
    plan = call(values=VALUES)
    assert call(sysctl_profile, settings=plan["settings"])["changed"]
    found = call(values=VALUES)
    assert found["compliant"] and found["summary"]["drifted"] == 0
    assert by_key(found)[FIN]["boot"]["source"].startswith(DROP_IN + ":")
    put({FIN: "31"})
    assert not call(values=VALUES)["compliant"]


@isolated
def test_a_key_below_a_read_only_mount():
    read_only("/proc/sys/net/ipv4/tcp_fin_timeout")
    found = by_key(call(values=VALUES))[FIN]
    assert (found["verdict"], found["reason"], found["running"]) == ("skip", "read_only", "60")


@isolated
def test_a_service_whose_port_could_be_taken_is_named():
    listener = socket.socket()
    listener.bind(("0.0.0.0", 8080))
    listener.listen(1)
    rows = by_key(call(values=VALUES))
    assert "port_overlap" in codes(rows[RANGE])
    assert "8080" in next(advice["message"] for advice in rows[RANGE]["advice"] if advice["code"] == "port_overlap")
    reserved = dict(VALUES, **{"net.ipv4.ip_local_reserved_ports": "8000-8100"})
    assert "port_overlap" not in codes(by_key(call(values=reserved))[RANGE])
    listener.close()
    assert "port_overlap" not in codes(by_key(call(values=VALUES))[RANGE])


@isolated
def test_what_if_looks_at_no_host(monkeypatch):
    put({FIN: "77"})
    write(DROP_IN, FIN + " = 9\n")
    monkeypatch.setattr(sysctl_profile_info, "read_host", None)
    before = everything()
    with recorded() as opened:
        found = call(values=VALUES, policy="exact", kernel={"release": "4.9.0", "memory_mb": 8192})
    assert not opened and everything() == before
    assert found["kernel"] == {"release": "4.9.0", "memory_mb": 8192, "page_size": 4096, "namespace": "host"}
    assert found["compliant"] is None
    rows = by_key(found)
    assert (rows[RECYCLE]["verdict"], rows[FIN]["running"], rows[FIN]["boot"], rows[FIN]["drift"]) == (
        "apply",
        None,
        None,
        [],
    )
    assert (
        by_key(call(values=VALUES, kernel={"release": "4.9.0", "namespace": "container"}))[BACKLOG]["reason"]
        == "other_namespace"
    )


@isolated
@pytest.mark.parametrize(
    "arguments, expected",
    [
        ({}, "values"),
        ({"values": {"kernel.panic": 1}}, "kernel.panic"),
        ({"values": {RMEM: "3 2 1"}}, RMEM),
        ({"values": {}, "exclude": ["net.ipv4.*"]}, "net.ipv4.*"),
        ({"values": VALUES, "policy": "some"}, "policy"),
        ({"values": VALUES, "policies": {FIN: "some"}}, "improve, exact"),
        ({"values": VALUES, "memory_percent": 101}, "memory_percent"),
        ({"values": VALUES, "kernel": {"release": "Windows"}}, "kernel: "),
        ({"values": VALUES, "kernel": {"memory_mb": 1}}, "release"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_fault_in_the_arguments(arguments, expected):
    found = call(**arguments)
    assert found["failed"] and expected in found["msg"] and "exception" not in found


TEXT = "# Ours.\n%s = 30\n" % FIN


def settled(content=TEXT):
    """Whether the module says that this text in the drop-in would change nothing."""
    return call(values={FIN: 30})["drop_in"] == hashlib.sha256(content.encode()).hexdigest()


@isolated
def test_a_drop_in_as_it_was_left_is_known_again():
    assert not settled()
    call(sysctl_profile, values={FIN: 30}, content=TEXT)
    assert settled() and not settled(TEXT + "\n")
    assert not call(sysctl_profile, values={FIN: 30}, content=TEXT)["changed"]
    assert call(values={FIN: 30}, kernel={"release": "6.12.0"})["drop_in"] == ""
    become_nobody()
    assert call(values={FIN: 30})["drop_in"] == "", "only root sees a journal"


@isolated
@pytest.mark.parametrize("spoil", [
    lambda: write(DROP_IN, TEXT, mode=0o666),
    lambda: write(DROP_IN, TEXT, uid=65534),
    lambda: write(DROP_IN, TEXT, gid=65534),
    lambda: write(DROP_IN, TEXT + "\n"),
    lambda: (os.rename(DROP_IN, DROP_IN + ".real"), os.symlink(DROP_IN + ".real", DROP_IN)),
    lambda: write(STATE + "/99-other.journal", "{}"),
    lambda: os.unlink(DROP_IN),
], ids=["mode", "owner", "group", "text", "link", "journal", "gone"])  # fmt: skip
def test_a_drop_in_that_an_apply_would_touch_is_not(spoil):
    call(sysctl_profile, values={FIN: 30}, content=TEXT)
    assert settled()
    spoil()
    assert not settled()


@isolated
def test_a_file_whose_name_is_no_utf8_is_told_all_the_same():
    """Ansible refuses an answer with a text that is no UTF-8, so that the host would have no plan."""
    put({FIN: "77"})
    write(os.fsdecode(b"/etc/sysctl.d/98-\xff\xc3.conf"), "%s = 9\n" % FIN)
    write(os.fsdecode(b"/etc/sysctl.d/99-\xff.conf"), "x = 1\n", mode=0o600)
    warnings = []
    sysctl_profile_info.AnsibleModule.warn = lambda _module, text: warnings.append(text)
    become_nobody()
    found = call(values={FIN: 30}, policy="exact")
    json.dumps([found, warnings], ensure_ascii=False).encode("utf-8")
    assert by_key(found)[FIN]["boot"]["source"] == "/etc/sysctl.d/98-??.conf:1"
    assert [said[:30] for said in warnings] == ["/etc/sysctl.d/99-\\xff.conf can"]
