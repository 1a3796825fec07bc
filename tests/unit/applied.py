# Brings a private host to a state, as the module does once its arguments are checked, for the tests of _apply.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""What stands here is the module's whole work without Ansible: a plan made of targets, and the host read for it."""

from __future__ import annotations

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._states import Outcome, Wanted, carry_out
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._store import Store
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._undo import recover
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host._proc import read_keys
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan._handed import Handed
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import DROP_IN


def lines(targets: dict[str, str]) -> str:
    """The drop-in that sets some values."""
    return "".join("%s = %s\n" % item for item in targets.items())


def bring_to(
    state: str,
    targets: dict[str, str],
    content: str | None = None,
    live: bool = True,
    check: bool = False,
    path: str = DROP_IN,
    trial_s: int = 0,
) -> Outcome:
    """Bring this private host to a state. content: the drop-in's, where it is not just the targets' lines."""
    plan = [Handed(key, text, None, "") for key, text in targets.items()]
    text = lines(targets) if content is None else content
    return carry_out(state, Store(path), lambda: Wanted(plan, read_keys(targets), text), live, check, trial_s)


def recovered(path: str = DROP_IN) -> list[str]:
    """What a run undoes before it begins its own work."""
    store = Store(path)
    with store.locked():
        return recover(store)


def statuses(found: Outcome) -> dict[str, tuple[str, str]]:
    """(status, detail) by key."""
    return {done.key: (done.status, done.detail) for done in found.done}
