# Private to this collection. Takes a change back by its journal: one that failed, a run that died, a trial that nobody
# confirmed. Imported where one of these happened, since most runs need none of it.

from __future__ import annotations

import contextlib
import os
from typing import Any

from .._host._proc import Refused, boot_id, proc_path, read_value
from .._kernel._values import same
from ._file_state import discard, read_state, stage, swap
from ._kept import load_snapshot, remove, save_snapshot
from ._live import write_all
from ._load import check_pair, common_from, load, snapshot_from, state_from
from ._records import Journal, Snapshot, Write
from ._store import Store


def load_journal(path: str) -> Journal | None:
    """The journal in a file, None where there is none; Refused where it is damaged."""
    return load(path, _journal_from)


def interrupted(store: Store) -> list[str]:
    """What waits to be undone, for any drop-in, one sentence for each; Refused where a journal is damaged."""
    journals = [load_journal(path) for path in store.journals()]
    return ["%s; the real run puts its work back first" % _cause(journal) for journal in journals if journal]


def recover(store: Store) -> list[str]:
    """Undo dead runs and trials, one sentence for each; Refused where that fails. The lock must be held."""
    for path in store.staged():
        remove(path)
    said = []
    for path in store.journals():
        journal = load_journal(path)
        if journal is not None:
            undo(store, journal, path)
            said.append("%s; %s and the live values were put back first" % (_cause(journal), journal.path))
    return said


def _cause(journal: Journal) -> str:
    return "an earlier run " + ("was not confirmed" if journal.until else "had died in the middle")


def undo(store: Store, journal: Journal, journal_path: str) -> None:
    """Put file, live values and snapshot back as a journal has them, then remove it.

    After a reboot only the values that the dead run meant to write are taken back. Where something fails, the rest is
    put back all the same; Refused then names it, and the journal is kept for the next run.
    """
    troubles = []
    try:
        _put_files_back(store, journal)
    except (OSError, Refused) as exc:
        troubles.append(str(exc))
    try:
        write_all(_values_to_put_back(journal))
    except Refused as exc:
        troubles.append(str(exc))
    if troubles:
        raise Refused(
            "could not be put back: %s. The journal %s is kept; repair this and run again"
            % ("; ".join(troubles), journal_path)
        )
    try:
        remove(journal_path)
    except OSError as exc:
        raise Refused(
            "%s cannot be removed: %s; the next run takes its work back once more" % (journal_path, exc.strerror)
        ) from exc


def _put_files_back(store: Store, journal: Journal) -> None:
    discard(journal.path)
    if read_state(journal.path) != journal.file:
        stage(journal.path, journal.file)
        swap(journal.path, journal.file, store.label)
    for folder in journal.made:
        with contextlib.suppress(OSError):
            os.rmdir(folder)
    if journal.snapshot is None:
        remove(journal.snapshot_path)
    elif journal.snapshot != load_snapshot(journal.snapshot_path):
        save_snapshot(journal.snapshot_path, journal.snapshot)


def _values_to_put_back(journal: Journal) -> list[Write]:
    """From what each key holds now to what it held before, where the two differ."""
    rebooted = journal.boot != boot_id()
    found = []
    for key, before, after in journal.live:
        now = read_value(key)
        gone = now is None and not os.path.exists(proc_path(key))
        if before is None or gone or same(key, now, before) or (rebooted and not same(key, now, after)):
            continue
        found.append(Write(key, now, before))
    return found


def _journal_from(data: Any) -> Journal:
    """A journal out of JSON; KeyError, TypeError, ValueError or AttributeError where it is none."""
    path, file = common_from(data)
    live = []
    for key, texts in data["live"].items():
        check_pair(key, texts["after"])
        check_pair(key, "" if texts["before"] is None else texts["before"])
        live.append(Write(key, texts["before"], texts["after"]))
    texts = [data["snapshot_path"], data["boot"], *data["made"]]
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("it holds something else than a path: %s" % texts)
    kept, after, until, forgets = (data[name] for name in ("snapshot", "after", "until", "forgets"))
    if not isinstance(until, int) or not isinstance(forgets, bool):
        raise TypeError("it holds no end of a trial: %r, %r" % (until, forgets))
    snapshot: Snapshot | None = None if kept is None else snapshot_from(kept)
    new = None if after is None else state_from(after)
    boot, snapshot_path, made = data["boot"], data["snapshot_path"], tuple(data["made"])
    return Journal(boot, path, file, tuple(live), snapshot_path, snapshot, made, until, new, forgets)
