# Checks hosts that the role tcp_hardening has hardened, whatever the profile. Needs pytest-testinfra; docs/testing.md
# says how to run it.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Compares the drop-in with the running kernel.

    pytest --hosts=ansible://GROUP --ansible-inventory=hosts.yml test_hardened_host.py

No profile is needed: the drop-in says what was meant. Nothing is written. Two tests need root and are skipped without
it. Where `tcp_hardening_path` is not the default, set TCP_HARDENING_PATH to it.
"""

from __future__ import annotations

import json
import os
import re
from typing import Any, NamedTuple

import pytest

DROP_IN = os.environ.get("TCP_HARDENING_PATH") or "/etc/sysctl.d/90-tcp-hardening.conf"
STATE = "/var/lib/fleetnet.linux_tcp"
REASONS = {"removed", "absent", "other_namespace", "read_only", "memory", "harmful", "better", "no_effect", "excluded"}
# For these reasons the key was not visible on the host when it was skipped.
NOT_THERE = {"removed", "absent", "other_namespace"}


class Skipped(NamedTuple):
    """Why the drop-in leaves a key alone."""

    reason: str
    detail: str


class DropIn(NamedTuple):
    """The drop-in of a host. faults: a sentence for each line that the role would not write like that."""

    settings: dict[str, str]
    skipped: dict[str, Skipped]
    faults: list[str]


def proc(key: str) -> str:
    return "/proc/sys/" + key.replace(".", "/")


def read_drop_in(text: str) -> DropIn:
    """Settings are `key = value`; a skipped key is two comments, `skipped (reason): detail` and `key = value`."""
    settings: dict[str, str] = {}
    skipped: dict[str, Skipped] = {}
    faults: list[str] = []
    why: Skipped | None = None
    for line in [*text.splitlines(), ""]:
        found = re.fullmatch(r"(# )?(net\.\S+) =(.*)", line)
        commented, key, value = found.groups() if found else ("", "", "")
        if why is not None and not commented:
            faults.append(f"a key is missing after: {why.detail}")
        if key and key in {**settings, **skipped}:
            faults.append(f"{key} stands there twice")
        if key and not commented:
            settings[key] = " ".join(value.split())
        elif key and why is None:
            faults.append(f"{key} is a comment, and nothing says why")
        elif key:
            skipped[key] = why
        elif line.strip() and not line.startswith("#"):
            faults.append(f"not a setting: {line}")
        reason = re.fullmatch(r"# skipped \((\w+)\): (.+)", line)
        why = Skipped(*reason.groups()) if reason else None
    return DropIn(settings, skipped, faults)


def boot_values(text: str) -> dict[str, str | None]:
    """The last value of each key in what `systemd-sysctl --cat-config` prints. None: a line `-key` takes it out."""
    found: dict[str, str | None] = {}
    for line in map(str.strip, text.splitlines()):
        if line and line[0] not in "#;":
            key, equals, value = line.lstrip("-").partition("=")
            # Both spellings are allowed there: net.ipv4.tcp_sack and net/ipv4/tcp_sack.
            found[key.strip().replace("/", ".")] = " ".join(value.split()) if equals else None
    return found


def facts(host: Any, path: str) -> str:
    """Type, owner, group and mode, such as `regular file root root 644`. In one command, so that it connects once."""
    run = host.run("LC_ALL=C stat -c '%%F %%U %%G %%a' %s", path)
    assert run.rc == 0, run.stderr
    return run.stdout.strip()


@pytest.fixture(scope="module")
def drop_in(host: Any) -> DropIn:
    """The drop-in of the host."""
    run = host.run("cat %s", DROP_IN)
    assert run.rc == 0, f"this host was not hardened: {run.stderr}"
    return read_drop_in(run.stdout)


@pytest.fixture
def as_root(host: Any) -> None:
    """Skips a test where the login is not root."""
    if host.check_output("id -u") != "0":
        pytest.skip("only root can look there; log in as root, set ansible_become, or run pytest with --sudo")


def test_there_are_hosts(request: pytest.FixtureRequest) -> None:
    """Without this test, an empty group would skip all the others, and pass."""
    checked = [
        item
        for item in request.session.items
        if "host" in getattr(item, "fixturenames", ()) and not item.get_closest_marker("skip")
    ]
    assert checked, "no host was found: look at --hosts and --ansible-inventory"


def test_the_drop_in_is_a_file_of_root_that_all_can_read(host: Any) -> None:
    assert facts(host, DROP_IN) == "regular file root root 644"


def test_the_drop_in_is_as_the_role_writes_it(drop_in: DropIn) -> None:
    assert drop_in.faults == []
    assert drop_in.settings or drop_in.skipped, "it names no key at all"


def test_every_set_key_is_live(host: Any, drop_in: DropIn) -> None:
    files = {proc(key): key for key in drop_in.settings}
    shown = host.run("grep -H '' " + " ".join(files)).stdout if files else ""
    rows = (line.partition(":") for line in shown.splitlines())
    assert {files[path]: " ".join(value.split()) for path, _colon, value in rows} == drop_in.settings


def test_every_set_key_survives_a_reboot(host: Any, drop_in: DropIn) -> None:
    """No file that is read later at boot sets another value."""
    run = host.run(
        "for tool in /usr/lib/systemd/systemd-sysctl /lib/systemd/systemd-sysctl; do [ -x $tool ] && exec $tool"
        " --cat-config; done; exit 42"
    )
    if run.rc == 42:
        pytest.skip("no systemd-sysctl here; which files are read at boot is up to something else")
    assert run.rc == 0, run.stderr
    booted = boot_values(run.stdout)
    assert {key: booted.get(key, "set by no file that is read at boot") for key in drop_in.settings} == drop_in.settings


def test_every_skipped_key_has_a_reason_that_holds(host: Any, drop_in: DropIn) -> None:
    unknown = {key: why for key, why in drop_in.skipped.items() if why.reason not in REASONS}
    assert unknown == {}
    gone = {proc(key): key for key, why in drop_in.skipped.items() if why.reason in NOT_THERE}
    there = host.run("ls -d " + " ".join(gone)).stdout.split() if gone else []
    assert [gone[path] for path in there] == [], "it is there now; run the role again"


def test_the_snapshot_is_for_root_alone(host: Any, as_root: None) -> None:
    stem = DROP_IN[: -len(".conf")] if DROP_IN.endswith(".conf") else DROP_IN
    folder, name = os.path.split(stem)
    if folder != "/etc/sysctl.d":
        name = re.sub(r"[^A-Za-z0-9._-]", lambda found: f"%{ord(found[0]):02x}", stem)
    # Without the snapshot, `restored` could put nothing back.
    assert facts(host, STATE) == "directory root root 700"
    assert facts(host, f"{STATE}/{name}.json") == "regular file root root 600"
    assert "live" in json.loads(host.check_output("cat %s", f"{STATE}/{name}.json"))


def test_no_run_died_half_way(host: Any, as_root: None) -> None:
    left = host.check_output("find %s -name '*.journal'", STATE)
    assert left == "", "run the role again: it puts back what the dead run had begun"
