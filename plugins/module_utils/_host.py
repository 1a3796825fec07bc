# Private to this collection. Reads a host for the planner: its keys and kernel, listening ports, and what decides at the next boot,
# whose rules are in _boot.py. It opens everything for reading only, plain files alone, one at a time and in pieces, and needs
# no rights; what it may not see it leaves out, and says so where it matters.

from __future__ import annotations

import errno
import functools
import hashlib
import os
import re
import stat
from typing import Any, Iterator, Sequence

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils import _boot as boot
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel import Kernel, parse_release, since
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._proc import STATE_FOLDER, read_kernel, read_keys, read_text
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._values import taken
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._verdict import Host

# What a program carries with its version in it.
SYSTEMD = rb"libsystemd-shared-(\d+)"
PROCPS = rb"procps-ng (\d+)\.(\d+)\.(\d+)"
_UNIT = "/systemd/system/systemd-sysctl.service"
# Names that PID 1 has where systemd is not what boots the host, whatever is installed.
_OTHER_INITS = ("init", "openrc-init", "runit", "s6-svscan", "dinit")
# What is read at once, more than the kernel takes as a value; and of all files together, more than any configuration has.
_PIECE, _LIMIT = 4 << 20, 32 << 20
_UNKNOWN = "%s %s; what it sets at boot is not known"


def read_host(keys: Sequence[str], path: str) -> Host:
    """Everything that a plan for these keys needs to know. path: the drop-in's."""
    kernel = read_kernel()
    return Host(kernel, read_keys(keys), read_text(path) or "", _listening(), **read_boot(keys, path, kernel))


def read_boot(keys: Sequence[str], own: str, kernel: Kernel) -> dict[str, Any]:
    """The fields boot, after, unread and notes of a Host. own: the drop-in's path."""
    accepts = functools.partial(taken, kernel)
    rules, note = find_rules()
    notes = [note] if note else []
    found = boot.Forecast({}, {}, note)
    if rules:
        files, own = listed(rules, own, notes)
        found = boot.forecast(rules, files, Reader(notes).chunks, keys, own, accepts)
    # What comes later stands over what came before.
    stands: dict[str, boot.Assignment] = {}
    if kernel.namespace == "host" and since("5.8", parse_release(kernel.release)):
        stands.update(boot.command_line(read_text("/proc/cmdline") or "", keys, accepts))
    stands.update((key, one) for key, one in found.now.items() if one.value is not None)
    return {"boot": stands, "after": found.after, "unread": found.unread, "notes": notes}


def find_rules() -> tuple[boot.Systemd | boot.Procps | None, str]:
    """The rules of the loader that is in charge, none where nothing loads sysctl.d; and a sentence about what is amiss."""
    boots_otherwise = not os.path.isdir("/run/systemd/system") and read_text("/proc/1/comm") in _OTHER_INITS
    version = None if boots_otherwise else inside(SYSTEMD, "/usr/lib/systemd/systemd-sysctl", "/lib/systemd/systemd-sysctl")
    if version is not None:
        if any(os.path.realpath(folder + _UNIT) == "/dev/null" for folder in ("/etc", "/run")):
            return None, "systemd-sysctl.service is masked: no file sets a key at boot"
        return boot.Systemd(*version or (0,)), ""
    version = inside(PROCPS, "/sbin/sysctl", "/usr/sbin/sysctl")
    if version and any("--system" in (read_text(script) or "") for script in ("/etc/init.d/procps", "/etc/init.d/sysctl")):
        return boot.Procps(version), ""
    return boot.Systemd(999, None), "what loads sysctl.d at boot here is not known; taken for systemd-sysctl"


def inside(pattern: bytes, *programs: str) -> tuple[int, ...] | None:
    """The version that the first of the programs carries, () where it carries none; None where there is no such program."""
    for program in programs:
        try:
            with open(program, "rb") as stream:
                match = re.search(pattern, stream.read(1 << 18))
        except OSError:
            continue
        return tuple(map(int, match.groups())) if match else ()
    return None


def listed(rules: boot.Systemd | boot.Procps, own: str, notes: list[str]) -> tuple[dict[str, bool], str]:
    """The .conf files, with whether each is the drop-in; and that one's path. A folder that is another by a link counts once."""
    found: list[str] = []
    folders: dict[str, str] = {}
    for folder in boot.FOLDERS:
        real = os.path.realpath(folder)
        if real in folders:
            continue
        folders[real] = folder
        try:
            found += ["%s/%s" % (folder, name) for name in os.listdir(real) if name.endswith(".conf")]
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as exc:
            notes.append(_UNKNOWN % (folder, "cannot be read (%s)" % exc.strerror))
    if isinstance(rules, boot.Procps) and os.path.isfile(boot.LAST):
        found.append(boot.LAST)
    folder, name = os.path.split(own)
    real = os.path.realpath(folder)
    return {path: os.path.realpath(path) == os.path.join(real, name) for path in found}, os.path.join(folders.get(real, folder), name)


class Reader:
    """Opens files for the resolver. What cannot be known of one becomes a note."""

    def __init__(self, notes: list[str]) -> None:
        self._notes = notes
        self._left = _LIMIT

    def chunks(self, path: str) -> Iterator[str]:
        """A plain file by lines, in Latin-1: every byte is a character. Nothing where the loader finds nothing either."""
        try:
            status = os.stat(path)
            if stat.S_ISREG(status.st_mode):
                with open(path, encoding="latin-1", newline="\n", opener=_opener) as stream:
                    for chunk in iter(functools.partial(stream.readline, _PIECE), ""):
                        self._left -= len(chunk)
                        if self._left < 0:
                            self._say(path, "is too long")
                            return
                        yield chunk
            elif not (stat.S_ISDIR(status.st_mode) or stat.S_ISSOCK(status.st_mode) or status.st_rdev == os.makedev(1, 3)):
                self._say(path, "is no plain file, and stops the loader")
        except OSError as exc:
            if exc.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
                self._say(path, "cannot be read (%s)" % exc.strerror)

    def _say(self, path: str, what: str) -> None:
        self._notes.append(_UNKNOWN % (path, what))


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)


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
