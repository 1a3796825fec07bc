# Private to this collection. A process that outlives the run and its connection, to end a trial.

from __future__ import annotations

import contextlib
import os
import time
from typing import Callable

# Where systemd itself lives; the processes of a login it may end (KillUserProcesses).
_REFUGES = ("/sys/fs/cgroup/init.scope/cgroup.procs", "/sys/fs/cgroup/systemd/init.scope/cgroup.procs")


def boottime_ns() -> int:
    """Nanoseconds since boot: nobody sets this clock."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def watch(path: str, until: int, act: Callable[[], object]) -> None:
    """Leave a process behind that calls act at that boottime_ns(), unless the file is gone by then."""
    pid = os.fork()
    if pid:
        if os.waitpid(pid, 0)[1]:
            raise OSError(0, "no process could be started to end the trial", path)
        return
    code = 1
    try:
        os.setsid()
        if not os.fork():
            _leave()
            while os.path.exists(path):
                left = (until - boottime_ns()) / 1e9
                if left <= 0:
                    act()
                    break
                time.sleep(min(1.0, left))
        code = 0
    finally:
        os._exit(code)


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
