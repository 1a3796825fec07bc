# Private to this collection. Reads a host for the planner: its keys and kernel, the sysctl.d folders, listening ports.
# It opens everything for reading only and needs no rights; what it may not see it leaves out.

from __future__ import annotations

import hashlib
import os
import stat
from typing import Iterable

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot import FOLDERS, File
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._proc import STATE_FOLDER, read_kernel, read_keys, read_text
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._verdict import Host


def read_host(keys: Iterable[str], path: str, root: str = "") -> Host:
    """Everything that a plan for these keys needs to know. root: a folder to read the sysctl.d folders below (tests)."""
    return Host(read_kernel(), read_keys(keys), tuple(_sysctl_files(root)), read_text(root + path) or "", _listening())


def settled_drop_in(path: str) -> str:
    """SHA-256 of the drop-in, in hex, where an apply with the same text would leave file and journal alone.

    "" where it would not, and where this run cannot know: only root sees whether a dead run left a journal.
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


def _sysctl_files(root: str) -> list[File]:
    """The .conf files of the sysctl.d folders. A folder that is another one by a link (/lib on a merged /usr) counts once."""
    found: list[File] = []
    seen = set()
    for folder in FOLDERS:
        try:
            real = os.path.realpath(root + folder)
            names = [] if real in seen else sorted(os.listdir(real))
        except OSError:
            continue
        seen.add(real)
        found += [File(folder, name, _conf_text(os.path.join(real, name))) for name in names if name.endswith(".conf")]
    return found


def _conf_text(path: str) -> str | None:
    """The text of a file; "" for one that says nothing: a link to /dev/null, a dangling link, a folder."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return ""
    except OSError:
        return ""
    return read_text(path)


def _listening() -> tuple[int, ...]:
    """Listening TCP ports of this network namespace. The kernel lists listeners first, so a busy host costs no more."""
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
