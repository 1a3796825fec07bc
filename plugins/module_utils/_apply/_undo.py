# Private to this collection. Takes a change back by its journal: one that failed, a run that died, a trial that nobody
# confirmed. Imported where one of these happened, since most runs need none of it.

from __future__ import annotations

import os
from typing import Any, Dict, List, Sequence, Tuple

from .._host._proc import NotTaken, Refused, boot_id, machine_id, proc_path, read_value
from .._kernel._values import same
from ._file_state import discard, read_state, remove_empty, stage, swap
from ._kept import load_snapshot, remove, save_snapshot
from ._live import make_stand, write_what_goes
from ._load import check_pair, common_from, load, snapshot_from, state_from
from ._records import STAGED, Journal, Snapshot, Write
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
            left = undo(store, journal, path)
            said.append("%s; %s and the live values were put back first" % (_cause(journal), journal.path))
            said += left
    return said


def _cause(journal: Journal) -> str:
    return "an earlier run " + ("was not confirmed" if journal.until else "had died in the middle")


def undo(store: Store, journal: Journal, journal_path: str, at_once: bool = False) -> list[str]:
    """Put file, live values and snapshot back as a journal has them, then remove it. Returns a sentence for each thing
    that was left: somebody changed it meanwhile, or the kernel does not take the old value any more.

    at_once: the run itself undoes its work, so that nobody can have acted in between. Where something fails, the rest
    is put back all the same; Refused then names it, and the journal is kept for the next run.
    """
    troubles: list[str] = []
    left: list[str] = []
    refused: List[Tuple[Write, Refused]] = []
    try:
        writes, stand = _values_to_put_back(journal, at_once, left)
        refused = write_what_goes(writes)
        not_taken = [write.key for write, _why in refused]
        make_stand({key: text for key, text in stand.items() if key not in not_taken})
    except Refused as exc:
        troubles.append(str(exc))
    troubles += [str(why) for _write, why in refused if not isinstance(why, NotTaken)]
    lost = [write for write, why in refused if isinstance(why, NotTaken)]
    left += ["%s; %s stays in the snapshot" % (why, write.after) for write, why in refused if isinstance(why, NotTaken)]
    try:
        _put_files_back(store, journal, at_once, lost, left)
    except (OSError, Refused) as exc:
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
    return left


def _put_files_back(store: Store, journal: Journal, at_once: bool, lost: Sequence[Write], left: list[str]) -> None:
    """lost: the old values that the kernel does not take any more; the snapshot keeps them."""
    discard(journal.path)
    now = read_state(journal.path)
    if now == journal.file or journal.after is None:
        pass
    elif at_once or now == journal.after:
        stage(journal.path, journal.file)
        swap(journal.path, journal.file, store.label)
    else:
        left.append("%s was written by somebody else meanwhile: it is left" % journal.path)
    remove_empty(journal.made)
    if os.path.lexists(journal.snapshot_path + STAGED):
        remove(journal.snapshot_path + STAGED)
    snapshot = journal.snapshot
    if lost:
        known = snapshot or Snapshot(journal.path, journal.file, {}, machine=machine_id())
        old, now_there = ({write.key: write[column] or "" for write in lost} for column in (2, 1))
        snapshot = known._replace(live={**old, **known.live}, wrote={**known.wrote, **now_there})
    if snapshot is None:
        remove(journal.snapshot_path)
    elif snapshot != load_snapshot(journal.snapshot_path):
        save_snapshot(journal.snapshot_path, snapshot)


def _values_to_put_back(journal: Journal, at_once: bool, left: list[str]) -> Tuple[List[Write], Dict[str, str]]:
    """From what each key holds now to what it held before, where the two differ; and what has to stand in the end,
    since one key may move another. What is neither that nor what the run wrote is somebody's; after a reboot it is what
    the boot gave."""
    rebooted = journal.boot != boot_id()
    if rebooted and (journal.after is None or read_state(journal.path) != journal.after):
        return [], {}  # the boot gave every value, and without the run it would have given the same
    found: List[Write] = []
    stand: Dict[str, str] = {}
    for key, before, after in journal.live:
        now = read_value(key)
        gone = now is None and not os.path.exists(proc_path(key))
        if before is None or gone:
            continue
        if same(key, now, before):
            stand[key] = before
        elif at_once or now is None or same(key, now, after) or _is_half_written(before, now, after):
            found.append(Write(key, now, before))
            stand[key] = before
        elif not rebooted:
            left.append("%s: %s was set by somebody else meanwhile: it is left" % (key, now))
    return found, stand


def _is_half_written(before: str, now: str, after: str) -> bool:
    """Whether each number is the old or the new one: what a write that the kernel broke off leaves behind."""
    numbers = before.split(), now.split(), after.split()
    return len(set(map(len, numbers))) == 1 and all(one in (old, new) for old, one, new in zip(*numbers))


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
