# Private to this collection. Trials: a process that outlives the run and its connection ends one, unless a later run
# confirms it. Imported by runs that begin or end a trial, and before that process is left behind: by the time it acts,
# the files that the run was made of are gone.

from __future__ import annotations

import contextlib
import os
import signal
import syslog
import time

from .._host import _earlier, _identity, _older
from .._host._proc import Refused, boot_id
from .._kernel import _nearest, _ports, _related
from . import _lost, _why
from ._ends import finish, or_undone
from ._file_state import read_state
from ._records import Journal
from ._store import Store
from ._undo import load_journal, undo

# Where systemd itself lives; the processes of a login it may end (KillUserProcesses).
_REFUGES = ("/sys/fs/cgroup/init.scope/cgroup.procs", "/sys/fs/cgroup/systemd/init.scope/cgroup.procs")
_SYSTEMD = "/run/systemd/system"  # is there where systemd is in charge (sd_booted(3))
# What others import only where they need it, and could no longer.
_LOADED = (_earlier, _identity, _lost, _nearest, _older, _ports, _related, _why)
_TICK_S = 1.0  # how soon a process that stayed behind sees that its trial is over
_AGAIN_S = 5.0  # until the end of a trial that failed is tried once more
_LOCK_S = 120.0  # that the lock is waited for
_LEFT = b"left"


def boottime_ns() -> int:
    """Nanoseconds since boot: nobody sets this clock."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def deadline(trial_s: int) -> int:
    """When a trial of so many seconds ends that begins now, by boottime_ns()."""
    return boottime_ns() + trial_s * 10**9


def end(store: Store, trial: str, confirmed: bool = False) -> tuple[bool, list[str]]:
    """Make a trial last, or take it back; False where it is over. The lock must be held. With a sentence for each thing
    that was left, since somebody changed it meanwhile.

    Refused, with everything as before the trial, where it cannot last.
    """
    journal = load_journal(store.journal_path)
    if not journal or str(journal.until) != trial:
        return False, []
    if not confirmed:
        return True, undo(store, journal, store.journal_path)
    with or_undone(store, journal, at_once=False):
        if journal.boot != boot_id() or boottime_ns() > journal.until:
            raise Refused("the trial was not confirmed in time")
        finish(store, journal)
    return True, []


def watch(store: Store, journal: Journal) -> list[str]:
    """Leave a process behind that takes the trial back when its time is over, unless its journal is gone by then.

    Returns a sentence where that process cannot be kept safe. OSError where no process can be started.
    """
    reader, writer = os.pipe()
    try:
        pid = os.fork()
        if not pid:
            _begin(store, journal, writer)
        os.close(writer)
        writer = -1
        if os.waitpid(pid, 0)[1]:
            raise OSError(0, "no process could be started to end the trial", store.journal_path)
        left = os.read(reader, len(_LEFT)) == _LEFT
    finally:
        os.close(reader)
        if writer >= 0:
            os.close(writer)
    if left or not os.path.isdir(_SYSTEMD):
        return []
    return [
        "the process that ends the trial could not leave the control group of this run: where that is ended, so is the "
        "process, and the trial ends with the next run or boot only"
    ]


def _begin(store: Store, journal: Journal, writer: int) -> None:
    """The life of the process in between, and of the one that stays behind."""
    code = 1
    try:
        os.setsid()
        if not os.fork():
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            _tell(writer, _leave_group())
            _let_go()
            _wait(store, journal)
        code = 0
    finally:
        os._exit(code)


def _tell(writer: int, left: bool) -> None:
    with contextlib.suppress(OSError):
        os.write(writer, _LEFT if left else b"here")


def _wait(store: Store, journal: Journal) -> None:
    """Wait for the end of the trial, and bring it about: again and again, until it is done or somebody else did it."""
    mine = Store(store.path, store.folder, store.label)  # the lock of the other one is the run's
    said = ""
    while os.path.exists(store.journal_path) or not os.path.isdir(store.folder):
        left_s = (journal.until - boottime_ns()) / 1e9
        if left_s > 0:
            time.sleep(min(_TICK_S, left_s))
            continue
        try:
            _expire(mine, journal)
            return
        except (OSError, Refused) as exc:
            if str(exc) != said:
                said = str(exc)
                _log(["the trial of %s is over, but not taken back yet: %s; it is tried again" % (mine.path, said)])
        time.sleep(_AGAIN_S)


def _expire(mine: Store, journal: Journal) -> None:
    # Somebody may have removed the folder. What it had is still known here; a drop-in that stands was confirmed before.
    lost = not os.path.isdir(mine.folder)
    with mine.locked(_LOCK_S):
        if lost and read_state(mine.path) == journal.after:
            ended, left = False, []
        elif lost:
            ended, left = True, undo(mine, journal, mine.journal_path)
        else:
            ended, left = end(mine, str(journal.until))
    if ended:
        _log(["the trial of %s was not confirmed: the old values are back" % mine.path, *left])


def _log(lines: list[str]) -> None:
    syslog.openlog("fleetnet.linux_tcp")
    for line in lines:
        syslog.syslog(syslog.LOG_WARNING, line)


def _leave_group() -> bool:
    """Leave the run's control group; whether that went."""
    left = False
    for refuge in _REFUGES:
        with contextlib.suppress(OSError), open(refuge, "w") as stream:
            stream.write("0")
            stream.flush()
            left = True
    return left


def _let_go() -> None:
    """Let go of the run's folder and descriptors (the connection, the lock)."""
    os.chdir("/")
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            os.close(int(name))
    os.open(os.devnull, os.O_RDWR)
    os.dup(0)
    os.dup(0)
