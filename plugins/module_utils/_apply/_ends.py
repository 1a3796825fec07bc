# Private to this collection. How a change ends: with its last steps, or undone.

from __future__ import annotations

import contextlib
from typing import Iterator

from .._host._proc import Refused
from ._file_state import staging_path, swap
from ._kept import remove, settle_snapshot
from ._records import Journal
from ._store import Store


def finish(store: Store, journal: Journal) -> None:
    """The last steps, which a trial leaves for its confirmation; OSError where one fails."""
    if journal.after is not None:
        swap(store.path, journal.after, store.label)
    settle_snapshot(store.snapshot_path)
    if journal.forgets:
        remove(store.snapshot_path)
    remove(store.journal_path)


@contextlib.contextmanager
def or_undone(store: Store, journal: Journal, at_once: bool = True) -> Iterator[None]:
    """Undo a journal where a step fails or is interrupted; Refused says what failed, and whether the undo did too.

    at_once: nobody can have acted since the journal was begun.
    """
    try:
        yield
    except BaseException as exc:
        from ._undo import undo

        why = str(exc)
        if isinstance(exc, OSError):
            name = exc.filename if exc.filename != staging_path(store.path) else ""
            why = "%s: %s" % (name or store.path, exc.strerror)  # a file that was being prepared is nobody's concern
        try:
            left = undo(store, journal, store.journal_path, at_once)
        except Refused as trouble:
            raise Refused("%s. And then: %s" % (why, trouble)) from exc
        if isinstance(exc, (OSError, Refused)):
            rest = "; ".join(left) or "Every value and the file are as before"
            raise Refused("%s. %s" % (why, rest)) from exc
        raise
