# The reliability figures: how many of how many cases kept what is promised, and an exit code that says whether all did.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""What `make reliability` runs.

A case is named by a kind and a number; with the same --seed, --only KIND --case NUMBER shows it again.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from ansible.plugins.loader import init_plugin_loader

# Ansible's own importer of collections has to come first: it would not find those that Python knows already.
init_plugin_loader()

from ansible_collections.fleetnet.linux_tcp.tests.reliability import (  # noqa: E402
    arguments,
    fleet,
    hostile,
    kills,
    orders,
    places,
)
from ansible_collections.fleetnet.linux_tcp.tests.reliability.private import Case, Scripts, build  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reliability.md"
_SHOWN = 5
_HEAD = ("| what | kept | of | among them | seed |", "|---|---|---|---|---|")
_BEGIN, _END = "<!-- figures: written by `make reliability` -->\n", "<!-- end of figures -->\n"


class Kind(NamedTuple):
    """A line of the table. cases: given the settings of the run and the numbers of the cases, what came of each."""

    name: str
    what: str
    count: int
    cases: Callable[[Scripts, list[str]], Iterator[Case]]


def _single(case: Callable[[Scripts, random.Random], Case]) -> Callable[[Scripts, list[str]], Iterator[Case]]:
    return lambda scripts, seeds: (case(scripts, random.Random(seed)) for seed in seeds)


def _mutants(module: str) -> Callable[[Scripts, list[str]], Iterator[Case]]:
    return lambda _scripts, seeds: (
        case for part in arguments.portions(seeds) for case in arguments.portion(module, part)
    )


KINDS = (
    Kind("killed", "killed (SIGKILL) at a random moment", 50, _single(kills.killed)),
    Kind("disk", "disk full: the drop-in's folder, the state folder, or both", 30, _single(places.disk_full)),
    Kind("etc", "/etc read-only", 12, _single(places.etc_read_only)),
    Kind("var", "/var missing", 12, _single(places.var_missing)),
    Kind("key", "a key that turns read-only between plan and apply", 20, _single(places.key_turns_read_only)),
    Kind(
        "clock",
        "the wall clock jumps by years, around a killed run or an unconfirmed trial",
        20,
        _single(kills.jumping_clock),
    ),
    Kind(
        "order",
        "runs, deaths, trials, two drop-ins, an administrator and reboots in any order, 25 steps each",
        400,
        _single(orders.any_order),
    ),
    *(Kind(module, f"mutated arguments of `{module}`", 1000, _mutants(module)) for module in arguments.MODULES),
    Kind("results", "mutated results of hosts, among those of good ones", 10000, hostile.results),
    Kind("reports", "mutated files of reports, among those of good hosts", 10000, hostile.reports),
    Kind("two", "two controllers at once, hosts", 20, fleet.two_controllers),
    Kind("vanish", "a host that vanishes in the middle of a run, runs", 6, fleet.vanishing),
)


def run(kinds: list[Kind], seed: int, numbers: range | None, share: float) -> list[tuple[Kind, int, int, Counter[str]]]:
    """The lines of the table: kind, cases that kept the promises, cases, what came of them."""
    lines = []
    with tempfile.TemporaryDirectory(prefix="reliability-") as folder:
        scripts = Scripts(Path(folder))
        build(scripts)
        for kind in kinds:
            start = time.monotonic()
            chosen = numbers or range(max(1, round(kind.count * share)))
            seeds = [f"{seed} {kind.name} {number}" for number in chosen]
            found = list(kind.cases(scripts, seeds))
            bad = [(number, case) for number, case in zip(chosen, found, strict=True) if case.misses]
            for number, case in bad[:_SHOWN]:
                print(f"--seed {seed} --only {kind.name} --case {number}:", *case.misses, sep="\n    ", flush=True)
            lines.append((kind, len(found) - len(bad), len(found), Counter(case.outcome for case in found)))
            print(f"{kind.what}: {len(found) - len(bad)} of {len(found)}, {time.monotonic() - start:.0f} s", flush=True)
    return lines


def row(kind: Kind, good: int, count: int, outcomes: Counter[str], seed: int) -> str:
    """A line of the table, as Markdown."""
    return (
        f"| {kind.what} | {good} | {count} |"
        f" {', '.join(f'{number} {outcome}' for outcome, number in sorted(outcomes.items()))} | {seed} |"
    )


def renew(rows: list[str]) -> None:
    """Put these lines into the page, in place of those about the same; lines of kinds that are no more go."""
    before, _begin, rest = PAGE.read_text(encoding="utf-8").partition(_BEGIN)
    former, _end, after = rest.partition(_END)
    known = {line.split("|")[1].strip(): line for line in [*former.splitlines(), *rows] if line.startswith("|")}
    table = "\n".join([*_HEAD, *(known[kind.what] for kind in KINDS if kind.what in known)])
    PAGE.write_text(f"{before}{_BEGIN}\n{table}\n\n{_END}{after}", encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1, help="of all random choices (1)")
    parser.add_argument(
        "--only", action="append", choices=[kind.name for kind in KINDS], help="a kind of case; all where none is named"
    )
    parser.add_argument("--case", type=int, help="one case of a kind, by its number")
    parser.add_argument("--share", type=float, default=1.0, help="of the cases of each kind, 0.1 for a tenth (1)")
    options = parser.parse_args()
    if os.geteuid():
        raise SystemExit("it needs root, for namespaces")
    kinds = [kind for kind in KINDS if options.only is None or kind.name in options.only]
    lines = run(
        kinds, options.seed, None if options.case is None else range(options.case, options.case + 1), options.share
    )
    rows = [row(*line, options.seed) for line in lines]
    print("", *_HEAD, *rows, "", sep="\n")
    missed = sum(count - good for _kind, good, count, _outcomes in lines)
    print(
        f"{missed} of {sum(line[2] for line in lines)} cases broke a promise"
        if missed
        else "every case kept every promise"
    )
    if options.share == 1 and options.case is None:
        renew(rows)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
