# Brings a private host to a state, as the module does once its arguments are checked, for the tests of _apply.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""What stands here is the module's whole work without Ansible: a plan made of targets, and the host read for it."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any, Iterator, Sequence

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply import _transaction
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._file_state import FileState, read_state
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._kept import extended, load_snapshot
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._records import Change, Outcome, Wanted, Write
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._states import carry_out
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._store import Store
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._undo import recover
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import Handed
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host._proc import Refused, read_keys, read_value
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import DROP_IN, STATE, sysctls, tree, write

NEW = FileState.of_text("# ours\n")


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
    replace: bool = True,
    force: bool = False,
    exclude: Sequence[str] = (),
) -> Outcome:
    """Bring this private host to a state. content: the drop-in's, where it is not just the targets' lines."""
    plan = [Handed(key, text, None, "") for key, text in targets.items()]
    text = lines(targets) if content is None else content

    def look() -> Wanted:
        return Wanted(plan, read_keys(targets), text)

    return carry_out(state, Store(path), look, live, check, trial_s, replace, force, exclude)


def recovered(path: str = DROP_IN) -> list[str]:
    """What a run undoes before it begins its own work."""
    store = Store(path)
    with store.locked():
        return recover(store)


def statuses(found: Outcome) -> dict[str, tuple[str, str]]:
    """(status, detail) by key."""
    return {done.key: (done.status, done.detail) for done in found.done}


def commit(live: dict[str, str], file: FileState = NEW, store: Store | None = None) -> None:
    """Carry out a change of values and of the drop-in, without the checks that come before it."""
    store = store or Store(DROP_IN)
    with store.locked():
        before, kept = read_state(store.path), load_snapshot(store.snapshot_path)
        writes = tuple(Write(key, read_value(key), text) for key, text in live.items())
        running = {key: text for key, text, _after in writes if text is not None}
        change = Change(before, file, writes, kept, extended(kept, store.path, before, running, live, file.content))
        _transaction.commit(store, change)


def refusal(live: dict[str, str], file: FileState = NEW, store: Store | None = None) -> str:
    """The message of a change that is refused."""
    with pytest.raises(Refused) as caught:
        commit(live, file, store)
    return str(caught.value)


def world() -> tuple[dict[str, Any], dict[str, Any]]:
    """What must be as before: all files but the lock and its folder, and all values."""
    files = {path: status for path, status in tree("/etc", "/var/lib").items() if path not in (STATE, STATE + "/lock")}
    return files, sysctls()


def earlier_file() -> None:
    """A drop-in that an administrator made."""
    write(DROP_IN, "# an administrator's\nnet.ipv4.tcp_fin_timeout = 77\n", 0o640, 3, 4)


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
