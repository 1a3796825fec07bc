# Tests of taking a change back by its journal, also in another boot.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Where something cannot be put back the rest is, and the journal waits for the next run."""

from __future__ import annotations

import os
import re

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply import _ends, _undo
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply import _transaction as transaction
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._store import Store
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._undo import interrupted
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host._proc import Refused, boot_id
from ansible_collections.fleetnet.linux_tcp.tests.unit import namespace
from ansible_collections.fleetnet.linux_tcp.tests.unit.applied import (
    commit,
    earlier_file,
    recovered,
    refusal,
    world,
)
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import CONGESTION, FIN, RANGE, RMEM, SOMAXCONN, START
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import (
    DROP_IN,
    JOURNAL,
    STATE,
    get,
    in_child,
    isolated,
    put,
    read_only,
    tmpfs,
)


@isolated
def test_what_cannot_be_put_back_is_said_and_tried_again_by_the_next_run(monkeypatch):
    earlier_file()
    before = world()

    def fail(*_args):
        read_only("/proc/sys/" + FIN.replace(".", "/"))
        raise OSError(5, "Input/output error", DROP_IN)

    monkeypatch.setattr(_ends, "swap", fail)
    said = refusal({FIN: "30"})
    assert "Input/output error. And then: could not be put back: " in said
    assert "%s: '60' was refused" % FIN in said and JOURNAL in said and "run again" in said
    monkeypatch.undo()
    with pytest.raises(Refused, match="could not be put back"):
        recovered()
    namespace.unmount("/proc/sys/" + FIN.replace(".", "/"))
    assert recovered() == [
        "an earlier run had died in the middle; %s and the live values were put back first" % DROP_IN
    ]
    assert recovered() == []
    assert world() == before


def test_the_boot_has_a_name():
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", boot_id())


@isolated
def test_after_a_reboot_only_what_the_dead_run_meant_to_write_is_taken_back(monkeypatch):
    put({FIN: "50", SOMAXCONN: "1000", RMEM: "5000 200000 3000000"})
    with monkeypatch.context() as patch:
        patch.setattr(_ends, "remove", lambda path: os.kill(os.getpid(), 9))
        assert in_child(lambda: commit({FIN: "30", SOMAXCONN: "2048", RMEM: "8760 256960 4088000"}))[0] == "error"
    assert interrupted(Store(DROP_IN)) and get(FIN) == "30"
    monkeypatch.setattr(_undo, "boot_id", lambda: "another boot")
    put({SOMAXCONN: "4096", RMEM: "8760 256960 4088001"})  # the new boot's own; only FIN came out of the drop-in
    assert recovered()
    assert (get(FIN), get(SOMAXCONN), get(RMEM)) == ("50", "4096", "8760 256960 4088001")
    assert not os.path.exists(DROP_IN) and os.listdir(STATE) == ["lock"]


@isolated
def test_a_value_that_cannot_be_read_is_put_back_all_the_same(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(_ends, "remove", lambda path: os.kill(os.getpid(), 9))
        assert in_child(lambda: commit({FIN: "30"}))[0] == "error"
    monkeypatch.setattr(_undo, "read_value", lambda _key: None)
    assert recovered() and get(FIN) == "60"


@isolated
def test_to_undo_needs_no_space_where_nothing_was_written(monkeypatch):
    tmpfs("/var/lib", "size=64k,mode=755")
    commit({FIN: "40"})
    before = world()

    def fill(_live):
        monkeypatch.undo()
        with open("/var/lib/filler", "wb", buffering=0) as stream, pytest.raises(OSError, match="No space"):
            while True:
                stream.write(b"x" * 4096)
        raise Refused("no")

    monkeypatch.setattr(transaction, "write_all", fill)
    assert refusal({FIN: "30"}) == "no. Every value and the file are as before"
    os.unlink("/var/lib/filler")
    assert world() == before


@isolated
def test_the_undo_finds_the_order_of_dependent_keys_too():
    for low in (True, False):
        put({START: "1024"} if low else {RANGE: "32768 60999"})
        wanted = {START: "500", RANGE: "600 65001"} if low else {START: "2000", RANGE: "3000 65000"}
        for order in (list(wanted), list(wanted)[::-1]):
            before = world()
            refusal(dict([(key, wanted[key]) for key in order] + [(CONGESTION, "no_such")]))
            assert world() == before


@isolated
def test_what_somebody_set_after_a_run_had_died_is_left_and_named(monkeypatch):
    put({FIN: "50", SOMAXCONN: "1000", RMEM: "5000 200000 3000000"})
    with monkeypatch.context() as patch:
        patch.setattr(_ends, "remove", lambda path: os.kill(os.getpid(), 9))
        assert in_child(lambda: commit({FIN: "30", SOMAXCONN: "2048", RMEM: "8760 256960 4088000"}))[0] == "error"
    put({SOMAXCONN: "7000", RMEM: "5000 256960 4088000"})  # the second is what a write that was broken off leaves
    with open(DROP_IN, "a", encoding="utf-8") as stream:
        stream.write("# mine\n")
    said = recovered()
    assert "%s: 7000 was set by somebody else meanwhile: it is left" % SOMAXCONN in said
    assert "%s was written by somebody else meanwhile: it is left" % DROP_IN in said and len(said) == 3
    assert (get(FIN), get(SOMAXCONN), get(RMEM)) == ("50", "7000", "5000 200000 3000000")
    assert os.path.exists(DROP_IN) and recovered() == [], "said once"
