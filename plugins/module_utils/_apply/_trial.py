# Private to this collection. Trials: a process that outlives the run and its connection ends one, unless a later run
# confirms it. Imported by runs that begin or end a trial, and before that process is left behind: by the time it acts,
# the files that the run was made of are gone.

from __future__ import annotations

import contextlib
import os
import syslog
import time

from .._host._proc import Refused, boot_id
from .._kernel import _nearest, _ports, _related
from . import _why
from ._ends import finish, or_undone
from ._store import Store
from ._undo import load_journal, undo

# Where systemd itself lives; the processes of a login it may end (KillUserProcesses).
_REFUGES = ("/sys/fs/cgroup/init.scope/cgroup.procs", "/sys/fs/cgroup/systemd/init.scope/cgroup.procs")
# What others import only where they need it, and could no longer.
_LOADED = (_nearest, _ports, _related, _why)
_TICK_S = 1.0  # how soon a process that stayed behind sees that its trial is over


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


def watch(store: Store, until: int) -> None:
    """Leave a process behind that takes the trial back at that boottime_ns(), unless its journal is gone by then.

    OSError where no process can be started.
    """
    pid = os.fork()
    if pid:
        if os.waitpid(pid, 0)[1]:
            raise OSError(0, "no process could be started to end the trial", store.journal_path)
        return
    code = 1
    try:
        os.setsid()
        if not os.fork():
            _leave()
            while os.path.exists(store.journal_path):
                left_s = (until - boottime_ns()) / 1e9
                if left_s <= 0:
                    _expire(store, until)
                    break
                time.sleep(min(_TICK_S, left_s))
        code = 0
    finally:
        os._exit(code)


def _expire(store: Store, until: int) -> None:
    mine = Store(store.path, store.folder, store.label)  # the lock of the other one is the run's
    with mine.locked():
        ended, left = end(mine, str(until))
    if ended:
        syslog.openlog("fleetnet.linux_tcp")
        for said in ["the trial of %s was not confirmed: the old values are back" % store.path, *left]:
            syslog.syslog(syslog.LOG_WARNING, said)


def _leave() -> None:
    """Let go of the run's folder, descriptors (the connection, the lock) and control group."""
    os.chdir("/")
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            os.close(int(name))
    os.open(os.devnull, os.O_RDWR)
    os.dup(0)
    os.dup(0)
    for refuge in _REFUGES:
        with contextlib.suppress(OSError), open(refuge, "w") as stream:
            stream.write("0")
