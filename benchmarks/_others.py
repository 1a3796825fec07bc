# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What others.py compares with: where each tool comes from, and how it sets the keys on the light hosts.

Private to benchmarks. None of these tools is in the repository: they come from PyPI and Galaxy, or from a folder.
"""

from __future__ import annotations

import contextlib
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
_DEVSEC = ("devsec.hardening", "10.6.0")
_ROLE = ("linux-system-roles.kernel_settings", "1.5.0")
_FETCHED = CACHE / "others"
_GALAXY_S = 120
_CHECKOUT = "(a checkout)"
_WITHOUT_TUNED = (
    "it needs `tuned`, by way of systemd and D-Bus, which light hosts do not have; and `tuned` would set things of the"
    " whole machine. So this is the role without it: nothing is installed, started or loaded, and the values are not"
    " set. The whole role takes longer"
)


@dataclass(frozen=True)
class Tool:
    """One way of setting the keys.

    run: sets them, and raises Problem where it does not change what it should. note: why it does not get as far as
    setting them; empty where it does.
    """

    title: str
    version: str
    run: Callable[[Bench, bool], Found]
    note: str = ""


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
    place = _FETCHED / "ansible_collections" / "devsec" / "hardening"
    _have(place, folder, "--devsec", ("collection", "install", "--no-deps", "-p", str(_FETCHED)), ":".join(_DEVSEC))
    return Tool("dev-sec `os_hardening`, its sysctl part", _CHECKOUT if folder else _DEVSEC[1], _play("devsec"))


def kernel_settings(folder: str) -> Tool:
    """The role kernel_settings, without tuned. folder: a checkout of the role; empty: Galaxy. Raises Missing."""
    place = _FETCHED / "roles" / _ROLE[0]
    _have(place, folder, "--kernel-settings", ("role", "install", "-p", str(place.parent)), ",".join(_ROLE))
    environment.debian_packages(["python3-configobj"], "for the modules of kernel_settings")
    measured = _play("kernel_settings")

    def run(bench: Bench, changed: bool) -> Found:
        if changed:
            bench.play("tuned_files")
        return measured(bench, changed)

    version = _CHECKOUT if folder else _ROLE[1]
    return Tool("linux-system-roles `kernel_settings`, a part", version, run, _WITHOUT_TUNED)


def _have(place: Path, folder: str, option: str, install: tuple[str, ...], wanted: str) -> None:
    """Have something of Galaxy at its place, or a link there to the folder if one is given. Raises Missing."""
    if folder:
        if not Path(folder).is_dir():
            raise Missing(f"{option} {folder} is no folder")
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.is_symlink() or not place.exists():
            place.unlink(missing_ok=True)
            place.symlink_to(Path(folder).resolve())
    elif place.is_symlink():
        place.unlink()  # the folder of an earlier run is not the version that is named
    if place.exists():
        return
    galaxy = environment.venv(environment.RUN_VENV) / "bin" / "ansible-galaxy"
    with contextlib.suppress(subprocess.TimeoutExpired):
        subprocess.run(
            [str(galaxy), *install, wanted],
            env=environment.clean_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_GALAXY_S,
        )
    if not place.exists():
        raise Missing(f"Galaxy is out of reach; {option} names a checkout")


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
    bench.env.update(
        BENCHMARK_VALUES=str(values_file(bench)),
        ANSIBLE_COLLECTIONS_PATH=f"{bench.env['ANSIBLE_COLLECTIONS_PATH']}:{_FETCHED}",
        ANSIBLE_ROLES_PATH=str(_FETCHED / "roles"),
        ANSIBLE_ACTION_PLUGINS=str(HERE / "stand_in"),
    )
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
