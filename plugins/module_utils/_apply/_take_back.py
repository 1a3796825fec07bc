# Private to this collection. The ways back: without the drop-in, as before the first run, and the end of a trial.
# Imported by runs that want one of them.

from __future__ import annotations

from typing import Collection, List, NamedTuple, Sequence, Tuple

from .._boot._conf import assignments
from .._codes import APPLIED, EXCLUDED, SKIPPED, UNCHANGED
from .._data import Reading
from .._host._earlier import Neighbour, goes_back_to, neighbours, setter_of
from .._host._proc import NotTaken, Refused, machine_id, read_key
from .._kernel._values import same
from ._file_state import ABSENT, FileState, read_state
from ._kept import extended, load_snapshot, stage_snapshot, without
from ._live import write_what_goes
from ._records import Change, Done, Outcome, Snapshot, Work, Write
from ._store import Store


def absent(store: Store) -> Work:
    """Without the drop-in; live values stay. Refused where the path holds something else than a file."""
    before, kept = read_state(store.path), load_snapshot(store.snapshot_path)
    file = None if before == ABSENT else ABSENT
    snapshot = extended(kept, store.path, before, {}, {}, kept.left if kept else "")
    change = Change(before, file, (), kept, snapshot, unmade=snapshot.made)
    detail = "no longer set at boot; the live value stays"
    return Work(change, [Done(key, "", APPLIED, None, detail) for key in assignments(before.text)])


class _Way(NamedTuple):
    """What becomes of one key that is to go back."""

    done: Done
    write: Write | None = None
    stands: str | None = None  # what the key has to have in the end, whatever another one moves
    stays: bool = False  # in the snapshot
    stuck: bool = False
    said: str = ""


def restored(store: Store, live: bool, force: bool = False, exclude: Collection[str] = ()) -> Work:
    """File and live values as the snapshot has them. live: False for the file alone.

    What somebody changed since a run of ours is left, and named; force: it is put back all the same. exclude: keys that
    are left alone. What is left, and what cannot be written here, stays in the snapshot.
    """
    before, kept = read_state(store.path), load_snapshot(store.snapshot_path)
    others = neighbours(store.path, store.folder)
    if kept is None:
        nothing = "there is no snapshot for %s: nothing to restore" % store.path
        if others:
            nothing += "; there is one for %s (tcp_hardening_path)" % ", ".join(other.path for other in others)
        return Work(Change(before, None, (), None, None), (), [nothing])
    said: List[str] = []
    if kept.machine != machine_id():
        live = False
        said.append("the snapshot is another machine's: its values are left alone, the file alone is put back")
    ways = [
        _excluded(key, kept.live.get(key)) if key in exclude else _way(key, kept, others, force)
        for key in ({**kept.live, **kept.wrote} if live else ())
    ]
    said += [way.said for way in ways if way.said]
    file: FileState | None = None if before == kept.file else kept.file
    if file is not None and kept.left and before != ABSENT and before.content != kept.left and not force:
        said.append("%s was changed since: it is left; tcp_hardening_force puts it back all the same" % store.path)
        file = None
    rest = [way.done.key for way in ways if way.stays]
    snapshot = without(kept, [key for key in {**kept.live, **kept.wrote} if key not in rest]) if rest else None
    change = Change(
        before,
        file,
        tuple(way.write for way in ways if way.write),
        kept,
        snapshot,
        stand={way.done.key: way.stands for way in ways if way.stands is not None},
        lenient=True,
        unmade=kept.made if kept.file == ABSENT else (),
    )
    return Work(change, [way.done for way in ways], said, [way.done.key for way in ways if way.stuck])


def _excluded(key: str, text: str | None) -> _Way:
    detail = "left alone on request" + ("" if text is None else "; %s stays in the snapshot" % text)
    return _Way(Done(key, "", SKIPPED, EXCLUDED, detail), stays=text is not None)


def _way(key: str, kept: Snapshot, others: List[Neighbour], force: bool) -> _Way:
    now = read_key(key)
    running = None if now.text is None else " ".join(now.text.split())
    text, wrote = kept.live.get(key), kept.wrote.get(key)
    setter = setter_of(key, others)
    if not now.present:
        return _Way(Done(key, "", SKIPPED, None, "no longer there"))
    if setter is not None and same(key, running, setter.lines[key]):
        detail = "stays %s: %s sets it too" % (running, setter.path)
        return _Way(Done(key, "", UNCHANGED, None, detail), stays=key not in setter.live and text is not None)
    goal, why = goes_back_to(key, text, kept.kernels, others)
    if goal is None:
        detail = "what it was before is not known; %s stays until the next boot" % running
        return _Way(Done(key, "", SKIPPED, None, detail), said="%s: %s" % (key, detail))
    if same(key, running, goal):
        return _Way(Done(key, "", UNCHANGED, None, ""), stands=goal)
    return _to(key, now, running, goal, why, wrote, force)


def _to(key: str, now: Reading, running: str | None, goal: str, why: str, wrote: str | None, force: bool) -> _Way:
    """To another value. why: it is that one, where the snapshot has another."""
    if not now.writable:
        detail = "cannot be written here; %s stays in the snapshot" % goal
        return _Way(Done(key, "", SKIPPED, None, detail), stays=True, stuck=True)
    if wrote is not None and not same(key, running, wrote) and not force:
        detail = "%s was set since, and not by this collection: it is left, and not put back to %s" % (
            running or "empty",
            goal,
        )
        return _Way(Done(key, "", SKIPPED, None, detail), stays=True, said="%s: %s" % (key, detail))
    detail = "%s becomes %s%s" % (running or "", goal, why)
    return _Way(Done(key, "", APPLIED, None, detail), Write(key, running, goal), goal)


def put_back_what_goes(store: Store, change: Change) -> List[Tuple[str, str]]:
    """Write old values. What the kernel does not take any more stays in the snapshot, and does not stop the rest."""
    found = write_what_goes(change.live)
    others = [str(why) for _write, why in found if not isinstance(why, NotTaken)]
    if others:
        raise Refused(". ".join(others))
    refused = [(write.key, str(why)) for write, why in found]
    if refused and change.kept is not None:
        keys = [key for key, _why in refused]
        rest = [*keys, *(change.snapshot.live if change.snapshot else ())]
        kept = without(change.kept, [key for key in {**change.kept.live, **change.kept.wrote} if key not in rest])
        stage_snapshot(store.snapshot_path, kept)
    return refused


def less(work: Work, refused: Sequence[Tuple[str, str]]) -> Work:
    """The work, without the keys that the kernel did not take back. refused: with the reasons."""
    why = dict(refused)
    done = [row._replace(value="", status=SKIPPED, detail=why[row.key]) if row.key in why else row for row in work.done]
    return work._replace(done=done, stuck=[*work.stuck, *why])


def what_is_stuck(outcome: Outcome, store: Store) -> str:
    """Which keys could not be put back, why, and what to do about it."""
    why = "; ".join("%s: %s" % (row.key, row.detail) for row in outcome.done if row.key in outcome.stuck)
    return (
        "could not be put back, so that the old values stay in %s: %s. The rest is back. Mend the cause and restore "
        "again, or leave these keys out (tcp_hardening_exclude)" % (store.snapshot_path, why)
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
