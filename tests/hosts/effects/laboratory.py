# Boots a throwaway kernel, lets it measure effects, and hands on each figure as soon as it is printed.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The host's side of the effects laboratory; what is measured, and how, stands in guest/."""

from __future__ import annotations

import json
import shutil
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
GUEST = HERE / "guest"
sys.path[:0] = [str(HERE.parent / "kernels"), str(GUEST)]

from _console import PLACE, BootFailure, answers, stop, workplace  # noqa: E402
from _effect import OWN  # noqa: E402
from _uml import CONSOLE, KERNELS, Uml, run_guest  # noqa: E402

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan._profile import POLICIES  # noqa: E402

__all__ = [
    "FACTS",
    "FIGURE",
    "KERNELS",
    "OWN",
    "POLICIES",
    "BootFailure",
    "Job",
    "kernel",
    "measure",
    "profile",
    "stop",
]

ROOT = HERE.parents[2]
# Enough for the profile's tcp_mem: its high limit is 2 GiB, and may be half of the memory.
MEMORY_MB = 4608
FACTS, FIGURE = "FACTS ", "FIGURE "
_LOOK_SECONDS = 0.2


# What a kernel is to do: content for job.json, which the program in guest/ describes.
Job = Mapping[str, Any]


def profile() -> dict[str, Any]:
    """The values that the role sets where nobody says otherwise."""
    import yaml

    defaults = ROOT / "roles" / "tcp_hardening" / "defaults" / "main.yml"
    return yaml.safe_load(defaults.read_text(encoding="utf-8"))["tcp_hardening_values"]


def kernel(series: str) -> Uml:
    """The kernel whose release begins like this, such as 6.12. ValueError where there is none."""
    for one in KERNELS:
        if one.series == f"{series}.":
            return one
    raise ValueError(f"no kernel {series}; there are {', '.join(one.series[:-1] for one in KERNELS)}")


def _lay_out(folder: Path, job: Job) -> None:
    """What the guest sees: the programs, the job, and the collection's code for hosts."""
    shutil.copytree(GUEST, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    code = Path("plugins", "module_utils")
    place = folder / "ansible_collections" / "fleetnet" / "linux_tcp" / code
    shutil.copytree(ROOT / code, place, ignore=shutil.ignore_patterns("__pycache__"))


def told(line: str) -> tuple[str, Any] | None:
    """The mark and the content of a line of the console; None for one that the kernel printed."""
    for mark in (FACTS, FIGURE):
        if line.startswith(mark):
            return mark, json.loads(line[len(mark) :])
    return None


def _new_lines(console: Path, at: int) -> tuple[list[str], int]:
    """The whole lines that were printed behind a place in a file; the next place."""
    if not console.exists():
        return [], at
    with open(console, "rb") as handle:
        handle.seek(at)
        text = handle.read()
    end = text.rfind(b"\n") + 1
    return text[:end].decode("utf-8", "replace").replace("\r", "").splitlines(), at + end


def measure(which: Uml, program: str, job: Job, seconds: float) -> Iterator[tuple[str, Any]]:
    """Boot the kernel with a program of guest/ and yield (FACTS or FIGURE, content) as they come.

    BootFailure after so many seconds, or where the program fails.
    """
    command = f"/usr/bin/python3 -B -- /{PLACE}/first.py {program}"
    with workplace() as folder:
        _lay_out(folder / "share", job)
        failures: list[BaseException] = []

        def run() -> None:
            try:
                run_guest(which, MEMORY_MB, folder, command, seconds)
            except BaseException as error:
                failures.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            at, alive = 0, True
            while alive:
                alive = thread.is_alive()
                lines, at = _new_lines(folder / CONSOLE, at)
                yield from (found for line in lines if (found := told(line)))
                thread.join(_LOOK_SECONDS)
        finally:
            stop(folder / CONSOLE)
            thread.join()
        if failures:
            raise failures[0]
        answers(folder / CONSOLE)
