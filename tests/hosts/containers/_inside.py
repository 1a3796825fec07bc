# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""First process of the private engine's namespaces: mounts, starts dockerd, cleans up after it.

Private helper of engine.py, which starts it as process 1 of a new process, mount and network
namespace. When this process ends the kernel ends everything below it, and the mounts and the
network go with the namespaces; only cgroups outlive a namespace, so they are removed here.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

_CGROUP_ROOT = Path("/sys/fs/cgroup")
# Folders that dockerd or containerd write to whatever their options say.
_FIXED_FOLDERS = (Path("/etc/docker"), Path("/opt/containerd"))
_STOP_SECONDS = 10.0


def _mount(kind: str, target: Path, *options: str) -> None:
    subprocess.run(["mount", "-t", kind, *options, kind, str(target)], check=True)


def _is_cgroup2(target: Path) -> bool:
    """Only the root of a cgroup v2 tree, or of a delegated part of it, has this file."""
    return (target / "cgroup.controllers").exists()


def _prepare_mounts(note: Path) -> list[Path]:
    """Give the engine folders of its own where it would write into the machine's.

    Returns the folders that had to be made, to be removed again. They are noted in a file
    first, so that engine.py can remove them if this process is killed.
    """
    _mount("tmpfs", Path("/run"), "-o", "mode=755")
    noted = set(note.read_text(encoding="utf-8").split()) if note.exists() else set()
    made = [folder for folder in _FIXED_FOLDERS if not folder.exists() or str(folder) in noted]
    note.write_text("".join(f"{folder}\n" for folder in made), encoding="utf-8")
    for folder in _FIXED_FOLDERS:
        folder.mkdir(parents=True, exist_ok=True)
        _mount("tmpfs", folder, "-o", "mode=755")
    if not _is_cgroup2(_CGROUP_ROOT):
        # A machine with the old layout, or with none: systemd of Debian 13 wants the new one.
        _mount("cgroup2", _CGROUP_ROOT)
    return made


def _remove_cgroups(name: str) -> None:
    """Remove our (by now empty) branch of the cgroup tree, deepest folders first."""
    top = _CGROUP_ROOT / name
    for _attempt in range(20):
        for folder, _subfolders, _files in os.walk(top, topdown=False):
            try:
                os.rmdir(folder)
            except OSError:
                pass  # still leaving: the kernel frees a cgroup a moment after its last process
        if not top.exists():
            return
        time.sleep(0.1)
    print(f"warning: could not remove the cgroup {top}", file=sys.stderr)


def _kill_the_rest() -> None:
    """End whatever dockerd left (shims, containers): all are in this process namespace."""
    try:
        os.kill(-1, signal.SIGKILL)
    except ProcessLookupError:
        return
    deadline = time.monotonic() + _STOP_SECONDS
    while time.monotonic() < deadline:
        try:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(0.05)
        except ChildProcessError:
            return


def _reap_until_gone(pid: int) -> int:
    """Wait for dockerd, collecting every orphan that is handed to process 1 meanwhile."""
    while True:
        ended, status = os.waitpid(-1, 0)
        if ended == pid:
            return os.waitstatus_to_exitcode(status)


def main(arguments: list[str]) -> int:
    """`_inside.py CGROUP NOTE dockerd ARGUMENTS...`: run dockerd until SIGTERM."""
    cgroup, note, command = arguments[0], Path(arguments[1]), arguments[2:]
    if os.getpid() != 1:
        print("_inside.py is started by engine.py, not by hand", file=sys.stderr)
        return 2
    made = _prepare_mounts(note)
    _remove_cgroups(cgroup)
    engine = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    asked: list[float] = []

    def _stop(_signal: int, _frame: FrameType | None) -> None:
        # First time gently; if dockerd hangs, the alarm comes back here and it is killed.
        engine.send_signal(signal.SIGKILL if asked else signal.SIGTERM)
        asked.append(time.monotonic())
        signal.setitimer(signal.ITIMER_REAL, _STOP_SECONDS)

    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGALRM, _stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    code = _reap_until_gone(engine.pid)
    signal.setitimer(signal.ITIMER_REAL, 0)
    _kill_the_rest()
    _remove_cgroups(cgroup)
    for folder in made:
        subprocess.run(["umount", str(folder)], check=False)
        folder.rmdir()
    note.unlink()
    return 0 if asked else code


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
