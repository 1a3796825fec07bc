# Boots a User-Mode Linux kernel on a read-only root folder, for one program: about three seconds and what that takes.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Real kernels as ordinary processes, without network and without SSH (private to tests/hosts/kernels)."""

from __future__ import annotations

import functools
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[1] / "fleet"))

from _console import COMMAND, PLACE, answers, lay_out, run, workplace
from kernels import kernel as program_folder
from kernels import library_root


@dataclass(frozen=True)
class Uml:
    """One kernel: what its release begins with, and the Debian suite whose package it is."""

    series: str
    suite: str


# One line adds a kernel.
KERNELS = (
    Uml("5.10.", "bullseye"),
    Uml("6.1.", "bookworm"),
    Uml("6.12.", "trixie"),
    Uml("7.2.", "forky"),
)

_SECONDS = 150
CONSOLE = "console"
# As modprobe wants it, below the folder that it is told with --dirname.
MODULES = "lib/modules"

# In namespaces of its own, so that every mount and every process ends with the first one. The kernel binary is started
# inside the root folder whose C library it needs; the same folder, read-only, is its guest's root. Its
# memory is a file on a tmpfs of its own. setarch: the kernel counts the gap to its heap, which is of random size, as
# memory.
_START = f"""set -e
root=$1 program=$2 share=$3 memory=$4
shift 4
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o "mode=1777,size=$((memory + 64))m" tmpfs "$root/tmp"
mount -t tmpfs tmpfs "$root/mnt"
mkdir "$root/mnt/guest"
: > "$root/mnt/kernel"
: > "$root/mnt/xstate.so"
mount --bind "$program/usr/bin/linux.uml" "$root/mnt/kernel"
mount --bind "$program/xstate.so" "$root/mnt/xstate.so"
mount --bind "$root" "$root/mnt/guest"
mount --bind "$share" "$root/mnt/guest/{PLACE}"
mount --bind "$program/usr/lib/uml/modules" "$root/mnt/guest/{PLACE}/{MODULES}"
mount -o remount,bind,ro "$root/mnt/guest"
exec setarch --addr-no-randomize chroot "$root" env LD_PRELOAD=/mnt/xstate.so /mnt/kernel "$@"
"""
_ARGUMENTS = (
    "rootfstype=hostfs",
    "rootflags=/mnt/guest",
    "ro",
    "con=null",
    "con0=null,fd:1",
    "quiet",
    "loglevel=0",
)


def _run(kernel: Uml, memory_mb: int, folder: Path, arguments: tuple[str, ...], seconds: float = _SECONDS) -> Path:
    """Run the kernel's program to its end; the file with what it printed."""
    (folder / "share" / MODULES).mkdir(parents=True)
    words = (library_root(kernel.suite), program_folder(kernel.suite), folder / "share", memory_mb, *arguments)
    command = [
        "unshare",
        "--mount",
        "--pid",
        "--fork",
        "--kill-child",
        "--mount-proc",
        "sh",
        "-c",
        _START,
        "start",
        *map(str, words),
    ]
    console = folder / CONSOLE
    run(command, console, seconds, {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TMPDIR": "/tmp", "HOME": "/tmp"})
    return console


def boot(kernel: Uml, memory_mb: int) -> dict[str, Any]:
    """Boot the kernel with so much memory; what its probe answered."""
    with workplace() as folder:
        lay_out(folder / "share")
        return answers(run_guest(kernel, memory_mb, folder, COMMAND, _SECONDS))


def run_guest(kernel: Uml, memory_mb: int, folder: Path, command: str, seconds: float) -> Path:
    """Boot the kernel and let a command be its first process; the file with what it printed, CONSOLE in the folder.

    The command finds the folder's `share` as /PLACE, and the kernel's modules in MODULES of that. It ends with a line
    of answers, as the probe does; BootFailure after so many seconds without one.
    """
    return _run(kernel, memory_mb, folder, (f"mem={memory_mb}M", *_ARGUMENTS, f"init={command}"), seconds)


@functools.cache
def options(kernel: Uml) -> dict[str, str]:
    """The build options that are on, as the kernel's program lists them."""
    with workplace() as folder:
        return parse_options(_run(kernel, 0, folder, ("--showconfig",)).read_text(encoding="utf-8"))


def parse_options(config: str) -> dict[str, str]:
    """The build options that are on, out of the text of a kernel's .config."""
    lines = (line.partition("=") for line in config.splitlines() if line.startswith("CONFIG_"))
    return {name: value for name, _equals, value in lines}
