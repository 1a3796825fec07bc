# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The throwaway fleet's decisions that need no host: whose process, which mirror, which machine."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

_TOOLS = Path(__file__).resolve().parents[3] / "tools" / "fleet"
if not _TOOLS.is_dir():
    # An installed collection carries the tests but not the tools.
    pytest.skip("tools/fleet is not there", allow_module_level=True)
sys.path.insert(0, str(_TOOLS))

import _hosts  # noqa: E402
import _machine  # noqa: E402
import _process  # noqa: E402
import roots  # noqa: E402

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


def test_two_checkouts_have_two_names_and_one_checkout_keeps_its_own(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    assert _hosts.fleet_name(one) != _hosts.fleet_name(two)
    assert _hosts.fleet_name(one) == _hosts.fleet_name(tmp_path / "two" / ".." / "one")


def test_the_table_of_hosts_can_be_laid_out_on_a_machine() -> None:
    names = [host.name for host in _hosts.HOSTS]
    assert len(set(names)) == len(names)
    # A network device's name has at most 15 letters, and a socket's path at most 107.
    assert all(len(name) <= 15 for name in names)
    assert len({host.address for host in _hosts.HOSTS}) == len(names)
    assert all(host.number < 255 for host in _hosts.HOSTS)
    # ssh adds 17 letters of its own to the 10 that Ansible names a socket with.
    assert len(str(_hosts.CONTROL_SOCKETS)) + 1 + 10 + 17 <= 107


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
def test_the_debian_mirror_is_chosen_among_the_machines_own(rows: list[tuple[str, str, str]], mirror: str | None) -> None:
    assert roots.choose_mirror(rows) == mirror


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
