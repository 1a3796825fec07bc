# Turns the catalog into the values that a kernel is asked to take, the same ones for every kernel.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Questions for probe.py (private to tests/hosts/kernels).

A question is {"write": one word for each element, None for the element's present value; "before": {key: value} to set
first}.
All bounds of a key's history are asked of every kernel: what one kernel refuses another must take.
"""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._catalog import Key, every_row

KEYS = every_row()

# The kernel keeps the local ports above the unprivileged ones: each of these two keys bounds the other.
PORT_RANGE = "net.ipv4.ip_local_port_range"
PORT_START = "net.ipv4.ip_unprivileged_port_start"
_ROOM = {PORT_RANGE: {PORT_START: "0"}, PORT_START: {PORT_RANGE: "65535 65535"}}

# Seconds are kept as ticks, so that their bounds depend on the ticks in a second. These are the rates that kernels are
# built with.
TICKS = (100, 250, 300, 1000)
_MOST_TICKS = 2**31 - 1

NONSENSE = "no-such-name"
_WORDS = {"net.ipv4.tcp_congestion_control": "reno", "net.core.default_qdisc": "pfifo_fast"}
_PORTS = ("", "1", "65535", "8080,9000-9010", "65536", "70000-70001", "9-8", "nonsense")


def _bounds(row: Key) -> set[int]:
    """Every bound of the key's history: of what this collection lets through, and of what a kernel takes beyond."""
    ranges = [pair for _marker, limits in row.bounds for pair in (limits[:2], limits[-2:])]
    if row.unit == "seconds":
        ranges += [(scaled(low, ticks), scaled(high, ticks)) for low, high in ranges for ticks in TICKS]
    return {bound for pair in ranges for bound in pair if bound is not None}


def scaled(bound: int | None, ticks: int) -> int | None:
    """A bound in seconds for another number of ticks in a second than the catalog's 100: what fits into 31 bits of
    ticks."""
    return _MOST_TICKS // ticks if bound == _MOST_TICKS // 100 else bound


def _numbers(row: Key) -> Iterable[list[str | None]]:
    """Each bound and one step beyond it, in each element alone and in all of them at once."""
    for number in sorted({bound + step for bound in _bounds(row) for step in (-1, 0, 1)}):
        if row.arity > 1:
            yield [str(number)] * row.arity
        for position in range(row.arity):
            yield [str(number) if place == position else None for place in range(row.arity)]


def _questions(row: Key) -> list[dict]:
    if row.kind == "word":
        return [_question([word]) for word in (_WORDS[row.name], NONSENSE)]
    if row.kind == "ports":
        return [_question([ports]) for ports in _PORTS]
    questions = [_question(words, _ROOM.get(row.name, {})) for words in _numbers(row)]
    if row.name == PORT_RANGE:
        questions += [_question([low, None]) for low in ("1023", "1024", "60999", "61000")]
    if row.name == PORT_START:
        questions += [_question([start]) for start in ("0", "32768", "32769")]
    return questions


def _question(words: list[str | None], before: dict[str, str] | None = None) -> dict:
    return {"write": words, "before": before or {}}


def questions() -> dict[str, list[dict]]:
    """All questions, by key."""
    return {row.name: _questions(row) for row in KEYS}
