# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Start, find and end the processes of the throwaway hosts (private to tests/hosts/fleet).

There are no pid files, which could name a process that is not ours. Every process that the
fleet starts carries two words in its environment: the fleet's state folder and the host's
name. /proc tells which processes carry them, also after a crash of this tool.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
from pathlib import Path

import _guest
import kernels
from _hosts import Host
from _machine import Refusal

_FLEET, _HOST, _MEMORY = "FLEETNET_FLEET", "FLEETNET_HOST", "FLEETNET_MEMORY"

# Runs in namespaces of its own, so that every mount and every process of the host is gone as
# soon as its first process is. The kernel binary is started inside a base root folder, since it
# may need a newer C library than this machine has. Its memory is a file on a
# tmpfs of its own, since a machine's /dev/shm may be small.
_BOOT = """set -e
base=$1 folder=$2 memory=$3 name=$4
shift 4
mount -t proc proc "$base/proc"
mount --rbind /dev "$base/dev"
mount -t tmpfs -o "mode=1777,size=$((memory + 64))m" tmpfs "$base/tmp"
mount --bind "$folder" "$base/mnt"
exec chroot "$base" /mnt/boot "umid=$name" "mem=${memory}M" rootfstype=hostfs rootflags=/mnt/root rw \\
    con=null con0=null,fd:1 "vec0:transport=tap,ifname=$name" "$@"
"""


def parse_environment(raw: bytes) -> dict[str, str]:
    """Return the content of a /proc/PID/environ file as a dictionary."""
    pairs = (word.partition(b"=") for word in raw.split(b"\0"))
    return {os.fsdecode(name): os.fsdecode(value) for name, equals, value in pairs if equals}


def owned(environment: dict[str, str], state: Path, host: str) -> bool:
    """Tell whether a process with this environment is the given host of the fleet in this folder."""
    return environment.get(_FLEET) == str(state) and environment.get(_HOST) == host


def _environment(pid: int) -> dict[str, str]:
    try:
        return parse_environment(Path(f"/proc/{pid}/environ").read_bytes())
    except OSError:
        # Ended meanwhile, or a kernel thread.
        return {}


def parse_parent(stat: str) -> int:
    """Return the parent's pid out of the text of a /proc/PID/stat file."""
    # The second word is the program's name in brackets, and may hold blanks and brackets itself.
    return int(stat.rpartition(")")[2].split()[1])


def _parent(pid: int) -> int:
    try:
        return parse_parent(Path(f"/proc/{pid}/stat").read_text(errors="replace"))
    except OSError:
        return 0


def find(host: Host) -> list[int]:
    """Return the pids of the host's processes, the outermost first; none: it is off."""
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
    ours = {pid for pid in pids if owned(_environment(pid), host.fleet.state, host.name)}
    # Not by number: the numbers start again from the beginning on a busy machine.
    return sorted(ours, key=lambda pid: _parent(pid) in ours)


def memory_of(pid: int) -> int:
    """Return the MiB of memory that a running host was started with."""
    return int(_environment(pid).get(_MEMORY, "0"))


def start(host: Host, memory: int) -> subprocess.Popen[bytes]:
    """Start the host's kernel in the background and return its process."""
    environment = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        # Both inside the host's own tmpfs: the kernel's memory, and its folder '.uml'.
        "TMPDIR": "/tmp",
        "HOME": "/tmp",
        _FLEET: str(host.fleet.state),
        _HOST: host.name,
        _MEMORY: str(memory),
    }
    namespaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    arguments = [
        str(kernels.library_root(_guest.kernel_of(host))),
        str(host.folder),
        str(memory),
        host.name,
        *host.fleet.parameters,
    ]
    with open(host.console, "wb") as console:
        return subprocess.Popen(
            [*host.fleet.inside, *namespaces, "sh", "-c", _BOOT, "boot", *arguments],
            env=environment,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=subprocess.STDOUT,
            # Ctrl-C at the terminal must reach this tool only.
            start_new_session=True,
        )


def _end(pid: int, host: Host) -> None:
    """Kill one process if it is still ours; the handle makes sure that the number means the same."""
    with contextlib.suppress(ProcessLookupError):
        handle = os.pidfd_open(pid)
        try:
            if owned(_environment(pid), host.fleet.state, host.name):
                signal.pidfd_send_signal(handle, signal.SIGKILL)
                select.select([handle], [], [], 1)
        finally:
            os.close(handle)


def stop(host: Host) -> bool:
    """End every process of the host; tell whether there was any."""
    # Long, as the kernel takes a while to free the memory of a large host on a busy machine.
    deadline = time.monotonic() + 60
    found = False
    while pids := find(host):
        found = True
        if time.monotonic() > deadline:
            raise Refusal(f"{host.name}: process {pids[0]} does not end.\nWhat to do: end it with 'kill -9 {pids[0]}'.")
        for pid in pids:
            _end(pid, host)
    return found
