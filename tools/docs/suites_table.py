# Writes the tables of suites in TESTING.md out of tools/run/suites.py.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""suites_table.py [--check]: writes the part of TESTING.md between two marks, or says whether it is up to date."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "run"))

from base import ROOT, Problem, main
from suites import HOUR, MINUTE, SUITES, Kind, Suite
from writing import renew

PAGE = ROOT / "TESTING.md"
BEGIN, END = "<!-- suites: written by `make docs` out of tools/run/suites.py -->\n", "<!-- end of suites -->\n"


def limit(seconds: float) -> str:
    """A time limit for people: 10 min, 6 h."""
    return f"{seconds / HOUR:g} h" if seconds >= HOUR else f"{seconds / MINUTE:g} min"


def _table(first: str, rows: list[Suite]) -> list[str]:
    lines = [f"| {first} | what it does | limit |", "|---|---|---|"]
    return lines + [f"| `make {row.name}` | {row.proves or row.about} | {limit(row.seconds)} |" for row in rows]


def tables() -> str:
    """The part between the marks."""

    def of(kind: Kind) -> list[Suite]:
        return [row for row in SUITES if row.kind is kind]

    text = [
        *_table("part of `make test`", of(Kind.TEST)),
        "",
        *_table("part of `make lint`, which is a part of `make test` too", of(Kind.LINT)),
        "",
        *_table("not a part of `make test`", of(Kind.OTHER)),
    ]
    return "".join(f"{line}\n" for line in text)


def renewed(page: str) -> str:
    """The page with these tables. Raises Problem where the marks are missing."""
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        raise Problem(f"{PAGE.name} needs the lines {BEGIN.strip()!r} and {END.strip()!r}, once each")
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}{tables()}{END}{rest.split(END)[1]}"


def entry() -> int:
    """Write the tables of TESTING.md; with --check only compare."""
    wanted = renewed(PAGE.read_text(encoding="utf-8"))
    return renew(PAGE, wanted, "tools/run/suites.py", sys.argv[1:])


if __name__ == "__main__":
    main(entry)
