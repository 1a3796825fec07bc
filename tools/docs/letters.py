# How wide a line of text is, and where to break it: SVG itself breaks no lines.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Widths of letters. Arial and Liberation Sans share these; the fixed-width fonts in question are all about 0.6 em
wide."""

from __future__ import annotations

from dataclasses import dataclass

# Widths of the characters from the blank to the tilde, in thousandths of the size.
_PLAIN = (
    278,
    278,
    355,
    556,
    556,
    889,
    667,
    191,
    333,
    333,
    389,
    584,
    278,
    333,
    278,
    278,
    556,
    556,
    556,
    556,
    556,
    556,
    556,
    556,
    556,
    556,
    278,
    278,
    584,
    584,
    584,
    556,
    1015,
    667,
    667,
    722,
    722,
    667,
    611,
    778,
    722,
    278,
    500,
    667,
    556,
    833,
    722,
    778,
    667,
    778,
    722,
    667,
    611,
    722,
    667,
    944,
    667,
    667,
    611,
    278,
    278,
    278,
    469,
    556,
    333,
    556,
    556,
    500,
    556,
    556,
    278,
    556,
    556,
    222,
    222,
    500,
    222,
    833,
    556,
    556,
    556,
    556,
    333,
    500,
    278,
    556,
    500,
    722,
    500,
    500,
    500,
    334,
    260,
    334,
    584,
)
_OTHER = 1000
# The fonts that stand in where Arial is missing are up to a seventh wider; with this and the space around it, text
# stays in its box.
_SLACK = 1.1


@dataclass(frozen=True)
class Face:
    """A class of text in the drawing's style sheet."""

    name: str
    size: float
    bold: bool = False
    fixed: bool = False


PROSE = Face("prose", 13)
SMALL = Face("small", 12)
TITLE = Face("title", 15, bold=True)
HEADING = Face("heading", 20, bold=True)
TAG = Face("tag", 12.5, fixed=True)


def width(text: str, face: Face) -> float:
    """The width of a line in user units; bold letters are about 7 % wider."""
    if face.fixed:
        return len(text) * 0.602 * face.size
    units = sum(_PLAIN[ord(letter) - 32] if 32 <= ord(letter) < 127 else _OTHER for letter in text)
    return units * face.size / 1000 * (1.07 if face.bold else 1)


def wrap(text: str, face: Face, room: float) -> list[str]:
    """Lines no wider than the room, broken at blanks; a longer word stands alone."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width(longer, face) * _SLACK <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
