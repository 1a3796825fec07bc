# Private to this collection. Brings a host to a state: works out what has to change, and has it carried out. Here
# `present`, which most runs want; the ways back stand in _take_back.py.

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Callable, Collection, List, Mapping, Sequence

from .._boot._conf import assignments
from .._codes import APPLIED, SKIPPED, UNCHANGED
from .._data import Reading
from .._host._proc import Refused, proc_path
from .._kernel._key import MOVERS
from .._kernel._values import same
from ._file_state import FileState, missing_folders, read_state
from ._kept import extended, load_snapshot
from ._records import Change, Difference, Done, Outcome, Wanted, Work, Write
from ._store import Store
from ._transaction import Committed, commit

if TYPE_CHECKING:
    from .._host._earlier import Neighbour


def carry_out(
    state: str,
    store: Store,
    look: Callable[[], Wanted],
    live: bool,
    check: bool,
    trial_s: int = 0,
    replace: bool = False,
    force: bool = False,
    exclude: Collection[str] = (),
) -> Outcome:
    """Bring the host to a state: present, absent or restored. Refused leaves everything as before.

    look: reads the host and checks what is wanted; it may raise, and nothing is written before that. It is called once
    more where the host may have changed meanwhile: a dead run was undone, or another run came first. Only `present` has
    use for what it returns. trial_s: for so many seconds, unless `settle` confirms it. replace: also a file that is not
    ours. force: put back also what somebody changed since. exclude: keys that `restored` leaves alone.
    """

    def worked_out(wanted: Wanted) -> Work:
        if state == "present":
            work = _present(store, wanted, live)
        else:
            from ._take_back import absent, restored

            work = restored(store, live, force, exclude) if state == "restored" else absent(store)
        _refuse_early(store, work.change, replace)
        return work

    if check:
        wanted = look()
        _may_write(store.folder)
        waiting = _interrupted(store)
        return _outcome(store.path, worked_out(wanted), waiting)
    with store.locked_early():
        wanted = look()
        _may_write(store.folder)
        with store.locked() as alone:
            healed = _recovered(store)
            try:
                work = worked_out(wanted if alone and not healed else look())
                came = commit(store, work.change, trial_s) if work.change.needed else Committed("")
            except Refused as exc:
                if healed:
                    raise Refused("%s. Before that, %s" % (exc, "; ".join(healed))) from exc
                raise
    if came.refused:
        from ._take_back import less

        work = less(work, came.refused)
    return _outcome(store.path, work, [*healed, *came.said])._replace(trial=came.trial)


def _interrupted(store: Store) -> list[str]:
    if not store.journals():
        return []
    from ._undo import interrupted

    return interrupted(store)


def _recovered(store: Store) -> list[str]:
    if not store.journals() and not store.staged():
        return []
    from ._undo import recover

    return recover(store)


def _refuse_early(store: Store, change: Change, replace: bool) -> None:
    """Refused where it can be known before the first write that the host will not take a change."""
    before, file, _live, kept = change[:4]
    if file is not None:
        _may_write(os.path.dirname(store.path))
        if before.kind != "absent":
            from .._host._drop_in import refuse_foreign, refuse_locked

            if kept is None and not replace:
                refuse_foreign(store.path, before.content)
            refuse_locked(store.path)
    if any(write.key in MOVERS for write in change.live):
        from ._movers import refuse_what_could_not_come_back

        refuse_what_could_not_come_back(change.live)
    for write in change.live:
        if not os.access(proc_path(write.key), os.W_OK):
            from ._why import key_locked

            raise key_locked(write.key)


def _present(store: Store, wanted: Wanted, live: bool) -> Work:
    before, file = read_state(store.path), FileState.of_text(wanted.content)
    targets = {one.key: one.target for one in wanted.plan if one.target is not None and not one.returns}
    running = {key: _running(key, wanted.readings) for key in targets} if live else {}
    writes = {key: Write(key, text, targets[key]) for key, text in running.items() if not same(key, text, targets[key])}
    there = before.kind == "file" and before.content == file.content
    lines = targets if there else assignments(before.text)
    done: List[Done] = []
    kept_before = load_snapshot(store.snapshot_path)
    others = _neighbours(store)
    for handed in wanted.plan:
        key, target = handed.key, targets.get(handed.key)
        if handed.returns:
            from ._going_back import going_back

            row, write = going_back(handed, wanted.readings, before, kept_before, others, live)
            done.append(row)
            if write is not None:
                writes[key] = write
        elif target is None:
            done.append(Done(key, "", SKIPPED, handed.reason, handed.detail))
        elif key in writes:
            done.append(Done(key, target, APPLIED, None, "%s becomes %s" % (running[key], target)))
        else:
            kept = key in lines and same(key, lines[key], target)
            done.append(Done(key, target, UNCHANGED if kept else APPLIED, None, ""))
    stand = {**targets, **{write.key: write.after for write in writes.values()}} if live else {}
    said: List[str] = []
    first = running
    if others:
        from .._host._earlier import before_all, shared

        first = {key: before_all(key, text, others) for key, text in running.items()}
        said += shared(targets, others)
    made = () if kept_before else missing_folders(store.path)
    snapshot = extended(kept_before, store.path, before, first, stand, file.content, made)
    if len(snapshot.live.keys() & running.keys()) < len(running):
        from ._lost import unknown

        said += unknown(snapshot, running)
    if {**snapshot.live, **snapshot.wrote}.keys() - targets.keys():
        from ._going_back import without_gone

        snapshot = without_gone(snapshot, before, writes, wanted, others)
    change = Change(before, None if before == file else file, tuple(writes.values()), kept_before, snapshot, stand)
    return Work(change, done, said)


def _neighbours(store: Store) -> List[Neighbour]:
    """Other drop-ins of ours."""
    if not store.has_others():
        return []
    from .._host._earlier import neighbours

    return neighbours(store.path, store.folder)


def _running(key: str, readings: Mapping[str, Reading]) -> str:
    """The value that a key has now; Refused where it is not there (any more)."""
    reading = readings[key]
    if reading.text is None:
        from ._why import key_gone

        raise key_gone(key, reading.present)
    return " ".join(reading.text.split())


def _may_write(folder: str) -> None:
    """Refused where this run can neither write in a folder nor make it."""
    above = folder
    while not os.path.lexists(above):
        above = os.path.dirname(above)
    if not os.path.isdir(above) or not os.access(above, os.W_OK | os.X_OK):
        from ._why import folder_locked

        raise folder_locked(folder, above)


def _outcome(path: str, work: Work, said: Sequence[str]) -> Outcome:
    before, file, live = work.change.before, work.change.file, work.change.live
    diff = [] if file is None else [Difference(path, before.text, file.text)]
    if live:
        old, new = ("".join("%s = %s\n" % (write[0], write[column]) for write in live) for column in (1, 2))
        diff.append(Difference("live values", old, new))
    # To put something back first is a change too.
    return Outcome(work.change.needed or bool(said), work.done, diff, [*said, *work.said], stuck=work.stuck)
