# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The throwaway fleets' decisions that need no host: whose process, whose place, which kernel, which mirror, which
machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# The other Pythons have pytest alone.
yaml = pytest.importorskip("yaml")
_TOOLS = Path(__file__).resolve().parents[3] / "tests" / "hosts" / "fleet"
if not _TOOLS.is_dir():
    # An installed collection carries the tests but not the tools.
    pytest.skip("tests/hosts/fleet is not there", allow_module_level=True)
sys.path.insert(0, str(_TOOLS))

import _build  # noqa: E402
import _guest  # noqa: E402
import _halt  # noqa: E402
import _hosts  # noqa: E402
import _login  # noqa: E402
import _machine  # noqa: E402
import _process  # noqa: E402
import fleet as tool  # noqa: E402
import kernels  # noqa: E402

_STATE = Path("/srv/one/.cache/fleet")


def _raw(fleet: str, host: str) -> bytes:
    return f"PATH=/bin\0FLEETNET_FLEET={fleet}\0FLEETNET_HOST={host}\0".encode()


def test_a_process_is_ours_only_with_this_fleet_and_this_host() -> None:
    assert _process.owned(_process.parse_environment(_raw(str(_STATE), "deb12")), _STATE, "deb12")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0\0",
        b"FLEETNET_FLEET\0FLEETNET_HOST\0",
        b"OLD_FLEETNET_FLEET=/srv/one/.cache/fleet\0FLEETNET_HOST=deb12\0",
        _raw("/srv/two/.cache/fleet", "deb12"),
        _raw("/srv/one/.cache/fleet2", "deb12"),
        _raw(str(_STATE), "deb13"),
        _raw(str(_STATE), "deb1"),
        b"\xff\xfe=\xff\0",
    ],
)
def test_every_other_process_is_left_alone(raw: bytes) -> None:
    assert not _process.owned(_process.parse_environment(raw), _STATE, "deb12")


@pytest.mark.parametrize("name", ["unshare", "a b", "x) S 1 (y", "((", "))"])
def test_the_parent_is_found_whatever_the_program_is_called(name: str) -> None:
    assert _process.parse_parent(f"4711 ({name}) S 815 4711 4711 0 -1") == 815


def test_two_checkouts_have_two_places_and_one_checkout_keeps_its_own(tmp_path: Path) -> None:
    one, other, same = (
        _hosts.Fleet("default", 77, path)
        for path in (tmp_path / "one", tmp_path / "two", tmp_path / "two" / ".." / "one")
    )
    assert one.run != other.run and one.state != other.state
    assert one.run == same.run


def test_two_fleets_of_a_checkout_share_no_place_and_no_address() -> None:
    fleets = list(_hosts.FLEETS.values())
    assert [fleet.name for fleet in fleets] == list(_hosts.FLEETS)
    for places in (
        [(fleet.state, fleet.run, fleet.namespace, fleet.control_sockets) for fleet in fleets],
        [tuple(host.address for host in fleet.hosts) for fleet in fleets],
    ):
        every = [place for some in places for place in some]
        assert len(set(every)) == len(every) >= len(fleets)


def test_the_fleet_for_people_stays_where_they_know_it() -> None:
    fleet = _hosts.FLEETS["default"]
    assert fleet.state == _hosts.REPOSITORY / ".cache" / "fleet"
    assert [(host.name, host.memory) for host in fleet.hosts] == [("deb11", 512), ("deb12", 512), ("deb13", 512)]


@pytest.mark.parametrize("fleet", _hosts.FLEETS.values(), ids=_hosts.FLEETS)
def test_the_table_of_hosts_can_be_laid_out_on_a_machine(fleet: _hosts.Fleet) -> None:
    names = [host.name for host in fleet.hosts]
    assert names and len(set(names)) == len(names)
    # A network device's name has at most 15 letters, and a socket's path at most 107.
    assert all(len(name) <= 15 for name in names)
    assert len({host.folder for host in fleet.hosts}) == len({host.address for host in fleet.hosts}) == len(names)
    assert fleet.number < 255 and all(host.number < 255 for host in fleet.hosts)
    # ssh adds 17 letters of its own to the 10 that Ansible names a socket with.
    assert len(str(fleet.control_sockets)) + 1 + 10 + 17 <= 107


def test_the_inventory_and_the_ssh_configuration_name_every_host_of_their_fleet_alone() -> None:
    for fleet in _hosts.FLEETS.values():
        names = [host.name for host in fleet.hosts]
        inventory = yaml.safe_load(_login._inventory(fleet))["throwaway"]
        assert list(inventory["hosts"]) == names
        assert str(fleet.ssh_config) in inventory["vars"]["ansible_ssh_common_args"]
        lines = _login._ssh_config(fleet).splitlines()
        assert [line.split()[1] for line in lines if line.startswith("Host ")] == [*names, names[0]]
        assert [line.split()[1] for line in lines if "HostName" in line] == [host.address for host in fleet.hosts]


# -- off ---------------------------------------------------------------------------------------

_LIFE = "[    0.000000] Linux version 5.10.0 (user@host)\n[    0.100000] Calibrating\n"
_HALTED = "[   60.123456] reboot: System halted\n"


@pytest.mark.parametrize(
    ("console", "ended"),
    [
        ("", False),
        (_LIFE, False),
        (_LIFE + _HALTED, True),
        (_LIFE + "reboot: Power down\n", True),
        (_LIFE + "[    9.000000] reboot: Restarting system\n", True),
        # The life after a restart.
        (_LIFE + "[    9.000000] reboot: Restarting system\n" + _LIFE, False),
        (_LIFE + _HALTED + "Core dump limits :\n" + _LIFE + _HALTED, True),
        # What a program prints is not the kernel's word.
        (_LIFE + "sshd: reboot: System halted\n", False),
        (_LIFE + "Stopped target: reboot.\n", False),
        # Cut off in the middle of the word.
        (_LIFE + "[   60.123456] reboot: System ha", False),
    ],
)
def test_a_kernel_that_says_so_has_ended(console: str, ended: bool) -> None:
    assert _halt.has_ended(console) is ended


def test_a_process_is_ended_by_force_only_some_seconds_after_its_kernel_ended() -> None:
    state = {"console": _LIFE, "now": 1000.0}
    watch = _halt.Watch(lambda: str(state["console"]), lambda: float(state["now"]))
    seen = []
    for console, later in (
        (_LIFE, 100.0),
        (_LIFE + _HALTED, 0.0),
        (_LIFE + _HALTED, _halt.GRACE_SECONDS - 0.1),
        (_LIFE + _HALTED, 0.1),
        # It came up again by itself: no force.
        (_LIFE + _HALTED + _LIFE, 100.0),
        (_LIFE + _HALTED + _LIFE + _HALTED, 0.0),
    ):
        state.update(console=console, now=float(state["now"]) + later)
        seen.append(watch.hangs())
    assert seen == [False, False, False, True, False, False]


def test_a_host_that_halted_and_hangs_is_off_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole of it, with two processes in the place of a kernel and its helper."""
    monkeypatch.setattr(_halt, "GRACE_SECONDS", 0.3)
    monkeypatch.setattr(_login, "ask", lambda *arguments: "")
    host = _hosts.Fleet("upgrade", 79, tmp_path).hosts[0]
    host.folder.mkdir(parents=True)
    host.console.write_text(_LIFE + _HALTED)
    ours = {"FLEETNET_FLEET": str(host.fleet.state), "FLEETNET_HOST": host.name}
    kernel = subprocess.Popen(
        ["sh", "-c", "sleep 60 & wait"], env={**os.environ, **ours}, stdin=subprocess.DEVNULL, start_new_session=True
    )
    other = subprocess.Popen(["sleep", "60"], stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        while len(_process.find(host)) < 2:
            time.sleep(0.01)
        tool._shut_down(host, threading.Event())
        assert _process.find(host) == []
        assert kernel.wait(10) == -signal.SIGKILL and other.poll() is None
    finally:
        for process in (kernel, other):
            process.kill()
            process.wait()


# -- kernels -----------------------------------------------------------------------------------


def test_a_kernel_runs_on_the_libraries_of_its_own_suite_or_of_the_one_named_for_it() -> None:
    assert kernels.library_suite("bookworm") == "bookworm"
    assert kernels.library_suite("forky") == "trixie"


@pytest.mark.parametrize("suite", ["", "Trixie", "../etc", "trixie;id", "13"])
def test_what_cannot_be_a_suite_is_refused(suite: str) -> None:
    with pytest.raises(_machine.Refusal, match="not the name of a Debian suite"):
        kernels.kernel(suite)


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> _hosts.Host:
    """A host with a folder and no kernel; two suites have one to give."""
    for suite in ("bullseye", "forky"):
        (tmp_path / suite / "usr" / "bin").mkdir(parents=True)
        (tmp_path / suite / "usr" / "bin" / "linux.uml").write_text(suite)
        (tmp_path / suite / "xstate.so").write_text(f"before {suite}")
        (tmp_path / suite / "usr" / "lib" / "uml" / "modules" / f"of-{suite}").mkdir(parents=True)
    monkeypatch.setattr(kernels, "kernel", lambda suite: tmp_path / suite)
    found = _hosts.Fleet("upgrade", 79, tmp_path / "checkout").hosts[0]
    (found.root / "lib").mkdir(parents=True)
    return found


@pytest.fixture
def lock(tmp_path: Path) -> Iterator[int]:
    with open(tmp_path / "lock", "w", encoding="utf-8") as handle:
        yield handle.fileno()


def test_another_kernel_takes_the_place_of_the_first(host: _hosts.Host, lock: int) -> None:
    assert _guest.kernel_of(host) == ""
    for suite in ("bullseye", "forky"):
        _guest.put_kernel(host, suite, lock)
        assert _guest.kernel_of(host) == suite
        assert (host.folder / "linux.uml").read_text() == suite
        assert (host.folder / "xstate.so").read_text() == f"before {suite}"
        assert [path.name for path in (host.root / "lib" / "modules").iterdir()] == [f"of-{suite}"]


def test_a_kernel_that_is_only_half_there_does_not_count(
    host: _hosts.Host, lock: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    _guest.put_kernel(host, "bullseye", lock)
    monkeypatch.setattr(_guest, "_copy", lambda *arguments: pytest.fail("interrupted here"))
    with pytest.raises(pytest.fail.Exception):
        _guest.put_kernel(host, "forky", lock)
    assert _guest.kernel_of(host) == ""


# -- builds ------------------------------------------------------------------------------------


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Builds the folder 'thing' with a shell script that runs in it, and no fence around."""
    monkeypatch.setattr(_build, "ROOTS", tmp_path)
    monkeypatch.setattr(_build, "check_machine", lambda: None)
    monkeypatch.setattr(_build, "_FENCE", ())

    def _made(script: str, *recipe: str) -> Path:
        return _build.made("thing", "thing", recipe, lambda folder: ["sh", "-c", f"cd '{folder}'; {script}"])

    return _made


def test_what_is_built_stays_until_its_recipe_changes(build: Callable[..., Path]) -> None:
    assert (build("echo 1 > content", "a") / "content").read_text() == "1\n"
    assert (build("echo 2 > content", "a") / "content").read_text() == "1\n"
    assert (build("echo 3 > content", "b") / "content").read_text() == "3\n"


def test_a_failed_build_shows_its_log_and_leaves_nothing_that_counts(build: Callable[..., Path]) -> None:
    build("echo 1 > content", "a")
    with pytest.raises(_machine.Refusal, match="(?s)could not be built.*no such suite.*What to do"):
        build("echo no such suite; exit 3", "b")
    assert (build("echo 2 > content", "a") / "content").read_text() == "2\n"


@pytest.mark.parametrize(
    ("rows", "mirror"),
    [
        ([], None),
        ([("Ubuntu", "Ubuntu", "http://mirror.test/ubuntu/")], None),
        ([("Debian", "Debian-Security", "http://m.test/debian-security/")], None),
        (
            [("Debian", "Debian-Security", "http://m.test/s/"), ("Debian", "Debian", "http://m.test/d/")],
            "http://m.test/d/",
        ),
        # Before the first 'apt-get update' only the addresses are known.
        ([("", "", "http://m.test/debian-security/"), ("", "", "http://m.test/debian/")], "http://m.test/debian/"),
        ([("Other", "Other", "http://other.test/debian/")], None),
    ],
)
def test_the_debian_mirror_is_chosen_among_the_machines_own(
    rows: list[tuple[str, str, str]], mirror: str | None
) -> None:
    assert _build.choose_mirror(rows) == mirror


@pytest.mark.parametrize(
    ("os_release", "good"),
    [
        ("ID=debian\n", True),
        ('ID=ubuntu\nID_LIKE="debian"\n', True),
        ('ID=linuxmint\nID_LIKE="ubuntu debian"\n', True),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"\n', False),
        ('NAME="Not debian"\nID=other\n', False),
        ("", False),
    ],
)
def test_debian_and_its_children_are_known(os_release: str, good: bool) -> None:
    assert _machine.is_debian_like(os_release) is good
