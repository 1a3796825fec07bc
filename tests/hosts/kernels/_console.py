# What a throwaway kernel is given, and how its answers are found on its console.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The part that both ways to boot share (private to tests/hosts/kernels)."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from _questions import questions

HERE = Path(__file__).resolve().parent
CACHE = HERE.parents[2] / ".cache" / "kernels"
# Where the probe lies on the guest, and how its kernel is told to run it.
PLACE = "mnt"
PROGRAMS = ("probe.py", "movers.py")
COMMAND = f"/usr/bin/python3 -- /{PLACE}/probe.py"
MARK = "ANSWERS "
# How long a kernel that has answered may take to end by itself.
_GRACE_SECONDS = 5.0

# By the file of the console.
_running: dict[Path, subprocess.Popen[bytes]] = {}


class BootFailure(Exception):
    """A kernel that did not answer; the text ends with what it printed."""


@contextlib.contextmanager
def workplace() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        yield Path(folder)


def lay_out(folder: Path) -> None:
    """Put the probe and its questions into a folder, which the guest sees as /mnt."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in PROGRAMS:
        shutil.copyfile(HERE / name, folder / name)
    (folder / "questions.json").write_text(json.dumps(questions()), encoding="ascii")


def run(command: list[str], console: Path, seconds: float, environment: dict[str, str] | None = None) -> None:
    """Run a kernel to its end, its output in a file.

    It ends with this process, however that ends, and not by a terminal's signals.

    When the command is killed, all that it started must end with it.
    """
    with open(console, "ab") as output:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *command],
            env=environment,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _running[console] = process
    try:
        _wait(process, console, seconds)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        _running.pop(console, None)


def _wait(process: subprocess.Popen[bytes], console: Path, seconds: float) -> None:
    """Wait for the end of a kernel, or for its answers: User-Mode Linux now and then hangs after its halt.

    Raises BootFailure after so many seconds without either.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.5)
            return
        if has_answers(console.read_text(encoding="utf-8", errors="replace")):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE_SECONDS)
            return
    raise BootFailure(f"no end after {seconds:.0f} s. {_tail(console)}")


def has_answers(printed: str) -> bool:
    """Tell whether the line with the answers is there as a whole."""
    return any(line.lstrip().startswith(MARK) and line.endswith("\n") for line in printed.splitlines(keepends=True))


def stop(console: Path | None = None) -> None:
    """End the kernel that prints to this file and that another thread waits for; without a file every one."""
    for file, process in list(_running.items()):
        if console in (None, file):
            process.kill()


def answers(console: Path) -> dict[str, Any]:
    """What the probe printed."""
    for line in console.read_text(encoding="utf-8", errors="replace").splitlines():
        before, mark, text = line.partition(MARK)
        if mark and not before.strip():
            return json.loads(text)
    raise BootFailure(f"no answers. {_tail(console)}")


def remembered(name: str, boot: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The answers of a kernel that was booted before and asked the same; else boot it now."""
    programs = b"".join((HERE / program).read_bytes() for program in PROGRAMS)
    asked = hashlib.sha256(programs + json.dumps(questions()).encode()).hexdigest()[:16]
    path = CACHE / "answers" / f"{name}_{asked}.json"
    if path.exists():
        return json.loads(path.read_text(encoding="utf-8"))
    found = boot()
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(found), encoding="utf-8")
    part.rename(path)
    return found


def _tail(console: Path) -> str:
    said = console.read_text(encoding="utf-8", errors="replace").splitlines()
    return "The end of its console:\n" + "\n".join(line[:300] for line in said[-25:])
