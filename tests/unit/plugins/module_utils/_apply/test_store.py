# Tests of the collection's folder on a host, and of the lock: two runs at once.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""One run waits for the other, and what one has read is true until it has written."""

from __future__ import annotations

import json
import os
import stat
import time
from functools import partial
from types import SimpleNamespace

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply import _store as stores
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply import _transaction as transaction
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._file_state import FileState
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._store import Store
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host._proc import Refused
from ansible_collections.fleetnet.linux_tcp.tests.unit.applied import (
    commit,
    refusal,
    world,
)
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import FIN, RANGE, RESERVED, RMEM, SOMAXCONN, START
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import (
    DROP_IN,
    SNAPSHOT,
    STATE,
    get,
    isolated,
    read,
    read_only,
    start,
    tmpfs,
    write,
)

WANTED = {FIN: "30", RMEM: "8760 256960 4088000", RANGE: "600 65001", START: "500", RESERVED: "8080", SOMAXCONN: "2048"}


@isolated
def test_the_folder_of_the_state_is_made():
    tmpfs("/var")
    commit(WANTED)
    assert os.stat(STATE).st_mode == 0o40700


@isolated
def test_the_folder_of_the_state_is_no_folder_or_read_only():
    before = world()
    write(STATE, "file\n")
    assert STATE in refusal(WANTED)
    os.unlink(STATE)
    read_only("/var/lib")
    assert "Read-only file system; nothing was changed" in refusal(WANTED)
    assert world() == before


@isolated
def test_a_folder_of_the_state_that_others_could_read_is_closed():
    os.mkdir(STATE, 0o755)
    commit(WANTED)
    assert os.stat(STATE).st_mode == 0o40700


@isolated
def test_a_second_run_waits_until_the_first_is_done(monkeypatch):
    write("/etc/go", "")
    real = transaction.write_all

    def slow(live):
        os.mkdir("/etc/first-is-at-work")
        while os.path.exists("/etc/go"):
            time.sleep(0.01)
        real(live)

    first, second = dict(WANTED), dict(WANTED, **{FIN: "20", SOMAXCONN: "999"})

    def waiting(seconds):
        write("/etc/second-waits", "")
        time.sleep(seconds)

    pids = []
    for live, write_all in ((first, slow), (second, real)):
        with monkeypatch.context() as patch:
            patch.setattr(transaction, "write_all", write_all)
            patch.setattr(stores, "time", SimpleNamespace(monotonic=time.monotonic, sleep=waiting))
            pids.append(start(partial(commit, live, FileState.of_text("# %s\n" % live[FIN]))))
        while not os.path.exists("/etc/first-is-at-work"):
            time.sleep(0.01)
    while not os.path.exists("/etc/second-waits"):
        assert os.waitpid(pids[1], os.WNOHANG) == (0, 0), "the second run did not wait"
        time.sleep(0.01)
    assert not os.path.exists(DROP_IN) and get(FIN) == "60"
    os.unlink("/etc/go")
    assert [os.waitpid(pid, 0)[1] for pid in pids] == [0, 0]
    assert {key: get(key) for key in second} == second
    assert read(DROP_IN) == "# 20\n"
    with open(SNAPSHOT, encoding="utf-8") as stream:
        assert json.load(stream)["live"][FIN] == "60"


@isolated
def test_many_runs_at_once_never_mix():
    def work(number):
        for turn in range(5):
            mine = "%d%d" % (number + 1, turn)
            commit({FIN: mine, SOMAXCONN: mine, RMEM: "%s000 200000 3000000" % mine}, FileState.of_text(mine))
            with Store(DROP_IN).locked():
                stands = read(DROP_IN)
                assert (get(FIN), get(SOMAXCONN), get(RMEM).split()[0]) == (stands, stands, stands + "000")

    pids = [start(partial(work, number)) for number in range(4)]
    assert [os.waitpid(pid, 0)[1] for pid in pids] == [0] * 4
    assert read(DROP_IN)[1] == "4" and get(FIN) == read(DROP_IN)
    assert sorted(os.listdir(STATE)) == ["90-tcp-hardening.json", "lock"]


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self):
        self.now_s = 100.0

    def monotonic(self):
        return self.now_s

    def sleep(self, seconds):
        self.now_s += seconds


@isolated
def test_a_lock_that_is_held_for_long_is_a_clear_error(monkeypatch):
    before = world()
    clock = Clock()
    monkeypatch.setattr(stores, "time", clock)
    with Store(DROP_IN).locked():
        with pytest.raises(Refused) as caught:
            with Store("/etc/sysctl.d/91-another.conf").locked():
                raise AssertionError("both hold it")
        assert str(caught.value) == (
            "another run has been at work on this host for 120 s; nothing was changed. Try again later"
        )
        assert 220 <= clock.now_s < 221, "it was waited for as long as the message says"
    with Store(DROP_IN).locked(wait_s=0):
        pass
    assert world() == before


@isolated
def test_a_lock_is_held_once_and_let_go(monkeypatch):
    """Early and then for good is one lock; afterwards it is free, also for the same store."""
    monkeypatch.setattr(stores, "time", Clock())
    mine, another = Store(DROP_IN), Store(DROP_IN)
    for round_s in range(2):
        with mine.locked_early():
            with mine.locked(wait_s=0) as alone:
                assert alone, "nobody came in between"
            if round_s:  # in the first round there was no lock to hold early
                with pytest.raises(Refused), another.locked(wait_s=0):
                    raise AssertionError("both hold it")
        with another.locked(wait_s=0) as alone:
            assert not alone, "somebody may have come in between"
            with pytest.raises(Refused), mine.locked(wait_s=0):
                raise AssertionError("both hold it")


@isolated
def test_a_lock_that_is_a_link_is_refused():
    os.mkdir(STATE)
    os.symlink("/etc/target", STATE + "/lock")
    assert "cannot be used" in refusal(WANTED)
    assert not os.path.exists("/etc/target")


@pytest.mark.parametrize(
    "left, right",
    [("/etc/sysctl.d/x.conf", "/srv/x.conf"), ("/srv/a_b.conf", "/srv/a/b.conf"), ("/a/b%2fc.conf", "/a/b/c.conf")],
)
def test_two_drop_ins_have_two_snapshots(left, right):
    paths = [Store(path).snapshot_path for path in (left, right)]
    assert paths[0] != paths[1]
    assert all(os.path.dirname(path) == STATE for path in paths)


@isolated
def test_folders_that_are_missing_are_made_with_their_own_modes():
    tmpfs("/var", "mode=755")
    before = os.umask(0)
    try:
        with Store(DROP_IN).locked():
            pass
    finally:
        os.umask(before)
    modes = {path: stat.S_IMODE(os.stat(path).st_mode) for path in ("/var/lib", STATE)}
    assert modes == {"/var/lib": 0o755, STATE: 0o700}
