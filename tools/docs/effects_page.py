# Writes docs/effects.md out of benchmarks/effects.json; with --check it only compares.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The page of what the profile changes that people feel. Part of `make docs`; `make test` runs it with --check."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "run"))

import effects_rows
from base import ROOT, main
from effects_rows import ROWS, Row, medians, near, series, verdict
from writing import renew

# Found through effects_rows.
from _effect import OWN, Effect  # isort: skip
from _effects_record import Record  # isort: skip
from _registry import EFFECTS  # isort: skip

PAGE = ROOT / "docs" / "effects.md"
_WIDTH = 118  # columns of prose
SETS = ("exact", "improve")
_BY_NAME = {effect.name: effect for effect in EFFECTS}


def number(value: float) -> str:
    """A figure for people: three digits that count, thousands apart."""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def span(kernels: Sequence[str], every: Sequence[str]) -> str:
    """The names of kernels that follow each other."""
    if list(kernels) == list(every) and len(every) > 1:
        return "all"
    return kernels[0] if len(kernels) == 1 else f"{kernels[0]} to {kernels[-1]}"


def told(own: Mapping[str, float], found: Mapping[str, float], effect: Effect) -> str:
    """How figures by kernel stand to others; kernels that follow each other and are alike share a line."""
    every = [kernel for kernel in own if kernel in found]
    words = {kernel: verdict(own[kernel], found[kernel], effect.better) for kernel in every}
    groups: list[list[str]] = []
    for kernel in every:
        first = groups[-1][0] if groups else None
        if (
            first
            and words[first] == words[kernel]
            and near(own[first], own[kernel])
            and near(found[first], found[kernel])
        ):
            groups[-1].append(kernel)
        else:
            groups.append([kernel])
    lines = []
    for kernels in groups:
        last = kernels[-1]
        figures = number(found[last]) if words[last] == "same" else f"{number(own[last])} → {number(found[last])}"
        lines.append(f"{span(kernels, every)}: **{words[last]}**, {figures} {effect.unit}")
    return "<br>".join(lines) or "not measured yet"


def _compared(record: Record, effect: str, case: str, name: str) -> str:
    """How a set stands to the kernel's own."""
    own, found = (medians(record, effect, case, each) for each in (OWN, name))
    return told(own, found, _BY_NAME[effect])


def brief(record: Record) -> dict[str, str]:
    """What the document's value of each key does, in a cell of a table of another page."""
    return {
        row.key: f"nothing: {row.unmeasured}" if row.unmeasured else _compared(record, row.effect, row.case, "exact")
        for row in ROWS
    }


def quotes(record: Record) -> dict[str, str]:
    """Of each key whose document's value is worse on the newest kernel, a sentence for a message."""
    found = {}
    for row in ROWS:
        if row.unmeasured:
            continue
        own, exact = (medians(record, row.effect, row.case, name) for name in (OWN, "exact"))
        kernel = [name for name in own if name in exact][-1:]
        if kernel and verdict(own[kernel[0]], exact[kernel[0]], _BY_NAME[row.effect].better) == "worse":
            figures = f"{number(exact[kernel[0]])} instead of {number(own[kernel[0]])}"
            found[row.key] = f"on {kernel[0]}: {figures} {_BY_NAME[row.effect].unit}"
    return found


def _named(row: Row) -> str:
    """The key, with an anchor for other pages."""
    return f'<a id="{row.key.replace(".", "")}"></a>`{row.key}`'


def _row(record: Record, row: Row) -> str:
    if row.unmeasured:
        return f"| {_named(row)} | nothing: {row.unmeasured} | | | {row.instead} |"
    effect = _BY_NAME[row.effect]
    felt = effect.about
    cells = [_compared(record, row.effect, row.case, name) for name in SETS]
    if row.off:
        own, off = (medians(record, row.effect, case, OWN) for case in (row.case, row.off))
        felt += f"; switched off:<br>{told(own, off, effect)}"
    if row.price[0]:
        felt += f"; and {_BY_NAME[row.price[0]].about}"
        cells = [f"{cell}<br>and {_compared(record, *row.price, name)}" for cell, name in zip(cells, SETS, strict=True)]
    return f"| {_named(row)} | {felt} | {' | '.join(cells)} | {row.instead} |"


def keys_table(record: Record) -> list[str]:
    """A row for each key of the document."""
    head = ["| key | what people feel | `exact` | `improve` | set instead |", "|---|---|---|---|---|"]
    return head + [_row(record, row) for row in ROWS]


def _family(record: Record, effects: Iterable[Effect]) -> list[str]:
    """All figures of a family, kernel by kernel."""
    lines = [
        "| figure | case | kernel | own | exact | improve | unit | better is |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for effect in effects:
        for case in effect.cases:
            found = [medians(record, effect.name, case.name, name) for name in (OWN, *SETS)]
            for kernel in series(record):
                if any(kernel in each for each in found):
                    cells = " | ".join(number(each[kernel]) if kernel in each else "" for each in found)
                    lines.append(
                        f"| {effect.name} | {case.name} | {kernel} | {cells} | {effect.unit} | {effect.better} |"
                    )
    return lines


def _rounds(record: Record) -> str:
    """How many rounds each kernel has, of what is measured more than once."""
    found = []
    for kernel in series(record):
        counts = {
            len(rounds)
            for effect, cases in record["kernels"][kernel]["figures"].items()
            for sets in cases.values()
            for rounds in sets.values()
            if effect in _BY_NAME and not _BY_NAME[effect].once
        }
        if counts:
            low, high = min(counts), max(counts)
            found.append(f"{kernel}: {low}" + (f" to {high}" if high > low else ""))
    return "; ".join(found)


def _prose(text: str) -> str:
    return textwrap.fill(text, _WIDTH, break_on_hyphens=False)


def page(record: Record) -> str:
    """docs/effects.md."""
    releases = ", ".join(record["kernels"][name]["release"] for name in series(record))
    lines = [
        "# What the profile changes that people feel",
        "",
        "<!-- Written by `make docs` out of benchmarks/effects.json, which `make effects` measures, and"
        " tools/docs/effects_rows.py. -->",
        "",
        _prose(
            "Measured on real kernels, key by key: what is better, the same or worse with the document's values"
            " (`exact`), and with the better of both, number by number (`improve`). Read the line of your kernel."
        ),
        "",
        _prose(
            "*Better*, *same* and *worse* are seen from the kernel's own value, which stands left of the arrow. A"
            " difference of less than 10 % counts as the same. Each row sets its own key only; all others stay the"
            " kernel's own."
        ),
        "",
        *keys_table(record),
        "",
        "## Pictures",
        "",
        *pictures(),
        "## All figures",
        "",
        _prose(
            f"Medians of the rounds ({_rounds(record)}). *All values* and *both ends set* set all 23 keys; *computed*"
            " is not measured."
        ),
        "",
    ]
    for family, effects in groupby(EFFECTS, lambda effect: effect.family):
        lines += [f"### {family.capitalize()}", "", *_family(record, effects), ""]
    lines += [
        "## How it is measured",
        "",
        _prose(
            f"Throwaway kernels (User-Mode Linux, {releases}), with 4.5 GiB of memory and one processor each. In them"
            " two network namespaces on a veth pair; netem makes delay, rate and loss on both ends. Throughput is what"
            " is received in the second half of a transfer. Delays are timers, so that a busy machine does not change"
            " them. Connections to one destination are counted on every 32nd port. Rates of connections depend on the"
            " machine: only their ratio says something."
        ),
        "",
        "```console",
        "make effects",
        "make effects ARGS='--kernel 6.12 --only throughput --rounds 5'",
        "make docs",
        "```",
        "",
    ]
    return "\n".join(lines)


def pictures() -> list[str]:
    """The pictures, each in two colour schemes."""
    return [
        line
        for name, text in (
            ("effects-keys", "For each key, how much better or worse the figure of its row is, on each kernel."),
            ("effects-transfers", "Throughput against round trip, on each kernel, for the three sets of values."),
        )
        for line in (
            "<picture>",
            f'<source media="(prefers-color-scheme: dark)" srcset="images/{name}-dark.svg">',
            f'<img alt="{text}" src="images/{name}-light.svg">',
            "</picture>",
            "",
        )
    ]


def entry() -> int:
    """Write the page; with --check only compare."""
    return renew(PAGE, page(effects_rows.read()), "benchmarks/effects.json", sys.argv[1:])


if __name__ == "__main__":
    main(entry)
