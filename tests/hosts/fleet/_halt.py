# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Tell when a throwaway host is off (private to tests/hosts/fleet).

A host is off when its processes are gone, or when its kernel has said on the console that it ended. The second counts
on its own: User-Mode Linux 5.10 now and then hangs after "System halted", and its process stays for ever.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

# How long the processes of a kernel that has ended may take to go by themselves.
GRACE_SECONDS = 5.0

# The first line of a kernel's life, and its last. A kernel that restarts goes on with the first line of its next life.
_BEGIN = re.compile(r"^(?:\[ *[0-9.]+\] )?Linux version ", re.MULTILINE)
_END = re.compile(r"^(?:\[ *[0-9.]+\] )?reboot: (?:System halted|Power down|Restarting system)", re.MULTILINE)


def has_ended(console: str) -> bool:
    """Tell whether the kernel that printed this has ended its last life."""
    *_begins, begin = [0, *(found.start() for found in _BEGIN.finditer(console))]
    return bool(_END.search(console, begin))


class Watch:
    """Looks at one host over and over, and says when its processes are to be ended by force.

    console: returns what the host has printed so far. now: seconds of a clock that never goes back.
    """

    def __init__(self, console: Callable[[], str], now: Callable[[], float] = time.monotonic) -> None:
        self._console, self._now = console, now
        self._ended_at: float | None = None

    def hangs(self) -> bool:
        """Tell whether the kernel said GRACE_SECONDS ago, or longer, that it ended. Only for a host whose process is
        there."""
        if not has_ended(self._console()):
            self._ended_at = None
            return False
        if self._ended_at is None:
            self._ended_at = self._now()
        return self._now() - self._ended_at >= GRACE_SECONDS
