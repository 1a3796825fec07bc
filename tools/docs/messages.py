# Writes the tables of docs/messages.md and docs/report.md from the table of codes and the report's columns; with
# --check it only compares.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The tables stand between `<!-- generated: NAME -->` and `<!-- end -->`; all else there is written by hand.

Part of `make docs`; `make test` runs it with --check.
"""

from __future__ import annotations

import argparse
import difflib
import re
import sys
import textwrap
import types
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import keys_table

ROOT = Path(__file__).resolve().parents[2]
WIDTH = 118  # columns of prose
DOCUMENTS = ("docs/messages.md", "docs/report.md")
REGION = re.compile(r"(<!-- generated: ([a-z ]+) -->\n)(.*?)(<!-- end -->\n)", re.DOTALL)


def load(module: str) -> types.ModuleType:
    """A module of plugins/ of this checkout, such as module_utils._codes."""
    folder, _dot, name = module.partition(".")
    return keys_table.load(name, folder)


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table as text."""
    return "\n".join(keys_table.table(titles, rows))


def codes(kind: str) -> str:
    """The rows of a kind."""
    found = load("module_utils._codes").of_kind(kind)
    return table(("code", "when", "what to do"), ((f"`{code}`", code.when, code.todo) for code in found))


def reasons() -> str:
    """The reasons, and on which of them strict mode fails a host."""
    unasked = ", ".join(f"`{code}`" for code in load("module_utils._codes").of_kind("reason") if code.unasked)
    strict = f"Strict mode (`tcp_hardening_strict: true`) fails a host on {unasked}, before anything is written."
    return f"{codes('reason')}\n{textwrap.fill(strict, WIDTH)}\n"


def columns() -> str:
    """The columns of the closing table."""
    rows = []
    for column, outcomes in load("plugin_utils._table._closing_table").COLUMNS:
        told = "; ".join(f"`{code}`: {code.when}" if len(outcomes) > 1 else code.when for code in outcomes)
        todo = "; ".join(f"`{code}`: {code.todo}" if len(outcomes) > 1 else code.todo for code in outcomes)
        rows.append((str(column), told, todo))
    return table(("column", "the key", "what to do"), rows)


def changes() -> str:
    """What the playbook preview can say: what comes with another kernel alone, and reasons and advice that do."""
    found = load("module_utils._codes")
    policy = (found.HARMFUL, found.BETTER, found.IGNORED)
    reasons = [code for code in found.of_kind("reason") if code.unasked or code in policy]
    advice = [code for code in found.of_kind("advice") if code.kernel_alone or code == found.WEAKER_THAN_DEFAULT]
    own = codes("change")
    named = [", ".join(f"`{code}`" for code in some) for some in (reasons, advice)]
    told = f"Reasons and advice that are new with the other kernel: {named[0]}; {named[1]}."
    return f"{own}\n{textwrap.fill(told, WIDTH)}\n"


def signs() -> str:
    """The signs of the page."""
    outcomes = reversed(load("module_utils._codes").of_kind("outcome"))
    found = load("plugin_utils._report._signs").SIGNS
    return table(("sign", "outcome", "the key"), ((found[code], f"`{code}`", code.when) for code in outcomes))


def csv() -> str:
    """The columns of the CSV."""
    return table(
        ("column", "what it holds"),
        ((f"`{name}`", told) for name, told in load("plugin_utils._report._texts").csv_head()),
    )


TABLES: dict[str, Callable[[], str]] = {
    "columns": columns,
    "reasons": reasons,
    "advice": lambda: codes("advice"),
    "findings": lambda: codes("finding"),
    "changes": changes,
    "signs": signs,
    "csv": csv,
}


def render(text: str) -> str:
    """A document with its tables as they should be. SystemExit names a table that there is not."""

    def fill(match: re.Match[str]) -> str:
        if match[2] not in TABLES:
            raise SystemExit(f"there is no table {match[2]}; expected one of {', '.join(TABLES)}")
        return match[1] + TABLES[match[2]]() + match[4]

    return REGION.sub(fill, text)


def main(arguments: list[str]) -> int:
    """Write the generated parts of the documents; with --check only compare."""
    parser = argparse.ArgumentParser(description="Write the tables of codes and columns.")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 and show the difference if there is one"
    )
    parser.add_argument("--root", type=Path, default=ROOT, help="another folder with docs/")
    options = parser.parse_args(arguments)
    code = 0
    for name in DOCUMENTS:
        path = options.root / name
        found = path.read_text(encoding="utf-8")
        wanted = render(found)
        if found == wanted:
            continue
        if options.check:
            code = 1
            print(f"{name} does not match the table of codes or the columns; run `make docs`. The difference:")
            print("\n".join(difflib.unified_diff(found.splitlines(), wanted.splitlines(), "there is", "there should be",
                                                 lineterm="", n=0)))  # fmt: skip
        else:
            path.write_text(wanted, encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
