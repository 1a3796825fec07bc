# Private to this collection. One file as a whole: its state to keep, to put back, and to replace in one step.

from __future__ import annotations

import base64
import os
import stat
from typing import Any, Callable, NamedTuple

from .._host._proc import Refused


class FileState(NamedTuple):
    """What stands at a path. kind: absent, file or link; content: base64 of the bytes, or the link's target."""

    kind: str
    content: str = ""
    mode: int = 0o644
    uid: int = 0
    gid: int = 0

    @property
    def text(self) -> str:
        """The content for people."""
        return base64.b64decode(self.content).decode("utf-8", "replace") if self.kind == "file" else ""

    @classmethod
    def of_text(cls, text: str) -> FileState:
        """The state that the collection leaves behind: a file of root's, 0644."""
        return cls("file", base64.b64encode(text.encode("utf-8", "surrogateescape")).decode("ascii"))


ABSENT = FileState("absent")


def read_state(path: str) -> FileState:
    """What stands at a path; Refused for a folder, a device, or a link out of its folder."""
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
        with open(path, "rb") as stream:
            content = stream.read()
    except OSError as exc:
        raise Refused("%s cannot be read: %s" % (path, exc.strerror)) from exc
    return FileState(
        "file", base64.b64encode(content).decode("ascii"), stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid
    )


def staging_path(path: str) -> str:
    """Where a file is prepared; no loader reads it, for it does not end in .conf."""
    folder, name = os.path.split(path)
    return os.path.join(folder, ".%s.fleetnet-new" % name)


def stage(path: str, state: FileState) -> None:
    """Prepare a state beside its place, so that `swap` cannot run out of space."""
    discard(path)
    staged = staging_path(path)
    if state.kind == "link":
        os.symlink(state.content, staged)
        os.chown(staged, state.uid, state.gid, follow_symlinks=False)
    elif state.kind == "file":
        descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(base64.b64decode(state.content))
            stream.flush()
            _own(stream.fileno(), state)
            os.fchmod(stream.fileno(), state.mode)  # last: a change of owner takes bits away
            os.fsync(stream.fileno())


def _own(descriptor: int, state: FileState) -> None:
    status = os.fstat(descriptor)
    if (status.st_uid, status.st_gid) != (state.uid, state.gid):
        os.fchown(descriptor, state.uid, state.gid)


def swap(path: str, state: FileState, label: Callable[[str], Any] | None = None) -> None:
    """Put the staged state in its place in one step. label: gives a new file its SELinux label."""
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
    """Take away what was staged."""
    staged = staging_path(path)
    if os.path.lexists(staged):  # on a read-only file system even a missing file cannot be removed
        os.unlink(staged)


def sync_folder(folder: str) -> None:
    """Make a rename or removal survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def state_from(data: dict[str, Any]) -> FileState:
    """A state out of JSON; KeyError, TypeError or ValueError where it is none."""
    if data["kind"] not in ("absent", "file", "link") or not isinstance(data["content"], str):
        raise ValueError("%r is no state of a file" % data["kind"])
    if data["kind"] == "file":
        base64.b64decode(data["content"], validate=True)
    return FileState(data["kind"], data["content"], int(data["mode"]), int(data["uid"]), int(data["gid"]))
