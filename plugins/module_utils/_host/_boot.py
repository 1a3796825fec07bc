# Private to this collection. Reads what decides a key at the next boot; the rules are in the package _boot. Plain files
# alone, in pieces; what cannot be known becomes a note.

from __future__ import annotations

import errno
import functools
import glob
import os
import re
import stat
from typing import TYPE_CHECKING, Iterator, Mapping, Sequence

from .._boot._forecast import UNKNOWN, forecast
from .._boot._loaders import loader_of
from .._boot._scene import Scene, Standing
from .._boot._writers import AFTER, BEFORE, let_write
from .._data import Kernel
from .._kernel._history import release_of, since
from .._kernel._values import taken
from ._proc import read_text

if TYPE_CHECKING:
    from .._boot._view import Loader

_PIECE = 4 << 20  # bytes of one line that are read at a time
_MOST = 32 << 20  # bytes of all files together
_PROGRAM = 1 << 18  # bytes of a program in which its version is looked for
_NULL = os.makedev(1, 3)  # /dev/null


class View:
    """This host, as the rules ask for it (_boot/_view.py)."""

    def text(self, path: str) -> str | None:
        """See there; the same for the next three."""
        return read_text(path)

    def is_file(self, path: str) -> bool:
        """Follows links."""
        return os.path.isfile(path)

    def is_folder(self, path: str) -> bool:
        """Follows links."""
        return os.path.isdir(path)

    def real(self, path: str) -> str:
        """Of a path that is not there, too."""
        return os.path.realpath(path)

    def version(self, pattern: bytes, *programs: str) -> tuple[int, ...] | None:
        """The version in the first of the programs, () for none; None without a program."""
        for program in programs:
            try:
                with open(program, "rb") as stream:
                    match = re.search(pattern, stream.read(_PROGRAM))
            except OSError:
                continue
            return tuple(map(int, match.groups())) if match else ()
        return None

    def starts(self, service: str) -> bool:
        """Whether a service starts at boot, by systemd or by scripts."""
        links = glob.glob("/etc/systemd/system/*.wants/%s.service" % service)
        links += glob.glob("/etc/rc[S2-5].d/S??%s" % service)
        masked = os.path.realpath("/etc/systemd/system/%s.service" % service) == "/dev/null"
        return not masked and any(map(os.path.isfile, links))


def read_boot(keys: Sequence[str], own: str, kernel: Kernel, notes: list[str]) -> Standing:
    """What stands after the next boot.

    own: the drop-in's path; notes: takes a sentence for each thing that is not known. First comes the kernel's command
    line, then the loader with the files, then whoever writes after it.
    """
    view, standing = View(), Standing()
    accepts = functools.partial(taken, kernel)
    loader, note = loader_of(view)
    standing.unread = note if loader is None else ""
    if note:
        notes.append(note)
    files: Mapping[str, bool] = {}
    asked = own
    if loader:
        files, own = listed(loader, asked, notes)

    def files_of(loader: Loader) -> Mapping[str, bool]:
        return listed(loader, asked, notes)[0]

    scene = Scene(keys, accepts, view, own, files_of, Reader(notes).chunks, notes.append)
    if kernel.namespace == "host" and since("5.8", release_of(kernel)):
        let_write(BEFORE, standing, scene)
    if loader:
        found = forecast(loader, files, scene.chunks, keys, own, accepts)
        standing.beneath = {**standing.now, **{key: one for key, one in found.beneath.items() if one.value is not None}}
        standing.now.update((key, one) for key, one in found.now.items() if one.value is not None)
        standing.after, standing.unread = dict(found.after), found.unread
        if own.rpartition("/")[0] not in loader.folders and own != loader.last and not any(files.values()):
            standing.after = {}
            standing.unread = (
                "nothing reads %s at boot; set tcp_hardening_path to a name in /etc/sysctl.d" % os.path.dirname(asked)
            )
    let_write(AFTER, standing, scene)
    standing.beneath.update((key, one) for key, one in standing.after.items() if one.value is not None)
    return standing


def listed(loader: Loader, own: str, notes: list[str]) -> tuple[dict[str, bool], str]:
    """The .conf files that a loader reads, with whether each is the drop-in; and the drop-in's path.

    A folder counts once, also where another one is a link to it.
    """
    found: list[str] = []
    folders: dict[str, str] = {}
    for folder in loader.folders:
        real = os.path.realpath(folder)
        if real in folders:
            continue
        folders[real] = folder
        try:
            found += ["%s/%s" % (folder, name) for name in os.listdir(real) if name.endswith(".conf")]
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as exc:
            notes.append(UNKNOWN % (folder, "cannot be read (%s)" % exc.strerror))
    if loader.last and os.path.isfile(loader.last):
        found.append(loader.last)
    folder, name = os.path.split(own)
    real = os.path.realpath(folder)
    is_own = os.path.join(real, name)
    return {path: os.path.realpath(path) == is_own for path in found}, os.path.join(folders.get(real, folder), name)


class Reader:
    """Reads files of others, never without end; what cannot be known of a file becomes a note."""

    def __init__(self, notes: list[str]) -> None:
        self._notes = notes
        self._left = _MOST

    def chunks(self, path: str) -> Iterator[str]:
        """The lines of a file, a very long one in pieces. In Latin-1, where each byte is a character."""
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
            elif not (stat.S_ISDIR(status.st_mode) or stat.S_ISSOCK(status.st_mode) or status.st_rdev == _NULL):
                self._say(path, "is no plain file, and stops the loader")
        except OSError as exc:
            if exc.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
                self._say(path, "cannot be read (%s)" % exc.strerror)

    def _say(self, path: str, what: str) -> None:
        self._notes.append(UNKNOWN % (path, what))


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)
