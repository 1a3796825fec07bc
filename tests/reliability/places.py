# Hosts on which something cannot be written: disk full, /etc read-only, /var missing, a key that turned read-only after
# the plan.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Each case ends with the trouble taken away: then the same run has to succeed, and the way back has to be there."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

from ansible_collections.fleetnet.linux_tcp.tests.reliability.private import (
    BEFORE,
    STATES,
    WANTED,
    Case,
    Scripts,
    alone,
    answer,
    on_disk,
    prepare,
    refused,
    same,
    succeeded,
    until_journal,
    world,
)
from ansible_collections.fleetnet.linux_tcp.tests.unit import namespace
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import DROP_IN, STATE, get

_PAGE = 4096
_MS_RDONLY, _MS_REMOUNT, _MS_BIND, _MS_REC = 1, 32, 4096, 16384


def disk_full(scripts: Scripts, dice: random.Random) -> Case:
    """Nothing to a few pages, or nothing to a few files, are left in the drop-in's folder, in the state folder, or in
    both."""
    name = dice.choice(sorted(STATES))
    folders = dice.choice((["/etc/sysctl.d"], ["/var/lib"], ["/etc/sysctl.d", "/var/lib"]))
    left = {folder: (dice.choice(("pages", "files")), dice.randrange(3)) for folder in folders}

    def work() -> Case:
        for folder in folders:
            namespace.tmpfs(folder, "mode=755,size=128k,nr_inodes=64")
        later, arguments = STATES[name]
        prepare(scripts, later)
        before = world()
        fillers = [_fill(folder, *left[folder]) for folder in folders]
        found = scripts.run("sysctl_profile", **arguments)
        misses = []
        if found.get("failed"):
            if not any(folder in found["msg"] for folder in folders) or "No space left on device" not in found["msg"]:
                misses.append(f"the message names no full folder: {found['msg'][-1500:]}")
            misses += same(world(), before, "everything is as before")
        for filler in fillers:
            namespace.clear(filler)
        misses += succeeded(scripts.run("sysctl_profile", **arguments), "the run with room")
        misses += _reached(name)
        outcome = "refused" if found.get("failed") else "had room"
        return Case(outcome, [f"{name}, left {left}: {miss}" for miss in misses])

    return alone(work)


def _fill(folder: str, what: str, left: int) -> str:
    """Use a folder's file system up, but for some pages or files; what fills it is in the folder that is returned."""
    filler = Path(folder) / "filler"
    filler.mkdir()
    try:
        if what == "files":
            for number in range(64):
                (filler / str(number)).touch()
        else:
            with open(filler / "0", "wb", buffering=0) as stream:
                while True:
                    stream.write(b"x" * _PAGE)
    except OSError:
        pass
    for number in range(left):
        if what == "files":
            os.unlink(filler / str(number))
        else:
            os.truncate(filler / "0", os.path.getsize(filler / "0") - _PAGE)
    return str(filler)


def _reached(name: str) -> list[str]:
    """The misses where the live values are not what the run was to leave."""
    wanted = {"restored": BEFORE, "absent": {}}.get(name, WANTED)
    return [f"{key} is {get(key)}, not {text}" for key, text in wanted.items() if get(key) != text]


def etc_read_only(scripts: Scripts, dice: random.Random) -> Case:
    """Nothing below /etc can be written."""
    name = dice.choice(sorted(STATES))

    def work() -> Case:
        later, arguments = STATES[name]
        prepare(scripts, later)
        before = world()
        namespace.read_only("/etc")
        dry = scripts.run("sysctl_profile", _ansible_check_mode=True, **arguments)
        found = scripts.run("sysctl_profile", **arguments)
        misses = refused(dry, "/etc/sysctl.d", "read-only") + refused(found, "/etc/sysctl.d", "read-only")
        misses += same(world(), before, "everything is as before")
        namespace.unmount("/etc")
        misses += succeeded(scripts.run("sysctl_profile", **arguments), "the run on a writable /etc") + _reached(name)
        return Case("refused", [f"{name}: {miss}" for miss in misses])

    return alone(work)


def var_missing(scripts: Scripts, dice: random.Random) -> Case:
    """A root folder without /var: one that can be written has it made, one that cannot is refused."""
    writable = dice.random() < 0.5
    root = scripts.folder / f"root-{dice.random()}"
    root.mkdir()

    def work() -> Case:
        namespace.put(BEFORE)
        _without_var(str(root))
        if not writable:
            namespace.mount("none", "/", None, _MS_REMOUNT | _MS_BIND | _MS_RDONLY)
        before = {key: get(key) for key in BEFORE}
        found = scripts.run("sysctl_profile", values=WANTED)
        if writable:
            misses = succeeded(found, "the first run") + _reached("the first run")
            misses += succeeded(scripts.run("sysctl_profile", state="restored"), "the way back")
        else:
            misses = refused(found, STATE, "read-only")
        misses += same({key: get(key) for key in BEFORE}, before, "live values are as before") + same(
            os.path.exists(DROP_IN), False, "no drop-in is left"
        )
        return Case("made" if writable else "refused", misses)

    return alone(work)


def _without_var(root: str) -> None:
    """Make a root folder out of the machine's own top folders, without /var, and go there."""
    namespace.tmpfs(root)
    for entry in os.scandir("/"):
        target = f"{root}/{entry.name}"
        if entry.is_symlink():
            os.symlink(os.readlink(entry.path), target)
        elif entry.is_dir() and entry.name != "var":
            os.mkdir(target)
            namespace.mount(entry.path, target, None, _MS_BIND | _MS_REC)
    namespace.mount(root, root, None, _MS_BIND | _MS_REC)
    os.chroot(root)
    os.chdir("/")


def key_turns_read_only(scripts: Scripts, dice: random.Random) -> Case:
    """The plan saw a key that could be written; when it is applied, or while that is being done, the kernel's file is
    read-only."""
    key, later, midway = dice.choice(sorted(WANTED)), dice.random() < 0.5, dice.random() < 0.7

    def work() -> Case:
        on_disk(scripts)
        prepare(scripts, later)
        before = world()
        plan: list[dict[str, Any]] = scripts.run("sysctl_profile_info", values=WANTED, policy="exact")["settings"]
        path = "/proc/sys/" + key.replace(".", "/")
        process = scripts.start("sysctl_profile", settings=plan, replace=True) if midway else None
        if process:
            until_journal(process)
        namespace.read_only(path)
        found = answer(process or scripts.start("sysctl_profile", settings=plan, replace=True))
        done = midway and not found.get("failed")
        misses = (
            _reached("the first run")
            if done
            else refused(found, key) + same(world(), before, "everything is as before")
        )
        namespace.unmount(path)
        misses += succeeded(
            scripts.run("sysctl_profile", settings=plan, replace=True), "the run when it can be written"
        ) + _reached("the first run")
        outcome = "written before" if done else "refused midway" if midway else "refused at once"
        return Case(outcome, [f"{key}, {outcome}: {miss}" for miss in misses])

    return alone(work)
