# The resolver against the programs of several releases of Debian, on thousands of random trees of sysctl.d files.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""What `make boot-fuzz` runs. Each program comes out of the root folder of its release, which stays as it is.

A difference is printed with its seed; --seed shows that tree, and compares it again.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

from ansible_collections.fleetnet.linux_tcp.tests.unit import namespace
from ansible_collections.fleetnet.linux_tcp.tests.unit.boot import programs, trees

ROOTS = Path(__file__).resolve().parents[2] / "tests" / "hosts" / "fleet" / "roots.py"
SUITES = ("bullseye", "bookworm", "trixie")
# Trees in one private host. Also a busy machine gets through so many in a minute.
PORTION = 250
SHOWN = 20


def base_root(suite: str) -> str:
    """The root folder of a release, built when it is missing. "here" is this machine itself."""
    if suite == "here":
        return "/"
    return subprocess.run(
        [sys.executable, str(ROOTS), suite], check=True, stdout=subprocess.PIPE, text=True
    ).stdout.strip()


def portion(root: str, loader: str, seeds: range) -> tuple[str, dict[int, programs.Comparison]]:
    """The loader's rules, and the comparison of each seed. It runs in a child with a network and files of its own."""

    def work() -> tuple[str, dict[int, programs.Comparison]]:
        machine = programs.Machine(root)
        return str(vars(machine.rules(loader))), {seed: programs.compare(machine, loader, seed) for seed in seeds}

    kind, found = namespace.in_child(work, namespace.enter)
    if kind != "value":
        raise SystemExit(f"seeds {seeds.start} to {seeds.stop - 1} were not compared: {found}")
    return found


def long_run(suite: str, loader: str, first: int, count: int) -> int:
    """Compare many trees; how many of them differ."""
    root = base_root(suite)
    begin = time.monotonic()
    settled, wrong = 0, 0
    for start in range(first, first + count, PORTION):
        _rules, found = portion(root, loader, range(start, min(start + PORTION, first + count)))
        settled += sum(one.settled for one in found.values())
        for seed, one in found.items():
            wrong += bool(one.wrong)
            if one.wrong and wrong <= SHOWN:
                print(f"{suite} {loader} --seed {seed}", *one.wrong, sep="\n    ", flush=True)
    seconds = time.monotonic() - begin
    print(
        f"{suite:<9} {loader:<15} {count} trees, {settled} keys set, {wrong} with a difference, {seconds:.0f} s",
        flush=True,
    )
    if not settled:
        raise SystemExit(f"{suite} {loader}: no tree set anything, so nothing was compared")
    return wrong


def show(suite: str, loader: str, seed: int) -> int:
    """Print one tree in full and its comparison; the number of keys that differ."""
    for path, entry in sorted(trees.tree(seed).items()):
        text = "a folder" if entry.text is None else repr(entry.text)[:2000]
        print(f"{path!r}: {text if entry.link is None else '-> ' + entry.link}")
    rules, found = portion(base_root(suite), loader, range(seed, seed + 1))
    print(suite, loader, rules, *(found[seed].wrong or ["no difference"]), sep="\n    ")
    return len(found[seed].wrong)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--suite",
        action="append",
        choices=(*SUITES, "here"),
        help="a release, or this machine; all three where none is named",
    )
    parser.add_argument("--loader", action="append", choices=tuple(programs.PROGRAMS), help="both where none is named")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--trees", type=int, default=10000, help="how many trees for each")
    parser.add_argument("--seed", type=int, help="show this one tree, and compare it")
    options = parser.parse_args()
    wrong = 0
    for suite in options.suite or SUITES:
        for loader in options.loader or programs.PROGRAMS:
            if options.seed is not None:
                wrong += show(suite, loader, options.seed)
            else:
                wrong += long_run(suite, loader, options.first, options.trees)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
