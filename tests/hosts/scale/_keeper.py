# Starts the light hosts of a laboratory, and holds them: when it ends, however it ends, the kernel ends them all
# (private to tests/hosts/scale).
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""_keeper.py COUNT FOLDER NAMESPACE: the first process of its process namespace, in a network of its own that has a
bridge for all hosts."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

_OWN = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--"]
_READY_S = 120.0


def address(number: int) -> str:
    """The address of a host, counted from 1; the bridge has the last of 10.77.0.0/16."""
    return f"10.77.{number // 250}.{number % 250 + 1}"


def _namespace(pid: int) -> str:
    return os.readlink(f"/proc/{pid}/ns/net")


def _until(what: str, done: object, end: float) -> None:
    while not done():  # type: ignore[operator]
        if time.monotonic() > end:
            sys.exit(f"{what}: not within {_READY_S:.0f} s")
        time.sleep(0.02)


def _answers(where: str) -> bool:
    try:
        with socket.create_connection((where, 22), timeout=2) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


def main() -> None:
    count, folder, machine = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    lab = _namespace(os.getpid())
    if lab == machine:
        sys.exit(f"still in the machine's network namespace {machine}; refused")
    end = time.monotonic() + _READY_S
    batch = "link set lo up\nlink add bridge type bridge\naddress add 10.77.255.254/16 dev bridge\nlink set bridge up\n"
    hosts = []
    for number in range(1, count + 1):
        command = [
            *_OWN,
            sys.executable,
            "-IS",
            str(Path(__file__).with_name("_target.py")),
            address(number),
            str(folder),
            machine,
            lab,
        ]
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        _until(f"host {number}", lambda child=child: _namespace(child.pid) not in (machine, lab), end)
        batch += f"link add v{number} type veth peer name eth0 netns {child.pid}\nlink set v{number} master bridge up\n"
        hosts.append(
            {
                "name": f"n{number:03d}",
                "address": address(number),
                "namespace": _namespace(child.pid),
                "link": f"v{number}",
            }
        )
    subprocess.run(["ip", "-batch", "-"], input=batch, text=True, check=True)
    for host in hosts:
        _until(host["name"], lambda host=host: _answers(host["address"]), end)
    if len({host["namespace"] for host in hosts} | {machine, lab}) != count + 2:
        sys.exit("hosts share a network namespace; refused")
    part = folder / "hosts.part"
    part.write_text(json.dumps(hosts), encoding="utf-8")
    part.rename(folder / "hosts.json")
    while True:
        signal.pause()


if __name__ == "__main__":
    main()
