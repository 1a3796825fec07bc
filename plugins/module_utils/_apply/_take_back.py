# Private to this collection. The ways back: without the drop-in, as before the first run, and the end of a trial.
# Imported by runs that want one of them.

from __future__ import annotations

from .._boot._conf import assignments
from .._codes import APPLIED, SKIPPED, UNCHANGED
from .._host._proc import Refused, read_key
from .._kernel._values import same
from ._file_state import ABSENT, FileState, read_state
from ._kept import extended, load_snapshot, machine_id, without
from ._records import Change, Done, Outcome, Work, Write
from ._store import Store


def absent(store: Store) -> Work:
    """Without the drop-in; live values stay. Refused where the path holds something else than a file."""
    before, kept = read_state(store.path), load_snapshot(store.snapshot_path)
    file = None if before == ABSENT else ABSENT
    change = Change(before, file, (), kept, extended(kept, store.path, before, {}, {}, kept.left if kept else ""))
    detail = "no longer set at boot; the live value stays"
    return Work(change, [Done(key, "", APPLIED, None, detail) for key in assignments(before.text)])


def restored(store: Store, live: bool, force: bool = False) -> Work:
    """File and live values as the snapshot has them. live: False for the file alone.

    What somebody changed since a run of ours is left, and named; force: it is put back all the same. What is left, and
    what cannot be written here, stays in the snapshot.
    """
    before, kept = read_state(store.path), load_snapshot(store.snapshot_path)
    if kept is None:
        return Work(Change(before, None, (), None, None), (), ["there is no snapshot: nothing to restore"])
    said = []
    if kept.machine != machine_id():
        live = False
        said.append("the snapshot is another machine's: its values are left alone, the file alone is put back")
    writes, done, stuck, left = [], [], [], []
    for key, text in kept.live.items() if live else ():
        now = read_key(key)
        running = None if now.text is None else " ".join(now.text.split())
        wrote = kept.wrote.get(key)
        if not now.present:
            done.append(Done(key, "", SKIPPED, None, "no longer there"))
        elif same(key, running, text):
            done.append(Done(key, "", UNCHANGED, None, ""))
        elif not now.writable:
            stuck.append(key)
            done.append(Done(key, "", SKIPPED, None, "cannot be written here; %s stays in the snapshot" % text))
        elif wrote is not None and not same(key, running, wrote) and not force:
            left.append(key)
            done.append(Done(key, "", SKIPPED, None, _theirs(running, text)))
            said.append("%s: %s" % (key, done[-1].detail))
        else:
            writes.append(Write(key, running, text))
            done.append(Done(key, "", APPLIED, None, "%s becomes %s" % (running or "", text)))
    file: FileState | None = None if before == kept.file else kept.file
    if file is not None and kept.left and before != ABSENT and before.content != kept.left and not force:
        said.append("%s was changed since: it is left; tcp_hardening_force puts it back all the same" % store.path)
        file = None
    rest = [*stuck, *left]
    snapshot = without(kept, [key for key in kept.live if key not in rest]) if rest else None
    return Work(Change(before, file, tuple(writes), kept, snapshot), done, said, stuck)


def _theirs(running: str | None, text: str) -> str:
    return "%s was set since, and not by this collection: it is left, and not put back to %s" % (
        running or "empty",
        text,
    )


def settle(state: str, store: Store, trial: str, check: bool) -> Outcome:
    """End a trial: confirmed or withdrawn. Refused where one that is over is to be confirmed."""
    if check:
        return Outcome(False)
    from ._trial import end

    with store.locked():
        ended, said = end(store, trial, state == "confirmed")
    if not ended and state == "confirmed":
        raise Refused(
            "the trial is over: not confirmed in time (was the host out of reach?), or taken back by another run. Find"
            " out why, and run again"
        )
    return Outcome(ended, said=said if ended else ["the trial was over already"])
