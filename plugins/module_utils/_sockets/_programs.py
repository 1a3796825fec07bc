# Private to this collection. Which program holds a socket: by its descriptors, which root sees of all and a user of his
# own, or else by the socket's control group, which everybody sees. Reads /proc and /sys/fs/cgroup; what vanishes
# meanwhile is left out.

from __future__ import annotations

import os
from typing import Collection, NamedTuple

from .._host._proc import read_text

# Where the unified hierarchy of control groups may be. Only its folders have the numbers that sock_diag gives.
_GROUPS = ("/sys/fs/cgroup", "/sys/fs/cgroup/unified")
_UNITS = (".service", ".scope", ".socket")
# A program opens what it listens on early. So the first descriptors of all processes are looked at before the rest of
# any, and the rest only for sockets without a holder so far, and no more than so many.
_FIRST, _MOST = 1000, 1000000
_MOST_GROUPS = 20000
_SMALL = 1 << 16


class Program(NamedTuple):
    """Who holds a socket. started: seconds since 1970; by: descriptor or cgroup; activated: systemd opened the socket
    for it."""

    pid: int
    name: str
    unit: str
    started: int | None
    by: str
    activated: bool = False


class Holders(NamedTuple):
    """The processes behind some sockets.

    closed: processes that this user may not look into; complete: searched to the end.
    """

    places: dict[int, list[tuple[int, int]]]  # inode: (process id, descriptor)
    closed: int
    complete: bool


def find_holders(inodes: Collection[int]) -> Holders:
    """Look through the descriptors of all processes for some sockets."""
    places: dict[int, list[tuple[int, int]]] = {}
    pids, closed, looked = _processes() if inodes else [], 0, 0
    # What systemd alone holds so far may have been handed to a service.
    missing = set(inodes)
    for part in (slice(_FIRST), slice(_FIRST, None)):
        for pid in pids if missing else ():
            folder = "/proc/%d/fd/" % pid
            try:
                names = os.listdir(folder)[part]
            except PermissionError:
                closed += part.start is None
                continue
            except OSError:
                continue
            looked += len(names)
            if looked > _MOST:
                return Holders(places, closed, False)
            for name in names:
                inode = socket_inode(folder + name)
                if inode in inodes:
                    places.setdefault(inode, []).append((pid, int(name)))
                    if pid != 1:
                        missing.discard(inode)
    return Holders(places, closed, True)


def _processes() -> list[int]:
    try:
        return sorted(int(name) for name in os.listdir("/proc") if name.isdigit())
    except OSError:
        return []


def socket_inode(path: str) -> int:
    """The inode of the socket that a descriptor's link in /proc points to; -1 for anything else."""
    try:
        target = os.readlink(path)
    except OSError:
        return -1
    return int(target[8:-1]) if target.startswith("socket:[") else -1


def started_ticks(pid: int) -> int | None:
    """When a process began, in clock ticks since boot: together with the number this names one process for good."""
    text = read_text("/proc/%d/stat" % pid, _SMALL) or ""
    words = text.rpartition(")")[2].split()
    return int(words[19]) if len(words) > 19 else None


def _booted() -> int | None:
    for line in (read_text("/proc/stat") or "").splitlines():
        if line.startswith("btime "):
            return int(line.split()[1])
    return None


def unit_of(text: str | None) -> str:
    """The systemd unit in the text of /proc/PID/cgroup or in a path below /sys/fs/cgroup; "" where there is none."""
    for line in (text or "").splitlines():
        for part in reversed(line.split("/")):
            if part.endswith(_UNITS):
                return part
    return ""


def programs(holders: Holders) -> dict[int, Program]:
    """By inode, the program that holds it; of several processes the first one that was started, but not systemd for a
    service."""
    booted, ticks = _booted(), os.sysconf("SC_CLK_TCK")
    known: dict[int, tuple[int, str, str] | None] = {}

    def look(pid: int) -> tuple[int, str, str] | None:
        began, name = started_ticks(pid), read_text("/proc/%d/comm" % pid, _SMALL)
        return (
            None
            if began is None or name is None
            else (began, name, unit_of(read_text("/proc/%d/cgroup" % pid, _SMALL)))
        )

    found = {}
    for inode, places in holders.places.items():
        alive = []
        for pid in dict.fromkeys(pid for pid, _descriptor in places):
            if pid not in known:
                known[pid] = look(pid)
            if known[pid]:
                alive.append((known[pid], pid))
        if not alive:
            continue
        # Who listens may have the socket from systemd, which then holds it too and opened it when the unit was started.
        activated = any(pid == 1 for _seen, pid in alive)
        (began, name, unit), pid = min((one for one in alive if one[1] != 1), default=alive[0])
        started = booted + began // ticks if booted is not None and not activated else None
        found[inode] = Program(pid, name, unit, started, "descriptor", activated)
    return found


def programs_by_group(groups: Collection[int]) -> dict[int, Program]:
    """By control group, the first process that was started in it.

    The group is what the socket had when it was opened.
    """
    booted, ticks = _booted(), os.sysconf("SC_CLK_TCK")
    found = {}
    for group, path in _paths(set(groups)).items():
        unit = unit_of(path)
        pids = [int(word) for word in (read_text(path + "/cgroup.procs") or "").split()]
        began = sorted(
            (ticks_, pid) for ticks_, pid in ((started_ticks(pid), pid) for pid in pids) if ticks_ is not None
        )
        if unit and began and booted is not None:
            first, pid = began[0]
            found[group] = Program(
                pid, read_text("/proc/%d/comm" % pid, _SMALL) or "", unit, booted + first // ticks, "cgroup"
            )
    return found


def _paths(groups: set[int]) -> dict[int, str]:
    """The folders of some control groups, whose numbers are the folders' inodes."""
    found: dict[int, str] = {}
    folders, looked = [folder for folder in _GROUPS if os.path.exists(folder + "/cgroup.controllers")], 0
    while folders and groups and looked < _MOST_GROUPS:
        try:
            entries = [entry for entry in os.scandir(folders.pop()) if entry.is_dir(follow_symlinks=False)]
        except OSError:
            continue
        for entry in entries:
            looked += 1
            folders.append(entry.path)
            if entry.inode() in groups:
                groups.remove(entry.inode())
                found[entry.inode()] = entry.path
    return found
