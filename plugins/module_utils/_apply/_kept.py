# Private to this collection. What is kept on a host: the snapshot of what it had before, and the journal of a run that
# is at work. Typed here, JSON in the files. How they are read and checked stands in _load.py and _undo.py.

from __future__ import annotations

import contextlib
import json
import os
from typing import Any, Mapping, Sequence

from .._host._proc import machine_id
from ._file_state import FileState, sync_folder
from ._records import FORMAT, STAGED, Journal, Snapshot


def extended(
    kept: Snapshot | None,
    path: str,
    before: FileState,
    live: Mapping[str, str],
    wrote: Mapping[str, str],
    left: str,
    made: Sequence[str] = (),
) -> Snapshot:
    """The first snapshot, with the present values of the keys that it does not know yet, and with what this run sets.

    On another machine, which has the folder as a copy, a new one begins. Where the snapshot was lost, what our own file
    set is not what was before: such keys are known as ours, and without an old value.
    """
    machine = machine_id()
    if kept is None or kept.machine != machine:
        begun = Snapshot(path, before, {}, machine=machine, made=tuple(made))
        if before.kind == "file":
            from ._lost import without_ours

            begun = without_ours(begun, kept, live)
        kept = begun
    release = os.uname().release
    new = {key: text for key, text in live.items() if key not in kept.live and key not in kept.wrote}
    return kept._replace(
        live={**new, **kept.live},
        kernels={**dict.fromkeys(new, release), **kept.kernels},
        wrote={**kept.wrote, **wrote},
        left=left,
    )


def without(snapshot: Snapshot, keys: Sequence[str]) -> Snapshot:
    """A snapshot that no longer knows some keys."""
    live, wrote, kernels = (
        {key: text for key, text in found.items() if key not in keys}
        for found in (snapshot.live, snapshot.wrote, snapshot.kernels)
    )
    return snapshot._replace(live=live, wrote=wrote, kernels=kernels)


def load_snapshot(path: str) -> Snapshot | None:
    """The snapshot in a file, None where there is none; Refused where it is damaged."""
    if not os.path.lexists(path):
        return None
    from ._load import load, snapshot_from

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


def stage_snapshot(path: str, snapshot: Snapshot) -> None:
    """Prepare a snapshot for `settle_snapshot`, which then needs no space; OSError where that fails."""
    _stage(path, _snapshot_data(snapshot))


def settle_snapshot(path: str) -> None:
    """Put a prepared snapshot, if there is one, in its place; OSError where that fails."""
    if os.path.lexists(path + STAGED):
        os.replace(path + STAGED, path)
        sync_folder(os.path.dirname(path))


def _save(path: str, data: dict[str, Any]) -> None:
    """Write a JSON file in one step that survives a power cut; OSError where that fails."""
    _stage(path, data)
    os.replace(path + STAGED, path)
    sync_folder(os.path.dirname(path))


def _stage(path: str, data: dict[str, Any]) -> None:
    """Write a JSON file beside its place; OSError where that fails, and names the place."""
    staged = path + STAGED
    try:
        descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(data, stream, indent=1)
            stream.write("\n")
            stream.flush()
            os.fsync(descriptor)
    except BaseException as exc:
        with contextlib.suppress(OSError):
            os.unlink(staged)
        if isinstance(exc, OSError):
            exc.filename = path  # the error of a full disk names no file
        raise


def remove(path: str) -> None:
    """Remove a file, if it is there, so that it stays removed after a power cut; OSError where that fails."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
    sync_folder(os.path.dirname(path))
