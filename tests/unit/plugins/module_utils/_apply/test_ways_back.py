# Tests of the ways back where the world is not as it was: values that the kernel does not take any more, two drop-ins,
# a lost snapshot, another kernel, folders that a run made. On the real kernel.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""What cannot be put back is named, is not lost, and stops nothing else."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._file_state import FileState
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._records import FORMAT
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host._proc import Refused
from ansible_collections.fleetnet.linux_tcp.tests.unit.applied import bring_to, recovered, statuses
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import CONGESTION, FIN, SOMAXCONN
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import (
    DROP_IN,
    JOURNAL,
    SNAPSHOT,
    get,
    isolated,
    put,
    read,
    write,
)

WEB = "/etc/sysctl.d/95-web.conf"
WEB_SNAPSHOT = SNAPSHOT.replace("90-tcp-hardening", "95-web")
OURS = "# Set by fleetnet.linux_tcp.sysctl_profile.\n"


def change(path: str, name: str, **values: str) -> None:
    """Change what a snapshot or journal holds under a name."""
    data = json.loads(read(path))
    data[name].update({key.replace("__", "."): value for key, value in values.items()})
    write(path, json.dumps(data), 0o600)


def snapshot(path: str = SNAPSHOT) -> dict:
    return json.loads(read(path))


@isolated
def test_an_old_value_that_the_kernel_does_not_take_back_stays_and_is_named_and_the_rest_goes_back():
    put({FIN: "60", SOMAXCONN: "4096"})
    bring_to("present", {FIN: "30", SOMAXCONN: "2048", CONGESTION: get(CONGESTION)})
    change(SNAPSHOT, "live", **{CONGESTION: "gone"})
    found = bring_to("restored", {})
    assert found.changed and found.stuck == [CONGESTION] and statuses(found)[CONGESTION][0] == "skipped"
    assert "'gone' was refused: No such file or directory" in statuses(found)[CONGESTION][1]
    assert (get(FIN), get(SOMAXCONN), os.path.exists(DROP_IN), os.path.exists(JOURNAL)) == ("60", "4096", False, False)
    assert snapshot()["live"] == {CONGESTION: "gone"}
    again = bring_to("restored", {})
    assert again.stuck == [CONGESTION], "what stays is said each time"
    left = bring_to("restored", {}, exclude=[CONGESTION])
    assert (left.changed, left.stuck) == (False, []) and snapshot()["live"] == {CONGESTION: "gone"}
    assert statuses(left)[CONGESTION] == ("skipped", "left alone on request; gone stays in the snapshot")
    assert bring_to("present", {FIN: "20"}).changed, "other runs go on"


@isolated
def test_what_is_left_out_of_a_way_back_stays_as_it_is():
    put({FIN: "60", SOMAXCONN: "4096"})
    bring_to("present", {FIN: "30", SOMAXCONN: "2048"})
    found = bring_to("restored", {}, exclude=[FIN])
    assert (get(FIN), get(SOMAXCONN), found.stuck) == ("30", "4096", []) and snapshot()["live"] == {FIN: "60"}
    bring_to("restored", {})
    assert get(FIN) == "60" and not os.path.exists(SNAPSHOT)


def dead_run(live: dict[str, dict[str, str]], **more: object) -> None:
    """The journal of a run that died, as the next run finds it."""
    state = FileState("absent")._asdict()
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as stream:
        boot = stream.read().strip()
    journal = {
        "format": FORMAT,
        "boot": boot,
        "path": DROP_IN,
        "file": state,
        "live": live,
        "snapshot_path": SNAPSHOT,
        "snapshot": None,
        "made": [],
        "until": 0,
        "after": None,
        "forgets": False,
        **more,
    }
    Path(JOURNAL).parent.mkdir(parents=True, exist_ok=True)
    write(JOURNAL, json.dumps(journal), 0o600)


@isolated
def test_a_dead_run_whose_old_value_is_not_taken_back_is_over_all_the_same():
    now = get(CONGESTION)
    put({FIN: "30"})
    dead_run({CONGESTION: {"before": "gone", "after": now}, FIN: {"before": "60", "after": "30"}})
    said = recovered()
    assert get(FIN) == "60" and not os.path.exists(JOURNAL)
    assert any("'gone' was refused" in text and "gone stays in the snapshot" in text for text in said)
    assert (snapshot()["live"], snapshot()["wrote"]) == ({CONGESTION: "gone"}, {CONGESTION: now})
    assert recovered() == [] and bring_to("present", {FIN: "20"}).changed, "the next run has nothing to do with it"


@isolated
def test_a_moment_in_which_nothing_can_be_written_ends_no_journal(monkeypatch):
    put({FIN: "30"})
    dead_run({FIN: {"before": "60", "after": "30"}})
    real = os.open

    def locked(path, flags, *args, **kwargs):
        if str(path).startswith("/proc/sys/net") and flags & os.O_WRONLY:
            raise OSError(30, "Read-only file system", path)
        return real(path, flags, *args, **kwargs)

    with monkeypatch.context() as patch, pytest.raises(Refused) as caught:
        patch.setattr(os, "open", locked)
        recovered()
    assert "is kept; repair this and run again" in str(caught.value) and os.path.exists(JOURNAL)
    recovered()
    assert get(FIN) == "60" and not os.path.exists(JOURNAL)


@isolated
@pytest.mark.parametrize("first", ["base", "web"])
def test_two_drop_ins_with_one_key_go_back_to_what_was_before_both(first):
    put({FIN: "60"})
    bring_to("present", {FIN: "30"}, OURS + "%s = 30\n" % FIN)
    found = bring_to("present", {FIN: "10"}, OURS + "%s = 10\n" % FIN, path=WEB)
    assert found.said == [
        "%s, a drop-in of this collection too, sets %s otherwise; at boot the last file by name counts. Set each "
        "key in one of them" % (DROP_IN, FIN)
    ]
    assert snapshot(WEB_SNAPSHOT)["live"] == {FIN: "60"}, "before both"
    paths = [DROP_IN, WEB] if first == "base" else [WEB, DROP_IN]
    back = bring_to("restored", {}, path=paths[0])
    if first == "base":
        assert get(FIN) == "10" and statuses(back)[FIN] == ("unchanged", "stays 10: %s sets it too" % WEB)
    else:
        assert get(FIN) == "30" and statuses(back)[FIN] == ("applied", "10 becomes 30, which %s sets" % DROP_IN)
    bring_to("restored", {}, path=paths[1])
    assert get(FIN) == "60" and not os.path.exists(SNAPSHOT) and not os.path.exists(WEB_SNAPSHOT)


@isolated
def test_a_way_back_for_a_path_without_snapshot_names_those_that_have_one():
    bring_to("present", {FIN: "30"})
    found = bring_to("restored", {}, path=WEB)
    assert not found.changed and found.said == [
        "there is no snapshot for %s: nothing to restore; there is one for %s (tcp_hardening_path)" % (WEB, DROP_IN)
    ]


@isolated
def test_our_own_file_is_not_what_was_before_where_the_snapshot_was_lost():
    put({FIN: "60", SOMAXCONN: "4096"})
    text = OURS + "%s = 30\n%s = 2048\n" % (FIN, SOMAXCONN)
    bring_to("present", {FIN: "30", SOMAXCONN: "2048"}, text)
    os.unlink(SNAPSHOT)
    put({SOMAXCONN: "3000"})
    found = bring_to("present", {FIN: "30", SOMAXCONN: "2048"}, text)
    assert found.said == [
        "there is no snapshot of what was before the drop-in: `restored` will take the file away, and leave %s" % FIN
    ]
    assert snapshot()["live"] == {SOMAXCONN: "3000"} and snapshot()["file"]["kind"] == "absent"
    assert snapshot()["wrote"][FIN] == "30"
    put({FIN: "29"})
    bring_to("present", {FIN: "30", SOMAXCONN: "2048"}, text)
    assert FIN not in snapshot()["live"], "a later run does not take a value of ours for what was before either"
    back = bring_to("restored", {})
    assert (get(FIN), get(SOMAXCONN), os.path.exists(DROP_IN)) == ("30", "3000", False)
    assert "what it was before is not known; 30 stays until the next boot" in statuses(back)[FIN][1]


@isolated
def test_a_snapshot_of_an_older_kernel_goes_back_to_what_this_kernel_has_by_itself():
    bring_to("present", {SOMAXCONN: "2048", FIN: "30"})
    change(SNAPSHOT, "live", **{SOMAXCONN: "128", FIN: "77"})
    change(SNAPSHOT, "kernels", **{SOMAXCONN: "4.19.0-27-amd64", FIN: "4.19.0-27-amd64"})
    found = bring_to("restored", {})
    assert statuses(found)[SOMAXCONN] == (
        "applied",
        "2048 becomes 4096, this kernel's own value; 128 was that of 4.19.0-27-amd64",
    )
    assert (get(SOMAXCONN), get(FIN)) == ("4096", "77"), "what an administrator had set is that on any kernel"


@isolated
def test_folders_that_a_run_made_go_where_nobody_else_uses_them():
    path = "/etc/fresh/sysctl.d/90-x.conf"
    for other in (False, True):
        bring_to("present", {FIN: "30"}, path=path)
        if other:
            write("/etc/fresh/theirs", "x")
        bring_to("restored", {}, path=path)
        assert (os.path.exists("/etc/fresh/sysctl.d"), os.path.exists("/etc/fresh")) == (False, other)
    bring_to("present", {FIN: "30"}, path=path)
    bring_to("restored", {}, path=path)
    assert os.path.exists("/etc/fresh"), "it was there before this run"
    os.mkdir("/etc/theirs")
    bring_to("present", {FIN: "30"}, path="/etc/theirs/90-x.conf")
    bring_to("absent", {}, path="/etc/theirs/90-x.conf")
    assert os.path.exists("/etc/theirs")
