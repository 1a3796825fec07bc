# Tests of the transaction: all or nothing, against the real kernel and real file systems.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""What is refused leaves no trace. Runs that are killed are in test_killed_runs.py."""

from __future__ import annotations

import os

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply import _ends
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._file_state import FileState
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._store import Store
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host._proc import Refused
from ansible_collections.fleetnet.linux_tcp.tests.unit.applied import (
    NEW,
    commit,
    earlier_file,
    refusal,
    world,
)
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import (
    CONGESTION,
    FIN,
    RANGE,
    RECYCLE,
    RESERVED,
    RMEM,
    SOMAXCONN,
    START,
)
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import (
    DROP_IN,
    JOURNAL,
    SNAPSHOT,
    STATE,
    get,
    isolated,
    put,
    read,
    read_only,
    tmpfs,
    write,
)

WANTED = {FIN: "30", RMEM: "8760 256960 4088000", RANGE: "600 65001", START: "500", RESERVED: "8080", SOMAXCONN: "2048"}


@isolated
def test_a_change_is_carried_out():
    commit(WANTED)
    assert {key: get(key) for key in WANTED} == WANTED
    assert sorted(os.listdir(STATE)) == ["90-tcp-hardening.json", "lock"]
    assert os.listdir("/etc/sysctl.d") == [os.path.basename(DROP_IN)]
    assert read(DROP_IN) == "# ours\n"
    assert (os.stat(STATE).st_mode, os.stat(SNAPSHOT).st_mode) == (0o40700, 0o100600)


BAD = [
    ({RMEM: "9999 0 4088000"}, "EINVAL"),
    ({CONGESTION: "no_such_algorithm"}, "ENOENT"),
    ({RECYCLE: "1"}, "ENOENT"),
    ({FIN: "nonsense"}, "EINVAL"),
    ({START: "70000"}, "EINVAL"),
]


@isolated
@pytest.mark.parametrize("file", ["none", "file", "link"])
@pytest.mark.parametrize("bad, answer", BAD, ids=lambda value: next(iter(value)) if isinstance(value, dict) else value)
@pytest.mark.parametrize("place", [0, 3, 99])
def test_one_refused_key_leaves_everything_as_before(bad, answer, file, place):
    """The bad key first, in the middle and last, with keys around it that depend on each other."""
    {"none": lambda: None, "file": earlier_file, "link": lambda: os.symlink("10-other.conf", DROP_IN)}[file]()
    put({RMEM: "5000 200000 3000000"})
    before = world()
    items = [item for item in WANTED.items() if item[0] not in bad]
    items[place:place] = bad.items()
    said = refusal(dict(items))
    assert world() == before
    key, value = next(iter(bad.items()))
    assert "%s: %r was refused" % (key, value) in said and "(%s)" % answer in said and "exclude" in said
    assert said.endswith("Every value and the file are as before")


@isolated
def test_a_key_below_a_read_only_mount():
    earlier_file()
    read_only("/proc/sys/" + FIN.replace(".", "/"))
    before = world()
    assert "(EROFS)" in refusal(WANTED)
    assert world() == before


@isolated
@pytest.mark.parametrize("full", ["/etc/sysctl.d", "/var/lib"])
@pytest.mark.parametrize("first", [True, False])
def test_no_space_left(full, first):
    tmpfs(full, "size=%dk,mode=755" % (16 if full == "/etc/sysctl.d" else 40))
    earlier_file()
    if not first:
        commit({FIN: "40"}, FileState.of_text("# older\n"))
    with open(full + "/filler", "wb", buffering=0) as stream, pytest.raises(OSError, match="No space"):
        while True:
            stream.write(b"x" * 4096)
    before = world()
    with pytest.raises(Refused, match="No space left on device"):
        commit(WANTED, FileState.of_text("# " + "x" * 20000))
    found = world()
    assert found == before
    assert not os.path.exists(JOURNAL)


@isolated
def test_a_file_system_that_fails_only_after_the_values_were_written(monkeypatch):
    earlier_file()
    before = world()

    def fail(*_args):
        assert get(FIN) == "30"
        monkeypatch.undo()
        raise OSError(5, "Input/output error", DROP_IN)

    monkeypatch.setattr(os, "replace", _nth(os.replace, 3, fail))
    assert refusal(WANTED) == DROP_IN + ": Input/output error. Every value and the file are as before"
    assert world() == before


def _nth(real, number, instead):
    """A function that does the real thing until its n-th call."""
    calls = []

    def call(*args):
        calls.append(args)
        return instead(*args) if len(calls) == number else real(*args)

    return call


@isolated
def test_an_interrupt_leaves_everything_as_before(monkeypatch):
    earlier_file()
    before = world()

    def interrupt(*_args):
        monkeypatch.undo()
        raise KeyboardInterrupt

    monkeypatch.setattr(_ends, "swap", interrupt)
    with pytest.raises(KeyboardInterrupt):
        commit(WANTED)
    assert world() == before


@isolated
def test_read_only_folder_of_the_drop_in():
    earlier_file()
    read_only("/etc/sysctl.d")
    before = world()
    assert "Read-only file system" in refusal(WANTED)
    assert world() == before


@isolated
def test_folders_that_are_missing_are_made_and_taken_away_again_after_a_refusal():
    store = Store("/etc/a/b/c/x.conf")
    before = world()
    refusal(dict(WANTED, **{CONGESTION: "no_such"}), NEW, store)
    assert world() == before
    os.umask(0)
    commit(WANTED, NEW, store)
    assert read(store.path) == "# ours\n"
    assert [os.stat(folder).st_mode for folder in ("/etc/a", "/etc/a/b", "/etc/a/b/c")] == [0o40755] * 3


@isolated
def test_a_file_where_a_folder_should_be():
    write("/etc/a", "file\n")
    before = world()
    assert "/etc/a" in refusal(WANTED, NEW, Store("/etc/a/x.conf"))
    assert world() == before
