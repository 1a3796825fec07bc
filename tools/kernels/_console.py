# What a throwaway kernel is given, and how its answers are found on its console.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The part that both ways to boot share (private to tools/kernels)."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from _questions import questions

HERE = Path(__file__).resolve().parent
# Where the probe lies on the guest, and how its kernel is told to run it.
PLACE = "mnt"
COMMAND = f"/usr/bin/python3 -- /{PLACE}/probe.py"
_MARK = "ANSWERS "


class BootFailure(Exception):
    """A kernel that did not answer; the text ends with what it printed."""


def lay_out(folder: Path) -> None:
    """Put the probe and its questions into a folder, which the guest sees as /mnt."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(HERE / "probe.py", folder / "probe.py")
    (folder / "questions.json").write_text(json.dumps(questions()), encoding="ascii")


def run(command: list[str], console: Path, seconds: float, environment: dict[str, str] | None = None) -> None:
    """Run a kernel to its end, its output in a file. The command must take everything that it started with it."""
    with open(console, "ab") as output:
        process = subprocess.Popen(command, env=environment, cwd="/", stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                                   start_new_session=True)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise BootFailure(f"no end after {seconds:.0f} s. {_tail(console)}") from None
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


def answers(console: Path) -> dict[str, Any]:
    """What the probe printed."""
    for line in console.read_text(encoding="utf-8", errors="replace").splitlines():
        before, mark, text = line.partition(_MARK)
        if mark and not before.strip():
            return json.loads(text)
    raise BootFailure(f"no answers. {_tail(console)}")


def _tail(console: Path) -> str:
    said = console.read_text(encoding="utf-8", errors="replace").splitlines()
    return "The end of its console:\n" + "\n".join(line[:300] for line in said[-25:])
