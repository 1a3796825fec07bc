# Runs the parts of `make test`, some at a time, and closes with a table of what passed and how long it took.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""run_tests.py all|lint|PART...: several parts go into logs and a table, a single one straight to the screen.

TEST_RESULTS may name a file that takes the results too, as JSON; tools/dev/matrix.py reads it.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import environment
from base import LOGS, ROOT, ending, main, say, spawn, wait
from parts import PARTS, Part, chosen, environment_of

# A part fills one core most of the time, and the longest wait for the network or for containers: one more than there
# are cores.
WORKERS = min(4, (os.cpu_count() or 1) + 1)
SHOWN = 200
# What is worth showing again of a part that passed: pytest's last lines, the table of scenarios.
SAID = {"units": r"^=* ?\d+ (?:passed|failed).* in [0-9.]+s.*$", "molecule": r"^  scenarios?[ ,].*$"}


@dataclass
class Result:
    part: Part
    code: int
    seconds: float
    log: Path | None


def execute(part: Part, venv: Path, log: Path | None) -> Result:
    """Run the commands of a part until one fails."""
    start = time.monotonic()
    env, cwd = environment_of(part, venv)
    code = 0
    for command in part.commands(venv / "bin", cwd):
        left = part.seconds - (time.monotonic() - start)
        if log is None:
            code = wait(spawn(command, env=env, cwd=cwd), left)
        else:
            with open(log, "ab") as handle:
                handle.write(f"$ {shlex.join(command)}\n".encode())
                handle.flush()
                code = wait(spawn(command, env=env, cwd=cwd, stdout=handle, stderr=subprocess.STDOUT), left)
                if code == 124:
                    handle.write(f"ended: this part may take {part.seconds:.0f} s\n".encode())
        if code:
            break
    return Result(part, code, time.monotonic() - start, log)


class Runner:
    """Works through the parts with a few threads; only the main thread is interrupted by signals, so it does nothing
    but wait."""

    def __init__(self, parts: list[Part], venv: Path) -> None:
        self.waiting = list(parts)
        self.venv = venv
        self.results: list[Result] = []
        self.lock = threading.Lock()

    def work(self) -> None:
        while True:
            with self.lock:
                if not self.waiting or ending():
                    return
                part = self.waiting.pop(0)
                say(f"    {part.name} ...")
            log = LOGS / f"part-{part.name}.log"
            log.write_bytes(b"")
            try:
                result = execute(part, self.venv, log)
            except Exception as error:  # a part that cannot be started is a failed part, not the end of the others
                with open(log, "a", encoding="utf-8") as handle:
                    handle.write(f"{type(error).__name__}: {error}\n")
                result = Result(part, 2, 0.0, log)
            if ending():
                return
            with self.lock:
                self.results.append(result)
                say(f"    {part.name}: {'ok' if result.code == 0 else 'FAILED'} after {result.seconds:.0f} s")

    def run(self) -> list[Result]:
        threads = [threading.Thread(target=self.work, daemon=True) for _ in range(min(WORKERS, len(self.waiting)))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        order = [part.name for part in PARTS]
        return sorted(self.results, key=lambda result: order.index(result.part.name))


def record(results: list[Result]) -> None:
    """Leave the results where the script that runs this one asked for them."""
    file = os.environ.get("TEST_RESULTS")
    if file:
        rows = [{"name": result.part.name, "code": result.code, "seconds": result.seconds} for result in results]
        Path(file).write_text(json.dumps(rows), encoding="utf-8")


def show_log(result: Result) -> None:
    assert result.log is not None
    lines = result.log.read_text(encoding="utf-8", errors="replace").splitlines()
    say(f"\n----- {result.part.name}: {result.log.relative_to(ROOT)}")
    if len(lines) > SHOWN:
        say(f"({len(lines) - SHOWN} lines before these)")
    say("\n".join(lines[-SHOWN:]))


def closing(results: list[Result], seconds: float) -> int:
    """Logs of what failed, what units and scenarios counted, the table, and the count."""
    record(results)
    failed = [result for result in results if result.code]
    for result in failed:
        show_log(result)
    for result in results:
        if result.log is not None and result.part.name in SAID and not result.code:
            said = re.findall(
                SAID[result.part.name], result.log.read_text(encoding="utf-8", errors="replace"), re.MULTILINE
            )
            say(f"\n{result.part.name}:" if said else "")
            say("\n".join(said))
    say("")
    for result in results:
        say(f"  {result.part.name:<14} {'ok' if result.code == 0 else 'FAILED':<7} {result.seconds:7.1f} s")
    say(f"  {'all together':<14} {'':<7} {seconds:7.1f} s")
    say(f"\n{len(results) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


def entry() -> int:
    start = time.monotonic()
    parts = chosen(sys.argv[1:])
    environment.collection_link()
    LOGS.mkdir(parents=True, exist_ok=True)
    if len(parts) == 1:
        # A script of our own makes what it needs, which may be less.
        venv = (
            environment.venv(environment.TEST_VENV) if parts[0].in_copy else environment.CACHE / environment.TEST_VENV
        )
        result = execute(parts[0], venv, None)
        record([result])
        return result.code
    venv = environment.venv(environment.TEST_VENV)
    # They would reach every part, and mean something else in each.
    os.environ.pop("ARGS", None)
    say(f"==> {len(parts)} parts, {WORKERS} at a time; logs are in {LOGS.relative_to(ROOT)}")
    return closing(Runner(parts, venv).run(), time.monotonic() - start)


if __name__ == "__main__":
    main(entry)
