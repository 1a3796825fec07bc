# Private to this collection. Reads a host for the planner: its keys and kernel, listening ports, network namespaces,
# and what decides at the next boot; the rules are in _boot.py. For reading only, plain files alone, in pieces, and
# without rights; what it may not see it leaves out, and says so where it matters.

from __future__ import annotations

import errno
import functools
import glob
import hashlib
import os
import re
import stat
from typing import Any, Iterable, Iterator, Sequence

from .._boot import _forecast as boot
from .._data import Host, Kernel, Namespaces
from .._kernel._history import parse_release, since
from .._kernel._values import taken
from ._proc import STATE_FOLDER, read_kernel, read_keys, read_text

SYSTEMD = rb"libsystemd-shared-(\d+)"
PROCPS = rb"procps-ng (\d+)\.(\d+)\.(\d+)"
_SYSCTL = ("/sbin/sysctl", "/usr/sbin/sysctl")
_UNIT = "/systemd/system/systemd-sysctl.service"
# PID 1 where systemd is not, whatever is installed.
_OTHER_INITS = ("init", "openrc-init", "runit", "s6-svscan", "dinit")
# Read at once; of all files.
_PIECE, _LIMIT = 4 << 20, 32 << 20
_SHELL = re.compile(r"""^\s*(\w+)=["']?([^"'\s;#]*)""", re.MULTILINE)
_COMMENT = re.compile(r"(?:^|\s)#.*|^\s*;.*")
_PROFILES = ("/etc/tuned/profiles", "/etc/tuned", "/usr/lib/tuned/profiles", "/usr/lib/tuned")
_UNKNOWN = "%s %s; what it sets at boot is not known"


def read_host(keys: Sequence[str], path: str) -> Host:
    """path: the drop-in's."""
    kernel = read_kernel()
    return Host(
        kernel,
        read_keys(keys),
        read_text(path) or "",
        _listening(),
        namespaces=_namespaces(kernel),
        **read_boot(keys, path, kernel),
    )


def read_boot(keys: Sequence[str], own: str, kernel: Kernel) -> dict[str, Any]:
    """The fields boot, after, unread and notes of a Host. own: the drop-in's path."""
    accepts = functools.partial(taken, kernel)
    rules, note = find_rules()
    notes = [note] if note else []
    found = boot.Forecast({}, {}, note)
    chunks = Reader(notes).chunks
    if rules:
        files, own = listed(rules, own, notes)
        found = boot.forecast(rules, files, chunks, keys, own, accepts)
    stands: dict[str, boot.Assignment] = {}
    if kernel.namespace == "host" and since("5.8", parse_release(kernel.release)):
        stands.update(boot.command_line(read_text("/proc/cmdline") or "", keys, accepts))
    stands.update(_set(found.now))
    after, unread = dict(found.after), found.unread
    path = ufw_file()
    if path:
        rules = boot.Procps(inside(PROCPS, *_SYSCTL) or (4,), "ufw", (), path)
        late = _set(boot.forecast(rules, {path: False}, chunks, keys, "", accepts).now)
        stands.update(late)
        after.update(late)
    sets, again = tuned_sets(notes)
    for key, one in sets.items():
        for fields in (stands, after) if key in keys and accepts(key, (one.value or "").lstrip("<>")) else ():
            # Over what is not known here, ">5" stays.
            before = fields[key].value if key in fields else None
            value = boot.modified(one.value, before) if before else one.value
            if value:
                fields[key] = one._replace(value=value)
    if again:
        rules = boot.Tuned()
        last = boot.forecast(rules, listed(rules, own, notes)[0], chunks, keys, own, accepts)
        stands.update(
            (key, one) for key, one in _set(last.now).items() if key not in stands or stands[key].source != one.source
        )
        if os.path.dirname(own) in rules.folders and not last.unread:
            after, unread = {}, ""
        after.update(_set(last.after))
    return {"boot": stands, "after": after, "unread": unread, "notes": list(dict.fromkeys(notes))}


def _set(found: dict[str, boot.Assignment]) -> dict[str, boot.Assignment]:
    return {key: one for key, one in found.items() if one.value is not None}


def find_rules() -> tuple[boot.Systemd | boot.Procps | None, str]:
    """The rules of the loader in charge, and what is amiss."""
    boots_otherwise = not os.path.isdir("/run/systemd/system") and read_text("/proc/1/comm") in _OTHER_INITS
    version = (
        None if boots_otherwise else inside(SYSTEMD, "/usr/lib/systemd/systemd-sysctl", "/lib/systemd/systemd-sysctl")
    )
    if version is not None:
        if any(os.path.realpath(folder + _UNIT) == "/dev/null" for folder in ("/etc", "/run")):
            return None, "systemd-sysctl.service is masked: no file sets a key at boot"
        return boot.Systemd(*version or (0,)), ""
    version = inside(PROCPS, *_SYSCTL)
    if version and any(
        "--system" in (read_text(script) or "") for script in ("/etc/init.d/procps", "/etc/init.d/sysctl")
    ):
        return boot.Procps(version), ""
    return boot.Systemd(999, None), "what loads sysctl.d at boot here is not known; taken for systemd-sysctl"


def inside(pattern: bytes, *programs: str) -> tuple[int, ...] | None:
    """The version in the first of the programs, () for none; None without a program."""
    for program in programs:
        try:
            with open(program, "rb") as stream:
                match = re.search(pattern, stream.read(1 << 18))
        except OSError:
            continue
        return tuple(map(int, match.groups())) if match else ()
    return None


def listed(rules: boot.Systemd | boot.Procps, own: str, notes: list[str]) -> tuple[dict[str, bool], str]:
    """The .conf files, with whether each is the drop-in; and its path. A folder counts once, also by a link."""
    found: list[str] = []
    folders: dict[str, str] = {}
    for folder in rules.folders:
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
    return {path: os.path.realpath(path) == os.path.join(real, name) for path in found}, os.path.join(
        folders.get(real, folder), name
    )


class Reader:
    """What cannot be known of a file becomes a note."""

    def __init__(self, notes: list[str]) -> None:
        self._notes = notes
        self._left = _LIMIT

    def chunks(self, path: str) -> Iterator[str]:
        """A file by lines, in Latin-1: a byte is a character."""
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
            elif not (
                stat.S_ISDIR(status.st_mode) or stat.S_ISSOCK(status.st_mode) or status.st_rdev == os.makedev(1, 3)
            ):
                self._say(path, "is no plain file, and stops the loader")
        except OSError as exc:
            if exc.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
                self._say(path, "cannot be read (%s)" % exc.strerror)

    def _say(self, path: str, what: str) -> None:
        self._notes.append(_UNKNOWN % (path, what))


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)


def ufw_file() -> str:
    """What ufw hands to `sysctl -p` at boot (ufw-init-functions of 0.36), or ""."""
    said = dict(_SHELL.findall("\n".join(read_text(path) or "" for path in ("/etc/default/ufw", "/etc/ufw/ufw.conf"))))
    return said.get("IPT_SYSCTL", "") if said.get("ENABLED") in ("yes", "YES") and _starts("ufw") else ""


def tuned_sets(notes: list[str]) -> tuple[dict[str, boot.Assignment], bool]:
    """What the profiles set, by key, and whether sysctl.d is applied again."""
    sets: dict[str, boot.Assignment] = {}
    if not _starts("tuned"):
        return sets, False
    names = " ".join(
        read_text("/etc/tuned/" + name) or "" for name in ("active_profile", "post_loaded_profile")
    ).split()
    if not names:
        notes.append(_UNKNOWN % ("tuned", "chooses its profile at boot"))
    _load(names, sets, set(), notes)
    main = {key: value.lower() for _source, _section, key, value in _options("/etc/tuned/tuned-main.conf")}
    return sets, bool(sets) and main.get("reapply_sysctl", "1") in ("1", "yes", "true", "on")


def _starts(service: str) -> bool:
    """Whether a service starts at boot."""
    links = glob.glob("/etc/systemd/system/*.wants/%s.service" % service) + glob.glob("/etc/rc[S2-5].d/S??%s" % service)
    return (
        any(map(os.path.isfile, links)) and os.path.realpath("/etc/systemd/system/%s.service" % service) != "/dev/null"
    )


def _load(names: Iterable[str], sets: dict[str, boot.Assignment], seen: set[str], notes: list[str]) -> None:
    """Each profile after those that it includes; its own name means the one of the next folder."""
    for name in names:
        paths = ["%s/%s/tuned.conf" % (folder, os.path.basename(name.lstrip("-"))) for folder in _PROFILES]
        for path in [path for path in paths if path not in seen and os.path.isfile(path)][:1]:
            seen.add(path)
            rows = list(_options(path))
            for _source, section, key, value in rows:
                if (section, key) == ("main", "include"):
                    _load(re.split(r"\s*[,;]\s*", value), sets, seen, notes)
            for source, section, key, value in rows:
                if section == "sysctl" and "${" in value:
                    notes.append(_UNKNOWN % (source, "has a variable"))
                elif section == "sysctl":
                    sets[key] = boot.Assignment(re.sub('^"(.*)"$', r"\1", value), source, "tuned")


def _options(path: str) -> Iterator[tuple[str, str, str, str]]:
    """(source, section, key, value) of a file of tuned."""
    section = ""
    for number, line in enumerate((read_text(path) or "").splitlines(), 1):
        line = _COMMENT.sub("", line).strip()
        key, equals, value = line.partition("=")
        if line[:1] == "[":
            section = line.strip("[]")
        elif equals:
            yield "%s:%d" % (path, number), section, key.strip(), value.strip()


def settled_drop_in(path: str) -> str:
    """SHA-256 of the drop-in, in hex, where an apply of the same text would change nothing, as only root can know; else
    ""."""
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
    """How many others there are; and whether all were seen, as only root does."""
    if kernel.namespace != "host":
        return None
    own, found, complete = os.stat("/proc/self/ns/net"), set(), os.geteuid() == 0
    for path in glob.glob("/proc/[0-9]*/ns/net") + glob.glob("/run/netns/*"):
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
    """Listening TCP ports, which the kernel lists first."""
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
