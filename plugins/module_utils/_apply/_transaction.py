# Private to this collection. All or nothing: carries out a change of the drop-in and of live values, with a journal in
# case the run dies. A trial leaves its journal, to be undone unless somebody confirms it.

from __future__ import annotations

import os
from typing import List, NamedTuple, Sequence, Tuple

from .._host._proc import Refused, boot_id
from ._ends import finish, or_undone
from ._file_state import missing_folders, remove_empty, stage
from ._kept import save_journal, save_snapshot, stage_snapshot
from ._live import make_stand, write_all
from ._records import Change, Journal
from ._store import Store


class Committed(NamedTuple):
    """What came of a change."""

    trial: str  # the trial's name, "" for none
    refused: Sequence[Tuple[str, str]] = ()  # of a lenient change: the keys that the kernel did not take back, and why
    said: Sequence[str] = ()  # for people


def commit(store: Store, change: Change, trial_s: int = 0) -> Committed:
    """Carry a change out whole, or raise Refused with everything as before. The lock must be held.

    trial_s: only try the live values, for so many seconds; the drop-in waits.
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
        made=missing_folders(store.path) if change.file is not None else (),
        until=until,
        after=change.file,
        forgets=change.snapshot is None,
    )
    try:
        save_journal(store.journal_path, journal)
    except OSError as exc:
        raise Refused("%s cannot be written: %s; nothing was changed" % (store.journal_path, exc.strerror)) from exc
    refused: List[Tuple[str, str]] = []
    said: List[str] = []
    with or_undone(store, journal):
        if until:
            # First: whatever becomes of this run, somebody is there to undo it.
            said += _trial.watch(store, journal)
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
        if change.lenient:
            from ._take_back import put_back_what_goes

            refused = put_back_what_goes(store, change)
            journal = journal._replace(forgets=journal.forgets and not refused)
        else:
            write_all(change.live)
        if change.live:
            not_taken = dict(refused)
            make_stand({key: text for key, text in change.stand.items() if key not in not_taken})
        if not until:
            finish(store, journal)
    remove_empty(change.unmade)
    return Committed(str(until or ""), refused, said)
