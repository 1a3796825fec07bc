# Private to this collection. Reads a host for the planner: its keys and kernel, listening ports, network namespaces, and what decides
# at the next boot: sysctl.d, then ufw, then tuned; their rules are in _boot.py. It opens everything for reading only, plain files
# alone, one at a time and in pieces, and needs no rights; what it may not see it leaves out, and says so where it matters.

from __future__ import annotations

import errno
import functools
import glob
import hashlib
import os
import re
import stat
from typing import Any, Iterable, Iterator, Sequence

from . import _boot as boot
from . import _conf as conf
from ._kernel import Kernel, parse_release, since
from ._proc import STATE_FOLDER, read_kernel, read_keys, read_text
from ._values import plain, taken
from ._verdict import Host
from ._what_if import builtin_text

# What a program carries with its version in it.
SYSTEMD = rb"libsystemd-shared-(\d+)"
PROCPS = rb"procps-ng (\d+)\.(\d+)\.(\d+)"
_SYSCTL = ("/sbin/sysctl", "/usr/sbin/sysctl")
_UNIT = "/systemd/system/systemd-sysctl.service"
# Names that PID 1 has where systemd is not what boots the host, whatever is installed.
_OTHER_INITS = ("init", "openrc-init", "runit", "s6-svscan", "dinit")
# What is read at once, more than the kernel takes as a value; and of all files together, more than any configuration has.
_PIECE, _LIMIT = 4 << 20, 32 << 20
_SHELL = re.compile(r"""^\s*(\w+)=["']?([^"'\s;#]*)""", re.MULTILINE)
_COMMENT = re.compile(r"(?:^|\s)#.*|^\s*;.*")
# As tuned looks for profiles, by name.
_PROFILES = ("/etc/tuned/profiles", "/etc/tuned", "/usr/lib/tuned/profiles", "/usr/lib/tuned")
_UNKNOWN = "%s %s; what it sets at boot is not known"


def read_host(keys: Sequence[str], path: str) -> Host:
    """Everything that a plan for these keys needs to know. path: the drop-in's."""
    kernel = read_kernel()
    return Host(kernel, read_keys(keys), read_text(path) or "", _listening(), namespaces=_namespaces(kernel), **read_boot(keys, path, kernel))


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
    # What comes later stands over what came before.
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
    tuned = tuned_sets(notes)
    if tuned:
        for path, (value, source) in tuned[0].items():
            key = path.replace("/", ".")
            if key in keys and accepts(key, value.lstrip("<>")):
                new = boot.modified(value, stands[key].value if key in stands else builtin_text(key, kernel))
                if new:
                    stands[key] = boot.Assignment(new, source, "tuned")
                # Over the drop-in, whose value is not known here, it stays as it is written.
                other = after[key].value if key in after else None
                new = boot.modified(value, other) if other else value
                if new:
                    after[key] = boot.Assignment(new, source, "tuned")
    if tuned and tuned[1]:
        rules = boot.Tuned()
        again = boot.forecast(rules, listed(rules, own, notes)[0], chunks, keys, own, accepts)
        stands.update((key, one) for key, one in _set(again.now).items() if key not in stands or stands[key].source != one.source)
        if os.path.dirname(own) in rules.folders and not again.unread:
            after, unread = {}, ""
        after.update(_set(again.after))
    return {"boot": stands, "after": after, "unread": unread, "notes": list(dict.fromkeys(notes))}


def _set(found: dict[str, boot.Assignment]) -> dict[str, boot.Assignment]:
    return {key: one for key, one in found.items() if one.value is not None}


def find_rules() -> tuple[boot.Systemd | boot.Procps | None, str]:
    """The rules of the loader that is in charge, none where nothing loads sysctl.d; and a sentence about what is amiss."""
    boots_otherwise = not os.path.isdir("/run/systemd/system") and read_text("/proc/1/comm") in _OTHER_INITS
    version = None if boots_otherwise else inside(SYSTEMD, "/usr/lib/systemd/systemd-sysctl", "/lib/systemd/systemd-sysctl")
    if version is not None:
        if any(os.path.realpath(folder + _UNIT) == "/dev/null" for folder in ("/etc", "/run")):
            return None, "systemd-sysctl.service is masked: no file sets a key at boot"
        return boot.Systemd(*version or (0,)), ""
    version = inside(PROCPS, *_SYSCTL)
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


def ufw_file() -> str:
    """The file that ufw hands to `sysctl -p` at boot (ufw-init-functions of 0.36), "" where it does not."""
    said = dict(_SHELL.findall("\n".join(read_text(path) or "" for path in ("/etc/default/ufw", "/etc/ufw/ufw.conf"))))
    return said.get("IPT_SYSCTL", "") if said.get("ENABLED") in ("yes", "YES") and _starts("ufw") else ""


def tuned_sets(notes: list[str]) -> tuple[dict[str, tuple[str, str]], bool] | None:
    """What the active profiles of tuned set, (value, source) by path, and whether the files of sysctl.d are applied again after it."""
    if not _starts("tuned"):
        return None
    names = [name for path in ("active_profile", "post_loaded_profile") for name in (read_text("/etc/tuned/" + path) or "").split()]
    sets: dict[str, tuple[str, str]] = {}
    _load(names, sets, set(), notes)
    if not names:
        notes.append("tuned chooses its profile at boot; what that sets is not known")
    main = {key: value.lower() for _source, _section, key, value in _options("/etc/tuned/tuned-main.conf")}
    return sets, main.get("reapply_sysctl", "1") in ("1", "yes", "true", "on")


def _starts(service: str) -> bool:
    """Whether systemd or an init script starts a service at boot."""
    links = glob.glob("/etc/systemd/system/*.wants/%s.service" % service) + glob.glob("/etc/rc[S2-5].d/S??%s" % service)
    return any(map(os.path.isfile, links)) and os.path.realpath("/etc/systemd/system/%s.service" % service) != "/dev/null"


def _load(names: Iterable[str], sets: dict[str, Any], seen: set[str], notes: list[str]) -> None:
    """Profiles in their order, each after those that it includes; one that includes its own name means the one of the next folder."""
    for name in names:
        found = ["%s/%s/tuned.conf" % (folder, os.path.basename(name.lstrip("-"))) for folder in _PROFILES]
        found = [path for path in found if os.path.isfile(path)]
        if not found and name[:1] != "-":
            notes.append("tuned's profile %s is not there; what tuned sets at boot is not known" % plain(name))
        for path in [path for path in found if path not in seen][:1]:
            seen.add(path)
            rows = list(_options(path))
            for _source, section, key, value in rows:
                if (section, key) == ("main", "include"):
                    _load(re.split(r"\s*[,;]\s*", value), sets, seen, notes)
            for source, section, key, value in rows:
                if section == "sysctl" and "${" in value:
                    notes.append("%s has a variable; what it sets at boot is not known" % source)
                elif section == "sysctl":
                    sets[conf.dotted(key)] = re.sub('^"(.*)"$', r"\1", value), source


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


def _namespaces(kernel: Kernel) -> tuple[int, bool] | None:
    """The other network namespaces: those of processes, and those that were given a name. Only root sees all."""
    if kernel.namespace != "host":
        return None
    own, found, complete = os.stat("/proc/self/ns/net"), set(), os.geteuid() == 0
    for path in glob.glob("/proc/[0-9]*/ns/net") + glob.glob("/run/netns/*") + glob.glob("/run/docker/netns/*"):
        try:
            status = os.stat(path)
        except FileNotFoundError:
            continue
        except OSError:
            complete = False
            continue
        if status.st_dev == own.st_dev:
            found.add(status.st_ino)
    return len(found - {own.st_ino}), complete


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
