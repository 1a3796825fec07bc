# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Pytest plugin: what the tests of hardened hosts share. .config/molecule/config.yml loads it for every scenario.

The values are written out here once more on purpose: a test that took them from the role would
agree with every mistake in the role.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

DROP_IN = "/etc/sysctl.d/90-tcp-hardening.conf"
STATE = "/var/lib/fleetnet.linux_tcp"
SNAPSHOT = f"{STATE}/90-tcp-hardening.json"

DOCUMENT = {
    "net.core.rmem_default": "256960",
    "net.core.rmem_max": "513920",
    "net.core.wmem_default": "256960",
    "net.core.wmem_max": "513920",
    "net.core.netdev_max_backlog": "2000",
    "net.core.somaxconn": "2048",
    "net.core.optmem_max": "81920",
    "net.ipv4.tcp_mem": "131072 262144 524288",
    "net.ipv4.tcp_rmem": "8760 256960 4088000",
    "net.ipv4.tcp_wmem": "8760 256960 4088000",
    "net.ipv4.tcp_keepalive_time": "1800",
    "net.ipv4.tcp_keepalive_intvl": "30",
    "net.ipv4.tcp_keepalive_probes": "3",
    "net.ipv4.tcp_sack": "1",
    "net.ipv4.tcp_fack": "1",
    "net.ipv4.tcp_timestamps": "1",
    "net.ipv4.tcp_window_scaling": "1",
    "net.ipv4.tcp_syncookies": "1",
    "net.ipv4.tcp_tw_reuse": "1",
    "net.ipv4.tcp_tw_recycle": "1",
    "net.ipv4.tcp_fin_timeout": "30",
    "net.ipv4.ip_local_port_range": "1024 65000",
    "net.ipv4.tcp_max_syn_backlog": "2048",
}

# Under the policy improve the larger number counts, the wider range, or the list with everything in it; of all others
# here the profile's value is better than any kernel's.
_LARGER = {
    *(f"net.core.{name}" for name in ("rmem_default", "rmem_max", "wmem_default", "wmem_max", "optmem_max")),
    "net.core.netdev_max_backlog", "net.core.somaxconn", "net.ipv4.tcp_mem", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
    "net.ipv4.tcp_max_syn_backlog",
}  # fmt: skip
_IGNORED = {"net.ipv4.tcp_fack"}  # by every kernel that the scenarios run on

# The whole machine's, and shown read-only in a container where they are shown at all.
_SHOWN_IN_CONTAINERS = {f"net.core.{way}mem_{what}" for way in "rw" for what in ("default", "max")}
_PLAYBOOK_SECONDS = 120.0


def proc(key: str) -> str:
    return "/proc/sys/" + key.replace(".", "/")


class Before(NamedTuple):
    """What a host is like: path to facts about the file, file in /proc/sys/net to value with single blanks."""

    files: dict[str, list[Any]]
    settings: dict[str, str]


class Run(NamedTuple):
    """What one run of ansible-playbook returned for one host. plan, applied: the last ones; None where the
    module was not run."""

    playbook: str
    check: bool
    plan: dict[str, Any] | None
    applied: dict[str, Any] | None
    errors: list[str]


class Played(NamedTuple):
    """A playbook's exit code, and all that it said."""

    code: int
    output: str

    def counts(self, host: Any) -> dict[str, int]:
        """The host's row of the closing table: applied, unchanged, skipped, drifted, failed, and unfinished where there
        is such a column, to the number of keys."""
        name = re.escape(host.backend.get_hostname())
        (row,) = re.findall(rf"^{name} +\S+((?: +\d+){{5,6}})(?:  [a-z ]+)?$", self.output, re.MULTILINE)
        (heads,) = re.findall(r"^host +kernel +(applied .+)$", self.output, re.MULTILINE)
        return dict(zip(heads.split(), map(int, row.split()), strict=True))

    def drifted(self) -> dict[str, str]:
        """Key to `where: found; wanted`, as the closing table names what drifted."""
        rows = re.findall(
            r"^(?:drifted| {7})  (net\.\S+) +(now|after reboot|now and after reboot)  +\d+ hosts?  (.+)$",
            self.output,
            re.MULTILINE,
        )
        return {key: f"{where}: {difference}" for key, where, difference in rows}


def differing(one: dict[str, Any], other: dict[str, Any]) -> set[str]:
    """The names that are in one of the two only, or have another content."""
    return {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}


def live(host: Any, keys: Iterable[str]) -> dict[str, str]:
    """Key to the value that it has at this moment, with single blanks. All in one command."""
    files = {proc(key): key for key in keys}
    lines = host.check_output("grep -H '' " + " ".join(files)).splitlines() if files else []
    return {files[path]: " ".join(value.split()) for path, _colon, value in (line.partition(":") for line in lines)}


def look(host: Any) -> Before:
    """What the host is like at this moment."""
    script = (Path(__file__).parent / "files" / "record.py").read_text(encoding="utf-8")
    return Before(**json.loads(host.check_output("python3 -c %s", script)))


@pytest.fixture(scope="module")
def before(host: Any) -> Before:
    """The host before anything was done to it, as prepare.yml recorded it."""
    record = _molecule("MOLECULE_EPHEMERAL_DIRECTORY") / f"{host.backend.get_hostname()}.json"
    found = Before(**json.loads(record.read_text(encoding="utf-8")))
    assert len(found.files) > 1000 and len(found.settings) > 100, "the record is too small to compare with"
    return found


@pytest.fixture(scope="module")
def now(host: Any) -> Before:
    """The host when the test file was begun."""
    return look(host)


@pytest.fixture(scope="module")
def wanted(host: Any) -> dict[str, str]:
    """The host's profile: the document's, or what its inventory says instead and on top."""
    inventory = host.ansible.get_variables()
    values = inventory.get("tcp_hardening_values", DOCUMENT) | inventory.get("tcp_hardening_overrides", {})
    return {key: " ".join(str(value).split()) for key, value in values.items()}


@pytest.fixture(scope="module")
def improve(host: Any) -> Callable[[str], bool]:
    """Whether a key is to be improved, and not set to the letter."""
    inventory = host.ansible.get_variables()
    policies = inventory.get("tcp_hardening_policies", {})
    return lambda key: policies.get(key, inventory.get("tcp_hardening_policy", "improve")) == "improve"


@pytest.fixture(scope="module")
def targets(host: Any, wanted: dict[str, str], before: Before, improve: Callable[[str], bool]) -> dict[str, str]:
    """The profile after the policy: key to what has to stand."""
    return {
        key: larger(value, before.settings.get(proc(key), value)) if improve(key) and key in _LARGER else value
        for key, value in wanted.items()
    }


def larger(one: str, other: str) -> str:
    """The larger of two values, number by number."""
    return " ".join(str(max(pair)) for pair in zip(map(int, one.split()), map(int, other.split()), strict=True))


@pytest.fixture(scope="module")
def skipped(
    host: Any, wanted: dict[str, str], targets: dict[str, str], before: Before, improve: Callable[[str], bool]
) -> dict[str, str]:
    """Key to reason, for the keys of the profile that cannot be set on this host or should not be."""
    inventory = host.ansible.get_variables()
    # Since 3.5 no kernel shows this one in a child network namespace.
    whole_host = proc("net.ipv4.tcp_mem")
    found = host.run(" ".join(["ls -d", whole_host, *map(proc, wanted)])).stdout.split()
    reasons = {}
    for key in wanted:
        if key in inventory.get("tcp_hardening_exclude", []):
            reasons[key] = "excluded"
        elif key == "net.ipv4.tcp_tw_recycle":
            reasons[key] = "removed"
        elif proc(key) not in found:
            reasons[key] = "other_namespace"
        elif "unprivileged" in inventory["group_names"] or (whole_host not in found and key in _SHOWN_IN_CONTAINERS):
            reasons[key] = "read_only"
        elif improve(key) and key in _IGNORED:
            reasons[key] = "no_effect"
        elif targets[key] != wanted[key] and targets[key] == before.settings.get(proc(key)):
            reasons[key] = "better"
    return reasons


@pytest.fixture(scope="module")
def applied(targets: dict[str, str], skipped: dict[str, str]) -> dict[str, str]:
    """Key to value, for the keys of the profile that have to be in force."""
    return {key: value for key, value in targets.items() if key not in skipped}


@pytest.fixture
def runs(host: Any) -> Callable[[], list[Run]]:
    """Call it for what the runs of ansible-playbook in this scenario have returned for this host so far, the oldest
    first."""

    def _read() -> list[Run]:
        text = (_molecule("MOLECULE_EPHEMERAL_DIRECTORY") / "results.jsonl").read_text(encoding="utf-8")
        found: dict[int, list[dict[str, Any]]] = {}
        for line in map(json.loads, text.splitlines()):
            if line["host"] == host.backend.get_hostname():
                found.setdefault(line["run"], []).append(line)
        return [_run(lines) for lines in found.values()]

    return _read


@pytest.fixture
def playbook(host: Any) -> Callable[..., Played]:
    """Runs a playbook of the collection on this host, as a user does: playbook("audit", "--diff"); a file of the
    scenario goes to its own hosts."""

    def _play(name: str, *arguments: str) -> Played:
        which = [f"fleetnet.linux_tcp.{name}", "-e", f"target={host.backend.get_hostname()}"]
        if name.endswith(".yml"):
            which = [str(_molecule("MOLECULE_SCENARIO_DIRECTORY") / name)]
        command = ["ansible-playbook", *which, "-i", str(_molecule("MOLECULE_INVENTORY_FILE").parent), *arguments]
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_PLAYBOOK_SECONDS,
            check=False,
        )
        print(done.stdout)  # pytest shows it where the test fails
        return Played(done.returncode, done.stdout)

    return _play


def pytest_collection_finish(session: pytest.Session) -> None:
    """No test without a host, and none of the scenario's hosts without a test.

    Files with `testinfra_hosts` choose theirs.
    """
    tested = {
        item.callspec.params["_testinfra_host"].backend.get_hostname() for item in session.items if _has_host(item)
    }
    if not tested:
        raise pytest.UsageError("there is no host, so nothing would be tested")
    if all(hasattr(item.module, "testinfra_hosts") for item in session.items):
        return
    scenario = yaml.safe_load(_molecule("MOLECULE_FILE").read_text(encoding="utf-8"))
    missing = {platform["name"] for platform in scenario["platforms"]} - tested
    if missing:
        raise pytest.UsageError(f"not tested: {', '.join(sorted(missing))}; the inventory does not have them")


def _has_host(item: pytest.Item) -> bool:
    return hasattr(item, "callspec") and hasattr(item.callspec.params.get("_testinfra_host"), "backend")


def _molecule(variable: str) -> Path:
    """A path that molecule hands over."""
    return Path(os.environ[variable])


def _run(lines: Sequence[dict[str, Any]]) -> Run:
    steps = [line["result"] for line in lines if line["action"] == "tcp_hardening"]
    plans = [_plan(line) for line in lines if not (line["action"] == "sysctl_profile_info" and line["failed"])]
    applied = [{**step["applied"], "diff": step.get("diff")} for step in steps if step.get("applied")]
    return Run(
        lines[0]["playbook"],
        lines[0]["check"],
        next(filter(None, reversed(plans)), None),
        applied[-1] if applied else None,
        [str(line["result"].get("msg", "")) for line in lines if line["failed"]],
    )


def _plan(line: dict[str, Any]) -> dict[str, Any] | None:
    """What a task planned; None where it planned nothing.

    Where a step failed, its plan stands in `invocation`. A scenario's own playbook may ask the module itself.
    """
    if line["action"] == "sysctl_profile_info":
        return line["result"]
    if line["action"] == "tcp_hardening":
        return line["result"].get("plan") or line["result"].get("invocation", {}).get("plan")
    return None
