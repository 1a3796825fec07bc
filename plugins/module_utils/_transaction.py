# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. All or nothing: a change of the drop-in and of live values, with a journal that a run which
# dies in the middle leaves behind, and the snapshot of what the host had before the collection.

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import time
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils import _file_state as file_state
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._file_state import FileState
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host import read_key, read_text
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._live import write_all
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._refused import Refused
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._values import same

STATE_FOLDER = "/var/lib/fleetnet.linux_tcp"
_LOCK_WAIT_S = 120.0
_FORMAT = 1


class Change(NamedTuple):
    """What a run wants to leave. file: the drop-in, None where it stays; live: key to value; snapshot: None to drop it."""

    file: Optional[FileState]
    live: Dict[str, str]
    snapshot: Optional[Dict[str, Any]]


class Store:
    """The collection's own folder on a host, for one drop-in: its lock, its journal and its snapshot."""

    def __init__(self, path: str, folder: str = "", label: Optional[Callable[[str], Any]] = None) -> None:
        self.path = path
        self.folder = folder or STATE_FOLDER
        self.snapshot_path = os.path.join(self.folder, _name_of(path) + ".json")
        self._journal_path = os.path.join(self.folder, _name_of(path) + ".journal")
        self._label = label

    @contextlib.contextmanager
    def locked(self, wait_s: float = _LOCK_WAIT_S) -> Iterator[None]:
        """Hold the host's one lock, for all drop-ins: a second run waits, wait_s seconds at the most."""
        try:
            os.makedirs(self.folder, mode=0o700, exist_ok=True)
            os.chmod(self.folder, 0o700)
            descriptor = os.open(os.path.join(self.folder, "lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as exc:
            raise Refused("%s cannot be used: %s; nothing was changed. Make it writable for root" % (self.folder, exc.strerror)) from exc
        try:
            end = time.monotonic() + wait_s
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > end:
                        raise Refused("another run has been at work on this host for %d s; nothing was changed. Try again later" % wait_s) from None
                    time.sleep(0.1)
            yield
        finally:
            os.close(descriptor)

    def snapshot(self) -> Optional[Dict[str, Any]]:
        """What the host had before the collection: path, file (a FileState as a mapping), live; None where nothing is kept."""
        return _load(self.snapshot_path, ("path", "file", "live"))

    def interrupted(self) -> bool:
        """Whether a run for any drop-in died in the middle and waits to be undone."""
        return bool(self._journals())

    def _journals(self) -> List[str]:
        try:
            return sorted(os.path.join(self.folder, name) for name in os.listdir(self.folder) if name.endswith(".journal"))
        except OSError:
            return []

    def recover(self) -> List[str]:
        """Undo what dead runs left half done; one sentence for each. The lock must be held."""
        said = []
        for journal_path in self._journals():
            journal = _load(journal_path, ("path", "file", "live", "boot", "snapshot_path", "snapshot"))
            if journal is not None:
                self._undo(journal, journal_path)
                said.append("an earlier run had died in the middle; %s and the live values were put back first" % journal["path"])
        return said

    def commit(self, change: Change, before: FileState) -> None:
        """Carry a change out whole, or raise Refused with everything as before. The lock must be held.

        before: the drop-in as it stands. A step that fails, and an interrupt, undo the steps before it.
        """
        journal = {
            "format": _FORMAT,
            "boot": _boot_id(),
            "path": self.path,
            "file": before._asdict(),
            "live": {key: {"before": read_key(key).text, "after": text} for key, text in change.live.items()},
            "snapshot_path": self.snapshot_path,
            "snapshot": self.snapshot(),
            "made": _missing_folder(self.path),
        }
        _save(self._journal_path, journal)
        try:
            if change.file is not None:
                os.makedirs(os.path.dirname(self.path), exist_ok=True)
                file_state.stage(self.path, change.file)
            if change.snapshot is not None:
                _save(self.snapshot_path, change.snapshot)
            write_all(change.live)
            if change.file is not None:
                file_state.swap(self.path, change.file, self._label)
            if change.snapshot is None:
                _remove(self.snapshot_path)
        except BaseException as exc:
            why = "%s: %s" % (exc.filename or self.path, exc.strerror) if isinstance(exc, OSError) else str(exc)
            try:
                self._undo(journal, self._journal_path)
            except Refused as trouble:
                raise Refused("%s. And then: %s" % (why, trouble)) from exc
            if isinstance(exc, (OSError, Refused)):
                raise Refused("%s. Every value and the file are as before" % why) from exc
            raise
        _remove(self._journal_path)

    def _undo(self, journal: Dict[str, Any], journal_path: str) -> None:
        """Put file, live values and snapshot back as a journal has them, then forget the journal.

        After a reboot the kernel's values are no longer those that the dead run found: only what it meant to write is
        taken back. What cannot be put back keeps the journal, so that the next run tries again, and is said.
        """
        path = journal["path"]
        troubles = []
        try:
            state = file_state.state_from(journal["file"])
            file_state.discard(path)
            if file_state.read_state(path) != state:
                file_state.stage(path, state)
                file_state.swap(path, state, self._label)
            if journal.get("made"):
                with contextlib.suppress(OSError):
                    os.rmdir(journal["made"])
            if journal["snapshot"] is None:
                _remove(journal["snapshot_path"])
            else:
                _save(journal["snapshot_path"], journal["snapshot"])
        except (OSError, Refused) as exc:
            troubles.append(str(exc))
        try:
            write_all(_live_to_restore(journal))
        except Refused as exc:
            troubles.append(str(exc))
        if troubles:
            raise Refused("could not be put back: %s. The journal %s is kept; repair this and run again" % ("; ".join(troubles), journal_path))
        _remove(journal_path)


def extended(snapshot: Optional[Dict[str, Any]], path: str, before: FileState, live: Dict[str, str]) -> Dict[str, Any]:
    """The snapshot to keep: the first one, with the present values of the keys that it does not know yet."""
    kept = snapshot or {"format": _FORMAT, "path": path, "file": before._asdict(), "live": {}}
    return dict(kept, live=dict(live, **kept["live"]))


def _live_to_restore(journal: Dict[str, Any]) -> Dict[str, str]:
    rebooted = journal["boot"] != _boot_id()
    wanted = {}
    for key, values in journal["live"].items():
        now = read_key(key)
        if now.present and (same(key, now.text, values["after"]) if rebooted else True):
            wanted[key] = " ".join(values["before"].split())
    return wanted


def _name_of(path: str) -> str:
    """A name for what belongs to a drop-in: its stem; outside /etc/sysctl.d the whole path, so that two do not meet."""
    stem = path[: -len(".conf")] if path.endswith(".conf") else path
    folder, name = os.path.split(stem)
    return name if folder == "/etc/sysctl.d" else re.sub(r"[^A-Za-z0-9._-]", lambda found: "%%%02x" % ord(found.group()), stem)


def _missing_folder(path: str) -> str:
    folder = os.path.dirname(path)
    return "" if os.path.isdir(folder) else folder


def _boot_id() -> str:
    return read_text("/proc/sys/kernel/random/boot_id") or ""


def _load(path: str, needed: tuple) -> Optional[Dict[str, Any]]:
    """A JSON mapping, None where there is none; Refused where it is damaged: guessing would lose what it kept."""
    try:
        with open(path, encoding="utf-8") as stream:
            data = json.load(stream)
        missing = [name for name in needed if name not in data]
        if missing:
            raise ValueError("it lacks %s" % ", ".join(missing))
        return data
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as exc:
        raise Refused("%s cannot be used: %s; nothing was changed. Look into it, and move it away if it is of no use" % (path, exc)) from exc


def _save(path: str, data: Dict[str, Any]) -> None:
    """Write a JSON file, 0600, in one step that survives a power cut."""
    staged = path + ".new"
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(data, stream, indent=1)
        stream.write("\n")
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(staged, path)
    file_state.sync_folder(os.path.dirname(path))


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
    file_state.sync_folder(os.path.dirname(path))
