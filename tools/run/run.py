# Runs a suite of the table, or several side by side with a closing table of what passed and how long it took.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""run.py help|test|lint|NAME...: several suites go into logs and a table, a single one straight to the screen.

TEST_RESULTS may name a file that takes the results too, as JSON; tools/run/matrix.py reads it.
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
from base import CACHE, LOGS, ROOT, ending, main, say, spawn, wait
from snapshot import snapshot
from suites import COPY, SUITES, InVenv, Kind, Script, Suite, Tools, chosen, help_text

# A part fills one core most of the time, and the longest wait for the network or for containers: one more than there
# are cores.
WORKERS = min(4, (os.cpu_count() or 1) + 1)
SHOWN = 200
# What is worth showing again of a part that passed: pytest's last lines, the table of scenarios.
SAID = {"units": r"^=* ?\d+ (?:passed|failed).* in [0-9.]+s.*$", "molecule": r"^  scenarios?[ ,].*$"}


@dataclass
class Result:
    """How a suite ended."""

    part: Suite
    code: int
    seconds: float
    log: Path | None


def commands(suite: Suite, copy: Path, venv: Path) -> list[list[str]]:
    """What a suite runs, one after the other. copy: a copy of the working tree, for Tools. venv: where these are."""
    run = suite.run
    if isinstance(run, Script):
        return [[sys.executable, str(ROOT / run.path), *run.arguments]]
    if isinstance(run, InVenv):
        return [[sys.executable, str(ROOT / "tools" / "run" / "in_venv.py"), suite.name]]
    return [
        [str(venv / "bin" / tool), *(argument.replace(COPY, str(copy)) for argument in arguments)]
        for tool, *arguments in run.commands
    ]


def place(suite: Suite, venv: Path) -> tuple[dict[str, str], Path]:
    """The environment and the folder of a suite's commands: the checkout, or for Tools a copy.

    Each has a copy of its own: some linters leave files behind that others would judge.
    """
    if not isinstance(suite.run, Tools):
        return environment.clean_environment(), ROOT
    name = f"part-{suite.name}"
    copy = snapshot(name)
    env = environment.test_environment(venv, name)
    env["ANSIBLE_COLLECTIONS_PATH"] = str(CACHE / "work" / name)
    return env, copy


def execute(part: Suite, venv: Path, log: Path | None) -> Result:
    """Run the commands of a suite until one fails."""
    start = time.monotonic()
    env, cwd = place(part, venv)
    code = 0
    for command in commands(part, cwd, venv):
        left = part.seconds - (time.monotonic() - start)
        if log is None:
            code = wait(spawn(command, env=env, cwd=cwd), left)
        else:
            with open(log, "ab") as handle:
                handle.write(f"$ {shlex.join(command)}\n".encode())
                handle.flush()
                code = wait(spawn(command, env=env, cwd=cwd, stdout=handle, stderr=subprocess.STDOUT), left)
        if code == 124:
            said = f"ended: {part.name} may take {part.seconds:.0f} s\n"
            if log is None:
                sys.stderr.write(said)
            else:
                with open(log, "a", encoding="utf-8") as text:
                    text.write(said)
        if code:
            break
    return Result(part, code, time.monotonic() - start, log)


class Runner:
    """Works through the parts with a few threads; only the main thread is interrupted by signals, so it does nothing
    but wait."""

    def __init__(self, parts: list[Suite], venv: Path) -> None:
        self.waiting = list(parts)
        self.venv = venv
        self.results: list[Result] = []
        self.lock = threading.Lock()

    def work(self) -> None:
        """Take suites from the list until it is empty."""
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
        """Run all of them; the results in the order of the table."""
        threads = [threading.Thread(target=self.work, daemon=True) for _ in range(min(WORKERS, len(self.waiting)))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        order = [part.name for part in SUITES]
        return sorted(self.results, key=lambda result: order.index(result.part.name))


def record(results: list[Result]) -> None:
    """Leave the results where the script that runs this one asked for them."""
    file = os.environ.get("TEST_RESULTS")
    if file:
        rows = [{"name": result.part.name, "code": result.code, "seconds": result.seconds} for result in results]
        Path(file).write_text(json.dumps(rows), encoding="utf-8")


def show_log(result: Result) -> None:
    """Print the end of the log of a suite that failed."""
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
    """Run the suites that are named; the exit code is 1 where one fails."""
    start = time.monotonic()
    names = sys.argv[1:]
    if names == ["help"]:
        say(help_text())
        return 0
    parts = chosen(names)
    if len(parts) == 1 and parts[0].kind is Kind.USE:
        # Replaces this process: the playbook has the terminal, and its exit code is the exit code.
        command = commands(parts[0], ROOT, ROOT)[0]
        os.execv(command[0], command)
    environment.collection_link()
    LOGS.mkdir(parents=True, exist_ok=True)
    if len(parts) == 1:
        # A script of ours makes what it needs, which may be less.
        needed = isinstance(parts[0].run, Tools)
        venv = environment.venv(environment.TEST_VENV) if needed else environment.CACHE / environment.TEST_VENV
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
