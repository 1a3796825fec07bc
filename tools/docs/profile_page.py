# Writes docs/profile.md from the catalog, the role's values and the planner; with --check it only compares.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Where the 23 values come from, what the policy `improve` does with each, and what was measured. Part of `make
docs`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import effects_page
import effects_rows
import keys_table
from writing import need_yaml, renew

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "profile.md"
MEMORY_MB, PAGE_SIZE = 16384, 4096


class Kernel(NamedTuple):
    """A kernel of the page."""

    title: str
    release: str


KERNELS = (
    Kernel("3.10 (RHEL 7)", "3.10.0-1160.el7.x86_64"),
    Kernel("6.12", "6.12.101"),
    Kernel("7.2", "7.2.8"),
)
OF_TODAY = KERNELS[1:]

INTRODUCTION = """\
# The profile

<!-- Written by tools/docs/profile_page.py from the catalog, roles/tcp_hardening/defaults/main.yml and the planner.
     Change those, then run `make docs`. -->

The {count} values are a published table from the time of Linux 2.6 to 3.x: for each key the default of that time, and
an optimised value. Since then the kernel's own values have grown, and some keys went away or lost their effect.

So the policy `improve`, the default, sets a value of the table only where it is better than the kernel's own and than
what the host has. Each key has its own direction: a larger buffer, a shorter time-out, a wider port range. Of several
numbers each is compared by itself. The policy `exact` sets all of the table, whatever it replaces.

On a host with 16 GiB of memory and pages of 4 KiB, on which nothing else sets these keys:

{counts}
Another memory size gives other numbers for `tcp_mem`, `tcp_rmem`, `tcp_wmem` and `tcp_max_syn_backlog`. Ask for a
kernel of your own with the option `kernel` of `sysctl_profile_info`. Bounds, versions and commits of each key:
[keys.md](keys.md). What each does: [tcp-keys.md](tcp-keys.md).

## The values, and the kernel's own

*about*: computed from the memory size.

"""

ACTIONS = """\
## What `improve` does

- **sets**: the value of the table is better than the kernel's own, or there is no better and no worse.
- **in part**: some numbers of the table are better, and some of the kernel's own. The better of each are set.
- **same**: the kernel has it already. It is written to the drop-in, so that it stays.
- **better**: the kernel's own value stays, since it is better.
- **without effect**, **removed**, **harmful**: nothing is set. `exact` sets what the kernel still takes.

The keepalive keys are judged as one: idle time + probes x interval, the time until a dead peer is found.

"""


def plan(kernel: Kernel, values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The plan of a host that has just booted this kernel: its rows by key."""
    data, what_if = keys_table.load("_data"), keys_table.load("_plan._what_if")
    make, edge = keys_table.load("_plan._make"), keys_table.load("_plan._edge")
    profile = data.Profile(values)
    host = what_if.imagine(data.Kernel(kernel.release, MEMORY_MB, PAGE_SIZE, "host"), values)
    own = {setting.key: setting.default for setting in make.make_plan(profile, host).settings}
    # Running values are the kernel's own, as on a host; what is computed from the memory counts then.
    keys = {
        key: one._replace(text=own[key].text) if one.present and own[key] else one for key, one in host.keys.items()
    }
    rows = edge.as_result(make.make_plan(profile, host._replace(keys=keys)))["settings"]
    return {row["key"]: row for row in rows}


def kind(row: Mapping[str, Any]) -> str:
    """What `improve` does with a key, in a word of ACTIONS; for any other skip its reason."""
    if row["reason"]:
        return {"no_effect": "without effect"}.get(row["reason"], str(row["reason"]))
    if row["target"] != row["wanted"]:
        return "in part"
    return "same" if row["target"] == row["default"] else "sets"


def action(row: Mapping[str, Any]) -> str:
    """The same, with the value that stands then."""
    word = kind(row)
    if word in ("sets", "in part", "same", "better"):
        return f"{word} `{row['target']}`"
    return word


def own(row: Mapping[str, Any]) -> str:
    """The kernel's own value."""
    if row["reason"] == "removed":
        return "removed"
    if row["default"] is None:
        return "not known"
    return ("about " if row["default_estimated"] else "") + f"`{row['default']}`"


def counts(plans: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    """How many keys of each kernel are set, and how many are not."""
    lines = []
    for title, rows in plans.items():
        number = Counter(kind(row) for row in rows.values())
        left = ", ".join(
            f"{count} {word}"
            for word, count in sorted(number.items(), key=lambda pair: (-pair[1], pair[0]))
            if word not in ("sets", "in part", "same")
        )
        lines.append(
            f"- **{title}:** {number['sets']} set, {number['in part']} in part, {number['same']} the same;"
            f" left: {left or 'none'}."
        )
    return "\n".join(lines) + "\n"


def render() -> str:
    """The page."""
    import yaml

    values = yaml.safe_load(keys_table.VALUES.read_text(encoding="utf-8"))["tcp_hardening_values"]
    rows = [row for row in keys_table.load("_kernel._catalog").every_row() if row.name in values]
    plans = {kernel.title: plan(kernel, values) for kernel in KERNELS}
    effects = effects_page.brief(effects_rows.read())
    titles = ["key", "meaning", "document's default", "optimised", *(f"{one.title} has" for one in OF_TODAY), "better"]
    first = keys_table.table(
        titles,
        (
            [
                f"[`{row.name}`]({keys_table.section('keys.md', row)})",
                row.meaning + ("" if not row.unit or row.unit in row.meaning else f" ({row.unit})"),
                f"`{row.document}`",
                f"`{values[row.name]}`",
                *(own(plans[kernel.title][row.name]) for kernel in OF_TODAY),
                keys_table.better(row),
            ]
            for row in rows
        ),
    )
    second = keys_table.table(
        ["key", *plans, "measured effect of the table's value"],
        (
            [
                f"`{row.name}`",
                *(action(found[row.name]) for found in plans.values()),
                f"{effects[row.name]} [more]({keys_table.section('effects.md', row)})",
            ]
            for row in rows
        ),
    )
    head = INTRODUCTION.format(count=len(values), counts=counts(plans))
    return head + "\n".join(first) + "\n" + ACTIONS + "\n".join(second).rstrip("\n") + "\n"


def entry(arguments: list[str]) -> int:
    """Write docs/profile.md; with --check only compare."""
    need_yaml(__file__, arguments)
    if arguments == ["--check"] and not PAGE.exists():
        print(f"{PAGE.name} is missing; run `make docs`.", file=sys.stderr)
        return 1
    return renew(PAGE, render(), "the catalog, or the planner,", arguments)


if __name__ == "__main__":
    sys.exit(entry(sys.argv[1:]))
