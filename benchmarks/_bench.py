# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs commands against the light hosts of one size and measures them; what scale.py and others.py share.

Private to benchmarks.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "tools" / "run"), str(HERE.parent / "tests" / "hosts" / "scale")]

import environment  # noqa: E402  (beside this repository's other scripts)
from base import ROOT, Problem, is_root, listed, run  # noqa: E402
from lab import Lab  # noqa: E402

Found = dict[str, float]
_PLAYS = HERE / "plays"
_PACKAGES = ROOT / "tests" / "hosts" / "scale" / "packages.txt"


def prepare() -> None:
    """What both benchmarks need on this machine. Raises Problem for anyone but root."""
    if not is_root():
        raise Problem("it needs root, for namespaces")
    environment.collection_link()
    environment.debian_packages(listed(_PACKAGES), "for light hosts")
    run(
        [sys.executable, str(ROOT / "tests" / "hosts" / "containers" / "fetch_collections.py")],
        env=environment.clean_environment(),
    )


class Bench:
    """The hosts of one size, and what runs over them.

    folder: for results and logs; forks: hosts at a time; pipelining: Ansible's setting of that name, on or not set.
    """

    def __init__(self, lab: Lab, folder: Path, forks: int, pipelining: bool) -> None:
        self.lab, self.folder, self.forks = lab, folder, forks
        self.venv = environment.venv(environment.RUN_VENV)
        self.env = dict(
            environment.play_environment(),
            ANSIBLE_NOCOLOR="1",
            ANSIBLE_HOST_KEY_CHECKING="false",
            ANSIBLE_ACTION_PLUGINS=str(HERE / "limit" / "action"),
            ANSIBLE_LIBRARY=str(HERE / "limit" / "modules"),
        )
        self.env.pop("ANSIBLE_PIPELINING", None)
        if pipelining:
            self.env["ANSIBLE_PIPELINING"] = "True"

    def fresh(self, hosts: int) -> None:
        """New hosts in place of the old ones: every value is the kernel's own again."""
        self.lab.down()
        self.lab.up(hosts)

    def measure(self, command: list[str]) -> tuple[Found, str]:
        """(what a command took, what it said), the hosts within its reach; Problem where it fails."""
        result, log = self.folder / "result.json", self.folder / "log"
        watched = [
            *self.lab.inside(),
            "unshare",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
            "--",
            sys.executable,
            "-IS",
            str(HERE / "_watched.py"),
            str(result),
            str(log),
            *command,
        ]
        subprocess.run(watched, env=self.env, cwd=ROOT, check=True, timeout=3600)
        found = json.loads(result.read_text(encoding="ascii"))
        said = log.read_text(encoding="utf-8", errors="replace")
        if found.pop("code"):
            raise Problem(f"{shlex.join(command)} failed:\n{said[-3000:]}")
        return found, said

    def play(self, name: str, *arguments: str, changed: bool | None = None) -> Found:
        """What one ansible-playbook took; Problem where it fails, or where changes are not as expected.

        name: a file of the folder plays without its ending, or a playbook of a collection.
        """
        own = _PLAYS / f"{name}.yml"
        command = [
            str(self.venv / "bin" / "ansible-playbook"),
            "-i",
            str(self.lab.inventory),
            "-f",
            str(self.forks),
            *arguments,
            str(own) if own.exists() else name,
        ]
        found, said = self.measure(command)
        if changed is not None and {bool(int(number)) for number in re.findall(r" changed=(\d+)", said)} != {changed}:
            raise Problem(
                f"{shlex.join(command)} should have changed {'every host' if changed else 'nothing'}:\n{said[-3000:]}"
            )
        return found

    def apart(self) -> None:
        """Problem where a host does not answer from a network namespace of its own, over the very connection that plays
        use."""
        done = subprocess.run(
            [
                *self.lab.inside(),
                str(self.venv / "bin" / "ansible"),
                "all",
                "-i",
                str(self.lab.inventory),
                "-f",
                str(self.forks),
                "-o",
                "-m",
                "ansible.builtin.command",
                "-a",
                "readlink /proc/self/ns/net",
            ],
            env=self.env,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        found = {word for word in done.stdout.split() if word.startswith("net:[")}
        if found != {host["namespace"] for host in self.lab.hosts()} or os.readlink("/proc/self/ns/net") in found:
            raise Problem(f"hosts are not where they should be: {done.stdout[-2000:]}{done.stderr[-1000:]}")

    def look(self) -> dict[str, str]:
        """The keys that the profile sets, with their values; each host's plan lies in the folder then."""
        first, *others = (host["name"] for host in self.lab.hosts())
        self.play("look", "-l", first, "-e", f"benchmark_folder={self.folder}")
        plan: list[dict[str, Any]] = json.loads((self.folder / f"{first}.json").read_text(encoding="utf-8"))
        for name in others:  # all are alike
            shutil.copy(self.folder / f"{first}.json", self.folder / f"{name}.json")
        return {setting["key"]: setting["target"] for setting in plan if setting["verdict"] == "apply"}

    def loop(self, changed: bool) -> Found:
        """What the loop of ansible.posix.sysctl took, after look()."""
        return self.play("loop", "-e", f"benchmark_folder={self.folder}", changed=changed)
