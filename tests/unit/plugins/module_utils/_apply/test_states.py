# Tests of the states present, absent and restored, of dry runs, and of what a second run does, against the real kernel.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Each test has a host of its own; `run` is the module's whole work without its arguments."""

from __future__ import annotations

import json
import os

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._file_state import FileState
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._records import Wanted
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._states import carry_out
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._store import Store
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import Handed
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host._proc import Refused, read_keys
from ansible_collections.fleetnet.linux_tcp.tests.unit.applied import bring_to, lines, statuses
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import FIN, RESERVED, RMEM, SOMAXCONN
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import (
    DROP_IN,
    JOURNAL,
    SNAPSHOT,
    STATE,
    become_nobody,
    everything,
    get,
    isolated,
    put,
    read,
    read_only,
    recorded,
    sysctls,
    tmpfs,
    tree,
    unmount,
    write,
)

BEFORE = {FIN: "77", RMEM: "5000 200000 3000000", SOMAXCONN: "4000", RESERVED: ""}
WANTED = {FIN: "30", RMEM: "8760 256960 4088000", SOMAXCONN: "2048", RESERVED: "8080,9000-9010"}
LATER = dict(WANTED, **{FIN: "20"})
FOLDER = os.path.dirname(DROP_IN)


def text(targets):
    return "# ours\n" + lines(targets)


def run(targets=None, state="present", live=True, check=False, path=DROP_IN, content=None, force=False):
    targets = targets if targets is not None else WANTED if state == "present" else {}
    content = text(targets) if content is None else content
    return bring_to(state, targets, content, live, check, path, force=force)


def refusal(*args, **kwargs):
    """The message of a run that is refused, in a dry run and for real, with nothing written by either."""
    before = everything()
    with pytest.raises(Refused) as dry:
        run(*args, check=True, **kwargs)
    assert everything() == before, "the dry run wrote something"
    before = matters()
    with pytest.raises(Refused) as real:
        run(*args, **kwargs)
    assert matters() == before
    assert str(dry.value) == str(real.value)
    return str(real.value)


def matters():
    return {path: status for path, status in tree().items() if path not in (STATE, STATE + "/lock")}, sysctls()


def values(keys=tuple(BEFORE)):
    return {key: get(key) for key in keys}


def snapshot():
    return json.loads(read(SNAPSHOT))


def theirs():
    put(BEFORE)
    write(DROP_IN, "# theirs\n\tnet/core/somaxconn=4000\n", 0o640, 3, 4)


def test_names_of_the_tests_are_those_of_the_collection():
    store = Store(DROP_IN)
    assert (store.folder, store.snapshot_path) == (STATE, SNAPSHOT)


@isolated
def test_present_and_a_second_run():
    put(BEFORE)
    found = run()
    assert found.changed and values() == WANTED and read(DROP_IN) == text(WANTED)
    assert {status for status, _detail in statuses(found).values()} == {"applied"}
    assert statuses(found)[FIN] == ("applied", "77 becomes 30")
    before = everything()
    with recorded() as opened:
        again = run()
    assert opened == [("open", STATE + "/lock")]
    assert (again.changed, list(again.diff), list(again.said)) == (False, [], [])
    assert set(statuses(again).values()) == {("unchanged", "")}
    # The lock is taken and its folder's mode is set; nothing else was touched.
    assert [path for path, status in everything()[0].items() if status != before[0][path]] in ([], [STATE])
    assert everything()[1] == before[1]


@isolated
def test_tabs_and_another_spelling_of_ports_are_no_drift():
    put(dict(WANTED, **{RMEM: "8760\t256960\t4088000"}))
    write(DROP_IN, text(WANTED))
    with recorded() as opened:
        assert not run(dict(WANTED, **{RESERVED: "9000-9010,8080"}), content=text(WANTED)).changed
    assert opened == [("open", STATE + "/lock")]


@isolated
def test_only_keys_that_differ_are_opened_and_no_other_file():
    put(dict(WANTED, **{FIN: "60"}))
    with recorded() as opened:
        run()
    paths = [path for _event, path in opened if isinstance(path, str)]
    assert {event for event, _path in opened} == {"open"}
    assert [path for path in paths if path.startswith("/proc")] == ["/proc/sys/net/ipv4/tcp_fin_timeout"]
    assert {os.path.dirname(path) for path in paths} == {"/proc/sys/net/ipv4", STATE, FOLDER}


@isolated
def test_a_drifted_value_and_a_drifted_mode_are_put_right():
    run()
    put({FIN: "61"})
    found = run()
    assert [status for status, _detail in statuses(found).values()] == [
        "applied",
        "unchanged",
        "unchanged",
        "unchanged",
    ]
    assert found.diff == [("live values", FIN + " = 61\n", FIN + " = 30\n")]
    os.chmod(DROP_IN, 0o600)
    assert run().changed and os.stat(DROP_IN).st_mode == 0o100644


@isolated
def test_the_file_alone_for_an_image():
    put(BEFORE)
    with recorded() as opened:
        found = run(live=False)
    assert found.changed and values() == BEFORE and read(DROP_IN) == text(WANTED)
    assert not any(path.startswith("/proc") for _event, path in opened)
    assert not run(live=False).changed
    assert run().changed and values() == WANTED
    assert snapshot()["live"] == BEFORE


@isolated
def test_absent_keeps_the_live_values():
    theirs()
    run()
    found = run(state="absent")
    assert found.changed and not os.path.lexists(DROP_IN) and values() == WANTED
    assert statuses(found)[FIN] == ("applied", "no longer set at boot; the live value stays")
    assert not run(state="absent").changed
    assert run(state="restored").changed
    assert values() == BEFORE and read(DROP_IN).startswith("# theirs")


@isolated
def test_absent_as_the_first_run_keeps_what_it_removes():
    theirs()
    before = matters()
    run(state="absent")
    run(state="restored")
    assert matters() == before


@isolated
@pytest.mark.parametrize("first", ["nothing", "file", "link"])
def test_restored_brings_back_content_mode_owner_and_values(first):
    put(BEFORE)
    write(FOLDER + "/10-other.conf", "# other\n")
    {"nothing": lambda: None, "file": theirs, "link": lambda: os.symlink("10-other.conf", DROP_IN)}[first]()
    before = matters()
    for targets in (WANTED, LATER, {FIN: "25"}):
        run(targets)
        assert (os.stat(STATE).st_mode, os.stat(SNAPSHOT).st_mode) == (0o40700, 0o100600)
    assert not os.path.islink(DROP_IN) and read(FOLDER + "/10-other.conf") == "# other\n"
    found = run(state="restored")
    assert matters() == before
    assert found.changed and statuses(found)[FIN] == ("applied", "25 becomes 77")
    assert sorted(os.listdir(STATE)) == ["lock"]
    again = run(state="restored")
    assert (again.changed, again.said) == (False, ["there is no snapshot for %s: nothing to restore" % DROP_IN])
    assert matters() == before


@isolated
def test_the_first_snapshot_stays_and_takes_keys_it_does_not_know():
    put(BEFORE)
    run({FIN: "30"})
    first = snapshot()
    assert first["live"] == {FIN: "77"} and first["file"]["kind"] == "absent"
    put({FIN: "55", SOMAXCONN: "3000"})
    run(WANTED)
    live = {FIN: "77", RMEM: BEFORE[RMEM], SOMAXCONN: "3000", RESERVED: ""}
    assert snapshot() == dict(
        first, live=live, wrote=WANTED, left=text(WANTED), kernels=dict.fromkeys(live, os.uname().release)
    )
    run(state="absent")
    run(LATER)
    assert snapshot()["live"][FIN] == "77"


@isolated
def test_restored_leaves_alone_what_is_no_longer_there():
    put(BEFORE)
    run()
    kept = snapshot()
    write(SNAPSHOT, json.dumps(dict(kept, live=dict(kept["live"], **{"net.ipv4.tcp_tw_recycle": "0"}))), 0o600)
    read_only("/proc/sys/net/core/somaxconn")
    found = run(state="restored")
    assert statuses(found)["net.ipv4.tcp_tw_recycle"] == ("skipped", "no longer there")
    old = BEFORE[SOMAXCONN]
    assert statuses(found)[SOMAXCONN] == ("skipped", "cannot be written here; %s stays in the snapshot" % old)
    assert found.stuck == [SOMAXCONN] and values() == dict(BEFORE, **{SOMAXCONN: "2048"})
    assert snapshot()["live"] == {SOMAXCONN: old}, "the rest is restored"
    unmount("/proc/sys/net/core/somaxconn")
    assert run(state="restored").stuck == [] and values() == BEFORE and not os.path.exists(SNAPSHOT)


@isolated
def test_restored_leaves_what_somebody_changed_since_and_names_it():
    put(BEFORE)
    run()
    put({FIN: "55"})
    found = run(state="restored")
    said = "55 was set since, and not by this collection: it is left, and not put back to %s" % BEFORE[FIN]
    assert statuses(found)[FIN] == ("skipped", said) and found.said == ["%s: %s" % (FIN, said)]
    assert values() == dict(BEFORE, **{FIN: "55"}) and not os.path.exists(DROP_IN) and found.stuck == []
    assert run(state="restored", force=True).changed and values() == BEFORE and not os.path.exists(SNAPSHOT)


@isolated
def test_restored_leaves_a_drop_in_that_somebody_changed_since():
    put(BEFORE)
    run()
    write(DROP_IN, read(DROP_IN) + "net.ipv4.tcp_sack = 1\n")
    found = run(state="restored")
    assert found.said[0].startswith(DROP_IN + " was changed since") and os.path.exists(DROP_IN) and values() == BEFORE


@isolated
def test_on_another_machine_the_file_alone_is_put_back():
    put(BEFORE)
    run()
    after = values()
    write(SNAPSHOT, json.dumps(dict(snapshot(), machine="another")), 0o600)
    found = run(state="restored")
    assert "another machine's" in found.said[0] and values() == after and not os.path.exists(DROP_IN)


@isolated
def test_another_path():
    path = "/etc/image/etc/sysctl.d/10-tcp.conf"
    before = matters()
    assert run(path=path).changed and read(path) == text(WANTED)
    assert not run(path=path).changed and not os.path.exists(SNAPSHOT)
    run(path=path, state="restored")
    assert matters()[1] == before[1] and not os.path.exists(path)


@isolated
@pytest.mark.parametrize(
    "prepare", [lambda: None, theirs, run, lambda: (theirs(), run(LATER))], ids=["bare", "theirs", "same", "later"]
)
@pytest.mark.parametrize("state", ["present", "absent", "restored"])
@pytest.mark.parametrize("live", [True, False])
def test_a_dry_run_writes_nothing_and_says_what_the_real_run_says(prepare, state, live):
    prepare()
    before = everything()
    with recorded() as opened:
        dry = run(state=state, live=live, check=True)
    assert not opened and everything() == before
    assert dry == run(state=state, live=live)


@isolated
@pytest.mark.parametrize(
    "place, state",
    [(FOLDER, "present"), ("/var/lib", "present"), (FOLDER, "absent"), ("/proc/sys/net/ipv4/tcp_rmem", "present")],
)
def test_what_is_read_only_is_known_to_a_dry_run(place, state):
    theirs()
    read_only(place)
    said = refusal(state=state)
    # What is to be made in a folder is named beside it.
    name = {"/proc/sys/net/ipv4/tcp_rmem": RMEM, "/var/lib": "/var/lib (for %s)" % STATE}.get(place, place)
    todo = "Exclude the key, or make a new plan" if name == RMEM else "Make it writable"
    assert said == "%s cannot be written: it is read-only here; nothing was changed. %s" % (name, todo)


@isolated
@pytest.mark.parametrize("state", ["present", "absent", "restored"])
def test_who_is_not_root_is_told_so_in_a_dry_run_too(state):
    theirs()
    run()
    become_nobody()
    with pytest.raises(Refused) as dry:
        run(state=state, check=True)
    with pytest.raises(Refused) as real:
        run(state=state)
    assert str(dry.value) == str(real.value)
    assert str(real.value).endswith(
        "cannot be written: this needs root; nothing was changed. Set become, or connect as root"
    )


@isolated
def test_a_key_that_is_gone_is_known_to_a_dry_run():
    theirs()
    said = refusal(dict(WANTED, **{"net.ipv4.tcp_tw_recycle": "1"}))
    assert (
        said
        == "net.ipv4.tcp_tw_recycle: the key is not there (any more); nothing was changed. Make a new plan, or exclude"
        " the key"
    )


@isolated
def test_a_key_that_cannot_be_read_is_refused():
    assert "net.ipv4.route.flush: the key cannot be read" in refusal({"net.ipv4.route.flush": "1"})


@isolated
@pytest.mark.parametrize("target", ["/etc/target.conf", "/dev/null", "../target.conf"])
def test_a_link_out_of_the_folder_is_refused_and_its_target_untouched(target):
    put(BEFORE)
    write("/etc/target.conf", "# theirs\n", 0o600, 1, 1)
    os.symlink(target, DROP_IN)
    for state in ("present", "absent"):
        assert "is a link to %s, outside its folder; nothing is written through it" % target in refusal(state=state)
    assert os.stat("/dev/null").st_mode & 0o170000 == 0o020000


@isolated
@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_a_folder_or_a_fifo_in_its_place_is_refused(make):
    make(DROP_IN)
    assert "is no regular file; move it away" in refusal()


@isolated
def test_a_file_where_a_folder_should_be_is_known_to_a_dry_run():
    write(STATE, "")
    assert STATE + " is no folder; nothing was changed. Move it away" in refusal()
    os.unlink(STATE)
    write("/etc/file", "")
    assert "/etc/file is no folder" in refusal(path="/etc/file/sub/x.conf")


@isolated
@pytest.mark.parametrize("name", [JOURNAL, SNAPSHOT])
@pytest.mark.parametrize("state", ["present", "absent", "restored"])
def test_a_damaged_journal_or_snapshot_is_known_to_a_dry_run(name, state):
    theirs()
    run()
    write(name, '{"half": ', 0o600)
    assert name + " cannot be used" in refusal(state=state)
    if name == JOURNAL:  # it comes first, whatever else is wrong
        read_only(FOLDER)
        assert name + " cannot be used" in refusal(state=state)


@isolated
def test_no_folder_and_no_var_lib():
    os.rmdir(FOLDER)
    tmpfs("/var")
    assert run().changed and not run().changed
    assert os.stat(FOLDER).st_mode & 0o777 == 0o755
    assert os.stat(STATE).st_mode & 0o777 == 0o700


@isolated
def test_a_recovery_is_said_also_where_the_run_is_then_refused():
    theirs()
    run()
    kept = snapshot()
    journal = dict(
        kept,
        boot="b",
        path=DROP_IN,
        snapshot=kept,
        snapshot_path=SNAPSHOT,
        made=[],
        until=0,
        after=FileState.of_text(read(DROP_IN))._asdict(),
        forgets=False,
        live={FIN: {"before": "88", "after": "30"}},
    )
    write(JOURNAL, json.dumps(journal), 0o600)
    dry = run(state="absent", check=True)
    assert dry.changed and dry.said == ["an earlier run had died in the middle; the real run puts its work back first"]
    with pytest.raises(Refused) as caught:
        run({"net.ipv4.tcp_wmem": "9999 0 4088000"})
    said = str(caught.value)
    assert (
        "net.ipv4.tcp_wmem: '9999 0 4088000' was refused" in said
        and "Before that, an earlier run had died in the middle" in said
    )
    assert (
        read(DROP_IN).startswith("# theirs") and get(FIN) == "88"
    )  # another boot's journal: 30 is what it meant to write
    assert not os.path.exists(JOURNAL)


@isolated
def test_what_went_back_to_something_else_than_before_is_still_restored():
    """The kernel's better value in place of the administrator's: it was a run of ours that wrote it."""
    put({SOMAXCONN: "3000"})
    run({SOMAXCONN: "2048"})
    back = [Handed(SOMAXCONN, "4096", "left_profile", "", returns=True)]
    wanted = Wanted(back, read_keys([SOMAXCONN]), "# ours\n")
    assert carry_out("present", Store(DROP_IN), lambda: wanted, True, False).changed and get(SOMAXCONN) == "4096"
    found = run(state="restored")
    assert get(SOMAXCONN) == "3000" and found.said == [] and not os.path.exists(SNAPSHOT)


@isolated
def test_what_went_back_to_what_was_before_is_no_concern_any_more():
    put({SOMAXCONN: "3000", FIN: "60"})
    run({SOMAXCONN: "2048", FIN: "30"})
    plan = [Handed(FIN, "30", None, ""), Handed(SOMAXCONN, None, "left_profile", "", returns=True)]
    wanted = Wanted(plan, read_keys([SOMAXCONN, FIN]), lines({FIN: "30"}))
    done = carry_out("present", Store(DROP_IN), lambda: wanted, True, False)
    assert statuses(done)[SOMAXCONN] == ("applied", "2048 goes back to 3000") and get(SOMAXCONN) == "3000"
    assert set(snapshot()["live"]) == {FIN}
    put({FIN: "31"})
    back = [Handed(FIN, None, "left_profile", "", returns=True)]
    wanted = Wanted(back, read_keys([FIN]), "# ours\n")
    done = carry_out("present", Store(DROP_IN), lambda: wanted, True, False)
    assert statuses(done)[FIN] == ("skipped", "it has 31, which no run of ours set; left") and get(FIN) == "31"
