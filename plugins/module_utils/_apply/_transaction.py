# Private to this collection. All or nothing: carries out a change of the drop-in and of live values, with a journal in
# case the run dies. A trial leaves its journal, to be undone unless somebody confirms it.

from __future__ import annotations

import os

from .._host._proc import Refused, boot_id
from ._ends import finish, or_undone
from ._file_state import stage
from ._kept import save_journal, save_snapshot, stage_snapshot
from ._live import make_stand, write_all
from ._records import Change, Journal
from ._store import Store


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
        if change.snapshot is not None:
            # What keys were before has to stand there before they are written; what they are written, only after that.
            first = change.kept or change.snapshot._replace(wrote={}, left="")
            if change.snapshot.live.keys() - first.live.keys() or change.kept is None:
                save_snapshot(store.snapshot_path, first._replace(live={**change.snapshot.live, **first.live}))
            if change.snapshot != change.kept:
                stage_snapshot(store.snapshot_path, change.snapshot)
        write_all(change.live)
        if change.live:
            make_stand(change.stand)
        if not until:
            finish(store, journal)
    return str(until or "")


def _missing_folders(path: str) -> tuple[str, ...]:
    """The folders above a path that are not there, the innermost first."""
    found = []
    folder = os.path.dirname(path)
    while not os.path.lexists(folder):
        found.append(folder)
        folder = os.path.dirname(folder)
    return tuple(found)
