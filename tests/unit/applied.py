# Brings a private host to a state, as the module does once its arguments are checked, for the tests of _apply.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""What stands here is the module's whole work without Ansible: a plan made of targets, and the host read for it."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any, Iterator

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


@contextlib.contextmanager
def opened() -> Iterator[dict[str, str]]:
    """How files are opened: by path one letter for each time, r to read and w to write. Keys stand there by name."""
    found: dict[str, str] = {}
    heeding = True

    def heard(event: str, args: tuple[Any, ...]) -> None:
        if heeding and event == "open" and isinstance(args[0], str):
            path = args[0]
            if path.startswith("/proc/sys/net/"):
                path = path[len("/proc/sys/") :].replace("/", ".")
            found[path] = found.get(path, "") + ("w" if args[2] & (os.O_WRONLY | os.O_RDWR) else "r")

    sys.addaudithook(heard)  # it stays for the rest of this child's life
    try:
        yield found
    finally:
        heeding = False


def keys_in(found: dict[str, str]) -> dict[str, str]:
    """Of what was opened, the keys."""
    return {name: letters for name, letters in found.items() if name.startswith("net.")}


@contextlib.contextmanager
def durability(monkeypatch: Any) -> Iterator[list[tuple[str, ...]]]:
    """What makes changes last, in its order.

    ("fsync", path, the content that is on its way to the disk by then), ("rename", from, to), ("remove", path).
    """
    found: list[tuple[str, ...]] = []
    real = {name: getattr(os, name) for name in ("fsync", "replace", "unlink")}

    def fsync(descriptor: int) -> None:
        path = os.readlink("/proc/self/fd/%d" % descriptor)
        content = ""
        if os.path.isfile(path):
            with open(path, encoding="utf-8") as stream:
                content = stream.read()
        found.append(("fsync", path, content))
        real["fsync"](descriptor)

    def replace(source: str, target: str) -> None:
        found.append(("rename", source, target))
        real["replace"](source, target)

    def unlink(path: str) -> None:
        real["unlink"](path)
        found.append(("remove", path))

    with monkeypatch.context() as patch:
        for function in (fsync, replace, unlink):
            patch.setattr(os, function.__name__, function)
        yield found
