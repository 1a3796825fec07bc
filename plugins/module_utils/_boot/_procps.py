# Private to this collection. The rules of `sysctl --system` (procps). Pure. Proved against the program
# (tests/unit/boot).

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Iterable, Iterator, Optional, Tuple

from . import _conf as conf
from ._conf import FOLDERS, LAST

if TYPE_CHECKING:
    from ._view import Loader, Parsed, State, View

VERSION = rb"procps-ng (\d+)\.(\d+)\.(\d+)"
PROGRAMS = ("/sbin/sysctl", "/usr/sbin/sysctl")
_SCRIPTS = ("/etc/init.d/procps", "/etc/init.d/sysctl")
_SPACES = " \t\n\v\f\r"
_FOLDER = re.compile(r"/\.{0,2}$")


class Procps:
    """Assignments are carried out one after the other. A glob does not set a key that another line names."""

    hidden = True

    def __init__(
        self,
        version: tuple[int, ...],
        name: str = "procps",
        folders: tuple[str, ...] = FOLDERS,
        last: str = LAST,
    ) -> None:
        """version: such as (4, 0, 2). Globs and the bare "-KEY" came with 4.0, a bare "-GLOB" with 4.0.5."""
        self.name: str | None = name
        self.folders, self.last = folders, last
        self._globs = version >= (4,)
        self._bare_globs = version >= (4, 0, 5)

    def lines(self, chunks: Iterable[str]) -> Iterator[tuple[int, str]]:
        """Line numbers and lines. Of a line that comes in several chunks the first one counts."""
        number, inside = 1, False
        for chunk in chunks:
            if not inside:
                yield number, chunk.partition("\0")[0]
            inside = chunk[-1] != "\n"
            number += not inside

    def parse(self, line: str) -> Parsed:
        """See _view.Loader, here and below."""
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
        """What is said of a path replaces what was said of it, and a bare "-KEY" stands beside it."""
        place = path, value is None
        state.pop(place, None)
        state[place] = value, source

    def decide(self, state: State, path: str) -> tuple[str | None, str] | None:
        """The last assignment that does not leave the path out."""
        found = [
            option
            for place, option in state.items()
            if option[0] is not None and not self._left_out(state, place[0], path)
        ]
        return found[-1] if found else None

    def _left_out(self, state: State, written: str, path: str) -> bool:
        """Whether a glob does not set a path that it matches. In a bare glob * crosses slashes."""
        if not conf.is_glob(written):
            return False
        from ._glob import fnmatch, matches

        if not matches(posixpath.normpath(written).lstrip("/"), path):
            return True
        parts = iter(path.split("/"))
        path = "/".join(part if part in ("", ".") else next(parts, "") for part in written.split("/"))
        return any(
            path == other or self._bare_globs and option[0] is None and fnmatch(other, path)
            for (other, _bare), option in state.items()
        )

    def concerns(self, written: str, path: str) -> bool:
        """The path, also with needless slashes and dots; or what glob(3) makes of it."""
        target = "" if _FOLDER.search(written) else posixpath.normpath(written).lstrip("/")
        if not self._globs or not conf.is_glob(written):
            return target == path
        if conf.may_match(target, path):
            from ._glob import matches

            if matches(target, path):
                return True
        if not self._bare_globs:
            return False
        from ._glob import fnmatch

        return fnmatch(written, path)


def _parse_3(line: str) -> Parsed:
    """A line as procps 3 takes it: strtok(3) skips leading "=", and a dash has to touch its key."""
    line = line.rstrip(" \t\r\n").lstrip(" \t")
    if line[:1] in "#;":
        return None
    name, _equals, rest = line.lstrip("=").partition("=")
    value = rest.lstrip("\r\n").split("\r")[0]
    name = name.rstrip(" \t\r\n")
    return (conf.swapped(name[1:] if name[:1] == "-" else name), value.lstrip(" \t")) if name and value else None


def in_charge(view: View) -> Optional[Tuple[Optional[Loader], str]]:
    """Where an init script calls `sysctl --system`; None where none does."""
    version = view.version(VERSION, *PROGRAMS)
    if version and any("--system" in (view.text(script) or "") for script in _SCRIPTS):
        return Procps(version), ""
    return None
