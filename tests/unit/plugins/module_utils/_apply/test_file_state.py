# Tests of keeping, replacing and putting back one file, on a file system of the test's own.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""States of a path, links above all; staging and swapping; what is refused."""

from __future__ import annotations

import os

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply import _file_state as file_state
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._file_state import ABSENT, FileState
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._load import state_from
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host._proc import Refused
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import (
    DROP_IN,
    isolated,
    read,
    read_only,
    tmpfs,
    tree,
    write,
)

FOLDER = os.path.dirname(DROP_IN)
NEIGHBOUR = FOLDER + "/10-neighbour.conf"
NEW = FileState.of_text("net.core.somaxconn = 2048\n")


def put(state: FileState) -> None:
    file_state.stage(DROP_IN, state)
    file_state.swap(DROP_IN, state)


@isolated
def test_nothing_there():
    assert file_state.read_state(DROP_IN) == ABSENT
    assert file_state.read_state("/etc/no/such/folder/x.conf") == ABSENT
    write("/etc/file", "")
    assert file_state.read_state("/etc/file/x.conf") == ABSENT
    assert ABSENT.text == ""


@isolated
@pytest.mark.parametrize("mode, uid, gid", [(0o644, 0, 0), (0o640, 1, 2), (0o600, 65534, 0), (0o4755, 0, 7)])
def test_a_file_comes_back_with_content_mode_and_owner(mode, uid, gid):
    write(DROP_IN, "# theirs\n", 0o644, uid, gid)
    os.chmod(DROP_IN, mode)
    before = tree()
    state = file_state.read_state(DROP_IN)
    put(NEW)
    assert (read(DROP_IN), os.stat(DROP_IN).st_mode, os.stat(DROP_IN).st_uid) == (NEW.text, 0o100644, 0)
    put(state)
    assert tree() == before
    assert file_state.read_state(DROP_IN) == state


@isolated
def test_bytes_that_are_no_text_come_back():
    with open(DROP_IN, "wb") as stream:
        stream.write(b"\xff\x00\r\n\xe9")
    state = file_state.read_state(DROP_IN)
    assert "\N{REPLACEMENT CHARACTER}" in state.text
    put(NEW)
    put(state)
    with open(DROP_IN, "rb") as stream:
        assert stream.read() == b"\xff\x00\r\n\xe9"


@isolated
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o777])
def test_the_umask_is_of_no_account(umask):
    os.umask(umask)
    put(NEW)
    assert os.stat(DROP_IN).st_mode == 0o100644


@isolated
def test_a_staged_file_is_seen_by_nobody_before_it_is_swapped():
    write(DROP_IN, "old\n")
    file_state.stage(DROP_IN, NEW)
    assert read(DROP_IN) == "old\n"
    staged = set(os.listdir(FOLDER)) - {os.path.basename(DROP_IN)}
    assert len(staged) == 1 and not staged.pop().endswith(".conf")
    file_state.swap(DROP_IN, NEW)
    assert os.listdir(FOLDER) == [os.path.basename(DROP_IN)]


@isolated
def test_what_a_dead_run_staged_is_replaced_or_taken_away():
    staged = file_state.staging_path(DROP_IN)
    os.symlink("/etc/passwd", staged)
    put(NEW)
    assert read(DROP_IN) == NEW.text and not os.path.lexists("/etc/passwd")
    write(staged, "half")
    file_state.discard(DROP_IN)
    file_state.discard(DROP_IN)
    assert os.listdir(FOLDER) == [os.path.basename(DROP_IN)]
    file_state.discard("/etc/no/such/folder/x.conf")


@isolated
def test_to_absent():
    write(DROP_IN, "old\n")
    put(ABSENT)
    put(ABSENT)
    assert os.listdir(FOLDER) == []


@isolated
@pytest.mark.parametrize(
    "target", ["/etc/elsewhere/x.conf", "../x.conf", "/dev/null", "sub/x.conf", ".", "/etc/elsewhere"]
)
def test_a_link_out_of_the_folder_is_refused(target):
    os.mkdir("/etc/elsewhere")
    os.mkdir(FOLDER + "/sub")
    os.symlink(target, DROP_IN)
    with pytest.raises(Refused) as caught:
        file_state.read_state(DROP_IN)
    said = str(caught.value)
    assert DROP_IN in said and target in said and "Remove the link" in said


@isolated
@pytest.mark.parametrize(
    "target", ["10-neighbour.conf", NEIGHBOUR, "./10-neighbour.conf", "dangling.conf", "90-tcp-hardening.conf"]
)
def test_a_link_inside_the_folder_is_replaced_and_comes_back(target):
    write(NEIGHBOUR, "theirs\n", 0o600, 3, 4)
    os.symlink(target, DROP_IN)
    os.chown(DROP_IN, 5, 6, follow_symlinks=False)
    before = tree("/etc")
    state = file_state.read_state(DROP_IN)
    put(NEW)
    assert not os.path.islink(DROP_IN) and read(DROP_IN) == NEW.text
    assert tree("/etc")[NEIGHBOUR] == before[NEIGHBOUR] and not os.path.lexists(FOLDER + "/dangling.conf")
    put(state)
    assert tree("/etc") == before


@isolated
def test_a_folder_that_is_a_link_itself_is_followed():
    os.mkdir("/etc/real")
    os.rmdir(FOLDER)
    os.symlink("real", FOLDER)
    os.symlink("other.conf", DROP_IN)
    assert file_state.read_state(DROP_IN).kind == "link"
    put(NEW)
    assert read("/etc/real/90-tcp-hardening.conf") == NEW.text


@isolated
@pytest.mark.parametrize(
    "make",
    [lambda: os.mkdir(DROP_IN), lambda: os.mkfifo(DROP_IN), lambda: os.mknod(DROP_IN, 0o20666, os.makedev(1, 3))],
)
def test_what_is_no_file_is_refused_and_not_opened(make):
    make()
    before = os.lstat(DROP_IN)
    with pytest.raises(Refused, match="no regular file; move it away"):
        file_state.read_state(DROP_IN)
    assert os.lstat(DROP_IN) == before


@isolated
def test_no_space_is_found_out_before_the_old_file_is_touched():
    tmpfs(FOLDER, "size=8k,mode=755")
    write(DROP_IN, "old\n")
    with pytest.raises(OSError, match="No space left"):
        file_state.stage(DROP_IN, FileState.of_text("x" * 9000))
    assert read(DROP_IN) == "old\n"


@isolated
def test_read_only():
    write(DROP_IN, "old\n")
    read_only(FOLDER)
    with pytest.raises(OSError, match="Read-only"):
        file_state.stage(DROP_IN, NEW)


@isolated
def test_a_label_is_given_to_files_only():
    seen = []
    for state in (NEW, FileState("link", "10-neighbour.conf"), ABSENT):
        file_state.stage(DROP_IN, state)
        file_state.swap(DROP_IN, state, seen.append)
    assert seen == [DROP_IN]


@pytest.mark.parametrize("state", [ABSENT, NEW, FileState("link", "x", 0o777, 1, 2)])
def test_a_state_survives_being_kept(state):
    assert state_from(state._asdict()) == state


@pytest.mark.parametrize(
    "damage",
    [
        {"kind": "folder"},
        {"kind": None},
        {"content": None},
        {"content": b"x"},
        {"content": "\ud800"},
        {"mode": "rw"},
        {"mode": None},
        {"uid": []},
    ],
)
def test_what_is_no_state_is_refused(damage):
    with pytest.raises((KeyError, TypeError, ValueError)):
        state_from(dict(NEW._asdict(), **damage))
    with pytest.raises(KeyError):
        state_from({name: value for name, value in NEW._asdict().items() if name not in damage})
