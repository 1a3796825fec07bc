# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes benchmarks/others.md out of what benchmarks/others.json holds. Private to benchmarks; computes only."""

from __future__ import annotations

from typing import Any

from _figures import median, ratio

PING, OURS = "ping", "harden"
_HALVES = ("everything changes", "nothing changes")
_HEAD = (
    "tool",
    "median, s",
    "time / ping",
    "time / harden",
    "controller CPU, s",
    "CPU / harden",
    "peak memory, MiB",
    "memory / harden",
)


def play(title: str, half: str) -> str:
    """What a round calls one half of what a tool does."""
    return f"{title}, {half}"


def page(measured: dict[str, Any]) -> str:
    """benchmarks/others.md."""
    return f"""# Beside other tools

<!-- Written by `make benchmark-others`. -->

The same keys with the same values, on the same light hosts ([how they are made](scale.md)), in the same run. They and
the controller share one machine with {measured["processors"]} processors. A tool begins on fresh hosts: first
everything changes; two hosts are asked whether they have the values; then, in a second run, nothing changes. Processor
time and memory are the controller's alone. Ratios are medians of those of single rounds: above 1, `harden`
is the cheaper one. *Load* is that of the machine before the benchmark began: above 1, the seconds say little.

The others do less. `harden` looks first whether the kernel has each key and takes its value; it sets all keys or none,
keeps what was there before, and says what the next boot will make of it. The loop runs without a reload, dev-sec's role
with one for each key. `harden` changes all hosts at once, as the others do. pyinfra needs no Python on the hosts, and
runs in one process.

{chr(10).join(map(_size, measured["sizes"]))}"""


def _size(size: dict[str, Any]) -> str:
    rounds = size["rounds"]
    pipelining = "with pipelining" if size["pipelining"] else "without pipelining"
    lines = [
        f"## {size['hosts']} hosts, {size['forks']} forks, {pipelining}",
        "",
        (
            f"{size['keys']} keys. Rounds: {' + '.join(map(str, size['runs']))}. Load: {size['load']:.1f}. Ping:"
            f" {median(rounds, PING, 'seconds'):.1f} s, {median(rounds, PING, 'cpu'):.1f} s of the controller's"
            f" processors, {median(rounds, PING, 'peak'):.0f} MiB."
        ),
        "",
    ]
    for half in _HALVES:
        lines += [f"### {half.capitalize()}", "", *_table(size, half), ""]
    told = [f"- {title}: {note}." for title, note in size["notes"].items()]
    told += [f"- Left out: {title}. {reason}." for title, reason in size["missing"].items()]
    return "\n".join([*lines, *told, ""] if told else lines)


def _table(size: dict[str, Any], half: str) -> list[str]:
    rounds, ours = size["rounds"], play(OURS, half)
    lines = [f"| {' | '.join(_HEAD)} |", "|---" * len(_HEAD) + "|"]
    for title, version in size["tools"].items():
        name = play(title, half)
        if not any(name in each for each in rounds):
            continue
        seconds, cpu, peak = (median(rounds, name, what) for what in ("seconds", "cpu", "peak"))
        cells = [
            f"{title} {version}".strip(),
            f"{seconds:.1f}",
            _times(ratio(rounds, name, PING, "seconds")),
            _times(ratio(rounds, name, ours, "seconds")),
            f"{cpu:.1f}",
            _times(ratio(rounds, name, ours, "cpu")),
            f"{peak:.0f}",
            _times(ratio(rounds, name, ours, "peak")),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _times(found: float | None) -> str:
    return "" if found is None else f"{found:.2f}"
