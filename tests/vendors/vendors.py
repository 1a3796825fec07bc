# Holds the catalog against kernel trees whose places are given, and writes docs/vendors.md.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""`make vendors ARGS='FILE'`: a line of FILE is RELEASE PLACE NAME, such as

    4.18.0-80.el8.x86_64 ../linux-el@4.18.0-80.el8 bobolopolis/linux-el

PLACE is a folder with a kernel's source, or REPOSITORY@REVISION of git. NAME stands on the page. Prints what differs;
with --write also writes docs/vendors.md. Exits 1 where there is a difference. Whoever has the trees brings them:
nothing is fetched here, and nothing of them comes into this repository.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "tools" / "run")]

import environment  # noqa: E402  (tools/run)
from base import COLLECTIONS, ROOT, Problem, main, say  # noqa: E402  (tools/run)

environment.collection_link()
sys.path[:0] = [str(COLLECTIONS), str(HERE)]

from _compare import compare  # noqa: E402  (beside this file; needs the catalog)
from _page import Row, page  # noqa: E402
from _tree import Tree  # noqa: E402

PAGE = ROOT / "docs" / "vendors.md"


def trees(file: Path) -> list[tuple[Tree, str]]:
    """The trees of a list, each with its name; Problem where a line is none."""
    found = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        words = line.split(maxsplit=2)
        if not words or words[0].startswith("#"):
            continue
        if len(words) != 3:
            raise Problem(f"{file}:{number}: expected RELEASE PLACE NAME")
        found.append((Tree(words[0], words[1]), words[2]))
    return found


def run(arguments: list[str]) -> int:
    """Compare, print, and write the page where that is asked for."""
    parser = argparse.ArgumentParser(description="Hold the catalog against kernel trees.")
    parser.add_argument("file", type=Path, help="a list: RELEASE PLACE NAME, a tree a line")
    parser.add_argument("--write", action="store_true", help="write docs/vendors.md")
    parser.add_argument("--untold", action="store_true", help="also print what could not be taken out of a source")
    options = parser.parse_args(arguments)
    rows = []
    for tree, name in trees(options.file):
        try:
            verdict = compare(tree)
        except ValueError as exc:
            raise Problem(str(exc)) from exc
        rows.append(Row(tree.release, name, verdict))
        say(f"{tree.release}: {verdict.compared} compared, {len(verdict.differences)} differ")
        for line in verdict.differences + (verdict.untold if options.untold else []):
            say("    " + line)
    if options.write:
        PAGE.write_text(page(rows), encoding="utf-8")
    return 1 if any(row.verdict.differences for row in rows) else 0


if __name__ == "__main__":
    main(lambda: run(sys.argv[1:] + shlex.split(os.environ.get("ARGS", ""))))
