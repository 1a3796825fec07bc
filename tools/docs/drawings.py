# Draws docs/*.svg from the descriptions in tools/docs/drawings; with --check it only compares.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The drawings of the guide to TCP. Part of `make docs`; `make test` runs it with --check."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from drawing import Drawing, Mistake
from writing import need_yaml

ROOT = Path(__file__).resolve().parents[2]
SOURCES = Path(__file__).resolve().parent / "drawings"
DOCUMENTS = ROOT / "docs"


def render(source: Path) -> str:
    """The SVG that a description makes."""
    import yaml

    try:
        return Drawing(yaml.safe_load(source.read_text(encoding="utf-8"))).svg()
    except Mistake as problem:
        raise SystemExit(f"{source.name}: {problem}") from problem


def main(arguments: list[str]) -> int:
    """Write the drawings of docs/; with --check only compare."""
    need_yaml(__file__, arguments)
    parser = argparse.ArgumentParser(description="Draw docs/*.svg.")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 and name the drawings that are not up to date"
    )
    parser.add_argument("--folder", type=Path, default=DOCUMENTS, help="another place than docs")
    options = parser.parse_args(arguments)
    code = 0
    for source in sorted(SOURCES.glob("*.yml")):
        file, wanted = options.folder / f"{source.stem}.svg", render(source)
        if file.exists() and file.read_text(encoding="utf-8") == wanted:
            continue
        if options.check:
            print(f"{file.name} does not match tools/docs/drawings/{source.name}; run `make docs`.")
            code = 1
        else:
            file.write_text(wanted, encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
