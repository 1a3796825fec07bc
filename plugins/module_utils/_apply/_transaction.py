# Private to this collection. All or nothing: a change of the drop-in and of live values, with a journal in case the run
# dies, and the snapshot of what the host had before. A trial leaves its journal, to be undone if nobody confirms it.

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from typing import Any, Callable, Iterator, NamedTuple

from .._host._proc import (
    STATE_FOLDER,
    Refused,
    kept_as,
    read_key,
    read_text,
)
from .._kernel._values import check_key, same
from . import _file_state as file_state
from ._file_state import FileState
from ._live import write_all
from ._trial import boottime_ns, watch

_LOCK_WAIT_S = 120.0
_FORMAT = 1
_STAGED = ".new"


class Change(NamedTuple):
    """file: the drop-in, None where it stays; live: key to value; snapshot: None to drop it."""

    file: FileState | None
    live: dict[str, str]
    snapshot: dict[str, Any] | None


class Store:
    """The collection's folder on a host, for one drop-in: lock, journal, snapshot."""

    def __init__(self, path: str, folder: str = "", label: Callable[[str], Any] | None = None) -> None:
        self.path = path
        self.folder = folder or STATE_FOLDER
        self.snapshot_path = os.path.join(self.folder, kept_as(path) + ".json")
        self._journal_path = os.path.join(self.folder, kept_as(path) + ".journal")
        self._label = label

    @contextlib.contextmanager
    def locked(self, wait_s: float = _LOCK_WAIT_S) -> Iterator[None]:
        """Hold the host's one lock; a second run waits, wait_s seconds at the most."""
        try:
            os.makedirs(self.folder, mode=0o700, exist_ok=True)
            os.chmod(self.folder, 0o700)
            descriptor = os.open(
                os.path.join(self.folder, "lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600
            )
        except OSError as exc:
            raise Refused(
                "%s cannot be used: %s; nothing was changed. Make it writable for root" % (self.folder, exc.strerror)
            ) from exc
        try:
            end = time.monotonic() + wait_s
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > end:
                        raise Refused(
                            "another run has been at work on this host for %d s; nothing was changed. Try again later"
                            % wait_s
                        ) from None
                    time.sleep(0.1)
            yield
        finally:
            os.close(descriptor)

    def snapshot(self) -> dict[str, Any] | None:
        """What the host had before the collection: path, file (a FileState as a mapping), live; None where nothing is
        kept."""
        return _load(self.snapshot_path, _check_snapshot)

    def interrupted(self) -> list[str]:
        """What waits to be undone, for any drop-in; Refused where a journal is damaged."""
        journals = [_load(path, _check_journal) for path in self._journals()]
        return ["%s; the real run puts its work back first" % _cause(journal) for journal in journals if journal]

    def _journals(self) -> list[str]:
        try:
            return sorted(
                os.path.join(self.folder, name) for name in os.listdir(self.folder) if name.endswith(".journal")
            )
        except OSError:
            return []

    def recover(self) -> list[str]:
        """Undo dead runs and trials; one sentence for each. The lock must be held."""
        said = []
        for name in os.listdir(self.folder):
            if name.endswith(_STAGED):
                _remove(os.path.join(self.folder, name))
        for journal_path in self._journals():
            journal = _load(journal_path, _check_journal)
            if journal is not None:
                self._undo(journal, journal_path)
                said.append("%s; %s and the live values were put back first" % (_cause(journal), journal["path"]))
        return said

    def commit(self, change: Change, before: FileState, trial_s: int = 0) -> str:
        """Carry a change out whole, or raise Refused with everything as before. The lock must be held.

        before: the drop-in as it stands. trial_s: only try the live values, for so many seconds. Returns the trial's
        name, "" for none.
        """
        until = boottime_ns() + trial_s * 10**9 if trial_s else 0
        journal = {
            "format": _FORMAT,
            "boot": _boot_id(),
            "path": self.path,
            "file": before._asdict(),
            "live": {key: {"before": read_key(key).text, "after": text} for key, text in change.live.items()},
            "snapshot_path": self.snapshot_path,
            "snapshot": self.snapshot(),
            "made": _missing_folders(self.path) if change.file is not None else [],
            "until": until,
            "after": change.file and change.file._asdict(),
            "forgets": change.snapshot is None,
        }
        try:
            _save(self._journal_path, journal)
        except OSError as exc:
            raise Refused("%s cannot be written: %s; nothing was changed" % (self._journal_path, exc.strerror)) from exc
        with self._or_undone(journal):
            if until:
                # First: whatever becomes of this run, somebody is there to undo it.
                watch(self._journal_path, until, lambda: self._expire(until))
            for folder in reversed(journal["made"]):
                os.mkdir(folder, 0o755)
            if change.file is not None:
                file_state.stage(self.path, change.file)
            if change.snapshot is not None:
                _save(self.snapshot_path, change.snapshot)
            write_all(change.live)
            if not until:
                self._finish(journal)
        return str(until or "")

    def end(self, trial: str, confirmed: bool = False) -> bool:
        """Make a trial last (Refused, with everything as before it, where that fails), or take it back.

        False where it is over.

        The lock must be held.
        """
        journal = _load(self._journal_path, _check_journal)
        if not journal or str(journal.get("until")) != trial:
            return False
        if not confirmed:
            self._undo(journal, self._journal_path)
            return True
        with self._or_undone(journal):
            if journal["boot"] != _boot_id() or boottime_ns() > journal["until"]:
                raise Refused("the trial was not confirmed in time")
            self._finish(journal)
        return True

    def _expire(self, until: int) -> None:
        with self.locked():
            self.end(str(until))

    def _finish(self, journal: dict[str, Any]) -> None:
        """The last steps, which a trial leaves out."""
        if journal["after"]:
            file_state.swap(self.path, file_state.state_from(journal["after"]), self._label)
        if journal["forgets"]:
            _remove(self.snapshot_path)
        _remove(self._journal_path)

    @contextlib.contextmanager
    def _or_undone(self, journal: dict[str, Any]) -> Iterator[None]:
        """Undo a journal where a step fails or is interrupted."""
        try:
            yield
        except BaseException as exc:
            why = "%s: %s" % (exc.filename or self.path, exc.strerror) if isinstance(exc, OSError) else str(exc)
            try:
                self._undo(journal, self._journal_path)
            except Refused as trouble:
                raise Refused("%s. And then: %s" % (why, trouble)) from exc
            if isinstance(exc, (OSError, Refused)):
                raise Refused("%s. Every value and the file are as before" % why) from exc
            raise

    def _undo(self, journal: dict[str, Any], journal_path: str) -> None:
        """Put file, live values and snapshot back as a journal has them, then forget it; kept for the next run where that fails.

        After a reboot only what the dead run meant to write is taken back.
        """
        path = journal["path"]
        troubles = []
        try:
            state = file_state.state_from(journal["file"])
            file_state.discard(path)
            if file_state.read_state(path) != state:
                file_state.stage(path, state)
                file_state.swap(path, state, self._label)
            for folder in journal["made"]:
                with contextlib.suppress(OSError):
                    os.rmdir(folder)
            if journal["snapshot"] is None:
                _remove(journal["snapshot_path"])
            elif journal["snapshot"] != _load(journal["snapshot_path"], _check_snapshot):
                _save(journal["snapshot_path"], journal["snapshot"])
        except (OSError, Refused) as exc:
            troubles.append(str(exc))
        try:
            write_all(_live_to_restore(journal))
        except Refused as exc:
            troubles.append(str(exc))
        if troubles:
            raise Refused(
                "could not be put back: %s. The journal %s is kept; repair this and run again"
                % ("; ".join(troubles), journal_path)
            )
        try:
            _remove(journal_path)
        except OSError as exc:
            raise Refused(
                "%s cannot be removed: %s; the next run takes its work back once more" % (journal_path, exc.strerror)
            ) from exc


def _cause(journal: dict[str, Any]) -> str:
    return "an earlier run " + ("was not confirmed" if journal.get("until") else "had died in the middle")


def extended(snapshot: dict[str, Any] | None, path: str, before: FileState, live: dict[str, str]) -> dict[str, Any]:
    """The first snapshot, with the present values of the keys that it does not know yet."""
    kept = snapshot or {"format": _FORMAT, "path": path, "file": before._asdict(), "live": {}}
    return dict(kept, live=dict(live, **kept["live"]))


def _live_to_restore(journal: dict[str, Any]) -> dict[str, str]:
    rebooted = journal["boot"] != _boot_id()
    wanted = {}
    for key, values in journal["live"].items():
        now = read_key(key)
        if (
            values["before"] is not None
            and now.present
            and (same(key, now.text, values["after"]) if rebooted else True)
        ):
            wanted[key] = " ".join(values["before"].split())
    return wanted


def _missing_folders(path: str) -> list[str]:
    """The folders above a path that are not there, the innermost first."""
    found = []
    folder = os.path.dirname(path)
    while not os.path.lexists(folder):
        found.append(folder)
        folder = os.path.dirname(folder)
    return found


def _boot_id() -> str:
    # From 4 MiB on the kernel refuses to read a sysctl at all (ENOMEM).
    return read_text("/proc/sys/kernel/random/boot_id", 64) or ""


def _load(path: str, check: Callable[[Any], None]) -> dict[str, Any] | None:
    """A JSON mapping, None where there is none; Refused where it is damaged."""
    try:
        with open(path, encoding="utf-8") as stream:
            data = json.load(stream)
        check(data)
        return data
    except FileNotFoundError:
        return None
    except KeyError as exc:
        why: object = "it lacks %s" % exc
    except (OSError, ValueError, TypeError, AttributeError) as exc:
        why = exc
    raise Refused("%s cannot be used: %s; nothing was changed. Look into it, and move it away" % (path, why))


def _check_snapshot(data: Any) -> None:
    _check_common(data)
    for key, text in data["live"].items():
        _check_pair(key, text)


def _check_journal(data: Any) -> None:
    _check_common(data)
    for key, texts in data["live"].items():
        _check_pair(key, texts["after"])
        _check_pair(key, "" if texts["before"] is None else texts["before"])
    paths = [data["snapshot_path"], data["boot"], *data["made"]]
    if not all(isinstance(path, str) for path in paths):
        raise TypeError("it holds something else than a path: %s" % paths)
    if data["snapshot"] is not None:
        _check_snapshot(data["snapshot"])
    if data.get("until"):
        file_state.state_from(data["after"] or data["file"])


def _check_common(data: Any) -> None:
    if data["format"] != _FORMAT:
        raise ValueError("its format %s is not that of this version of the collection, %d" % (data["format"], _FORMAT))
    file_state.state_from(data["file"])
    if not isinstance(data["path"], str):
        raise TypeError("its path is %r" % data["path"])


def _check_pair(key: Any, text: Any) -> None:
    if check_key(key) or not isinstance(text, str):
        raise ValueError("it holds %r for %r" % (text, key))


def _save(path: str, data: dict[str, Any]) -> None:
    """Write a JSON file in one step that survives a power cut."""
    staged = path + _STAGED
    try:
        descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(data, stream, indent=1)
            stream.write("\n")
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(staged, path)
    except BaseException as exc:
        with contextlib.suppress(OSError):
            os.unlink(staged)
        if isinstance(exc, OSError):
            exc.filename = path  # a full disk names none
        raise
    file_state.sync_folder(os.path.dirname(path))


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
    file_state.sync_folder(os.path.dirname(path))
