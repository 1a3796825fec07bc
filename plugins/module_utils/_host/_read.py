# Private to this collection. Reads a host for the planner: its keys and kernel, listening ports, network namespaces,
# and what decides at the next boot (_boot.py beside this file). For reading only, and without rights: what it may not
# see it leaves out, and says so where that matters.

from __future__ import annotations

import glob
import hashlib
import os
import stat
from typing import Mapping, Sequence

from .._data import Available, Host, Kernel, Namespaces
from .._kernel._catalog import row_of
from ._boot import read_boot
from ._proc import NAMED, STATE_FOLDER, beside, read_kernel, read_keys, read_text, require_sysctls

# Where network namespaces are to be found: of processes, and those that a name keeps alive, by ip-netns(8) and Docker.
_NAMESPACES = ("/proc/[0-9]*/ns/net", "/run/netns/*", "/run/docker/netns/*")


def read_host(keys: Sequence[str], path: str, live: bool = True) -> Host:
    """A host, with these keys; each key's file is read once.

    path: the drop-in's; live: whether running values count. Refused where they do, and /proc/sys cannot be seen.
    """
    if live:
        require_sysctls()
    kernel = read_kernel()
    if "-" not in kernel.release or os.path.exists("/proc/version_signature"):
        from ._identity import identified

        kernel = identified(kernel)
    notes: list[str] = []
    drop_in = read_text(path) or ""
    before: Mapping[str, str] = {}
    if drop_in:
        from ._earlier import earlier

        drop_in, before, more = earlier(path, drop_in)
        keys = [*keys, *(key for key in more if key not in keys)]
    readings = read_keys(keys)
    strange = [key for key, reading in readings.items() if not reading.present and not row_of(key)]
    standing = read_boot(keys, path, kernel, notes)
    return Host(
        kernel,
        readings,
        drop_in,
        before,
        _listening(),
        boot=standing.now,
        beneath=standing.beneath,
        after=standing.after,
        unread=standing.unread,
        notes=list(dict.fromkeys(notes)),
        namespaces=_namespaces(kernel),
        siblings=beside(strange),
        available=_available(keys),
    )


def _available(keys: Sequence[str]) -> Mapping[str, Available]:
    if not any(key in keys for key in NAMED):
        return {}
    from ._names import names_of

    return names_of(keys)


def settled_drop_in(path: str) -> str:
    """SHA-256 of the drop-in, in hex, where to apply the same text would change nothing; else "".

    Only root can know that: a journal may wait to be undone.
    """
    try:
        status = os.lstat(path)
        if any(name.endswith(".journal") for name in os.listdir(STATE_FOLDER)):
            return ""
        if (status.st_mode, status.st_uid, status.st_gid) != (stat.S_IFREG | 0o644, 0, 0):
            return ""
        with open(path, "rb") as stream:
            return hashlib.sha256(stream.read()).hexdigest()
    except OSError:
        return ""


def _namespaces(kernel: Kernel) -> Namespaces | None:
    """How many other network namespaces there are; only root sees all of them. None where this is not the first one."""
    if kernel.namespace != "host":
        return None
    own, found, complete = os.stat("/proc/self/ns/net"), set(), os.geteuid() == 0
    for path in [path for pattern in _NAMESPACES for path in glob.glob(pattern)]:
        try:
            status = os.stat(path)
        except FileNotFoundError:
            continue
        except OSError:
            complete = False
            continue
        if status.st_dev == own.st_dev:
            found.add(status.st_ino)
    return Namespaces(len(found - {own.st_ino}), complete)


def _listening() -> tuple[int, ...]:
    """The TCP ports that somebody listens on, ascending. The kernel lists them before all other sockets."""
    ports = set()
    for name in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(name, encoding="ascii") as stream:
                next(stream, None)
                for line in stream:
                    words = line.split()
                    if words[3] != "0A":
                        break
                    ports.add(int(words[1].rpartition(":")[2], 16))
        except OSError:
            continue
    return tuple(sorted(ports))
