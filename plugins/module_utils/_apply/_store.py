# Private to this collection. The collection's folder on a host: where the snapshot and the journals lie, and the lock.

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from typing import Any, Callable, Iterator

from .._host._proc import STATE_FOLDER, Refused, kept_as
from ._records import STAGED

_LOCK_WAIT_S = 120.0
_JOURNAL = ".journal"


class Store:
    """The collection's folder on a host, as one drop-in uses it."""

    def __init__(self, path: str, folder: str = "", label: Callable[[str], Any] | None = None) -> None:
        """path: of the drop-in. folder: "" for the usual one. label: gives a new drop-in its SELinux label."""
        self.path = path
        self.folder = folder or STATE_FOLDER
        self.label = label
        self.snapshot_path = os.path.join(self.folder, kept_as(path) + ".json")
        self.journal_path = os.path.join(self.folder, kept_as(path) + _JOURNAL)
        self._lock_path = os.path.join(self.folder, "lock")
        self._held = False

    def journals(self) -> list[str]:
        """The paths of all journals, also of those for other drop-ins."""
        return self._ending_in(_JOURNAL)

    def staged(self) -> list[str]:
        """The paths of files that a dead run only prepared."""
        return self._ending_in(STAGED)

    def has_others(self) -> bool:
        """Whether there may be snapshots for other drop-ins."""
        return any(path != self.snapshot_path for path in self._ending_in(".json"))

    def _ending_in(self, ending: str) -> list[str]:
        try:
            names = sorted(os.listdir(self.folder))
        except OSError:
            return []
        return [os.path.join(self.folder, name) for name in names if name.endswith(ending)]

    @contextlib.contextmanager
    def locked_early(self) -> Iterator[None]:
        """Hold the lock where an earlier run left its file, so that what is read now stays true until `locked`.

        Nothing is written, so this may come before the arguments are checked. Refused as in `locked`.
        """
        descriptor = -1
        if os.path.lexists(self._lock_path):
            with contextlib.suppress(OSError):  # `locked` tells why
                descriptor = self._open(0)
        with self._flock(descriptor, _LOCK_WAIT_S):
            yield

    @contextlib.contextmanager
    def locked(self, wait_s: float = _LOCK_WAIT_S) -> Iterator[bool]:
        """Hold the host's one lock; a second run waits, wait_s seconds at the most, and is Refused then.

        Yields whether what was read under `locked_early` is still true: no other run can have come in between.
        """
        descriptor, alone = -1, True
        try:
            _make(self.folder)
            os.chmod(self.folder, 0o700)
            if not self._held:
                try:
                    descriptor = self._open(os.O_CREAT | os.O_EXCL)
                except FileExistsError:
                    descriptor, alone = self._open(0), False
        except OSError as exc:
            raise Refused(
                "%s cannot be used: %s; nothing was changed. Make it writable for root" % (self.folder, exc.strerror)
            ) from exc
        with self._flock(descriptor, wait_s):
            yield alone

    def _open(self, flags: int) -> int:
        return os.open(self._lock_path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | flags, 0o600)

    @contextlib.contextmanager
    def _flock(self, descriptor: int, wait_s: float) -> Iterator[None]:
        """Hold the lock while this lasts; with descriptor -1 nothing is to be done."""
        if descriptor < 0:
            yield
            return
        try:
            end = time.monotonic() + wait_s
            while not self._held:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    self._held = True
                except BlockingIOError:
                    if time.monotonic() > end:
                        raise Refused(
                            "another run has been at work on this host for %d s; nothing was changed. Try again later"
                            % wait_s
                        ) from None
                    time.sleep(0.1)
            yield
        finally:
            self._held = False
            os.close(descriptor)


def _make(folder: str) -> None:
    """Make a folder and what is missing above it, whatever the umask is: others may look into what stands above."""
    above = os.path.dirname(folder)
    if not os.path.isdir(above):
        _make(above)
    try:
        os.mkdir(folder, 0o755)
    except FileExistsError:
        return
    os.chmod(folder, 0o755)
