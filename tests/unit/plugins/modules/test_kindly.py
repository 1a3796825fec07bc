# Tests of what both modules refuse before anything is written: files of others, locked files, a hidden /proc/sys.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The plan foretells it, check mode fails, the real run fails with the same words, and nothing has changed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct

import pytest

pytest.importorskip("ansible.module_utils.testing", reason="needs ansible-core 2.19 or newer")

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply import _file_state
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host import _drop_in
from ansible_collections.fleetnet.linux_tcp.plugins.modules import sysctl_profile, sysctl_profile_info
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import CONGESTION, FIN, RANGE, START
from ansible_collections.fleetnet.linux_tcp.tests.unit.module_run import run_module
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import (
    DROP_IN,
    become_nobody,
    everything,
    get,
    isolated,
    put,
    read,
    read_only,
    tmpfs,
    unmount,
    write,
)

WANTED = {FIN: 30}
THEIRS = "# Set by hand.\n%s = 77\n" % FIN


def plan(**arguments):
    return run_module(sysctl_profile_info, {"values": WANTED, **arguments})


def refusal(**arguments):
    """Why sysctl_profile refuses, the same in check mode; nothing is written."""
    arguments = {"values": WANTED, **arguments}
    said = []
    for check in (True, False):
        before = everything()
        found = run_module(sysctl_profile, {**arguments, "_ansible_check_mode": check})
        assert found.get("failed") and "exception" not in found
        after = everything()
        ours = [path for path in after[0] if path.startswith("/var/lib")]
        assert after[1] == before[1] and all(
            after[0][path] == before[0][path] for path in before[0] if path not in ours
        )
        said.append(found["msg"])
    assert said[0] == said[1]
    return said[0]


def carried_out(**arguments):
    found = run_module(sysctl_profile, {"values": WANTED, **arguments})
    assert "failed" not in found, found
    return found


@isolated
@pytest.mark.parametrize("path", [DROP_IN, "/etc/sysctl.conf", "/etc/sysctl.d/60-other-package.conf"])
def test_a_file_of_somebody_else_is_not_replaced(path):
    write(path, THEIRS, 0o640, 3, 4)
    said = refusal(path=path)
    assert said.startswith(path + " is a file that this collection did not write; nothing was changed.")
    assert "tcp_hardening_replace" in said
    assert plan(path=path)["refused"] == said
    assert plan(path=path, replace=True)["refused"] == ""
    assert carried_out(path=path, replace=True)["changed"]
    assert read(path).endswith(FIN + " = 30\n") and plan(path=path)["refused"] == ""
    assert not carried_out(path=path)["changed"]
    assert run_module(sysctl_profile, {"state": "restored", "path": path})["changed"] and read(path) == THEIRS


@isolated
def test_a_file_of_somebody_else_is_not_removed():
    write(DROP_IN, THEIRS)
    assert "did not write" in refusal(values=None, state="absent")
    assert run_module(sysctl_profile, {"state": "absent", "replace": True})["changed"]


@isolated
@pytest.mark.parametrize("text", [
    "", "\n", "# TCP settings, written by the role fleetnet.linux_tcp.tcp_hardening. Changes made\n" + FIN + " = 9\n",
    "# Set by fleetnet.linux_tcp.sysctl_profile.\n",
])  # fmt: skip
def test_a_file_of_ours_without_its_snapshot_and_an_empty_one_are_replaced(text):
    """As in a cloned image from which the state folder was left out."""
    write(DROP_IN, text)
    assert plan()["refused"] == ""
    assert carried_out()["changed"]


@isolated
def test_a_sites_own_template_is_known_by_the_snapshot():
    carried_out(content="# our site's own header\n%s = 30\n" % FIN)
    assert plan()["refused"] == ""
    assert carried_out(values={FIN: 31})["changed"]


@isolated
def test_who_cannot_see_the_snapshot_does_not_guess():
    write(DROP_IN, THEIRS)
    carried_out(replace=True, content="# our site's own header\n%s = 30\n" % FIN)
    become_nobody()
    assert plan()["refused"] == ""


@isolated
def test_an_ordinary_user_foretells_it_where_nothing_of_ours_is():
    write(DROP_IN, THEIRS)
    become_nobody()
    assert "did not write" in plan()["refused"]


@contextlib.contextmanager
def immutable(path):
    """chattr +i on a file or folder; a test is skipped where the file system cannot."""
    size = struct.calcsize("l") << 16 | ord("f") << 8
    folder = os.open(path, os.O_RDONLY)
    try:
        flags = struct.unpack("l", fcntl.ioctl(folder, 0x80000001 | size, b"\0" * 8))[0]
        fcntl.ioctl(folder, 0x40000002 | size, struct.pack("l", flags | 0x10))
    except OSError as exc:
        pytest.skip("no immutable files here: %s" % exc)
    try:
        yield
    finally:
        fcntl.ioctl(folder, 0x40000002 | size, struct.pack("l", flags))
        os.close(folder)


@isolated
def test_an_immutable_drop_in_is_foretold_and_named():
    carried_out()
    with immutable(DROP_IN):
        said = refusal(values={FIN: 31})
        assert said == (
            "%s cannot be replaced: it is immutable or read-only; nothing was changed. Unlock it (`chattr -i %s`), or "
            "choose another path (tcp_hardening_path)" % (DROP_IN, DROP_IN)
        )
        assert plan(values={FIN: 31})["refused"] == said and ".fleetnet-new" not in said
        assert not carried_out()["changed"], "where nothing is to be done, nothing is refused"
    assert carried_out(values={FIN: 31})["changed"] and plan()["refused"] == ""


@isolated
def test_an_immutable_folder_is_foretold():
    with immutable("/etc/sysctl.d"):
        assert refusal().startswith("/etc/sysctl.d cannot be written: it is read-only here")
    assert carried_out()["changed"]


@isolated
def test_a_drop_in_on_a_mount_of_its_own_is_foretold():
    carried_out()
    read_only(DROP_IN)
    assert refusal(values={FIN: 31}).startswith(DROP_IN + " cannot be replaced: ")


@isolated
def test_what_cannot_be_foretold_names_the_drop_in_too(monkeypatch):
    carried_out()
    monkeypatch.setattr(_drop_in, "refuse_locked", lambda _path: None)
    with immutable(DROP_IN):
        found = run_module(sysctl_profile, {"values": {FIN: 31}})
    assert found["failed"] and found["msg"].startswith(DROP_IN + ": Operation not permitted")
    assert ".fleetnet-new" not in found["msg"] and get(FIN) == "30"
    assert not os.path.lexists(_file_state.staging_path(DROP_IN))


@isolated
@pytest.mark.parametrize("hide", [lambda: tmpfs("/proc/sys"), lambda: tmpfs("/proc")], ids=["/proc/sys", "/proc"])
def test_where_proc_sys_cannot_be_seen_nothing_is_green(hide):
    hide()
    for module, arguments in (
        (sysctl_profile_info, {"values": WANTED}),
        (sysctl_profile, {"values": WANTED}),
        (sysctl_profile, {"values": WANTED, "_ansible_check_mode": True}),
        (sysctl_profile, {"state": "restored"}),
    ):
        found = run_module(module, arguments)
        assert found.get("failed") and found["msg"].startswith("/proc/sys cannot be seen here; nothing was changed.")
    assert not os.path.exists(DROP_IN)


@isolated
def test_an_image_and_a_way_back_need_no_proc_sys():
    carried_out()
    tmpfs("/proc/sys")
    found = run_module(sysctl_profile_info, {"values": WANTED, "live": False})
    assert [one["verdict"] for one in found["settings"]] == ["apply"]
    assert "failed" not in run_module(sysctl_profile_info, {"values": {}})
    assert "failed" not in run_module(sysctl_profile_info, {"values": WANTED, "kernel": {"release": "6.12.0"}})
    assert run_module(sysctl_profile, {"settings": found["settings"], "live": False, "path": DROP_IN + ".x.conf"})[
        "changed"
    ]
    assert run_module(sysctl_profile, {"state": "absent"})["changed"]
    unmount("/proc/sys")


@isolated
def test_ports_below_the_unprivileged_ones_are_refused_by_both_modules():
    put({START: "1500", RANGE: "32768 60999"})
    for values, part in (({RANGE: "1024 65000"}, "which is 1500 here"), ({START: 40000}, "which is 32768 here")):
        said = refusal(values=values)
        assert said.startswith("The arguments cannot be used, nothing was changed. ") and part in said
        found = plan(values=values)
        assert found["failed"] and part in found["msg"]
    put({START: "1024"})
    assert carried_out(values={RANGE: "1024 65000"})["changed"] and get(RANGE) == "1024 65000"
    assert carried_out(values={START: 80, RANGE: "80 65001"})["changed"] and get(START) == "80"


@isolated
def test_a_congestion_control_that_this_container_may_not_use_is_refused_by_both_modules():
    loaded, allowed = (set(get("net.ipv4.tcp_%s_congestion_control" % one).split()) for one in ("available", "allowed"))
    assert carried_out(values={CONGESTION: sorted(allowed)[0]})
    for name in loaded - allowed:
        assert "a container may not use it" in refusal(values={CONGESTION: name})
        assert "a container may not use it" in plan(values={CONGESTION: name})["msg"]


@isolated
def test_a_host_wide_or_removed_key_in_overrides_for_all_is_skipped_in_a_container():
    removed = ["tcp_abc", "tcp_frto_response", "tcp_max_ssthresh", "tcp_dma_copybreak", "rt_cache_rebuild_count"]
    other = ["netdev_budget", "dev_weight", "busy_poll", "busy_read"]
    expected = {
        **{"net.ipv4." + key: "removed" for key in removed},
        **{"net.core." + key: "other_namespace" for key in other},
    }
    found = plan(values={**dict.fromkeys(expected, 64), FIN: 30})
    assert {one["key"]: one["reason"] for one in found["settings"]} == {**expected, FIN: None}
    unknown = "net.core.only_the_host_has_it"
    assert "exclude it here, if the host has it" in plan(values={unknown: 1, FIN: 30})["msg"]
    assert plan(values={unknown: 1, FIN: 30}, exclude=[unknown])["summary"]["reasons"] == {"excluded": 1}
