# Tests of the private host that the other tests write in: it must never be the machine itself.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""A fault of the helper, of any kind, ends before the first write."""

from __future__ import annotations

import fcntl
import os

import pytest

from ansible_collections.fleetnet.linux_tcp.tests.unit import namespace
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import isolated

KEY = "net.ipv4.tcp_fin_timeout"


@isolated
def test_a_private_host_has_its_own_values_and_empty_folders():
    namespace.put({KEY: "31"})
    assert namespace.get(KEY) == "31"
    assert sorted(namespace.tree()) == ["/etc", "/etc/sysctl.d", "/var/lib"]


def test_the_machine_is_left_as_it_was():
    before = os.readlink("/proc/self/ns/net"), os.readlink("/proc/self/ns/mnt"), namespace.sysctls()[_path(KEY)]
    test_a_private_host_has_its_own_values_and_empty_folders()
    assert (
        os.readlink("/proc/self/ns/net"),
        os.readlink("/proc/self/ns/mnt"),
        namespace.sysctls()[_path(KEY)],
    ) == before


def _path(key: str) -> str:
    return "/proc/sys/" + key.replace(".", "/")


@pytest.mark.parametrize("flags", [0, namespace._NEWNS, namespace._NEWNET])
def test_a_child_that_is_still_in_a_namespace_of_the_machine_goes_no_further(monkeypatch, flags):
    class Libc:
        """An unshare that says yes, and leaves only some of the namespaces."""

        @staticmethod
        def unshare(_wanted):
            return real.unshare(flags)

        @staticmethod
        def prctl(*args):
            return real.prctl(*args)

        @staticmethod
        def mount(*_args):
            raise AssertionError("it mounted something in the machine's own namespace")

    if os.geteuid() != 0:
        pytest.skip("needs root, for namespaces of its own")
    real = namespace._libc
    monkeypatch.setattr(namespace, "_libc", Libc)
    kind, said = namespace.in_child(lambda: "the test would have run", namespace.enter)
    assert kind == "refusal"
    if "unshare" in said:
        pytest.skip(said)
    assert "own namespaces" in said


@pytest.mark.parametrize(
    "write",
    [
        lambda: namespace.put({KEY: "31"}),
        lambda: namespace.write("/etc/x", ""),
        lambda: namespace.tmpfs("/etc"),
        lambda: namespace.read_only("/etc"),
        lambda: namespace.dies_at(1, lambda: None),
    ],
)
def test_nothing_is_written_outside_of_a_private_host(write):
    with pytest.raises(AssertionError, match="lacks @isolated"):
        write()


def test_what_fails_in_there_fails_the_test():
    @isolated
    def fails():
        assert namespace.get(KEY) == "never this"

    if os.geteuid() != 0:
        pytest.skip("needs root, for namespaces of its own")
    with pytest.raises(pytest.fail.Exception, match="never this"):
        fails()


@isolated
def test_a_run_dies_at_the_step_that_was_asked_for():
    def run():
        os.mkdir("/etc/a")
        os.mkdir("/etc/b")

    assert namespace.dies_at(2, run)
    assert sorted(os.listdir("/etc")) == ["a", "sysctl.d"]
    os.rmdir("/etc/a")
    assert not namespace.dies_at(3, run)
    assert sorted(os.listdir("/etc")) == ["a", "b", "sysctl.d"]


@isolated
@pytest.mark.parametrize(
    "step",
    [
        lambda: os.rename("/etc/a", "/etc/b"),
        lambda: os.truncate("/etc/a", 1),
        lambda: os.link("/etc/a", "/etc/b"),
        lambda: os.utime("/etc/a", (1, 1)),
        lambda: fcntl.lockf(3, fcntl.LOCK_UN),
    ],
)
def test_a_step_of_a_new_kind_is_walked_too(step):
    namespace.write("/etc/a", "x\n")
    assert namespace.dies_at(1, step)
    assert not namespace.dies_at(1, lambda: os.stat("/etc/a"))


@isolated
def test_what_is_opened_for_writing_is_seen():
    with namespace.recorded() as found:
        namespace.read("/proc/self/stat")
        namespace.put({KEY: "31"})
    namespace.put({KEY: "32"})
    assert found == [("open", _path(KEY))]
