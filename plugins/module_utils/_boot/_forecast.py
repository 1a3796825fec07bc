# Private to this collection. What stands after the next boot, and which line decides it: the rules of the loaders of
# sysctl.d, of the kernel command line and of tuned. Pure. Proved against the loaders themselves (tests/unit/boot).

from __future__ import annotations

import ctypes
import functools
import posixpath
import re
from typing import Any, Callable, Dict, Iterable, Iterator, Mapping, NamedTuple, Optional, Tuple

from . import _conf as conf

FOLDERS = ("/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d")
# systemd-sysctl reads it only by a link in a folder.
LAST = "/etc/sysctl.conf"
COMMAND_LINE = "kernel command line"

_PAGE = 4096  # what the kernel looks at of a value
_SPACES = " \t\n\v\f\r"
_ODD = re.compile(r"[*?[]|^/|/[/.]")  # in a path that may stand for another one
_FOLDER = re.compile(r"/\.{0,2}$")
_BRACES = re.compile(r"(?<!\\)\{((?:\\.|[^{}\\])*)\}")
_COMMA = re.compile(r"(?<!\\),")
_PARAMETER = re.compile(r'(?:[^\s"]|"[^"]*(?:"|$))+')
_libc = ctypes.CDLL(None)

# What a line says, value None for a bare "-KEY"; and all that was said of one key.
Parsed = Optional[Tuple[str, Optional[str]]]
State = Dict[Any, Tuple[Optional[str], str]]


class Assignment(NamedTuple):
    """value: None for a bare "-KEY", and where the kernel refuses it."""

    value: str | None
    source: str
    loader: str | None


class Forecast(NamedTuple):
    """By key: what the files leave now; what they set after the drop-in, once that sets every key; why that is not
    read, or ""."""

    now: dict[str, Assignment]
    after: dict[str, Assignment]
    unread: str


class Systemd:
    """The last assignment of a path counts; an explicit one beats globs, and a bare "-KEY" both."""

    folders, last = FOLDERS, ""
    hidden = False  # whether names that begin with a dot count
    lines = staticmethod(conf.lines)

    def __init__(self, version: int, name: str | None = "systemd-sysctl") -> None:
        """version: such as 252."""
        self._modern = version >= 245
        self.name = name

    def parse(self, line: str) -> Parsed:
        return conf.parse(line, self._modern)

    def put(self, state: State, path: str, value: str | None, source: str) -> None:
        """An assignment that changes nothing keeps its place."""
        if path not in state or state[path][0] != value:
            state.pop(path, None)
            state[path] = value, source

    def decide(self, state: State, path: str) -> tuple[str | None, str] | None:
        globs = [option for option in state.values() if option[0] is not None]
        return state.get(path) or (globs[-1] if globs else None)

    def concerns(self, written: str, path: str) -> bool:
        """The path itself, or what glob(3) makes of it, here with braces."""
        return (
            written == path
            or self._modern
            and conf.is_glob(written)
            and any(_glob(one, path) for one in _alternatives(written))
        )


class Procps:
    """sysctl --system: one assignment after the other; globs leave out what is named anywhere."""

    hidden = True

    def __init__(
        self, version: tuple[int, ...], name: str = "procps", folders: tuple[str, ...] = FOLDERS, last: str = LAST
    ) -> None:
        """Globs and the bare "-KEY" are new in 4.0, both in one in 4.0.5. last: the file after all others."""
        self.name, self.folders, self.last = name, folders, last
        self._globs = version >= (4,)
        self._bare_globs = version >= (4, 0, 5)

    @staticmethod
    def lines(chunks: Iterable[str]) -> Iterator[tuple[int, str]]:
        """(number, line), of a long one its begin."""
        number, inside = 1, False
        for chunk in chunks:
            if not inside:
                yield number, chunk.partition("\0")[0]
            inside = chunk[-1] != "\n"
            number += not inside

    def parse(self, line: str) -> Parsed:
        if not self._globs:
            return _parse_3(line)
        line = line.lstrip(_SPACES)
        if line[:1] in "#;":
            return None
        key, equals, value = line.partition("=")
        if key[:1] == "-":
            key = key[1:]
        elif not equals:
            return None
        key = key.rstrip(_SPACES)
        return conf.swapped(key[1:] if key[:1] == "-" else key), value.strip(_SPACES) if equals else None

    def put(self, state: State, path: str, value: str | None, source: str) -> None:
        place = path, value is None
        state.pop(place, None)
        state[place] = value, source

    def decide(self, state: State, path: str) -> tuple[str | None, str] | None:
        found = [
            option
            for (written, _bare), option in state.items()
            if option[0] is not None and not self._left_out(state, written, path)
        ]
        return found[-1] if found else None

    def _left_out(self, state: State, written: str, path: str) -> bool:
        """In a bare glob * crosses slashes."""
        if not conf.is_glob(written):
            return False
        if not _glob(posixpath.normpath(written).lstrip("/"), path):
            return True
        parts = iter(path.split("/"))
        path = "/".join(part if part in ("", ".") else next(parts, "") for part in written.split("/"))
        return any(
            path == other or self._bare_globs and option[0] is None and _fnmatch(other, path)
            for (other, _bare), option in state.items()
        )

    def concerns(self, written: str, path: str) -> bool:
        """The path, also with needless slashes and dots; or what glob(3) makes of it."""
        target = "" if _FOLDER.search(written) else posixpath.normpath(written).lstrip("/")
        if self._globs and conf.is_glob(written):
            return _glob(target, path) or self._bare_globs and _fnmatch(written, path)
        return target == path


class Tuned(Procps):
    """tuned with reapply_sysctl: the files once more, each line for itself (plugin_sysctl.py of 2.22)."""

    def __init__(self) -> None:
        super().__init__((3,), "tuned", ("/run/sysctl.d", "/etc/sysctl.d"))

    def parse(self, line: str) -> Parsed:
        line = line.strip()
        key, equals, value = line.partition("=")
        return (conf.dotted(key.strip()), value.strip()) if equals and line[0] not in "#;" else None


def modified(value: str, before: str | None) -> str | None:
    """tuned's ">5", raise to 5, and "<5" (plugins/base.py); None where it leaves what is there."""
    if value[:1] not in ("<", ">"):
        return value
    new = value[1:]
    try:
        return (
            new if before is None or (int(new) > int(before)) == (value[0] == ">") and int(new) != int(before) else None
        )
    except ValueError:
        return value


def _parse_3(line: str) -> Parsed:
    """procps 3: strtok(3) skips leading "=", and a dash has to touch its key."""
    line = line.rstrip(" \t\r\n").lstrip(" \t")
    if line[:1] in "#;":
        return None
    name, _equals, rest = line.lstrip("=").partition("=")
    value = rest.lstrip("\r\n").split("\r")[0]
    name = name.rstrip(" \t\r\n")
    return (conf.swapped(name[1:] if name[:1] == "-" else name), value.lstrip(" \t")) if name and value else None


def forecast(
    rules: Systemd | Procps,
    listed: Mapping[str, bool],
    chunks: Callable[[str], Iterable[str]],
    keys: Iterable[str],
    own: str,
    taken: Callable[[str, str], bool],
) -> Forecast:
    """Read every file once, in the loader's order, and keep what concerns the keys.

    listed: the files, and whether each is the drop-in; chunks: opens one; own: the drop-in's path; taken: whether the
    kernel takes a value.
    """
    paths = {key.replace(".", "/"): key for key in keys}
    concerned = functools.lru_cache(maxsize=1024)(
        lambda written: [path for path in paths if rules.concerns(written, path)]
    )
    now = then = _by_name(rules, listed)
    if own in listed or own.rpartition("/")[0] in rules.folders:
        then = _by_name(rules, [*listed, own])
    states: dict[str, tuple[State, State]] = {path: ({}, {}) for path in paths}
    for name in sorted(then, key=lambda name: (name == rules.last, name.encode("utf-8", "surrogateescape"))):
        for number, line in rules.lines(chunks(now[name])) if name in now else ():
            written, value = rules.parse(line) or ("", None)
            for path in concerned(written) if written in paths or len(written) < _PAGE and _ODD.search(written) else ():
                good = value[:_PAGE] if value is not None and taken(paths[path], value) else None
                for state in states[path]:
                    rules.put(state, written, good, "%s:%d" % (now[name], number))
        for path in paths if then[name] == own or listed[then[name]] else ():
            rules.put(states[path][1], path, own, own)
    found = []
    for number in (0, 1):
        decided = {key: rules.decide(states[path][number], path) for path, key in paths.items()}
        found.append({key: Assignment(*one, rules.name) for key, one in decided.items() if one and one[1] != own})
    read = then is now or any(path == own or listed[path] for path in then.values())
    return Forecast(*found, "" if read else "a file of its name masks the drop-in; rename the drop-in")


def _by_name(rules: Systemd | Procps, paths: Iterable[str]) -> dict[str, str]:
    """A name masks itself in later folders."""
    found: dict[str, str] = {}
    for path in sorted(paths, key=lambda path: path != rules.last and rules.folders.index(path.rpartition("/")[0])):
        name = path if path == rules.last else path.rpartition("/")[2]
        if name == path or name.endswith(".conf") and (rules.hidden or name[0] != "."):
            found.setdefault(name, path)
    return found


def _alternatives(pattern: str) -> list[str]:
    """{a,b} as glob(3) takes it; not without end."""
    found = [pattern]
    while len(found) < 256:
        braces = _BRACES.search(found[0])
        if not braces:
            break
        one = found.pop(0)
        found += [one[: braces.start()] + part + one[braces.end() :] for part in _COMMA.split(braces.group(1))]
    return found


def _glob(pattern: str, path: str) -> bool:
    """Whether glob(3) finds a path, component by component."""
    parts, names = pattern.split("/"), path.split("/")
    return len(parts) == len(names) and all(map(_fnmatch, parts, names))


def _fnmatch(pattern: str, name: str) -> bool:
    """The C library's own."""
    return _libc.fnmatch(pattern.encode("latin-1"), name.encode(), 0) == 0


def command_line(text: str, keys: Iterable[str], taken: Callable[[str, str], bool]) -> dict[str, Assignment]:
    """sysctl.KEY=VALUE, taken apart as the kernel does (measured on 5.10 and 6.1)."""
    paths = {key.replace(".", "/"): key for key in keys}
    found = {}
    for word in _PARAMETER.findall(text):
        quoted = word[0] == '"'
        name, equals, value = word[quoted:].partition("=")
        if not equals and name.rstrip('"') == "--":
            break
        if value[:1] == '"':
            value, quoted = value[1:], True
        if quoted and value[-1:] == '"':
            value = value[:-1]
        key = paths.get(re.sub("[./]+", "/", name[7:]))
        if key and name[:7] in ("sysctl.", "sysctl/") and value and taken(key, value):
            found[key] = Assignment(value, COMMAND_LINE, "cmdline")
    return found
