# Writes docs/keys.md from the catalog and the role's values; with --check it only compares.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The table of all keys for people. Part of `make docs`; `make test` runs it with --check."""

from __future__ import annotations

import argparse
import difflib
import importlib
import sys
import types
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from writing import need_yaml

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "keys.md"
VALUES = ROOT / "roles" / "tcp_hardening" / "defaults" / "main.yml"
PACKAGE = "ansible_collections.fleetnet.linux_tcp"

INTRODUCTION = """\
# The keys

<!-- Written by tools/docs/keys_table.py from plugins/module_utils/_kernel/_catalog.py, _related.py beside it and
     roles/tcp_hardening/defaults/main.yml. Change those, then run `make docs`. -->

First the {document} keys of the document, which the role sets; then {related} related ones, which may be added with
`tcp_hardening_overrides`. Whether a host has a key is read from the host; what stands here explains it, and answers
for kernels that are not at hand. What each of the {document} does, and what more or less of it buys and costs:
[tcp-keys.md](tcp-keys.md). Where the values come from, and what becomes of each on the kernels of today:
[profile.md](profile.md).

How to read the tables:

- A line such as `5.4: 4096` holds from Linux 5.4 on. A line without a version holds from the beginning (2.6.12 or
  before). A version of three numbers such as 5.10.262 is a stable release: from there on, in 5.10.y only.
- `RHEL 8` is the kernel that Red Hat calls 4.18.0, with its rebuilds; `RHEL 7 build 1062` is 3.10.0-1062 and newer.
  `Amazon` is Amazon Linux with a kernel before 5.10; `SUSE 5.14` is 5.14.21 of SUSE Linux Enterprise. Where a vendor
  has a line of its own, the others do not count for it.
- A line with *about* is only documented: nobody read it in a source or saw it on a kernel. The same goes for every
  default on a kernel whose vendor's sources were not read ([vendors.md](vendors.md)): the plan calls it estimated, and
  `improve` writes none of it.
- *RAM* is the usable memory. *page* is the size of a memory page, 4096 bytes on most hosts and 65536 on some. *hash*
  is the number of buckets of the connection table: RAM / 128 KiB, rounded up to a power of two, 524288 at most.
- *accepted* is what this collection lets through, for each number of the key. Where an old kernel checks nothing, it
  is narrower than the kernel: a negative number is never meant.
- `implausible` is an advice: the kernel takes the value, and hardly anybody means it. The kernel's own value is never
  called so. A local port range of fewer than 1000 ports is.
- *better* is the direction of the key: which of two values the policy `improve` takes. The lowest number is not the
  weakest everywhere. Of several numbers each is compared by itself. *as wanted* means that there is no better and no
  worse, or that either may be meant: `improve` sets what is wanted.
- A key that is *host-wide* exists once; a container does not see it, or cannot write it. Where each network namespace
  has its own value, a new one starts at the kernel's own default and not at the host's value, unless the table says
  *copied from the host*.
- A commit in *italics* is named from memory; its version was read in the sources, its id could not be opened.
"""

# The directions of the catalog in plain words, see _direction.py.
BETTER = {
    "max": "higher",
    "min": "lower",
    "wide": "wider: the lower first number, the higher second one",
    "union": "longer: every port of both lists",
    "or": "every bit of both",
    "set": "as wanted",
}

# The words of the catalog's defaults, see _FORMULAS in _builtin.py.
WORDS = {
    "page_size": "page",
    "rmem<=4MiB": "RAM/128, at most 4 MiB",
    "rmem<=6MiB": "RAM/128, at most 6 MiB",
    "rmem<=32MiB": "RAM/128, at most 32 MiB",
    "wmem<=4MiB": "RAM/128, at most 4 MiB",
    "ehash/2": "hash/2",
    "ehash/128": "hash/128, at least 128",
    "ehash/256": "hash/256, at least 128",
    "low/8": "9.4 % of RAM",
    "pressure/8": "12.5 %",
    "high/8": "18.8 %",
    "low/16": "4.7 % of RAM",
    "pressure/16": "6.3 %",
    "high/16": "9.4 %",
}


def load(module: str, folder: str = "module_utils") -> types.ModuleType:
    """Import a module out of a folder of plugins/ of this checkout, whatever its folder is called and with or without
    Ansible."""
    name = ""
    for part in PACKAGE.split("."):
        name = f"{name}.{part}".lstrip(".")
        if name not in sys.modules:
            package = types.ModuleType(name)
            package.__path__ = [str(ROOT)] if name == PACKAGE else []
            sys.modules[name] = package
    return importlib.import_module(f"{PACKAGE}.plugins.{folder}.{module}")


def marker(text: str) -> str:
    """A marker of the catalog for people: el8-477 is RHEL 8 build 477; nothing for the beginning."""
    branch, _dash, build = text.partition("-")
    if branch == "amzn":
        return "Amazon"
    if branch.startswith("el"):
        return f"RHEL {branch[2:]}" + (f" build {build}" if build else "")
    if branch.startswith("tencent"):
        return f"TencentOS {branch[7:]}"
    if branch.startswith("sle"):
        return f"SUSE {branch[3:]}" + (f" build {build}" if build else "")
    return "" if text == "0" else text


def history(pairs: Iterable[tuple[str, Any]], show: Callable[[Any], str]) -> str:
    """One line for each value, with all the points at which it begins."""
    lines = []
    for value, group in groupby(pairs, lambda pair: pair[1]):
        points = ", ".join(filter(None, (marker(point) for point, _value in group)))
        lines.append(f"{points}: {show(value)}" if points else show(value))
    return "<br>".join(lines)


def default(text: str) -> str:
    """A default as the kernel shows it, or the formula in words; several numbers are separated by semicolons."""
    if text.startswith("about "):
        return "about " + default(text.partition(" ")[2])
    words = [WORDS.get(word, word) for word in text.split()]
    return ("; " if any(word in WORDS for word in text.split()) else " ").join(words) or "empty"


def accepted(row: Any) -> str:
    """The bounds; for a key without numbers, what it holds."""
    if not row.numeric:
        return {"word": "a name", "ports": "such as 8080,9000-9010"}[row.kind]
    return history(row.bounds, lambda pair: f"{pair[0]} to {pair[1]}")


def life(row: Any) -> str:
    """Since when the key exists, and until when."""
    begin = ", ".join(marker(word) for word in row.introduced.split() if marker(word))
    parts = ([f"since {begin}"] if begin else []) + (
        [f"removed in {', '.join(map(marker, row.removed.split()))}"] if row.removed else []
    )
    return "; ".join(parts + ([f"needs {row.needs}"] if row.needs else [])) or "always"


def namespaces(row: Any) -> str:
    """Since when each network namespace has its own value."""
    if not row.per_namespace:
        return "host-wide" + (f"; containers can read it since {row.visible_in_child}" if row.visible_in_child else "")
    return history(row.per_namespace, lambda value: "own value" if value else "host-wide") + (
        "; copied from the host" if row.inherited else ""
    )


def better(row: Any) -> str:
    """Which of two values is the better one, in plain words."""
    if row.harmful:
        return "0; any other value is harmful"
    if row.better == "order":
        return ", then ".join(map(str, row.order))
    bound = "" if row.edge is None else f", {'up' if row.better == 'max' else 'down'} to {row.edge}"
    meaning = "".join(f"; {number} means {other}" for number, other in row.means)
    weaker = f"; {row.order[-1]} is the weaker" if row.better == "set" and row.order else ""
    return BETTER[row.better] + bound + meaning + weaker


def table(titles: Sequence[str], lines: Iterable[Sequence[str]]) -> list[str]:
    """A table in Markdown, with an empty line after it."""
    return [
        "| " + " | ".join(titles) + " |",
        "|" + "---|" * len(titles),
        *("| " + " | ".join(line) + " |" for line in lines),
        "",
    ]


def section(page: str, row: Any) -> str:
    """The address of a key's section on a page; "" for the same page."""
    return "{}#{}".format(page, row.name.replace(".", ""))


def anchor(row: Any) -> str:
    """The key, as a link to its section."""
    return f"[`{row.name}`]({section('', row)})"


def numbers(rows: Iterable[Any], values: dict[str, Any] | None) -> list[str]:
    """What each key is, and its numbers."""
    titles = ["key", "what it is", "kernel's own default", "accepted"]
    if values:
        titles[2:2] = ["document's default", "optimised"]
    lines = []
    for row in rows:
        unit = "" if row.unit in row.meaning else f" ({row.unit})"
        line = [anchor(row), row.meaning + unit, history(row.default, default), accepted(row)]
        if values:
            line[2:2] = [row.document, str(values[row.name])]
        lines.append(line)
    return table(titles, lines)


def directions(rows: Iterable[Any]) -> list[str]:
    """Which way each key is better, and why."""
    return table(["key", "better", "why"], [[anchor(row), better(row), row.why] for row in rows])


def kernels(rows: Iterable[Any]) -> list[str]:
    """On which kernels each key is there, for whom, and whether it does anything."""
    return table(
        ["key", "exists", "in network namespaces", "no effect"],
        [
            [anchor(row), life(row), namespaces(row), f"since {marker(row.no_effect)}" if row.no_effect else ""]
            for row in rows
        ],
    )


def details(row: Any) -> list[str]:
    """Hazards, the window that makes sense, commits and sources of one key."""
    vendors = load("_kernel._vendor_sources").VENDOR_SOURCES.get(row.name, ())
    lines = [f"### {row.name}", "", *(f"- {hazard[0].upper()}{hazard[1:]}." for hazard in row.hazards)]
    if row.sane:
        lines.append(f"- Outside of {row.sane[0]} to {row.sane[1]}{f' {row.unit}' if row.unit else ''}: `implausible`.")
    if row.commits:
        lines.append(
            "- Commits: "
            + ", ".join(
                (f"`{commit[:12]}`" if len(commit) == 40 else f"*{commit}*") + f" ({version})"
                for version, commit in row.commits
            )
            + "."
        )
    lines.append(f"- From: {row.sources}.")
    for source in vendors:
        points = ", ".join(map(marker, source.markers.split()))
        lines.append(f"- {points}: {'' if source.read else 'only documented, '}{source.place}.")
    return [*lines, ""]


def render() -> str:
    """The whole document."""
    import yaml

    rows = load("_kernel._catalog").every_row()
    values = yaml.safe_load(VALUES.read_text(encoding="utf-8"))["tcp_hardening_values"]
    document = [row for row in rows if row.document]
    related = [row for row in rows if row not in document]
    if list(values) != [row.name for row in document]:
        raise SystemExit(
            f"{VALUES.relative_to(ROOT)}: tcp_hardening_values must hold the document's keys in the order of the"
            " catalog"
        )
    lines = [INTRODUCTION.format(document=len(document), related=len(related)), "## The document's keys", ""]
    lines += [
        *numbers(document, values),
        *directions(document),
        *kernels(document),
        "## Related keys",
        "",
        *numbers(related, None),
        *directions(related),
        *kernels(related),
    ]
    lines += ["## Key by key", ""]
    for row in rows:
        lines += details(row)
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Write the document; with --check only compare."""
    need_yaml(__file__, arguments)
    parser = argparse.ArgumentParser(description="Write docs/keys.md from the catalog.")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 and show the difference where there is one"
    )
    parser.add_argument("--file", type=Path, default=DOCUMENT, help="another place than docs/keys.md")
    options = parser.parse_args(arguments)
    wanted = render()
    found = options.file.read_text(encoding="utf-8") if options.file.exists() else ""
    if found == wanted:
        return 0
    if options.check:
        print(f"{options.file.name} does not match the catalog; run `make docs`. The difference:")
        print(
            "\n".join(
                difflib.unified_diff(
                    found.splitlines(), wanted.splitlines(), "there is", "there should be", lineterm="", n=0
                )
            )
        )
        return 1
    options.file.parent.mkdir(parents=True, exist_ok=True)
    options.file.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
