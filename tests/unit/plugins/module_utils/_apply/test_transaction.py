# Tests of the transaction: all or nothing, the journal, the lock and the snapshot, against the real kernel and real
# file systems.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""What is refused leaves no trace. Runs that are killed are in test_killed_runs.py."""

from __future__ import annotations

import json
import os
import re
import time
from functools import partial
from types import SimpleNamespace

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply import _file_state as file_state
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply import _store as stores
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply import _transaction as transaction
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply import _undo
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._file_state import ABSENT, FileState
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._kept import (
    Snapshot,
    extended,
    load_snapshot,
    save_snapshot,
)
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._live import Write
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._store import Store
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._transaction import Change
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._undo import interrupted, recover
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host._proc import Refused, boot_id, read_value
from ansible_collections.fleetnet.linux_tcp.tests.unit import namespace
from ansible_collections.fleetnet.linux_tcp.tests.unit.applied import durability, recovered
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
    read_only,
    start,
    sysctls,
    tmpfs,
    tree,
    write,
)

FIN, RMEM, SOMAXCONN = "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_rmem", "net.core.somaxconn"
START, RANGE = "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_port_range"
CONGESTION, RESERVED = "net.ipv4.tcp_congestion_control", "net.ipv4.ip_local_reserved_ports"
NEW = FileState.of_text("# ours\n")
WANTED = {FIN: "30", RMEM: "8760 256960 4088000", RANGE: "600 65001", START: "500", RESERVED: "8080", SOMAXCONN: "2048"}
GONE = "net.ipv4.tcp_tw_recycle"


def commit(live, file=NEW, store=None):
    """Carry a change out as _states does."""
    store = store or Store(DROP_IN)
    with store.locked():
        before, kept = file_state.read_state(store.path), load_snapshot(store.snapshot_path)
        writes = tuple(Write(key, read_value(key), text) for key, text in live.items())
        running = {key: before for key, before, _after in writes if key in WANTED}
        change = Change(before, file, writes, kept, extended(kept, store.path, before, running))
        transaction.commit(store, change)


def refusal(live, file=NEW, store=None):
    with pytest.raises(Refused) as caught:
        commit(live, file, store)
    return str(caught.value)


def world():
    """What must be as before: all files but the lock and its folder, and all values."""
    return {
        path: status for path, status in tree("/etc", "/var/lib").items() if path not in (STATE, STATE + "/lock")
    }, sysctls()


def earlier_file():
    write(DROP_IN, "# an administrator's\nnet.ipv4.tcp_fin_timeout = 77\n", 0o640, 3, 4)


@isolated
def test_a_full_disk_is_named_where_it_is():
    tmpfs("/var/lib", "size=8k,mode=755")
    with pytest.raises(OSError, match="No space left") as caught:
        save_snapshot("/var/lib/a.json", Snapshot("/etc/x.conf", FileState.of_text("x" * 20000), {}))
    assert caught.value.filename == "/var/lib/a.json" and not os.listdir("/var/lib")


@isolated
def test_a_change_is_carried_out():
    commit(WANTED)
    assert {key: get(key) for key in WANTED} == WANTED
    assert sorted(os.listdir(STATE)) == ["90-tcp-hardening.json", "lock"]
    assert os.listdir("/etc/sysctl.d") == [os.path.basename(DROP_IN)]
    assert read(DROP_IN) == "# ours\n"
    assert (os.stat(STATE).st_mode, os.stat(SNAPSHOT).st_mode) == (0o40700, 0o100600)


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
    wanted += [("rename", staged, DROP_IN), ("fsync", folder), ("remove", JOURNAL), ("fsync", STATE)]
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
    monkeypatch.setattr(transaction, "remove", lambda _path: os.kill(os.getpid(), 9))
    assert in_child(lambda: commit({FIN: "20"}, FileState.of_text("# newer\n")))[0] == "error"
    with durability(monkeypatch) as found:
        assert recovered()
    staged = file_state.staging_path(DROP_IN)
    assert found[:3] == [("fsync", staged, old), ("rename", staged, DROP_IN), ("fsync", os.path.dirname(DROP_IN), "")]
    assert found[-2:] == [("remove", JOURNAL), ("fsync", STATE, "")], "the journal is the last to go"
    assert read(DROP_IN) == old and get(FIN) == "31"


BAD = [
    ({RMEM: "9999 0 4088000"}, "EINVAL"),
    ({CONGESTION: "no_such_algorithm"}, "ENOENT"),
    ({GONE: "1"}, "ENOENT"),
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
def test_the_undo_finds_the_order_of_dependent_keys_too():
    for low in (True, False):
        put({START: "1024"} if low else {RANGE: "32768 60999"})
        wanted = {START: "500", RANGE: "600 65001"} if low else {START: "2000", RANGE: "3000 65000"}
        for order in (list(wanted), list(wanted)[::-1]):
            before = world()
            refusal(dict([(key, wanted[key]) for key in order] + [(CONGESTION, "no_such")]))
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

    monkeypatch.setattr(transaction, "swap", interrupt)
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
def test_what_cannot_be_put_back_is_said_and_tried_again_by_the_next_run(monkeypatch):
    earlier_file()
    before = world()

    def fail(*_args):
        read_only("/proc/sys/" + FIN.replace(".", "/"))
        raise OSError(5, "Input/output error", DROP_IN)

    monkeypatch.setattr(transaction, "swap", fail)
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
        patch.setattr(transaction, "remove", lambda path: os.kill(os.getpid(), 9))
        assert in_child(lambda: commit({FIN: "30", SOMAXCONN: "2048", RMEM: "8760 256960 4088000"}))[0] == "error"
    assert interrupted(Store(DROP_IN)) and get(FIN) == "30"
    monkeypatch.setattr(_undo, "boot_id", lambda: "another boot")
    put({SOMAXCONN: "4096", RMEM: "8760 256960 4088001"})  # the new boot's own; only FIN came out of the drop-in
    assert recovered()
    assert (get(FIN), get(SOMAXCONN), get(RMEM)) == ("50", "4096", "8760 256960 4088001")
    assert not os.path.exists(DROP_IN) and os.listdir(STATE) == ["lock"]


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
def test_a_value_that_cannot_be_read_is_put_back_all_the_same(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(transaction, "remove", lambda path: os.kill(os.getpid(), 9))
        assert in_child(lambda: commit({FIN: "30"}))[0] == "error"
    monkeypatch.setattr(_undo, "read_value", lambda _key: None)
    assert recovered() and get(FIN) == "60"


@isolated
def test_a_lock_that_is_a_link_is_refused():
    os.mkdir(STATE)
    os.symlink("/etc/target", STATE + "/lock")
    assert "cannot be used" in refusal(WANTED)
    assert not os.path.exists("/etc/target")


DAMAGED = ["", "{", "[]", "7", "null", "{}", '{"path": 1}', "\udcff"]


@isolated
@pytest.mark.parametrize("name", [JOURNAL, SNAPSHOT])
def test_a_damaged_journal_or_snapshot_is_a_clear_error(name):
    commit({FIN: "30"})
    good = json.loads(read(SNAPSHOT))
    if name == JOURNAL:
        good = dict(
            good,
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
    first = extended(None, DROP_IN, ABSENT, {FIN: "60"})
    later = extended(first, DROP_IN, NEW, {FIN: "30", SOMAXCONN: "4096"})
    assert later == Snapshot(DROP_IN, ABSENT, {FIN: "60", SOMAXCONN: "4096"})
    assert first == Snapshot(DROP_IN, ABSENT, {FIN: "60"})


@pytest.mark.parametrize(
    "left, right",
    [("/etc/sysctl.d/x.conf", "/srv/x.conf"), ("/srv/a_b.conf", "/srv/a/b.conf"), ("/a/b%2fc.conf", "/a/b/c.conf")],
)
def test_two_drop_ins_have_two_snapshots(left, right):
    paths = [Store(path).snapshot_path for path in (left, right)]
    assert paths[0] != paths[1]
    assert all(os.path.dirname(path) == STATE for path in paths)
