# Runs tcp_socket_info for its tests, and picks out of a result what several of them ask for.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Only where ansible.module_utils.testing is there."""

from __future__ import annotations

import time

from ansible_collections.fleetnet.linux_tcp.plugins.modules import tcp_socket_info
from ansible_collections.fleetnet.linux_tcp.tests.unit.module_run import run_module


def look(**options):
    """What the module returns; it has neither failed nor changed anything."""
    found = run_module(tcp_socket_info, options)
    assert not found.get("failed"), found
    assert not found["changed"]
    return found


def states(found):
    """How many sockets there are in each state that any is in."""
    return {
        family: {state: count for state, count in counts.items() if count} for family, counts in found["states"].items()
    }


def settled(expected=None, **options):
    """A look, once the sockets are in these states, or else once no state changes any more.

    On a busy machine a FIN is on its way for a moment.
    """
    end = time.monotonic() + 10
    before, found = None, look(**options)
    while states(found) != (expected or before) and time.monotonic() < end:
        time.sleep(0.2)
        before, found = states(found), look(**options)
    return found


def by_port(found, listener):
    """The entry of a listening socket."""
    (entry,) = [entry for entry in found["listeners"] if entry["port"] == listener.getsockname()[1]]
    return entry
