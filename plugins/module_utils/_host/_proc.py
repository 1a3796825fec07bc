# Private to this collection. Reads the kernel's side of a host: keys, release, memory, namespace. For reading only, and
# without rights; what it may not see is None.

from __future__ import annotations

import os
import re
import stat
from typing import Iterable

from .._data import MISSING, Kernel, Reading, dotted

PROC_SYS = "/proc/sys"
_FIRST = "/proc/1"  # the process whose root folder and network are the machine's, or the container's
# Lock, journals, snapshots. Only root sees into it.
STATE_FOLDER = "/var/lib/fleetnet.linux_tcp"
# Writable in the first network namespace only; a child has it read-only, from 3.5 on not at all
# (net/core/sysctl_net_core.c).
_HOST_WIDE = "net.core.netdev_max_backlog"
# Keys that hold a name of which a kernel may have, or may load, more or less.
CONGESTION, QDISC = NAMED = ("net.ipv4.tcp_congestion_control", "net.core.default_qdisc")
# Bytes, the most that is read of a file.
_FILE_LIMIT = 4 << 20
_VALUE_LIMIT = 1 << 16


class Refused(Exception):
    """The kernel or a file system said no. The message has what was refused, the answer, and what to do."""


class NotTaken(Refused):
    """The kernel does not take a value, and will not take it a second later either."""


def kept_as(path: str) -> str:
    """The name of the files that are kept about a drop-in: its own without ".conf".

    Outside /etc/sysctl.d it is the whole path, so that no two drop-ins share a name.
    """
    stem = path[: -len(".conf")] if path.endswith(".conf") else path
    folder, name = os.path.split(stem)
    return (
        name
        if folder == "/etc/sysctl.d"
        else re.sub(r"[^A-Za-z0-9._-]", lambda found: "%%%02x" % ord(found.group()), stem)
    )


def proc_path(key: str) -> str:
    """The file of a key."""
    return "%s/%s" % (PROC_SYS, dotted(key))


def require_sysctls() -> None:
    """Refused where /proc/sys cannot be seen, so that no key would be found on any kernel, and where it is not that of
    this root folder's machine."""
    if not os.path.isdir(PROC_SYS + "/net"):
        raise Refused(
            "/proc/sys cannot be seen here; nothing was changed. In a chroot mount /proc; let a service see it "
            "(ProcSubset, InaccessiblePaths); for an image set tcp_hardening_live to false"
        )
    if _is_changed_root():
        raise Refused(
            "/ is not the root folder of process 1, and the network is that of process 1: this is a chroot, and the "
            "live values are those of the machine around it; nothing was changed. For an image set tcp_hardening_live "
            "to false"
        )


def _is_changed_root() -> bool:
    """Whether this is a chroot. A container that sees its host's processes has a network of its own."""
    try:
        one, own = os.stat(_FIRST + "/root"), os.stat("/")
        networks = os.stat(_FIRST + "/ns/net"), os.stat("/proc/self/ns/net")
    except OSError:
        return False  # only root may look
    return not os.path.samestat(one, own) and os.path.samestat(*networks)


def machine_id() -> str:
    """The machine's own name (machine-id(5)), "" where it has none."""
    return read_text("/etc/machine-id", 64) or ""


def read_value(key: str) -> str | None:
    """The value that a key has now, its words separated by single blanks; None where it cannot be read."""
    text = read_text(proc_path(key), _VALUE_LIMIT)
    return None if text is None else " ".join(text.split())


def boot_id() -> str:
    """The kernel's name for this boot; another one after each reboot."""
    # From 4 MiB on the kernel refuses to read a sysctl at all (ENOMEM).
    return read_text("/proc/sys/kernel/random/boot_id", 64) or ""


def read_key(key: str) -> Reading:
    """What there is of a key; its file is opened once."""
    path = proc_path(key)
    try:
        mode = os.stat(path).st_mode
        locked = bool(os.statvfs(path).f_flag & os.ST_RDONLY)
    except OSError:
        return MISSING
    # A sysctl's mode binds root too (net_ctl_permissions). In a user namespace the mode does not tell what root may do.
    open_to_root = os.access(path, os.W_OK) if os.geteuid() == 0 else bool(mode & 0o222)
    return Reading(True, open_to_root and not locked, read_text(path, _VALUE_LIMIT), locked)


def read_text(path: str, limit: int = _FILE_LIMIT) -> str | None:
    """The text of a regular file, None where it cannot be read. limit: in bytes. A fifo does not block it."""
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


def read_keys(keys: Iterable[str]) -> dict[str, Reading]:
    """What there is of each key. A key that is named twice is read once, so that there is one answer."""
    return {key: read_key(key) for key in dict.fromkeys(keys)}


def beside(keys: Iterable[str]) -> tuple[str, ...]:
    """All keys in the folders of these, for a hint at what was meant. Nothing is opened."""
    found = []
    for folder in sorted({key.rpartition(".")[0] for key in keys}):
        try:
            found += ["%s.%s" % (folder, name) for name in sorted(os.listdir(proc_path(folder)))]
        except OSError:
            continue
    return tuple(found)


def read_kernel() -> Kernel:
    """The kernel that runs here, and which network namespace this is."""
    return Kernel(os.uname().release, _memory_mb(), os.sysconf("SC_PAGE_SIZE"), _namespace())


def _namespace() -> str:
    try:
        return "host" if os.stat(proc_path(_HOST_WIDE)).st_mode & 0o222 else "container"
    except OSError:
        return "container"


def _memory_mb() -> int | None:
    """The machine's memory in MiB, in a container too: that is what tcp_mem is measured against."""
    for line in (read_text("/proc/meminfo") or "").splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) // 1024
    return None
