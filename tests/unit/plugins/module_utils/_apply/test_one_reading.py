# Tests that a run reads each key, and each text, once, and that what it read is still true when it writes.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""One reading serves the status, the difference, the journal, the snapshot and the undo."""

from __future__ import annotations

import contextlib
import json
import os

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply import _ends, _states, _store
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._records import Wanted
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._states import carry_out
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._store import Store
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot._conf import assignments
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import Handed
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host._proc import Refused, read_keys
from ansible_collections.fleetnet.linux_tcp.tests.unit.applied import bring_to, keys_in, lines, opened, statuses
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import FIN, RESERVED, RMEM, SOMAXCONN
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import (
    DROP_IN,
    JOURNAL,
    SNAPSHOT,
    get,
    in_child,
    isolated,
    put,
    read,
    write,
)

BEFORE = {FIN: "77", RMEM: "5000 200000 3000000", SOMAXCONN: "4000", RESERVED: ""}
WANTED = {FIN: "30", RMEM: "8760 256960 4088000", SOMAXCONN: "2048", RESERVED: "8080,9000-9010"}


def text(targets):
    return "# ours\n" + lines(targets)


def run(targets=None, state="present", live=True, check=False, path=DROP_IN, content=None):
    targets = targets if targets is not None else WANTED if state == "present" else {}
    return bring_to(state, targets, text(targets) if content is None else content, live, check, path)


def values():
    return {key: get(key) for key in BEFORE}


def snapshot():
    return json.loads(read(SNAPSHOT))


@isolated
def test_a_key_is_read_once_before_once_after_its_write_and_once_in_the_end():
    put(dict(WANTED, **{FIN: "77", RMEM: BEFORE[RMEM]}))
    with opened() as files:
        found = run()
    assert keys_in(files) == {FIN: "rwrr", RMEM: "rwrr", SOMAXCONN: "rr", RESERVED: "rr"}
    assert statuses(found)[FIN] == ("applied", "77 becomes 30") and snapshot()["live"][FIN] == "77"
    assert found.diff[1].before == "%s = 77\n%s = %s\n" % (FIN, RMEM, BEFORE[RMEM])
    for options, wanted in (({}, "r"), ({"check": True}, "r"), ({"live": False}, "r"), ({"state": "absent"}, "")):
        with opened() as files:
            run(**options)
        assert keys_in(files) == (dict.fromkeys(WANTED, wanted) if wanted else {}), options
    with opened() as files:
        assert run(state="restored").changed
    assert keys_in(files) == {FIN: "rwrr", RMEM: "rwrr", SOMAXCONN: "rr", RESERVED: "rr"}


@isolated
def test_a_refused_write_reads_again_only_what_has_to_be_put_back():
    put(BEFORE)
    wmem = "net.ipv4.tcp_wmem"
    with opened() as files, pytest.raises(Refused):
        run({FIN: "30", SOMAXCONN: BEFORE[SOMAXCONN], wmem: "9999 0 4088000"})
    assert files[SOMAXCONN] == "r", "it was not to be written"
    assert files[FIN] == "rwr" + "rwrr", "read, written, read back; and again to put it back, and once more in the end"
    assert values() == BEFORE


@isolated
@pytest.mark.parametrize("first", [True, False])
def test_a_run_that_comes_first_is_not_mistaken_for_what_was_before(first, monkeypatch):
    """No lock file is made before the arguments are checked, so another run may come between reading and lock."""
    monkeypatch.setattr(_store, "_LOCK_WAIT_S", 0)
    put(BEFORE)
    if not first:
        run({FIN: "40"})
    looks = []

    def look():
        wanted = Wanted([Handed(FIN, "30", None, "")], read_keys([FIN]), FIN + " = 30\n")
        if not looks:
            with pytest.raises(Refused) if not first else contextlib.nullcontext():
                run({FIN: "20"})
        looks.append(wanted.readings[FIN].text)
        return wanted

    found = carry_out("present", Store(DROP_IN), look, True, False)
    assert looks == (["77", "20"] if first else ["40"])
    assert statuses(found)[FIN] == ("applied", "%s becomes 30" % looks[-1])
    assert snapshot()["live"] == {FIN: "77"} and get(FIN) == "30"


@isolated
def test_after_a_recovery_the_host_is_read_again(monkeypatch):
    put(BEFORE)
    monkeypatch.setattr(_ends, "remove", lambda _path: os.kill(os.getpid(), 9))
    assert in_child(lambda: run({FIN: "20"}))[0] == "error"
    monkeypatch.undo()
    assert get(FIN) == "20" and os.path.exists(JOURNAL)
    found = run({FIN: "30"})
    assert found.said and statuses(found)[FIN] == ("applied", "77 becomes 30")
    assert snapshot()["live"] == {FIN: "77"}


@isolated
def test_the_text_of_the_drop_in_is_taken_apart_once(monkeypatch):
    """The file that is there only where it is another one; it is read once."""
    taken = []
    monkeypatch.setattr(_states, "assignments", lambda text: taken.append(text) or assignments(text))
    write(DROP_IN, "# theirs\n")
    with opened() as files:
        run()
    assert taken == ["# theirs\n"] and files[DROP_IN] == "r"
    with opened() as files:
        assert not run().changed
    assert taken == ["# theirs\n"] and files[DROP_IN] == "r"
