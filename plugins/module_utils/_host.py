# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. Reads a host for the planner: /proc/sys, the sysctl.d folders, memory, listening ports.
# It opens everything for reading only and needs no rights; what it may not see it leaves out or gives as None.

from __future__ import annotations

import os
import stat
from typing import Dict, Iterable, List, Optional, Tuple

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot import FOLDERS, File
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host_reading import Host, Reading
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel import Kernel

PROC_SYS = "/proc/sys"
# Present and writable in the first network namespace of every kernel; a child has it not at all (from 3.5 on) or
# read-only (before). net/core/sysctl_net_core.c, 2.6.12 to 7.3.
_HOST_WIDE = "net.core.netdev_max_backlog"
# What one sysctl.d file may hold before it is cut; the largest shipped by a distribution is under 10 KiB.
_FILE_LIMIT = 4 << 20


def proc_path(key: str) -> str:
    """The file of a dotted key."""
    return "%s/%s" % (PROC_SYS, key.replace(".", "/"))


def read_key(key: str) -> Reading:
    """One key as it stands: present, writable for root, its text."""
    path = proc_path(key)
    try:
        mode = os.stat(path).st_mode
        locked = bool(os.statvfs(path).f_flag & os.ST_RDONLY)
    except OSError:
        return Reading(False)
    # A sysctl's mode binds root too (net_ctl_permissions), and only root's own answer counts in a user namespace.
    open_to_root = os.access(path, os.W_OK) if os.geteuid() == 0 else bool(mode & 0o222)
    return Reading(True, open_to_root and not locked, read_text(path, 1 << 16), locked)


def read_text(path: str, limit: int = _FILE_LIMIT) -> Optional[str]:
    """The text of a regular file, None where it cannot be read. A fifo or a device is not opened: it could block."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        with os.fdopen(os.dup(descriptor), "rb") as stream:
            return stream.read(limit).decode("utf-8", "surrogateescape").rstrip("\n")
    except OSError:
        return None
    finally:
        os.close(descriptor)


def read_host(keys: Iterable[str], path: str, root: str = "") -> Host:
    """Everything that a plan for these keys needs to know. root: a folder to read the sysctl.d folders below (tests)."""
    kernel = Kernel(os.uname().release, _memory_mb(), os.sysconf("SC_PAGE_SIZE"), _namespace())
    readings: Dict[str, Reading] = {key: read_key(key) for key in keys}
    return Host(kernel, readings, tuple(_sysctl_files(root)), read_text(root + path) or "", _listening())


def _namespace() -> str:
    try:
        return "host" if os.stat(proc_path(_HOST_WIDE)).st_mode & 0o222 else "container"
    except OSError:
        return "container"


def _memory_mb() -> Optional[int]:
    """MemTotal in MiB. It is the machine's, in a container too: tcp_mem is counted for the whole machine."""
    for line in (read_text("/proc/meminfo") or "").splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) // 1024
    return None


def _sysctl_files(root: str) -> List[File]:
    """The .conf files of the sysctl.d folders. A folder that is another one by a link (/lib on a merged /usr) counts once."""
    found: List[File] = []
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


def _conf_text(path: str) -> Optional[str]:
    """The text of a file; "" for one that says nothing: a link to /dev/null, a dangling link, a folder."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return ""
    except OSError:
        return ""
    return read_text(path)


def _listening() -> Tuple[int, ...]:
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
