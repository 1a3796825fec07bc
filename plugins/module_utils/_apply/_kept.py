# Private to this collection. What is kept on a host: the snapshot of what it had before, and the journal of a run that
# is at work. Typed here, JSON in the files. How a journal is read stands in _undo.py, since few runs read one.

from __future__ import annotations

import contextlib
import json
import os
from typing import Any, Callable, Dict, NamedTuple, Optional, Tuple, TypeVar

from .._host._proc import Refused
from .._kernel._values import check_key
from ._file_state import FileState, state_from, sync_folder
from ._live import Write

FORMAT = 2
STAGED = ".new"
_Kept = TypeVar("_Kept")


class Snapshot(NamedTuple):
    """What a host had before this collection changed it. It is kept until it is restored."""

    path: str  # of the drop-in
    file: FileState  # what stood at that path
    live: Dict[str, str]  # key to value, of each key that was ever set


class Journal(NamedTuple):
    """What a run is about to change, and what it takes to undo it."""

    boot: str  # the kernel's name for this boot
    path: str  # of the drop-in
    file: FileState  # what stands at that path before the change
    live: Tuple[Write, ...]
    snapshot_path: str
    snapshot: Optional[Snapshot]  # as it is before the change; None where there is none
    made: Tuple[str, ...]  # folders that the run makes for the drop-in, the innermost first
    until: int  # of a trial: nanoseconds since boot at which it ends; else 0
    after: Optional[FileState]  # what is to stand at the path; None where it stays
    forgets: bool  # whether the snapshot is used up


def extended(kept: Snapshot | None, path: str, before: FileState, live: dict[str, str]) -> Snapshot:
    """The first snapshot, with the present values of the keys that it does not know yet."""
    first = kept or Snapshot(path, before, {})
    return first._replace(live=dict(live, **first.live))


def load_snapshot(path: str) -> Snapshot | None:
    """The snapshot in a file, None where there is none; Refused where it is damaged."""
    return load(path, snapshot_from)


def save_snapshot(path: str, snapshot: Snapshot) -> None:
    """Write a snapshot; OSError where that fails."""
    _save(path, _snapshot_data(snapshot))


def save_journal(path: str, journal: Journal) -> None:
    """Write a journal; OSError where that fails."""
    live = {write.key: {"before": write.before, "after": write.after} for write in journal.live}
    kept, after = journal.snapshot, journal.after
    data = dict(journal._asdict(), format=FORMAT, file=journal.file._asdict(), live=live)
    _save(path, dict(data, snapshot=kept and _snapshot_data(kept), after=after and after._asdict()))


def _snapshot_data(snapshot: Snapshot) -> dict[str, Any]:
    return dict(snapshot._asdict(), format=FORMAT, file=snapshot.file._asdict())


def snapshot_from(data: Any) -> Snapshot:
    """A snapshot out of JSON; KeyError, TypeError, ValueError or AttributeError where it is none."""
    path, file = common_from(data)
    for key, text in data["live"].items():
        check_pair(key, text)
    return Snapshot(path, file, data["live"])


def common_from(data: Any) -> tuple[str, FileState]:
    """(path, file) of a snapshot or a journal; errors as for `snapshot_from`."""
    if data["format"] != FORMAT:
        raise ValueError("its format %s is not that of this version of the collection, %d" % (data["format"], FORMAT))
    if not isinstance(data["path"], str):
        raise TypeError("its path is %r" % data["path"])
    return data["path"], state_from(data["file"])


def check_pair(key: Any, text: Any) -> None:
    """ValueError where this is no key and its value."""
    if check_key(key) or not isinstance(text, str):
        raise ValueError("it holds %r for %r" % (text, key))


def load(path: str, parse: Callable[[Any], _Kept]) -> _Kept | None:
    """What a JSON file keeps, None where there is no file; Refused where it is damaged.

    parse: makes it of the data, and raises as `snapshot_from` does.
    """
    try:
        with open(path, encoding="utf-8") as stream:
            return parse(json.load(stream))
    except FileNotFoundError:
        return None
    except KeyError as exc:
        why: object = "it lacks %s" % exc
    except (OSError, ValueError, TypeError, AttributeError) as exc:
        why = exc
    raise Refused("%s cannot be used: %s; nothing was changed. Look into it, and move it away" % (path, why))


def _save(path: str, data: dict[str, Any]) -> None:
    """Write a JSON file in one step that survives a power cut; OSError where that fails."""
    staged = path + STAGED
    try:
        descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(data, stream, indent=1)
            stream.write("\n")
            stream.flush()
            os.fsync(descriptor)
        os.replace(staged, path)
    except BaseException as exc:
        with contextlib.suppress(OSError):
            os.unlink(staged)
        if isinstance(exc, OSError):
            exc.filename = path  # the error of a full disk names no file
        raise
    sync_folder(os.path.dirname(path))


def remove(path: str) -> None:
    """Remove a file, if it is there, so that it stays removed after a power cut; OSError where that fails."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
    sync_folder(os.path.dirname(path))
