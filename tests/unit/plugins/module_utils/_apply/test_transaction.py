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

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply import _file_state as file_state
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply import _transaction as transaction
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._file_state import ABSENT, FileState
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._transaction import Change, Store, extended
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host._proc import Refused
from ansible_collections.fleetnet.linux_tcp.tests.unit import namespace
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
        before = file_state.read_state(store.path)
        change = Change(
            file, live, extended(store.snapshot(), store.path, before, {key: get(key) for key in live if key in WANTED})
        )
        store.commit(change, before)


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
        transaction._save("/var/lib/a.json", {"a": "x" * 20000})
    assert caught.value.filename == "/var/lib/a.json" and not os.listdir("/var/lib")


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

    monkeypatch.setattr(file_state, "swap", interrupt)
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

    monkeypatch.setattr(file_state, "swap", fail)
    said = refusal({FIN: "30"})
    assert "Input/output error. And then: could not be put back: " in said
    assert "%s: '60' was refused" % FIN in said and JOURNAL in said and "run again" in said
    monkeypatch.undo()
    store = Store(DROP_IN)
    with store.locked(), pytest.raises(Refused, match="could not be put back"):
        store.recover()
    namespace.unmount("/proc/sys/" + FIN.replace(".", "/"))
    with store.locked():
        assert store.recover() == [
            "an earlier run had died in the middle; %s and the live values were put back first" % DROP_IN
        ]
        assert store.recover() == []
    assert world() == before


def test_the_boot_has_a_name():
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", transaction._boot_id())


@isolated
def test_after_a_reboot_only_what_the_dead_run_meant_to_write_is_taken_back(monkeypatch):
    put({FIN: "50", SOMAXCONN: "1000", RMEM: "5000 200000 3000000"})
    store = Store(DROP_IN)
    with monkeypatch.context() as patch:
        patch.setattr(transaction, "_remove", lambda path: os.kill(os.getpid(), 9))
        assert in_child(lambda: commit({FIN: "30", SOMAXCONN: "2048", RMEM: "8760 256960 4088000"}))[0] == "error"
    assert store.interrupted() and get(FIN) == "30"
    monkeypatch.setattr(transaction, "_boot_id", lambda: "another boot")
    put({SOMAXCONN: "4096", RMEM: "8760 256960 4088001"})  # the new boot's own; only FIN came out of the drop-in
    with store.locked():
        assert store.recover()
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
    pids = []
    for live, write_all in ((first, slow), (second, real)):
        with monkeypatch.context() as patch:
            patch.setattr(transaction, "write_all", write_all)
            pids.append(start(partial(commit, live, FileState.of_text("# %s\n" % live[FIN]))))
        while not os.path.exists("/etc/first-is-at-work"):
            time.sleep(0.01)
    time.sleep(0.3)
    assert os.waitpid(pids[1], os.WNOHANG) == (0, 0), "the second run did not wait"
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


@isolated
def test_a_lock_that_is_held_for_long_is_a_clear_error(monkeypatch):
    before = world()
    # A clock of our own, which only sleeping moves on.
    slept = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: 1000 + sum(slept))
    monkeypatch.setattr(time, "sleep", slept.append)
    with Store(DROP_IN).locked():
        with pytest.raises(
            Refused, match="another run has been at work on this host for 60 s; nothing was changed. Try again later"
        ):
            with Store("/etc/sysctl.d/91-another.conf").locked(wait_s=60):
                raise AssertionError("both hold it")
        assert 60 <= sum(slept) < 62 and max(slept) <= 1
    with Store(DROP_IN).locked(wait_s=0):
        pass
    assert world() == before


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
            good, boot="b", snapshot_path=SNAPSHOT, snapshot=None, made=[], live={FIN: {"before": "60", "after": "30"}}
        )
    texts = DAMAGED + [json.dumps({key: value for key, value in good.items() if key != missing}) for missing in good]
    for key, value in (
        ("file", {}),
        ("file", None),
        ("live", []),
        ("live", {FIN: 7}),
        ("live", {"../x": "1"}),
        ("path", 3),
        ("format", 2),
    ):
        texts.append(json.dumps(dict(good, **{key: value})))
    for text in texts:
        with open(name, "w", encoding="utf-8", errors="surrogateescape") as stream:
            stream.write(text)
        before = world()
        store = Store(DROP_IN)
        with store.locked(), pytest.raises(Refused) as caught:
            store.recover()
            store.snapshot()
        said = str(caught.value)
        assert name + " cannot be used: " in said and "nothing was changed. Look into it, and move it away" in said
        assert world() == before


@isolated
def test_staged_leftovers_of_a_dead_run_are_taken_away():
    commit({FIN: "30"})
    before = world()
    write(SNAPSHOT + ".new", "half")
    write(JOURNAL + ".new", "")
    with Store(DROP_IN).locked():
        assert Store(DROP_IN).recover() == []
    assert world() == before


def test_the_snapshot_keeps_what_it_has_and_takes_what_it_does_not_know():
    first = extended(None, DROP_IN, ABSENT, {FIN: "60"})
    assert extended(first, DROP_IN, NEW, {FIN: "30", SOMAXCONN: "4096"}) == dict(
        first, live={FIN: "60", SOMAXCONN: "4096"}
    )


@pytest.mark.parametrize(
    "left, right",
    [("/etc/sysctl.d/x.conf", "/srv/x.conf"), ("/srv/a_b.conf", "/srv/a/b.conf"), ("/a/b%2fc.conf", "/a/b/c.conf")],
)
def test_two_drop_ins_have_two_snapshots(left, right):
    paths = [Store(path).snapshot_path for path in (left, right)]
    assert paths[0] != paths[1]
    assert all(os.path.dirname(path) == STATE for path in paths)
