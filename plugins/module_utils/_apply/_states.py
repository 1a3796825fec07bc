# Private to this collection. What sysctl_profile does for each state, on top of _transaction.py.

from __future__ import annotations

import os
from typing import Any, NamedTuple

from .._boot._conf import assignments
from .._host._proc import Refused, proc_path, read_key
from .._kernel._values import same
from . import _file_state as file_state
from ._file_state import ABSENT, FileState
from ._transaction import Change, Store, extended


class Outcome(NamedTuple):
    """What a run did, or in check mode would do.

    statuses: key to (status, detail); said: for people; trial: its name.
    """

    changed: bool
    statuses: dict[str, tuple[str, str]]
    diff: list[dict[str, str]]
    said: list[str]
    trial: str = ""


class _Work(NamedTuple):
    """Worked out and not yet begun."""

    before: FileState
    file: FileState | None  # None: stays
    live: dict[str, str]  # only what differs
    snapshot: dict[str, Any] | None
    statuses: dict[str, tuple[str, str]]
    said: list[str]
    forgets: bool = False  # the snapshot is used up


def carry_out(
    state: str, store: Store, targets: dict[str, str], content: str, live: bool, check: bool, trial_s: int = 0
) -> Outcome:
    """Bring the host to a state: present (targets, content), absent or restored. Refused leaves everything as before.

    trial_s: for so many seconds, unless settle() confirms it.
    """
    work_out = {"present": _present, "absent": _absent, "restored": _restored}[state]
    _may_write(store.folder)
    if check:
        notes = store.interrupted()
        work = work_out(store, targets, content, live)
        _preflight(store.path, work)
        return _outcome(store.path, work, notes)
    with store.locked():
        healed = store.recover()
        try:
            work = work_out(store, targets, content, live)
            outcome = _outcome(store.path, work, healed)
            _preflight(store.path, work)
            if _changes(work):
                trial = store.commit(Change(work.file, work.live, work.snapshot), work.before, trial_s)
                outcome = outcome._replace(trial=trial)
        except Refused as exc:
            if healed:
                raise Refused("%s. Before that, %s" % (exc, "; ".join(healed))) from exc
            raise
    return outcome


def settle(state: str, store: Store, trial: str, check: bool) -> Outcome:
    """End a trial: confirmed or withdrawn."""
    if check:
        return Outcome(False, {}, [], [])
    with store.locked():
        done = store.end(trial, state == "confirmed")
    if not done and state == "confirmed":
        raise Refused(
            "the trial is over: not confirmed in time (was the host out of reach?), or taken back by another run. Look"
            " why, and run again"
        )
    return Outcome(done, {}, [], [] if done else ["the trial was over already"])


def _changes(work: _Work) -> bool:
    return work.file is not None or bool(work.live) or work.forgets


def _present(store: Store, targets: dict[str, str], content: str, live: bool) -> _Work:
    before = file_state.read_state(store.path)
    wanted = FileState.of_text(content)
    running = {key: _running(key) for key in targets} if live else {}
    writes = {key: targets[key] for key, text in running.items() if not same(key, text, targets[key])}
    lines = assignments(before.text)
    statuses = {}
    for key, target in targets.items():
        kept = key not in writes and key in lines and same(key, lines[key], target)
        statuses[key] = (
            ("unchanged", "")
            if kept
            else ("applied", "%s becomes %s" % (running[key], target) if key in writes else "")
        )
    file = None if before == wanted else wanted
    return _Work(before, file, writes, extended(store.snapshot(), store.path, before, running), statuses, [])


def _absent(store: Store, _targets: dict[str, str], _content: str, _live: bool) -> _Work:
    before = file_state.read_state(store.path)
    statuses = dict.fromkeys(assignments(before.text), ("applied", "no longer set at boot; the live value stays"))
    return _Work(
        before,
        None if before == ABSENT else ABSENT,
        {},
        extended(store.snapshot(), store.path, before, {}),
        statuses,
        [],
    )


def _restored(store: Store, _targets: dict[str, str], _content: str, live: bool) -> _Work:
    before = file_state.read_state(store.path)
    snapshot = store.snapshot()
    if snapshot is None:
        return _Work(before, None, {}, None, {}, ["there is no snapshot: nothing to restore"])
    wanted = file_state.state_from(snapshot["file"])
    writes: dict[str, str] = {}
    statuses: dict[str, tuple[str, str]] = {}
    for key, text in snapshot["live"].items() if live else ():
        now = read_key(key)
        if not now.writable:
            statuses[key] = ("skipped", "no longer there" if not now.present else "cannot be written here")
        elif same(key, now.text, text):
            statuses[key] = ("unchanged", "")
        else:
            writes[key] = text
            statuses[key] = ("applied", "%s becomes %s" % (" ".join((now.text or "").split()), text))
    return _Work(before, None if before == wanted else wanted, writes, None, statuses, [], forgets=True)


def _running(key: str) -> str:
    """The value that a key has now; Refused where it is not there (any more)."""
    reading = read_key(key)
    if reading.text is None:
        cause = "cannot be read" if reading.present else "is not there"
        raise Refused(
            "%s: the key %s (any more); nothing was changed. Make a new plan, or exclude the key" % (key, cause)
        )
    return " ".join(reading.text.split())


def _preflight(path: str, work: _Work) -> None:
    """Before the first write, and in check mode too: may this run write where it has to?"""
    if work.file is not None:
        _may_write(os.path.dirname(path))
    for key in work.live:
        if not os.access(proc_path(key), os.W_OK):
            raise Refused(
                "%s cannot be written: %s; nothing was changed. %s"
                % (key, *_who("Exclude the key, or make a new plan"))
            )


def _may_write(folder: str) -> None:
    """Refused where this run can neither write in a folder nor make it."""
    wanted = folder
    while not os.path.lexists(folder):
        folder = os.path.dirname(folder)
    if not os.path.isdir(folder):
        raise Refused("%s is no folder; nothing was changed. Move it away" % folder)
    if not os.access(folder, os.W_OK | os.X_OK):
        name = folder if folder == wanted else "%s (for %s)" % (folder, wanted)
        raise Refused("%s cannot be written: %s; nothing was changed. %s" % (name, *_who("Make it writable")))


def _who(todo: str) -> tuple[str, str]:
    """Why root, or another, may not write; and what to do about it."""
    if os.geteuid() != 0:
        return "this needs root", "Set become, or connect as root"
    return "it is read-only here", todo


def _outcome(path: str, work: _Work, said: list[str]) -> Outcome:
    # To put something back first is a change too.
    return Outcome(_changes(work) or bool(said), work.statuses, _diff(path, work), said + work.said)


def _diff(path: str, work: _Work) -> list[dict[str, str]]:
    """For --diff: the file and the live values."""
    found = []
    if work.file is not None:
        found.append(_pair(path, work.before.text, work.file.text))
    if work.live:
        before = "".join("%s = %s\n" % (key, " ".join((read_key(key).text or "").split())) for key in work.live)
        found.append(_pair("live values", before, "".join("%s = %s\n" % item for item in work.live.items())))
    return found


def _pair(name: str, before: str, after: str) -> dict[str, str]:
    return {"before_header": name, "after_header": name, "before": before, "after": after}
