# Private to this collection. One file as a whole: read what stands at a path, keep it, and replace it in one step.

from __future__ import annotations

import contextlib
import os
import stat
from typing import Any, Callable, NamedTuple, Sequence

from .._host._proc import Refused


class FileState(NamedTuple):
    """What stands at a path.

    Bytes of a file that are not UTF-8 stand in its content as surrogates, and so survive JSON.
    """

    kind: str  # "absent", "file" or "link"
    content: str = ""  # of a file its text, of a link its target
    mode: int = 0o644
    uid: int = 0
    gid: int = 0

    @property
    def text(self) -> str:
        """A file's content for people, "" for anything else."""
        return self._bytes().decode("utf-8", "replace") if self.kind == "file" else ""

    def _bytes(self) -> bytes:
        return self.content.encode("utf-8", "surrogateescape")

    @classmethod
    def of_text(cls, text: str) -> FileState:
        """The state that the collection leaves behind: a file that root owns, with mode 0644."""
        return cls("file", _decoded(text.encode("utf-8", "surrogateescape")))


ABSENT = FileState("absent")


def _decoded(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


def read_state(path: str) -> FileState:
    """What stands at a path.

    Refused for a folder, a device, a link that leaves its folder, and what cannot be read.
    """
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return ABSENT
    except OSError as exc:
        raise Refused("%s cannot be looked at: %s" % (path, exc.strerror)) from exc
    if stat.S_ISLNK(status.st_mode):
        real, folder = os.path.realpath(path), os.path.realpath(os.path.dirname(path))
        if os.path.dirname(real) != folder:
            raise Refused(
                "%s is a link to %s, outside its folder; nothing is written through it. "
                "Remove the link, or choose another path (tcp_hardening_path)" % (path, os.readlink(path))
            )
        return FileState("link", os.readlink(path), 0o777, status.st_uid, status.st_gid)
    if not stat.S_ISREG(status.st_mode):
        raise Refused("%s is no regular file; move it away, or choose another path (tcp_hardening_path)" % path)
    try:
        # Never through a link that somebody puts there meanwhile; and what is kept of the file is that of what is read.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as stream:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise Refused("%s is no regular file any more; nothing was changed" % path)
            content = stream.read()
    except OSError as exc:
        raise Refused("%s cannot be read: %s" % (path, exc.strerror)) from exc
    return FileState("file", _decoded(content), stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid)


def staging_path(path: str) -> str:
    """Where a file is prepared. No loader reads it, since it does not end in .conf."""
    folder, name = os.path.split(path)
    return os.path.join(folder, ".%s.fleetnet-new" % name)


def stage(path: str, state: FileState) -> None:
    """Prepare a state beside its place, so that `swap` cannot run out of space. OSError where that fails."""
    discard(path)
    staged = staging_path(path)
    if state.kind == "link":
        os.symlink(state.content, staged)
        os.chown(staged, state.uid, state.gid, follow_symlinks=False)
    elif state.kind == "file":
        descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(state._bytes())
            stream.flush()
            status = os.fstat(descriptor)
            if (status.st_uid, status.st_gid) != (state.uid, state.gid):
                os.fchown(descriptor, state.uid, state.gid)
            os.fchmod(descriptor, state.mode)  # last: a change of owner takes bits away
            os.fsync(descriptor)


def swap(path: str, state: FileState, label: Callable[[str], Any] | None = None) -> None:
    """Put the staged state in its place in one step. OSError where that fails.

    label: gives a new file its SELinux label.
    """
    if state.kind == "absent":
        try:
            os.unlink(path)
        except FileNotFoundError:
            return
    else:
        os.replace(staging_path(path), path)
        if label and state.kind == "file":
            label(path)
    sync_folder(os.path.dirname(path))


def discard(path: str) -> None:
    """Remove what was staged. OSError where that fails."""
    staged = staging_path(path)
    if os.path.lexists(staged):  # on a read-only file system even a missing file cannot be removed
        os.unlink(staged)


def missing_folders(path: str) -> tuple[str, ...]:
    """The folders above a path that are not there, the innermost first."""
    found = []
    folder = os.path.dirname(path)
    while not os.path.lexists(folder):
        found.append(folder)
        folder = os.path.dirname(folder)
    return tuple(found)


def remove_empty(folders: Sequence[str]) -> None:
    """Remove folders, the innermost first, as far as they are empty."""
    for folder in folders:
        with contextlib.suppress(OSError):
            os.rmdir(folder)


def sync_folder(folder: str) -> None:
    """Make a rename or a removal in a folder survive a power cut. OSError where that fails."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
