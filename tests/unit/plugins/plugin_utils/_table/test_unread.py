# Tests of the look for variables that lie near and are not read.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""unread(), over folders of the test's own."""

from __future__ import annotations

import os

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._table._unread import unread, warning

TEXT = "tcp_hardening_exclude: []\n"


def files(folder, *names, text=TEXT):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def found(folder, *read):
    return [os.path.relpath(path, str(folder)) for path in unread([str(folder)], map(str, read))]


def test_files_with_our_variables_are_found(tmp_path):
    files(tmp_path, "group_vars/all.yml", "group_vars/web/tcp.yaml", "host_vars/h1", "host_vars/h2.json")
    files(tmp_path, "group_vars/db.yml", text="other: 1")
    files(tmp_path, "group_vars/README.md", "group_vars/.x.yml", "vars/all.yml", "all.yml")
    assert found(tmp_path) == ["group_vars/all.yml", "group_vars/web/tcp.yaml", "host_vars/h1", "host_vars/h2.json"]


def test_a_folder_that_is_read_is_not_named_by_whatever_way_one_gets_there(tmp_path):
    files(tmp_path, "x/group_vars/all.yml")
    (tmp_path / "link").symlink_to(tmp_path / "x")
    assert found(tmp_path / "x", tmp_path / "link") == [] and len(found(tmp_path / "x", tmp_path)) == 1


def test_it_does_not_read_without_end(tmp_path):
    files(tmp_path, "group_vars/late.yml", text="#" * 100000 + TEXT)
    files(tmp_path, *("host_vars/h%04d" % number for number in range(500)))
    os.mkfifo(str(tmp_path / "group_vars" / "pipe"))
    assert len(found(tmp_path)) == 200


@pytest.mark.parametrize("name", ["group_vars", "nowhere/group_vars"])
def test_what_is_no_folder_has_no_files(tmp_path, name):
    files(tmp_path, name)
    assert found(tmp_path) == []


def test_the_warning_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = str(tmp_path / "group_vars" / "all.yml")
    assert warning([path]).startswith("group_vars/all.yml: the tcp_hardening_ variables there do not count")
    assert warning([path, path, path]).startswith("group_vars/all.yml and 2 files beside it: ")
