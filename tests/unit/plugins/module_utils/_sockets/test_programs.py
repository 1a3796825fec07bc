# Tests of finding the program behind a socket: by descriptor, by control group, with processes that come and go.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""With real processes, in a private host each; control groups in a folder that stands in for /sys/fs/cgroup."""

from __future__ import annotations

import os
import time

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets import _programs as programs
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets._diag import Source
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets._programs import Holders
from ansible_collections.fleetnet.linux_tcp.tests.unit import tcp_states
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import become_nobody, isolated, start


@pytest.mark.parametrize("text, expected", [
    ("0::/system.slice/nginx.service\n", "nginx.service"),
    ("12:cpu:/\n1:name=systemd:/system.slice/sshd.service\n0::/\n", "sshd.service"),
    ("0::/user.slice/user-1000.slice/user@1000.service/app.slice/web.service", "web.service"),
    ("0::/system.slice/docker-0123.scope/inner", "docker-0123.scope"),
    ("0::/system.slice/ssh.socket", "ssh.socket"),
    ("/sys/fs/cgroup/system.slice/cron.service", "cron.service"),
    ("0::/\n", ""), ("", ""), (None, ""),
])  # fmt: skip
def test_the_unit_in_a_control_group(text, expected):
    assert programs.unit_of(text) == expected


@isolated
def test_the_holder_of_a_socket_and_when_it_was_started():
    tcp_states.up()
    listener = tcp_states.listen()
    inode = tcp_states.inode(listener)
    holders = programs.find_holders({inode})
    assert holders == ({inode: [(os.getpid(), listener.fileno())]}, 0, True)
    found = programs.programs(holders)[inode]
    with open("/proc/self/comm") as stream:
        assert found.name == stream.read().strip()
    assert (found.pid, found.by, found.activated) == (os.getpid(), "descriptor", False)
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - programs.started_ticks(os.getpid()) / os.sysconf("SC_CLK_TCK")
    assert abs(found.started - (time.time() - age)) < 3, "both are rounded to seconds"
    assert programs.find_holders(set()) == ({}, 0, True)


@isolated
def test_of_several_processes_the_first_one_that_was_started():
    tcp_states.up()
    listener = tcp_states.listen()
    inode = tcp_states.inode(listener)
    time.sleep(0.05)
    others = [start(lambda: time.sleep(60)) for _number in range(2)]
    holders = programs.find_holders({inode})
    assert {pid for pid, _descriptor in holders.places[inode]} == {os.getpid(), *others}
    assert programs.programs(holders)[inode].pid == os.getpid()


@isolated
def test_processes_that_are_gone_hold_nothing():
    pid = start(lambda: None)
    os.waitpid(pid, 0)
    assert programs.programs(Holders({5: [(pid, 3)]}, 0, True)) == {}
    assert programs.started_ticks(pid) is None and programs.socket_inode("/proc/%d/fd/0" % pid) == -1


@isolated
def test_a_socket_from_systemd_belongs_to_the_service_but_was_opened_before_it():
    tcp_states.up()
    listener = tcp_states.listen()
    inode, here = tcp_states.inode(listener), (os.getpid(), listener.fileno())
    found = programs.programs(Holders({inode: [(1, 40), here]}, 0, True))[inode]
    assert (found.pid, found.activated, found.started) == (os.getpid(), True, None)
    alone = programs.programs(Holders({inode: [(1, 40)]}, 0, True))[inode]
    assert (alone.pid, alone.activated) == (1, True)


@isolated
def test_an_ordinary_user_counts_what_is_closed_to_it():
    tcp_states.up()
    listener = tcp_states.listen()
    me = os.getpid()
    other = start(lambda: tcp_states.stay(me))
    become_nobody()
    holders = programs.find_holders({tcp_states.inode(listener)})
    assert (
        other not in {pid for places in holders.places.values() for pid, _descriptor in places} and holders.closed > 0
    )


@isolated
def test_the_first_descriptors_of_all_processes_come_before_the_rest_of_any(monkeypatch):
    tcp_states.up()
    early, late = tcp_states.listen(), tcp_states.listen()
    inodes = [tcp_states.inode(one) for one in (early, late)]
    read, real = [], programs.socket_inode
    monkeypatch.setattr(programs, "socket_inode", lambda path: read.append(path) or real(path))
    monkeypatch.setattr(programs, "_processes", lambda: [os.getpid()])
    monkeypatch.setattr(programs, "_FIRST", sorted(map(int, os.listdir("/proc/self/fd"))).index(late.fileno()))
    assert programs.find_holders({inodes[0]}).places == {inodes[0]: [(os.getpid(), early.fileno())]}
    assert len(read) == programs._FIRST, "who holds it is known: enough"
    assert programs.find_holders(set(inodes)).places == {
        inodes[0]: [(os.getpid(), early.fileno())],
        inodes[1]: [(os.getpid(), late.fileno())],
    }


@isolated
def test_a_host_with_very_many_open_files_is_not_searched_for_ever(monkeypatch):
    tcp_states.up()
    listener = tcp_states.listen()
    inode = tcp_states.inode(listener)
    monkeypatch.setattr(programs, "_processes", lambda: [os.getpid()] * 50)
    monkeypatch.setattr(programs, "_MOST", 3 * len(os.listdir("/proc/self/fd")))
    found = programs.find_holders({inode})
    assert 1 <= len(found.places[inode]) <= 3 and not found.complete


def test_a_program_by_its_control_group(tmp_path, monkeypatch):
    unit = tmp_path / "system.slice" / "web.service"
    unit.mkdir(parents=True)
    (unit / "cgroup.procs").write_text("%d\n" % os.getpid())
    other = tmp_path / "init.scope"
    other.mkdir()
    (other / "cgroup.procs").write_text("")
    monkeypatch.setattr(programs, "_GROUPS", (str(tmp_path / "absent"), str(tmp_path)))
    here, empty, bare = unit.stat().st_ino, other.stat().st_ino, unit.parent.stat().st_ino
    assert programs.programs_by_group([here]) == {}, "another hierarchy, with numbers of its own"
    (tmp_path / "cgroup.controllers").write_text("")
    found = programs.programs_by_group([here, empty, bare, 1 << 40])
    assert list(found) == [here], "neither an empty group, nor one that is no unit, nor one that is gone"
    program = found[here]
    assert (program.pid, program.unit, program.by) == (os.getpid(), "web.service", "cgroup") and program.started


def test_of_several_processes_in_a_control_group_the_first_one_that_was_started(tmp_path, monkeypatch):
    began = {1: 30, 2: 10, 3: None, 4: 20}
    (tmp_path / "web.service").mkdir()
    (tmp_path / "web.service" / "cgroup.procs").write_text("1\n2\n3\n4\n")
    (tmp_path / "cgroup.controllers").write_text("")
    monkeypatch.setattr(programs, "_GROUPS", (str(tmp_path),))
    monkeypatch.setattr(programs, "started_ticks", began.get)
    found = next(iter(programs.programs_by_group([(tmp_path / "web.service").stat().st_ino]).values()))
    assert found.pid == 2


def test_the_kernels_number_of_a_control_group_is_its_folders():
    """As sock_diag gives it: held against a socket of this process, where the hierarchy is there."""
    with open("/proc/self/cgroup") as stream:
        paths = [line.strip().split(":", 2)[2] for line in stream if line.startswith("0::")]
    folders = [
        folder + paths[0] for folder in programs._GROUPS if paths and os.path.exists(folder + "/cgroup.controllers")
    ]
    if not folders or not os.path.isdir(folders[0]):
        pytest.skip("this machine shows no unified hierarchy of control groups")
    with tcp_states.listen() as listener:
        rows = [row for row in Source().listeners() if row.inode == tcp_states.inode(listener)]
    if not rows or rows[0].cgroup is None:
        pytest.skip("sock_diag does not give the control group here (Linux 5.9)")
    assert rows[0].cgroup == os.stat(folders[0]).st_ino
