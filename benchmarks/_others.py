# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What others.py compares with: where each tool comes from, and how it sets the keys on the light hosts.

Private to benchmarks. None of these tools is in the repository: they come from PyPI and Galaxy, or from a folder.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from _bench import HERE, Bench, Found, environment
from base import CACHE, Problem
from benchmark import AT_ONCE, HARDEN

HARDENING = "harden"
_DEVSEC = "devsec.hardening"
_DEVSEC_VERSION = "10.6.0"
_COLLECTIONS = CACHE / "others"
_GALAXY_S = 120


@dataclass(frozen=True)
class Tool:
    """One way of setting the keys. run: sets them, and raises Problem where it does not change what it should."""

    title: str
    version: str
    run: Callable[[Bench, bool], Found]


class Missing(Exception):
    """A tool could not be had; the message says why."""


def values_file(bench: Bench) -> Path:
    """Where the keys and their values are, as Ansible's -e takes them."""
    return bench.folder / "values.json"


def _play(name: str) -> Callable[[Bench, bool], Found]:
    return lambda bench, changed: bench.play(name, "-e", f"@{values_file(bench)}", changed=changed)


def ours() -> Tool:
    """Harden, all hosts at once."""
    return Tool(HARDENING, "", lambda bench, changed: bench.play(HARDEN, "-e", AT_ONCE, changed=changed))


def loop() -> Tool:
    """A module run for each key."""
    return Tool("loop of `ansible.posix.sysctl`", "", lambda bench, changed: bench.loop(changed))


def template() -> Tool:
    """One file, and one command where it has changed."""
    return Tool("`template` and `sysctl -p`", "", _play("template"))


def devsec(folder: str) -> Tool:
    """The sysctl part of os_hardening. folder: a checkout of the collection; empty: Galaxy. Raises Missing."""
    link = _COLLECTIONS / "ansible_collections" / "devsec" / "hardening"
    if folder:
        if not (Path(folder) / "roles" / "os_hardening").is_dir():
            raise Missing(f"{folder} is no checkout of {_DEVSEC}")
        link.parent.mkdir(parents=True, exist_ok=True)
        if link.is_symlink() or not link.exists():
            link.unlink(missing_ok=True)
            link.symlink_to(Path(folder).resolve())
    elif not link.exists():
        _from_galaxy()
    found = re.search(r"^version: *(\S+)", (link / "galaxy.yml").read_text(encoding="utf-8"), re.M) if folder else None
    return Tool(
        "dev-sec `os_hardening`, its sysctl part", found.group(1) if found else _DEVSEC_VERSION, _play("devsec")
    )


def _from_galaxy() -> None:
    galaxy = environment.venv(environment.RUN_VENV) / "bin" / "ansible-galaxy"
    command = [str(galaxy), "collection", "install", "--no-deps", "-p", str(_COLLECTIONS)]
    try:
        done = subprocess.run(
            [*command, f"{_DEVSEC}:{_DEVSEC_VERSION}"],
            env=environment.clean_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_GALAXY_S,
        )
    except subprocess.TimeoutExpired:
        raise Missing("Galaxy does not answer; name a checkout with --devsec") from None
    if done.returncode:
        raise Missing("Galaxy is out of reach; name a checkout with --devsec")


def collections_path(bench: Bench) -> str:
    """Ansible's search path with what was fetched for the comparison."""
    return f"{bench.env['ANSIBLE_COLLECTIONS_PATH']}:{_COLLECTIONS}"


def pyinfra() -> Tool:
    """server.sysctl for each key. Raises Missing."""
    try:
        venv = environment.venv(environment.OTHERS_VENV)
    except Problem:
        raise Missing("PyPI is out of reach") from None
    version = subprocess.run([str(venv / "bin" / "pyinfra"), "--version"], capture_output=True, text=True, check=True)

    def run(bench: Bench, changed: bool) -> Found:
        command = [str(venv / "bin" / "pyinfra"), "-y", "--parallel", str(bench.forks), str(_pyinfra_inventory(bench))]
        found, said = bench.measure([*command, str(HERE / "pyinfra" / "deploy.py")])
        if pyinfra_changed(said) != changed:
            raise Problem(f"pyinfra should have changed {'every host' if changed else 'nothing'}:\n{said[-3000:]}")
        return found

    return Tool("pyinfra `server.sysctl`", version.stdout.strip().rpartition(" ")[2].lstrip("v"), run)


def pyinfra_changed(said: str) -> bool | None:
    """Whether every operation changed something, or none did; None where it is neither. said: pyinfra's output."""
    total = re.search(r"Grand total +(\d+|-) +(\d+|-) +(\d+|-) +(\d+|-)", said)
    if not total or total.group(3) != "-":
        return None
    every, changed, _errors, unchanged = total.groups()
    return True if changed == every else False if unchanged == every else None


def _pyinfra_inventory(bench: Bench) -> Path:
    """The hosts for pyinfra, which does not know HostKeyAlias: each has its address in a known_hosts of its own."""
    lab, known, inventory = bench.lab, bench.folder / "known_hosts", bench.folder / "pyinfra_hosts.py"
    public = (lab.folder / "host_key.pub").read_text(encoding="ascii")
    known.write_text("".join(f"{host['address']} {public}" for host in lab.hosts()), encoding="ascii")
    login = {
        "ssh_user": "root",
        "ssh_key": str(lab.folder / "login_key"),
        "ssh_known_hosts_file": str(known),
        "ssh_strict_host_key_checking": "yes",
        "ssh_allow_agent": False,
        "ssh_look_for_keys": False,
    }
    hosts = [(host["name"], {**login, "ssh_hostname": host["address"]}) for host in lab.hosts()]
    inventory.write_text(f"hosts = {hosts!r}\n", encoding="utf-8")
    return inventory


def write_values(bench: Bench) -> dict[str, str]:
    """The keys that the profile sets on these hosts, with their values, put where every tool finds them."""
    found = bench.look()
    values_file(bench).write_text(json.dumps({"benchmark_values": found}), encoding="utf-8")
    bench.env.update(BENCHMARK_VALUES=str(values_file(bench)), ANSIBLE_COLLECTIONS_PATH=collections_path(bench))
    return found


def check(bench: Bench, title: str, wanted: dict[str, str]) -> None:
    """Problem where the first or the last host does not have the values; asked past its sshd, not measured."""
    hosts = bench.lab.hosts()
    for host in (hosts[0], hosts[-1]):
        done = subprocess.run(
            [*bench.lab.enter(host), "sysctl", "-n", *wanted], capture_output=True, text=True, check=True, timeout=60
        )
        found = dict(zip(wanted, (line.split() for line in done.stdout.splitlines()), strict=True))
        wrong = [key for key, value in wanted.items() if found[key] != value.split()]
        if wrong:
            raise Problem(f"{title} left {', '.join(wrong)} on {host['name']} as they were")
