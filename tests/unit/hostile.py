# Hosts that lie: plain data with something broken in it, for results and for files of reports.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""broken() for data, broken_text() for a file; both follow from their random numbers alone."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

# The answer, were anything of it a template: it must not be in any output.
EVALUATED = str(7919 * 7907)
TEMPLATE = "{{ 7919 * 7907 }}"


def _deep(levels: int) -> Any:
    value: Any = []
    for _level in range(levels):
        value = [value]
    return value


TEXTS = (
    "", " ", "\x1b[2J\x1b[H", "a\nweb1   6.12   0   0", "a\r\x1b[1Ab", "\x9b31m", "\u202egnp.exe", "\u2066x\u2069",
    "\u200b",
    "a\tb", "\x00", "\ud800", "\udcff\udcfe", "\u2028", TEMPLATE, "{% for i in range(9) %}{{ i }}{% endfor %}",
    "=cmd|' /C calc'!A0",
    "</script><script>alert(1)</script>", "]]>", '"><b>', "x" * 3000, "\x1b" * 3000, "\u0301" * 500, "NaN",
    "../../etc/passwd",
    "9999-12-31T23:59:59Z", "net.ipv4.tcp_sack", "net.ipv4.tcp_sack\n", "fine", "ok",
)  # fmt: skip
NUMBERS = (
    0,
    -1,
    1,
    5,
    2**31,
    2**63,
    2**64 + 1,
    10**30,
    1.5,
    -0.0,
    1e308,
    5e-324,
    float("inf"),
    float("-inf"),
    float("nan"),
)
JUNK = (None, True, False, [], {}, [[]], {"a": {}}, {"": None}, [None] * 50, {"key": 5}, _deep(30), *NUMBERS, *TEXTS)
MANY = 2500  # entries, more than any list may have


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all parts of plain data, but for the whole."""
    found = []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in items:
        found += [(*path, name), *places(part, (*path, name))]
    return found


def broken(good: Any, chance: random.Random) -> Any:
    """A copy with one to three things broken in it."""
    found = copy.deepcopy(good)
    for _time in range(chance.randint(1, 3)):
        there = places(found)
        if not there:
            break
        *way, last = chance.choice(there)
        holder = found
        for step in way:
            holder = holder[step]
        how = chance.randrange(10)
        if how == 0:
            del holder[last]
        elif how == 1 and isinstance(holder, dict):
            holder[chance.choice(TEXTS)] = chance.choice(JUNK)
        elif how == 2 and isinstance(holder[last], list):
            holder[last] = holder[last] * chance.choice((2, 3))
        elif how == 3 and chance.random() < 0.1 and len(places(holder[last])) < 50:
            holder[last] = [holder[last]] * MANY
        else:
            holder[last] = copy.deepcopy(chance.choice(JUNK))
    return found


def broken_text(good: Any, chance: random.Random) -> bytes:
    """The same as the bytes of a file, some of them broken as text."""
    # A lone half of a surrogate pair goes in as it is; so do NaN and the like, which JSON does not have.
    text = json.dumps(broken(good, chance)).encode("utf-8")
    how = chance.randrange(12)
    if how == 0:
        return text[: chance.randrange(len(text) + 1)]
    if how == 1:
        place = chance.randrange(len(text))
        return text[:place] + bytes([chance.randrange(256)]) + text[place + 1 :]
    if how == 2:
        return b"\xef\xbb\xbf" + text
    if how == 3:
        return text.replace(b"4096", b"1e999", 1)
    if how == 4 and chance.random() < 0.2:
        return b"[" * 200000
    if how == 5 and chance.random() < 0.2:
        return b'{"schema": ' + b"9" * 5000 + b"}"
    return text
