# Private to this collection. All or nothing: carries out a change of the drop-in and of live values, with a journal in
# case the run dies. A trial leaves its journal, to be undone unless somebody confirms it.

from __future__ import annotations

import contextlib
import os
from typing import Iterator, NamedTuple, Optional, Tuple

from .._host._proc import Refused, boot_id
from ._file_state import FileState, stage, swap
from ._kept import Journal, Snapshot, remove, save_journal, save_snapshot
from ._live import Write, write_all
from ._store import Store


class Change(NamedTuple):
    """What a run changes, worked out and not yet begun."""

    before: FileState  # the drop-in as it stands
    file: Optional[FileState]  # the drop-in to be; None where it stays
    live: Tuple[Write, ...]  # only what differs
    kept: Optional[Snapshot]  # the snapshot as it stands; None where there is none
    snapshot: Optional[Snapshot]  # the snapshot to be; None where it is used up

    @property
    def needed(self) -> bool:
        """Whether there is anything to do. A larger snapshot alone is no reason to begin."""
        return self.file is not None or bool(self.live) or (self.kept is not None and self.snapshot is None)


def commit(store: Store, change: Change, trial_s: int = 0) -> str:
    """Carry a change out whole, or raise Refused with everything as before. The lock must be held.

    trial_s: only try the live values, for so many seconds; the drop-in waits. Returns the trial's name, "" for none.
    """
    until = 0
    if trial_s:
        from . import _trial

        until = _trial.deadline(trial_s)
    journal = Journal(
        boot=boot_id(),
        path=store.path,
        file=change.before,
        live=change.live,
        snapshot_path=store.snapshot_path,
        snapshot=change.kept,
        made=_missing_folders(store.path) if change.file is not None else (),
        until=until,
        after=change.file,
        forgets=change.snapshot is None,
    )
    try:
        save_journal(store.journal_path, journal)
    except OSError as exc:
        raise Refused("%s cannot be written: %s; nothing was changed" % (store.journal_path, exc.strerror)) from exc
    with or_undone(store, journal):
        if until:
            # First: whatever becomes of this run, somebody is there to undo it.
            _trial.watch(store, until)
        for folder in reversed(journal.made):
            os.mkdir(folder, 0o755)
        if change.file is not None:
            stage(store.path, change.file)
        if change.snapshot not in (None, change.kept):
            save_snapshot(store.snapshot_path, change.snapshot)
        write_all(change.live)
        if not until:
            finish(store, journal)
    return str(until or "")


def finish(store: Store, journal: Journal) -> None:
    """The last steps, which a trial leaves for its confirmation; OSError where one fails."""
    if journal.after is not None:
        swap(store.path, journal.after, store.label)
    if journal.forgets:
        remove(store.snapshot_path)
    remove(store.journal_path)


@contextlib.contextmanager
def or_undone(store: Store, journal: Journal) -> Iterator[None]:
    """Undo a journal where a step fails or is interrupted; Refused says what failed, and whether the undo did too."""
    try:
        yield
    except BaseException as exc:
        from ._undo import undo

        why = "%s: %s" % (exc.filename or store.path, exc.strerror) if isinstance(exc, OSError) else str(exc)
        try:
            undo(store, journal, store.journal_path)
        except Refused as trouble:
            raise Refused("%s. And then: %s" % (why, trouble)) from exc
        if isinstance(exc, (OSError, Refused)):
            raise Refused("%s. Every value and the file are as before" % why) from exc
        raise


def _missing_folders(path: str) -> tuple[str, ...]:
    """The folders above a path that are not there, the innermost first."""
    found = []
    folder = os.path.dirname(path)
    while not os.path.lexists(folder):
        found.append(folder)
        folder = os.path.dirname(folder)
    return tuple(found)
