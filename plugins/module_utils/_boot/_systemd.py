# Private to this collection. The rules of systemd-sysctl (sysctl.d(5)). Pure. Proved against the program
# (tests/unit/boot).

from __future__ import annotations

from typing import TYPE_CHECKING, Iterable, Iterator, Optional, Tuple

from . import _conf as conf
from ._conf import FOLDERS

if TYPE_CHECKING:
    from ._view import Loader, Parsed, State, View

VERSION = rb"libsystemd-shared-(\d+)"
PROGRAMS = ("/usr/lib/systemd/systemd-sysctl", "/lib/systemd/systemd-sysctl")
_UNIT = "/systemd/system/systemd-sysctl.service"
# PID 1 where systemd is not, whatever is installed.
_OTHER_INITS = ("init", "openrc-init", "runit", "s6-svscan", "dinit")
_NEWEST = 999


class Systemd:
    """The last assignment of a path counts. An explicit one beats globs, and a bare "-KEY" beats both."""

    folders: Tuple[str, ...] = FOLDERS
    last = ""
    hidden = False

    def __init__(self, version: int, name: str | None = "systemd-sysctl") -> None:
        """version: such as 252."""
        self._modern = version >= 245
        self.name = name

    def lines(self, chunks: Iterable[str]) -> Iterator[tuple[int, str]]:
        """See _view.Loader, here and below."""
        return conf.lines(chunks)

    def parse(self, line: str) -> Parsed:
        """A "-" before a key means something since systemd 245."""
        return conf.parse(line, self._modern)

    def put(self, state: State, path: str, value: str | None, source: str) -> None:
        """An assignment that changes nothing keeps its place."""
        if path not in state or state[path][0] != value:
            state.pop(path, None)
            state[path] = value, source

    def decide(self, state: State, path: str) -> tuple[str | None, str] | None:
        """The explicit assignment, else the last glob."""
        globs = [option for option in state.values() if option[0] is not None]
        return state.get(path) or (globs[-1] if globs else None)

    def concerns(self, written: str, path: str) -> bool:
        """The path itself, or what glob(3) with GLOB_BRACE makes of it."""
        if written == path or not self._modern or not conf.is_glob(written):
            return written == path
        if "{" not in written and not conf.may_match(written, path):
            return False
        from ._glob import alternatives, matches

        return any(matches(one, path) for one in alternatives(written))


def in_charge(view: View) -> Optional[Tuple[Optional[Loader], str]]:
    """Where systemd boots the host, or is installed and nothing else boots it; None where it is not in charge."""
    if not view.is_folder("/run/systemd/system") and view.text("/proc/1/comm") in _OTHER_INITS:
        return None
    version = view.version(VERSION, *PROGRAMS)
    if version is None:
        return None
    if any(view.real(folder + _UNIT) == "/dev/null" for folder in ("/etc", "/run")):
        return None, "systemd-sysctl.service is masked: no file sets a key at boot"
    return Systemd(version[0] if version else 0), ""


def assumed() -> Tuple[Optional[Loader], str]:
    """For a host of which it is not known what loads its files."""
    note = "what loads sysctl.d at boot here is not known; taken for systemd-sysctl"
    return Systemd(_NEWEST, None), note
