# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. The one filter for text that people see, or that goes into a file: what comes from a host
# cannot move the cursor, forge a line, turn its direction around, or fill the screen. Pure.

from __future__ import annotations

import re
from typing import Any

MOST = 2000  # characters of a sentence
CUT = " ... (cut)"
_COLOUR = re.compile("(\x1b\\[[0-9;]{0,12}m)")


def printable(text: Any, most: int = MOST) -> str:
    """A text on one line, with single blanks, of printable characters, and at most so many of them.

    Control characters (C0 and C1), overrides of the writing direction, characters without width, and bytes that are no
    UTF-8 stand as escapes, such as \\x1b. A longer text ends in CUT.
    """
    # Of a text of megabytes only the beginning is worked on.
    return _cut(_escaped(" ".join(str(text)[: 4 * most].split())), most)


def visible(text: str, most: int) -> str:
    """The same for a text of several lines, which keeps its lines, blanks and tabs."""
    return _cut("\n".join(_escaped(line, "\t") for line in text[: most + 1].split("\n")), most)


def on_screen(line: str, most: int = 10_000) -> str:
    """One line for a terminal, with its blanks, and with the colours that Ansible gave it: the last filter before the
    screen, whatever the line is made of."""
    parts = _COLOUR.split(line[: most + 1])
    return _cut("".join(part if place % 2 else _escaped(part) for place, part in enumerate(parts)), most)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - len(CUT)].rstrip(" ") + CUT


def _escaped(text: str, kept: str = "") -> str:
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one in kept else _escape(one) for one in text)


def _escape(one: str) -> str:
    code = ord(one)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that was read with surrogateescape
        code -= 0xDC00
    return "\\x%02x" % code if code < 0x100 else "\\u%04x" % code if code < 0x10000 else "\\U%08x" % code
