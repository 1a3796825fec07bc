# Shows that the tests can fail: breaks the role and the modules in ten ways, one at a time, in copies of the working
# tree, and counts who sees it.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""`make mutations`. Each mutation has to be caught by the unit tests and by the scenario that belong to it.

Unbroken, all of them pass.

Not a part of `make test`. Unit tests and scenarios run side by side, each on a copy of its own.
"""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "tools" / "run"))

import environment
from base import CACHE, COLLECTIONS, LOGS, ROOT, Problem, main, say, spawn, stop_children, wait
from scenarios import prepared, run_scenario
from snapshot import snapshot

UTILS = "plugins/module_utils/"
UNIT_SECONDS = 300.0
ALL_SECONDS = 2400.0
FAILED_TEST = re.compile(r"^FAILED (.+?)(?: - .*)?$", re.MULTILINE)
# How a scenario fails that has seen something before its tests: the role failed, or its second run changed something.
FAILED_STEP = re.compile(r"^CRITICAL (Idempotence test failed|Ansible return code was 2)", re.MULTILINE)


@dataclass(frozen=True)
class Mutation:
    """One fault: a text of a file that is there exactly once, what stands there instead, and who has to see it."""

    name: str
    file: str
    text: str
    instead: str
    units: str
    scenario: str


MUTATIONS = (
    Mutation(
        "wrong value",
        "roles/tcp_hardening/defaults/main.yml",
        "tcp_keepalive_probes: 3",
        "tcp_keepalive_probes: 4",
        "roles/test_tcp_hardening.py",
        "site",
    ),
    Mutation(
        "no read-back",
        UTILS + "_apply/_live.py",
        "if not same(key, found, text):",
        "if found is None:",
        "plugins/module_utils/_apply/test_live.py",
        "rollback",
    ),
    Mutation(
        "no undo",
        UTILS + "_apply/_ends.py",
        "            left = undo(store, journal, store.journal_path, at_once)\n",
        "            left = remove(store.journal_path) or []\n",
        "plugins/module_utils/_apply/test_transaction.py",
        "rollback",
    ),
    Mutation(
        "file not written",
        UTILS + "_apply/_ends.py",
        "swap(store.path, journal.after, store.label)",
        "pass",
        "plugins/module_utils/_apply/test_transaction.py",
        "drift",
    ),
    Mutation(
        "wrong mode",
        UTILS + "_apply/_file_state.py",
        "mode: int = 0o644",
        "mode: int = 0o640",
        "plugins/module_utils/_apply/test_states.py",
        "default",
    ),
    Mutation(
        "a key skipped silently",
        UTILS + "_plan/_make.py",
        "for key, value in wanted.items()]",
        "for key, value in wanted.items() if host.reading(key).present]",
        "plugins/module_utils/_plan/test_make.py",
        "unprivileged",
    ),
    Mutation(
        "unsafe key accepted",
        UTILS + "_kernel/_values.py",
        r"net\.(?:core|ipv4)(?:",
        r"net\.[a-z0-9]+(?:",
        "plugins/module_utils/_kernel/test_values.py",
        "rollback",
    ),
    Mutation(
        "boot source wrong",
        UTILS + "_boot/_conf.py",
        'number, rest = 1, ""',
        'number, rest = 0, ""',
        "plugins/module_utils/_boot/test_forecast.py",
        "neighbours",
    ),
    Mutation(
        "lock removed",
        UTILS + "_apply/_store.py",
        "fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)",
        "pass",
        "plugins/module_utils/_apply/test_store.py",
        "rollback",
    ),
    Mutation(
        "tab seen as drift",
        UTILS + "_kernel/_values.py",
        "words = tuple(text.split())",
        'words = tuple(text.split(" "))',
        "plugins/module_utils/_kernel/test_values.py",
        "drift",
    ),
)


class Lane:
    """A copy of the working tree in which one kind of test is run, at first as it stands and then broken."""

    # The attribute of a mutation that says which of these tests have to see it.
    kind = ""

    def __init__(self) -> None:
        self.collections = CACHE / "work" / f"mutations-{self.kind}"
        self.copy = snapshot(self.collections.name)

    def failure(self, name: str, log: Path) -> str:
        """Run the tests of that name: the first that failed, or nothing."""
        raise NotImplementedError

    def work(self, end: float) -> dict[str, str]:
        """Mutation to what caught it. The unbroken copy has to pass."""
        for name in dict.fromkeys(getattr(mutation, self.kind) for mutation in MUTATIONS):
            log = LOGS / f"mutations-{self.kind}-none.log"
            failed = self.failure(name, log)
            if failed:
                raise Problem(f"{name} fails without a mutation: {failed}. See {log}")
            say(f"    {name}: passes without a mutation")
        found = {}
        for mutation in MUTATIONS:
            if time.monotonic() > end:
                raise Problem(f"this takes longer than {ALL_SECONDS:.0f} s")
            with self._broken(mutation):
                log = LOGS / f"mutations-{self.kind}-{mutation.name.replace(' ', '-')}.log"
                found[mutation.name] = self.failure(getattr(mutation, self.kind), log)
            say(f"    {mutation.name}: {found[mutation.name] or f'NOT SEEN by {getattr(mutation, self.kind)}'}")
        return found

    @contextlib.contextmanager
    def _broken(self, mutation: Mutation) -> Iterator[None]:
        file = self.copy / mutation.file
        good = file.read_text(encoding="utf-8")
        if good.count(mutation.text) != 1:
            raise Problem(
                f"{mutation.name}: {mutation.text!r} has to be in {mutation.file} once, and is there"
                f" {good.count(mutation.text)} times. Change MUTATIONS in tests/mutations/mutations.py"
            )
        file.write_text(good.replace(mutation.text, mutation.instead), encoding="utf-8")
        try:
            yield
        finally:
            file.write_text(good, encoding="utf-8")


class Units(Lane):
    kind = "units"

    def __init__(self, venv: Path) -> None:
        super().__init__()
        self.command = [str(venv / "bin" / "python"), "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
        self.env = {**environment.test_environment(venv, "units"), "PYTHONPATH": str(self.collections)}

    def failure(self, name: str, log: Path) -> str:
        with open(log, "wb") as handle:
            child = spawn(
                [*self.command, f"tests/unit/{name}"],
                env=self.env,
                cwd=self.copy,
                stdout=handle,
                stderr=subprocess.STDOUT,
            )
            code = wait(child, UNIT_SECONDS)
        return _reason(log, FAILED_TEST) if code else ""


class Scenarios(Lane):
    kind = "scenario"

    def __init__(self, venv: Path, env: dict[str, str]) -> None:
        super().__init__()
        self.venv = venv
        # One failing test is enough.
        self.env = {**env, "PYTEST_ADDOPTS": "-x"}
        # What a checkout has in its cache: itself under the name that Ansible knows it by, and the other collections.
        folder = self.copy / ".cache" / "collections" / "ansible_collections"
        folder.mkdir(parents=True)
        (folder / "fleetnet").symlink_to(self.collections / "ansible_collections" / "fleetnet")
        for other in ("ansible", "community"):
            (folder / other).symlink_to(COLLECTIONS / "ansible_collections" / other)

    def failure(self, name: str, log: Path) -> str:
        result = run_scenario(name, self.venv, self.env, self.copy, log)
        return f"{name}/{_reason(log, FAILED_TEST, FAILED_STEP)}" if result.fault else ""

    def clean(self) -> None:
        """Remove the containers of a run that was cut short."""
        label = f"label=fleetnet.linux_tcp.checkout={self.copy}"
        left = subprocess.run(
            ["docker", "ps", "--all", "--quiet", "--filter", label],
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        ).stdout.split()
        if left:
            subprocess.run(
                ["docker", "rm", "--force", "--volumes", *left],
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                timeout=60,
                check=False,
            )


def _reason(log: Path, *patterns: re.Pattern[str]) -> str:
    """What a failed run says of itself. One that did not come to a verdict is no proof of anything, and ends all."""
    said = log.read_text(encoding="utf-8", errors="replace")
    for pattern in patterns:
        found = pattern.search(said)
        if found:
            return re.sub(r"^tests/unit/(plugins/module_utils/)?", "", found[1]).replace("[ansible://linux-tcp-", "[")
    raise Problem(f"a run failed otherwise than by a test; see {log}. Its end:\n{said[-2000:]}")


def entry() -> int:
    start = time.monotonic()
    LOGS.mkdir(parents=True, exist_ok=True)
    with prepared(sorted({mutation.scenario for mutation in MUTATIONS})) as (venv, env):
        units, scenarios = Units(venv), Scenarios(venv, env)
        say(f"==> {len(MUTATIONS)} mutations; logs are in {LOGS.relative_to(ROOT)}")
        try:
            with ThreadPoolExecutor() as pool:
                works = [pool.submit(lane.work, start + ALL_SECONDS) for lane in (units, scenarios)]
                try:
                    by_units, by_scenarios = (work.result() for work in works)
                except BaseException:
                    stop_children()
                    raise
        finally:
            scenarios.clean()
    return closing(by_units, by_scenarios, time.monotonic() - start)


def closing(by_units: dict[str, str], by_scenarios: dict[str, str], seconds: float) -> int:
    """The table, and the count."""
    say("")
    for mutation in MUTATIONS:
        say(
            f"  {mutation.name:<24}{by_units[mutation.name] or 'NOT SEEN'}\n"
            f"{'':26}{by_scenarios[mutation.name] or 'NOT SEEN'}"
        )
    both = sum(bool(by_units[mutation.name] and by_scenarios[mutation.name]) for mutation in MUTATIONS)
    say(
        f"\ncaught by unit tests: {sum(map(bool, by_units.values()))} of {len(MUTATIONS)}, by scenarios:"
        f" {sum(map(bool, by_scenarios.values()))}, by both: {both}; {seconds:.0f} s"
    )
    return 0 if both == len(MUTATIONS) else 1


if __name__ == "__main__":
    main(entry)
