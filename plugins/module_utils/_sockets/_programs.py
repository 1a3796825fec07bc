# Private to this collection. Which program holds a socket. A process shows its descriptors, to root and to its own
# user; a socket shows its control group, to everybody. Reads /proc and /sys/fs/cgroup. A process that ends meanwhile is
# left out.

from __future__ import annotations

import os
from typing import Collection, Dict, List, NamedTuple, Tuple

from .._host._proc import read_text

# Where the unified hierarchy of control groups may be. The numbers that sock_diag gives are the inodes of its folders.
_GROUPS = ("/sys/fs/cgroup", "/sys/fs/cgroup/unified")
_UNITS = (".service", ".scope", ".socket")
# A program opens early what it listens on. So the first descriptors of all processes are searched before the rest of
# any, and the rest only for sockets that have no holder yet. _MOST: how many descriptors are looked at in all.
_FIRST, _MOST = 1000, 1000000
_MOST_GROUPS = 20000
_SMALL = 1 << 16


class Program(NamedTuple):
    """Who holds a socket."""

    pid: int
    name: str
    unit: str  # of systemd, "" for none
    started: int | None  # in seconds since 1970, None if unknown
    by: str  # how it is known: "descriptor" or "cgroup"
    activated: bool = False  # whether systemd opened the socket and handed it over


class Holders(NamedTuple):
    """The processes behind some sockets."""

    places: Dict[int, List[Tuple[int, int]]]  # by inode: (process id, descriptor)
    closed: int  # how many processes this user may not look into
    complete: bool  # whether all descriptors were searched


class _Process(NamedTuple):
    """A process that is alive."""

    began: int  # in clock ticks since boot
    name: str
    unit: str


def find_holders(inodes: Collection[int]) -> Holders:
    """Search the descriptors of all processes for some sockets, by their inodes."""
    places: dict[int, list[tuple[int, int]]] = {}
    pids, closed, looked = _processes() if inodes else [], 0, 0
    # A socket that only systemd (process 1) holds so far is still searched for: it may have been handed to a service.
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
    """When a process began, in clock ticks since boot; None where it has ended.

    The process id and this together never name another process.
    """
    text = read_text("/proc/%d/stat" % pid, _SMALL) or ""
    words = text.rpartition(")")[2].split()
    return int(words[19]) if len(words) > 19 else None


def _booted() -> int | None:
    """When this host was booted, in seconds since 1970; None where that cannot be read."""
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


def _process(pid: int) -> _Process | None:
    """A process; None where it has ended."""
    began, name = started_ticks(pid), read_text("/proc/%d/comm" % pid, _SMALL)
    if began is None or name is None:
        return None
    return _Process(began, name, unit_of(read_text("/proc/%d/cgroup" % pid, _SMALL)))


def programs(holders: Holders) -> dict[int, Program]:
    """The programs that hold sockets, by inode. Of several processes it is the one that was started first; systemd only
    where no other process has the socket."""
    booted, ticks = _booted(), os.sysconf("SC_CLK_TCK")
    pids = {pid for places in holders.places.values() for pid, _descriptor in places}
    known = {pid: _process(pid) for pid in sorted(pids)}
    found = {}
    for inode, places in holders.places.items():
        alive = []
        for pid in dict.fromkeys(pid for pid, _descriptor in places):
            process = known[pid]
            if process:
                alive.append((process, pid))
        if not alive:
            continue
        # Where systemd holds the socket too, it opened it, when the unit was started. When the program was started then
        # says nothing about the socket.
        activated = any(pid == 1 for _process_, pid in alive)
        first, pid = min((one for one in alive if one[1] != 1), default=alive[0])
        started = booted + first.began // ticks if booted is not None and not activated else None
        found[inode] = Program(pid, first.name, first.unit, started, "descriptor", activated)
    return found


def programs_by_group(groups: Collection[int]) -> dict[int, Program]:
    """The programs of control groups, by their numbers: of each, the process that was started first.

    A socket keeps the group in which it was opened. A group that is no unit of systemd, or has no process, is left out.
    """
    booted, ticks = _booted(), os.sysconf("SC_CLK_TCK")
    found = {}
    for group, path in _paths(set(groups)).items():
        unit = unit_of(path)
        began = []
        for pid in map(int, (read_text(path + "/cgroup.procs") or "").split()):
            when = started_ticks(pid)
            if when is not None:
                began.append((when, pid))
        if unit and began and booted is not None:
            first, pid = min(began)
            name = read_text("/proc/%d/comm" % pid, _SMALL) or ""
            found[group] = Program(pid, name, unit, booted + first // ticks, "cgroup")
    return found


def _paths(groups: set[int]) -> dict[int, str]:
    """The folders of control groups, by their numbers. No more than _MOST_GROUPS folders are looked at."""
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
