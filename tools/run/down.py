# Stops the throwaway fleets of this checkout, if one was ever started.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""`make down`."""

from __future__ import annotations

import sys

from base import CACHE, as_root, main, run, say
from play import FLEET


def entry() -> int:
    """Stop the throwaway fleet."""
    if not any(CACHE.glob("fleet*")):
        say("no fleet is running")
        return 0
    return run(as_root([sys.executable, str(FLEET / "fleet.py"), "down", "--all"]))


if __name__ == "__main__":
    main(entry)
