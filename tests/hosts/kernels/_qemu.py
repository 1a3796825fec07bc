# Boots a Debian kernel in qemu without hardware support, on nothing but an initramfs with Python and the probe.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Real kernels in an emulated machine (private to tests/hosts/kernels)."""

from __future__ import annotations

import lzma
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[1] / "fleet"))

from _console import COMMAND, PLACE, PROGRAMS, answers, lay_out, run, workplace
from roots import base_root

_SUITE = "trixie"
_SECONDS = 600

# Runs in the root folder: prints every file that Python has loaded once the probe is imported, and every link beside it
# to it.
_NEEDS = f"""
import os, runpy, sys
sys.path.insert(0, "/{PLACE}")
runpy.run_path("/{PLACE}/probe.py", run_name="probe")
names = {{getattr(module, "__file__", None) for module in sys.modules.values()}}
names |= {{line.split()[-1] for line in open("/proc/self/maps")}}
names = {{name for name in names if name and name.startswith("/usr/")}}
folders = {{os.path.dirname(name) for name in names}}
entries = [entry for folder in folders for entry in os.scandir(folder)]
names |= {{entry.path for entry in entries if entry.is_symlink() and os.path.realpath(entry.path) in names}}
print(*sorted(names), sep="\\n")
"""
_LIST = """set -e
mount -t proc proc "$1/proc"
mount --bind "$2" "$1/mnt"
exec chroot "$1" /usr/bin/python3 -B -c "$3"
"""
# The loader's name in every program, and the links by which old paths are found.
_ALWAYS = ("lib", "lib64", "usr/lib64/ld-linux-x86-64.so.2", "dev", "proc")

_APPEND = f"console=ttyS0 quiet loglevel=0 panic=-1 mitigations=off random.trust_cpu=on rdinit={COMMAND}"


def initramfs(target: Path) -> None:
    """Write an initramfs with the probe, and no more of a root folder than Python needs to run it.

    xz: the smaller, the nearer
    the kernel's own values are to those of a host, since it is in memory when they are computed."""
    root = base_root(_SUITE)
    with workplace() as guest:
        lay_out(guest / PLACE)
        command = [
            "unshare",
            "--mount",
            "--pid",
            "--fork",
            "sh",
            "-c",
            _LIST,
            "list",
            str(root),
            str(guest / PLACE),
            _NEEDS,
        ]
        needs = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=True
        ).stdout.split()
        archives = _archive(root, [*_ALWAYS, *(path.lstrip("/") for path in needs)]) + _archive(
            guest, [f"{PLACE}/{name}" for name in (*PROGRAMS, "questions.json")]
        )
    target.write_bytes(lzma.compress(archives, check=lzma.CHECK_CRC32))


def _archive(folder: Path, names: Iterable[str]) -> bytes:
    """A cpio archive of these files and of the folders above them."""
    paths = {Path(name) for name in names}
    paths |= {above for path in paths for above in path.parents if above.name}
    listed = "\0".join(str(path) for path in sorted(paths))
    return subprocess.run(
        ["cpio", "--create", "--format=newc", "--owner=0:0", "--quiet", "--null"],
        cwd=folder,
        input=listed.encode(),
        capture_output=True,
        timeout=60,
        check=True,
    ).stdout


def boot(kernel: Path, initrd: Path, memory_mb: int) -> dict[str, Any]:
    """Boot the kernel with so much memory; what its probe answered."""
    with workplace() as folder:
        command = [
            "qemu-system-x86_64",
            "-accel",
            "tcg",
            "-cpu",
            "max",
            "-smp",
            "1",
            "-m",
            f"{memory_mb}M",
            "-nodefaults",
            "-no-user-config",
            "-display",
            "none",
            "-no-reboot",
            "-serial",
            "stdio",
            "-kernel",
            str(kernel),
            "-initrd",
            str(initrd),
            "-append",
            _APPEND,
        ]
        run(command, folder / "console", _SECONDS)
        return answers(folder / "console")
