# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs one command and measures it with everything it starts: time, processor time, and the highest sum of memory.

_watched.py RESULT LOG COMMAND...: has to be the first process of a process namespace with a /proc of its own. So all
that the command
leaves behind, shared ssh connections for one, belongs to it and ends with it, and the next measurement begins without.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import time

# A look costs the machine some milliseconds; it may take this share of the time at the most.
_SHARE = 0.1


def memory() -> tuple[int, int]:
    """KiB that all other processes use, what they share counted once (PSS); and those of the largest of them."""
    found = [0]
    for name in filter(str.isdecimal, os.listdir("/proc")):
        if int(name) != os.getpid():
            with contextlib.suppress(OSError), open(f"/proc/{name}/smaps_rollup", encoding="ascii") as stream:
                found += [int(line.split()[1]) for line in stream if line.startswith("Pss:")]
    return sum(found), max(found)


def main() -> int:
    result, log, *command = sys.argv[1:]
    if os.getpid() != 1:
        sys.exit("not the first process of a process namespace")
    peak = largest = 0
    start = time.monotonic()
    with open(log, "wb") as stream:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT)
        while child.poll() is None:
            begin = time.monotonic()
            total, most = memory()
            peak, largest = max(peak, total), max(largest, most)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(max(0.03, (time.monotonic() - begin) / _SHARE))
    seconds = time.monotonic() - start
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open(result, "w", encoding="ascii") as stream:
        json.dump(
            {
                "code": child.returncode,
                "seconds": seconds,
                "cpu": used.ru_utime + used.ru_stime,
                "peak": peak / 1024,
                "largest": largest / 1024,
            },
            stream,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
