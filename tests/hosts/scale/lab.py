# A laboratory of light hosts on one machine: each has a network, mounts, processes and an sshd of its own, all on one
# bridge.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Lab starts and ends the hosts, and says how a program gets to them.

Nothing of it is in the machine's own network namespace.
"""

from __future__ import annotations

import ctypes
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_HERE = Path(__file__).resolve().parent
_READY_S = 180.0
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)
_SSH = """\
Host *
    User root
    IdentityFile "{folder}/login_key"
    IdentitiesOnly yes
    IdentityAgent none
    HostKeyAlias lab
    UserKnownHostsFile "{folder}/known_hosts"
    GlobalKnownHostsFile /dev/null
    StrictHostKeyChecking yes
    BatchMode yes
    LogLevel ERROR
    ConnectTimeout 10
    ServerAliveInterval 2
    ServerAliveCountMax 3
"""


class LabError(Exception):
    """The hosts could not be had; the message says why."""


class Lab:
    """Some light hosts. folder: where keys, inventory and log are; bound: the hosts end with this process at the
    latest."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.inventory = folder / "inventory.json"
        self._keeper: subprocess.Popen[bytes] | None = None  # where this object started it

    def up(self, count: int, bound: bool = True) -> None:
        """Start count hosts and wait until all of them answer; LabError where that does not succeed."""
        if os.geteuid():
            raise LabError("it needs root, for namespaces")
        if self.pid():
            raise LabError(f"{self.folder} has hosts already; take them down first")
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True, mode=0o700)
        for name in ("host_key", "login_key"):
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(self.folder / name)], check=True
            )
        machine = os.readlink("/proc/self/ns/net")
        command = [
            "unshare",
            "--net",
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
            "--",
            sys.executable,
            "-IS",
            str(_HERE / "_keeper.py"),
            str(count),
            str(self.folder),
            machine,
        ]
        before: Callable[[], None] | None = (
            (lambda: _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)) if bound else None
        )
        with open(self.folder / "log", "wb") as log:
            keeper = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, preexec_fn=before
            )
        self._keeper = keeper
        (self.folder / "keeper.json").write_text(json.dumps([keeper.pid, _born(keeper.pid)]), encoding="utf-8")
        try:
            end = time.monotonic() + _READY_S
            while not (self.folder / "hosts.json").exists():
                if keeper.poll() is not None or time.monotonic() > end:
                    raise LabError(
                        f"the hosts did not come up: {(self.folder / 'log').read_text(errors='replace')[-1000:]}"
                    )
                time.sleep(0.05)
            self._write_login()
        except BaseException:
            self.down()
            raise

    def down(self) -> None:
        """End every host; nothing to do where there is none."""
        pid = self.pid()
        if pid:
            os.kill(pid, signal.SIGKILL)
            while self.pid():
                time.sleep(0.02)
        if self._keeper:
            self._keeper.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def pid(self) -> int:
        """The process that holds the hosts; 0 where there is none.

        The time of birth tells it from a later one of that number.
        """
        try:
            pid, born = json.loads((self.folder / "keeper.json").read_text(encoding="utf-8"))
            return pid if _born(pid) == born else 0
        except (OSError, ValueError):
            return 0

    def hosts(self) -> list[dict[str, Any]]:
        """Name, address, network namespace and link of each host; nothing where there is no laboratory."""
        return json.loads((self.folder / "hosts.json").read_text(encoding="utf-8")) if self.pid() else []

    def inside(self) -> list[str]:
        """What to put before a command that has to reach the hosts: it gets the laboratory's network, and keeps
        everything else."""
        return ["nsenter", "--target", str(self.pid()), "--net", "--"]

    def processes(self, host: dict[str, Any]) -> list[int]:
        """The processes of a host, its sshd first."""
        found = []
        for name in filter(str.isdecimal, os.listdir("/proc")):
            try:
                if os.readlink(f"/proc/{name}/ns/net") == host["namespace"] and not os.path.samefile(
                    f"/proc/{name}/ns/mnt", "/proc/self/ns/mnt"
                ):
                    found.append((int(_born(int(name))), int(name)))
            except OSError:
                continue  # it has ended meanwhile
        return [pid for _born_at, pid in sorted(found)][1:]  # the first is `unshare`, which waits for it

    def enter(self, host: dict[str, Any]) -> list[str]:
        """What to put before a command that has to run on a host, past its sshd."""
        return ["nsenter", "--target", str(self.processes(host)[0]), "--net", "--mount", "--"]

    def plug(self, host: dict[str, Any], state: str) -> None:
        """Connect a host, "up", or cut it off, "down"."""
        subprocess.run([*self.inside(), "ip", "link", "set", host["link"], state], check=True)

    def _write_login(self) -> None:
        public = (self.folder / "host_key.pub").read_text(encoding="ascii")
        (self.folder / "known_hosts").write_text(f"lab {public}", encoding="ascii")
        (self.folder / "ssh_config").write_text(_SSH.format(folder=self.folder), encoding="utf-8")
        variables = {
            "ansible_ssh_common_args": f"-F {shlex.quote(str(self.folder / 'ssh_config'))}",
            "ansible_python_interpreter": "/usr/bin/python3",
            "ansible_become": False,  # it is root who logs in, and sudo may be missing
        }
        hosts = {host["name"]: {"ansible_host": host["address"]} for host in self.hosts()}
        self.inventory.write_text(json.dumps({"lab": {"hosts": hosts, "vars": variables}}, indent=1), encoding="utf-8")


def _born(pid: int) -> str:
    """When a process began, in ticks since the boot."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stream:
        fields = stream.read().rpartition(")")[2].split()
    if fields[0] in "ZX":
        raise OSError(f"{pid} is dead")
    return fields[19]
