# Runs the tests with every ansible-core and Python that the table names, as far as the interpreters are there.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""`make test-matrix`: `make test` in each cell, one after the other; ARGS may name parts: ARGS='sanity units'."""

from __future__ import annotations

import json
import os
import shlex
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import environment
from base import ROOT, main, run, say
from cells import Cell, cells
from pythons import interpreters
from suites import chosen

CELL_SECONDS = 3600.0


@dataclass(frozen=True)
class Outcome:
    """What became of one cell; code is None where it was not run."""

    cell: Cell
    code: int | None = None
    seconds: float = 0.0
    parts: list[dict[str, object]] = field(default_factory=list)

    def rows(self) -> list[str]:
        """The lines of the closing table."""
        if self.code is None:
            return [f"  {self.cell.name:<36} not run            no python{self.cell.python} on this machine"]
        result = "ok" if self.code == 0 else "FAILED"
        return [
            f"  {self.cell.name:<36} {result:<7} {self.seconds:7.1f} s",
            *(
                f"      {part['name']:<32} {'ok' if part['code'] == 0 else 'FAILED':<7} {part['seconds']:7.1f} s"
                for part in self.parts
            ),
        ]


def run_cell(cell: Cell, python: Path, parts: list[str]) -> Outcome:
    """What `make test ANSIBLE_CORE=... PYTHON=...` does, with this very interpreter."""
    say(f"\n==> {cell.name}: {' '.join(parts)}")
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="matrix-") as scratch:
        results = Path(scratch) / "results.json"
        env = environment.clean_environment() | {"ANSIBLE_CORE": cell.series, "TEST_RESULTS": str(results)}
        env.pop("ARGS", None)
        code = run(
            [str(python), str(ROOT / "tools" / "run" / "run.py"), *parts],
            env=env,
            timeout=CELL_SECONDS,
            check=False,
        )
        # There is none where the cell failed before its first part was done.
        done = json.loads(results.read_text(encoding="utf-8")) if results.exists() else []
    return Outcome(cell, code if done else code or 1, time.monotonic() - start, done)


def closing(outcomes: list[Outcome]) -> int:
    """The table and the count. A cell that was not run counts for nothing, and nothing but such cells is a failure."""
    say("")
    for outcome in outcomes:
        say("\n".join(outcome.rows()))
    codes = [outcome.code for outcome in outcomes]
    passed, absent = codes.count(0), codes.count(None)
    failed = len(codes) - passed - absent
    say(f"\n{passed} passed, {failed} failed, {absent} not run")
    return 0 if passed and not failed else 1


def entry() -> int:
    """Run the suites in each cell of the matrix that can be run here."""
    parts = shlex.split(os.environ.get("ARGS", "")) or ["all"]
    chosen(parts)  # a wrong name is said now, not by every cell
    here = interpreters()
    return closing(
        [run_cell(cell, here[cell.python], parts) if cell.python in here else Outcome(cell) for cell in cells()]
    )


if __name__ == "__main__":
    main(entry)
