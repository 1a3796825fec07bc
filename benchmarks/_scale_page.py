# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes benchmarks/scale.md out of what benchmarks/scale.json holds. Private to benchmarks; computes only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from _bars import BARS, MET, MISSED, MORE, NEAR_LIMIT, PLAYS, Bar, tally
from _figures import median, ratio

_WHO = ("hosts", "forks", "pipelining")
_BY_PLAY = (
    "play",
    "rounds",
    "median, s",
    "s per host",
    "controller CPU, s",
    "CPU s per host",
    "peak memory, MiB",
    "MiB per host",
    "of it the largest process, MiB",
)


def page(measured: dict[str, Any]) -> str:
    """benchmarks/scale.md."""
    sizes = measured["sizes"]
    count = tally(sizes)
    return f"""# How it grows with the fleet

<!-- Written by `make benchmark-scale`. -->

Light hosts: each has network, mounts, processes and an sshd of its own. They and the controller share one machine
with {measured["processors"]} processors. Every play begins without open connections, over SSH. Processor time and
memory are the controller's alone: of `ansible-playbook` and all that it starts, memory that processes share counted
once (PSS). Ratios are medians of those of single rounds. *Rounds* has how many there are; `3 + 2` are those of two
runs. *Load* is that of the machine before the benchmark began: above 1, others were at work too, and the seconds say
little.

- **ping** is the play `ping`: one task with `ansible.builtin.ping`.
- **limit** is an empty module as Ansible itself runs it: one task, an action plugin. Once is a look at a host, twice is
  a look and a change. The login is root on these hosts, so neither it nor `harden` changes the account.
- **pipelining** is Ansible's setting of that name: *yes* is on, *no* is its default, nothing set. Then `harden` sends a
  module through the connection where nobody becomes another user, and everything else here puts a file on the host
  first. In both cases the module of `harden` is read and compiled in less time (`plugin_utils/_step/_runs.py`). So it
  can be below the limit.
- **loop** sets the same keys with `ansible.posix.sysctl`, a module run for each key, without a reload.

## Bars

{count[MET]} figures are within their bar, {count[NEAR_LIMIT]} have a bar that Ansible does not allow and are at most
10 % above its limit, {count[MISSED]} miss it. *(limit)* marks the second kind, **bold** the third.

{_bars(sizes)}

## What Ansible allows

The same ratios with the bare limit in our place.

{_limits(sizes)}

## How far above the limit

`harden` / limit. At most 1.10 is wanted where the limit itself is beyond the bar.

{_above(sizes)}

## Also told

No bar goes with these.

{_more(sizes)}

## Figures

{_figures(sizes)}
"""


def tables(measured: dict[str, Any]) -> str:
    """What the benchmark prints: the bars and the figures."""
    return f"{_bars(measured['sizes'])}\n\n{_figures(measured['sizes'])}"


def _line(cells: tuple[str, ...] | list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _who(size: dict[str, Any]) -> list[str]:
    return [str(size["hosts"]), str(size["forks"]), "yes" if size["pipelining"] else "no"]


def _number(found: float | None, upside: bool = False) -> str:
    return "" if found is None else f"{found:.{1 if upside else 2}f}"


def _table(sizes: list[dict[str, Any]], bars: tuple[Bar, ...], cell: Callable[[list[Any], Bar], str]) -> str:
    """A line for each size, a column for each bar; sizes of which nothing was measured are left out."""
    head = [*_WHO, *(bar.title for bar in bars)]
    lines = [_line(head), "|---" * len(head) + "|"]
    for size in sizes:
        cells = [cell(size["rounds"], bar) for bar in bars]
        if any(cells):
            lines.append(_line([*_who(size), *cells]))
    return "\n".join(lines)


def _bars(sizes: list[dict[str, Any]]) -> str:
    head = [*_WHO, "rounds", "load", *(bar.title for bar in BARS)]
    wanted = ["*wanted*", "", "", "", "", *(f"*{bar.says()}*" for bar in BARS)]
    lines = [_line(head), "|---" * len(head) + "|", _line(wanted)]
    for size in sizes:
        rounds = " + ".join(map(str, size["runs"]))
        cells = [_judged(size["rounds"], bar) for bar in BARS]
        lines.append(_line([*_who(size), rounds, f"{size['load']:.1f}", *cells]))
    return "\n".join(lines)


def _judged(rounds: list[Any], bar: Bar) -> str:
    found, verdict = _number(bar.of(rounds, bar.play), bar.upside), bar.judged(rounds)
    if verdict == MISSED:
        return f"**{found}**"
    return f"{found} (limit)" if verdict == NEAR_LIMIT else found


def _limits(sizes: list[dict[str, Any]]) -> str:
    return _table(sizes, BARS, lambda rounds, bar: _number(bar.of(rounds, bar.limit), bar.upside))


def _above(sizes: list[dict[str, Any]]) -> str:
    bars = (*(bar for bar in BARS if not bar.upside), MORE[0])
    titles = tuple(
        Bar(bar.title.replace("ping", "limit"), bar.play, bar.limit, bar.limit, bar.what, bar.wanted) for bar in bars
    )
    return _table(sizes, titles, lambda rounds, bar: _number(ratio(rounds, bar.play, bar.limit, bar.what)))


def _more(sizes: list[dict[str, Any]]) -> str:
    return _table(sizes, MORE, lambda rounds, bar: _number(bar.of(rounds, bar.play), bar.upside))


def _figures(sizes: list[dict[str, Any]]) -> str:
    lines = [_line([*_WHO, *_BY_PLAY]), "|---" * (len(_WHO) + len(_BY_PLAY)) + "|"]
    for size in sizes:
        hosts, rounds = size["hosts"], size["rounds"]
        for play in PLAYS:
            times = sum(play in each for each in rounds)
            if times:
                seconds, cpu, peak, largest = (
                    median(rounds, play, what) for what in ("seconds", "cpu", "peak", "largest")
                )
                figures = (seconds, seconds / hosts, cpu, cpu / hosts, peak, peak / hosts, largest)
                digits = (1, 2, 1, 2, 0, 2, 0)
                cells = [f"{figure:.{places}f}" for figure, places in zip(figures, digits, strict=True)]
                lines.append(_line([*_who(size), play, str(times), *cells]))
    return "\n".join(lines)
