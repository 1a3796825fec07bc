# Private to this collection. The ways back: without the drop-in, as before the first run, and the end of a trial.
# Imported by runs that want one of them.

from __future__ import annotations

from .._boot._conf import assignments
from .._codes import APPLIED, SKIPPED, UNCHANGED
from .._host._proc import Refused, read_key
from .._kernel._values import same
from ._file_state import ABSENT, read_state
from ._kept import extended, load_snapshot
from ._records import Change, Done, Outcome, Work, Write
from ._store import Store


def absent(store: Store) -> Work:
    """Without the drop-in; live values stay. Refused where the path holds something else than a file."""
    before, kept = read_state(store.path), load_snapshot(store.snapshot_path)
    file = None if before == ABSENT else ABSENT
    change = Change(before, file, (), kept, extended(kept, store.path, before, {}))
    detail = "no longer set at boot; the live value stays"
    return Work(change, [Done(key, "", APPLIED, None, detail) for key in assignments(before.text)])


def restored(store: Store, live: bool) -> Work:
    """File and live values as the snapshot has them. live: False for the file alone."""
    before, kept = read_state(store.path), load_snapshot(store.snapshot_path)
    if kept is None:
        return Work(Change(before, None, (), None, None), (), ["there is no snapshot: nothing to restore"])
    writes, done = [], []
    for key, text in kept.live.items() if live else ():
        now = read_key(key)
        running = None if now.text is None else " ".join(now.text.split())
        if not now.writable:
            cause = "cannot be written here" if now.present else "no longer there"
            done.append(Done(key, "", SKIPPED, None, cause))
        elif same(key, running, text):
            done.append(Done(key, "", UNCHANGED, None, ""))
        else:
            writes.append(Write(key, running, text))
            done.append(Done(key, "", APPLIED, None, "%s becomes %s" % (running or "", text)))
    return Work(Change(before, None if before == kept.file else kept.file, tuple(writes), kept, None), done)


def settle(state: str, store: Store, trial: str, check: bool) -> Outcome:
    """End a trial: confirmed or withdrawn. Refused where one that is over is to be confirmed."""
    if check:
        return Outcome(False)
    from ._trial import end

    with store.locked():
        ended = end(store, trial, state == "confirmed")
    if not ended and state == "confirmed":
        raise Refused(
            "the trial is over: not confirmed in time (was the host out of reach?), or taken back by another run. Find"
            " out why, and run again"
        )
    return Outcome(ended, said=[] if ended else ["the trial was over already"])
