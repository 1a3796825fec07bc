# Tests of the snapshot and the journal as files: damaged ones, and what a power cut finds.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""What is kept on a host is there whole, or it is not there; what is damaged is named."""

from __future__ import annotations

import json
import os

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply import _ends
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply import _file_state as file_state
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._file_state import ABSENT, FileState
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._kept import (
    extended,
    load_snapshot,
    machine_id,
    save_snapshot,
)
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._records import Snapshot
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._store import Store
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._undo import recover
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host._proc import Refused
from ansible_collections.fleetnet.linux_tcp.tests.unit.applied import (
    NEW,
    commit,
    durability,
    earlier_file,
    recovered,
    world,
)
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import FIN, SOMAXCONN
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import (
    DROP_IN,
    JOURNAL,
    SNAPSHOT,
    STATE,
    get,
    in_child,
    isolated,
    put,
    read,
    tmpfs,
    write,
)


@isolated
def test_a_full_disk_is_named_where_it_is():
    tmpfs("/var/lib", "size=8k,mode=755")
    with pytest.raises(OSError, match="No space left") as caught:
        save_snapshot("/var/lib/a.json", Snapshot("/etc/x.conf", FileState.of_text("x" * 20000), {}))
    assert caught.value.filename == "/var/lib/a.json" and not os.listdir("/var/lib")


@isolated
def test_a_power_cut_finds_each_file_as_it_was_or_as_it_is_to_be(monkeypatch):
    """Each is written, flushed to the disk, put in its place, and then its place is."""
    folder = os.path.dirname(DROP_IN)
    with durability(monkeypatch) as found:
        commit({FIN: "30"}, FileState.of_text("# ours\n"))
    staged = file_state.staging_path(DROP_IN)
    wanted = []
    for path, kept in ((JOURNAL, STATE), (DROP_IN, ""), (SNAPSHOT, STATE)):
        wanted.append(("fsync", path + ".new" if kept else staged))
        if kept:
            wanted += [("rename", path + ".new", path), ("fsync", kept)]
    wanted += [("fsync", SNAPSHOT + ".new")]  # with what was written; put in its place once that holds
    wanted += [
        ("rename", staged, DROP_IN),
        ("fsync", folder),
        ("rename", SNAPSHOT + ".new", SNAPSHOT),
        ("fsync", STATE),
    ]
    wanted += [("remove", JOURNAL), ("fsync", STATE)]
    assert [step[: 3 if step[0] == "rename" else 2] for step in found] == wanted
    flushed = {step[1]: step[2] for step in found if step[0] == "fsync"}
    assert flushed[staged] == read(DROP_IN) == "# ours\n"
    assert flushed[SNAPSHOT + ".new"] == read(SNAPSHOT)
    journal = json.loads(flushed[JOURNAL + ".new"])
    assert journal["live"] == {FIN: {"before": "60", "after": "30"}} and flushed[JOURNAL + ".new"].endswith("}\n")


@isolated
def test_a_power_cut_after_an_undo_finds_the_old_file(monkeypatch):
    earlier_file()
    commit({FIN: "30"})
    old = read(DROP_IN)
    put({FIN: "31"})
    monkeypatch.setattr(_ends, "remove", lambda _path: os.kill(os.getpid(), 9))
    assert in_child(lambda: commit({FIN: "20"}, FileState.of_text("# newer\n")))[0] == "error"
    with durability(monkeypatch) as found:
        assert recovered()
    staged = file_state.staging_path(DROP_IN)
    assert found[:3] == [("fsync", staged, old), ("rename", staged, DROP_IN), ("fsync", os.path.dirname(DROP_IN), "")]
    assert found[-2:] == [("remove", JOURNAL), ("fsync", STATE, "")], "the journal is the last to go"
    assert read(DROP_IN) == old and get(FIN) == "31"


DAMAGED = ["", "{", "[]", "7", "null", "{}", '{"path": 1}', "\udcff"]


@isolated
@pytest.mark.parametrize("name", [JOURNAL, SNAPSHOT])
def test_a_damaged_journal_or_snapshot_is_a_clear_error(name):
    commit({FIN: "30"})
    good = json.loads(read(SNAPSHOT))
    if name == JOURNAL:
        good = dict(
            {key: good[key] for key in ("format", "path", "file")},
            boot="b",
            snapshot_path=SNAPSHOT,
            snapshot=None,
            made=[],
            until=0,
            after=None,
            forgets=False,
            live={FIN: {"before": "60", "after": "30"}},
        )
    texts = DAMAGED + [json.dumps({key: value for key, value in good.items() if key != missing}) for missing in good]
    for key, value in (
        ("file", {}),
        ("file", None),
        ("live", []),
        ("live", {FIN: 7}),
        ("live", {"../x": "1"}),
        ("path", 3),
        ("format", 1),
        *((("wrote", {FIN: 7}), ("left", 7), ("machine", None)) if name == SNAPSHOT else ()),
    ):
        texts.append(json.dumps(dict(good, **{key: value})))
    for text in texts:
        with open(name, "w", encoding="utf-8", errors="surrogateescape") as stream:
            stream.write(text)
        before = world()
        store = Store(DROP_IN)
        with store.locked(), pytest.raises(Refused) as caught:
            recover(store)
            load_snapshot(store.snapshot_path)
        said = str(caught.value)
        assert name + " cannot be used: " in said and "nothing was changed. Look into it, and move it away" in said
        assert world() == before


@isolated
def test_staged_leftovers_of_a_dead_run_are_taken_away():
    commit({FIN: "30"})
    before = world()
    write(SNAPSHOT + ".new", "half")
    write(JOURNAL + ".new", "")
    assert recovered() == []
    assert world() == before


def test_the_snapshot_keeps_what_it_has_and_takes_what_it_does_not_know():
    first = extended(None, DROP_IN, ABSENT, {FIN: "60"}, {FIN: "30"}, "x")
    later = extended(first, DROP_IN, NEW, {FIN: "30", SOMAXCONN: "4096"}, {SOMAXCONN: "9"}, "y")
    machine = machine_id()
    wrote = {FIN: "30", SOMAXCONN: "9"}
    release = os.uname().release
    kernels = {FIN: release, SOMAXCONN: release}
    assert later == Snapshot(DROP_IN, ABSENT, {FIN: "60", SOMAXCONN: "4096"}, wrote, "y", machine, kernels)
    assert first == Snapshot(DROP_IN, ABSENT, {FIN: "60"}, {FIN: "30"}, "x", machine, {FIN: release})
    elsewhere = extended(first._replace(machine="other"), DROP_IN, NEW, {FIN: "30"}, {}, "z")
    assert elsewhere == Snapshot(DROP_IN, NEW, {FIN: "30"}, {}, "z", machine, {FIN: release}), (
        "a clone's own snapshot begins"
    )
