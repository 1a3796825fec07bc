# Turns the description of a drawing into SVG: boxes with tags in them, arrows between them, text that is wrapped to
# fit.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""What can be drawn. What is drawn stands in tools/docs/drawings/*.yml; drawings.py holds the two together.

Lengths are in user units; a drawing is 1200 of them wide, so that one is a pixel at the width for which the letters are
sized.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from letters import HEADING, PROSE, SMALL, TAG, TITLE, Face, width, wrap

Point = tuple[float, float]

# Height of a line of each face, of a tag, and the space around what stands in a box.
LINE = {PROSE: 17.0, SMALL: 16.0, TITLE: 20.0}
TAG_HEIGHT = 22.0
PADDING = 10.0
GAP = 7.0
HEAD = 9.0
CORNER = 12.0

# Colours by class: (light, dark). Nothing is told by colour alone: lines differ in dashes and strength, tags in their
# corners. Plain declarations and no variables: some programs that show SVG know none.
PAINT = (
    ("paper", "fill", "#ffffff", "#0d1117"),
    ("lane", "fill", "#f3f5f8", "#171c24"),
    ("box", "fill", "#ffffff", "#0d1117"),
    ("box", "stroke", "#6e7781", "#8b949e"),
    ("state", "fill", "#e3e8ee", "#2a313c"),
    ("state", "stroke", "#24292f", "#d0d7de"),
    ("ghost", "fill", "#ffffff", "#0d1117"),
    ("ghost", "stroke", "#6e7781", "#8b949e"),
    ("frame", "stroke", "#6e7781", "#8b949e"),
    ("text", "fill", "#1b1f24", "#e9eef4"),
    ("soft", "fill", "#4a525b", "#b4bdc8"),
    ("halo", "stroke", "#ffffff", "#0d1117"),
    ("key", "fill", "#dbeeff", "#0b2c5c"),
    ("key", "stroke", "#0a5bc4", "#6cb2ff"),
    ("option", "fill", "#fff0d0", "#432c00"),
    ("option", "stroke", "#8a5a00", "#e0a52e"),
    ("line-first", "stroke", "#0a4fae", "#6cb2ff"),
    ("head-first", "fill", "#0a4fae", "#6cb2ff"),
    ("line-second", "stroke", "#a03a00", "#ffa45c"),
    ("head-second", "fill", "#a03a00", "#ffa45c"),
    ("line-rare", "stroke", "#57606a", "#9aa4b0"),
    ("head-rare", "fill", "#57606a", "#9aa4b0"),
)

SHAPES = """\
.prose { font: 13px Helvetica, Arial, 'Liberation Sans', sans-serif; }
.small { font: 12px Helvetica, Arial, 'Liberation Sans', sans-serif; }
.heading { font: bold 20px Helvetica, Arial, 'Liberation Sans', sans-serif; }
.title { font: bold 15px Helvetica, Arial, 'Liberation Sans', sans-serif; }
.tag { font: 12.5px 'DejaVu Sans Mono', Menlo, Consolas, 'Liberation Mono', monospace; }
.gone { text-decoration: line-through; }
.middle { text-anchor: middle; }
.end { text-anchor: end; }
.halo { stroke-width: 5px; stroke-linejoin: round; paint-order: stroke; }
.box, .key, .option { stroke-width: 1px; }
.state { stroke-width: 2px; }
.ghost { stroke-width: 1.5px; stroke-dasharray: 2 4; }
.frame { fill: none; stroke-width: 1.5px; stroke-dasharray: 1 5; stroke-linecap: round; }
.line-first, .line-second, .line-rare { fill: none; }
.line-first { stroke-width: 3.5px; }
.line-second { stroke-width: 3.5px; stroke-dasharray: 11 6; }
.line-rare { stroke-width: 1.3px; }"""


# What a description may say. A comma without quotes would else make a word of its own out of half a sentence.
KNOWN = {
    "lanes": {"title", "at", "size"},
    "boxes": {"name", "kind", "at", "width", "height", "title", "text", "tags"},
    "tags": {"name", "note", "gone"},
    "arrows": {"kind", "from", "via", "to", "at", "align", "when", "then"},
    "texts": {"at", "lines", "align", "soft"},
}


class Mistake(Exception):
    """The description asks for something that cannot be drawn; the message says where."""


@dataclass
class Place:
    """Where something stands; `what` names it for messages."""

    what: str
    left: float
    top: float
    right: float
    bottom: float

    def side(self, name: str, distance: float | None) -> Point:
        """The point on a side (top, right, bottom, left) at this distance from its left or top end, or its middle."""
        across = (self.left + self.right) / 2 if distance is None else self.left + distance
        down = (self.top + self.bottom) / 2 if distance is None else self.top + distance
        return {
            "top": (across, self.top),
            "bottom": (across, self.bottom),
            "left": (self.left, down),
            "right": (self.right, down),
        }[name]


@dataclass
class Drawing:
    """One drawing while it is made: the SVG so far, where the boxes are, and where every piece of text is."""

    description: Mapping[str, Any]
    parts: list[str] = field(default_factory=list)
    boxes: dict[str, Place] = field(default_factory=dict)
    texts: list[Place] = field(default_factory=list)

    def svg(self) -> str:
        """The drawing as SVG."""
        _check(self.description)
        wide, high = self.description["size"]
        for lane in self.description.get("lanes", ()):
            self._lane(lane)
        # Frames lie under the boxes, and arrows under both; but they are found by their boxes, so those are placed
        # first.
        drawn, self.parts = self.parts, []
        for box in self.description.get("boxes", ()):
            self._box(box)
        boxes, self.parts = self.parts, drawn
        for arrow in self.description.get("arrows", ()):
            self._arrow(arrow)
        self.parts += boxes
        self._text((20, 34), self.description["title"], HEADING)
        for text in self.description.get("texts", ()):
            self._lines(
                text["at"], text["lines"], PROSE, text.get("align", "start"), text.get("soft", False), halo=True
            )
        self._labels()
        return "\n".join(
            [
                (
                    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}"'
                    f' height="{high}" role="img" aria-labelledby="title description">'
                ),
                f'<title id="title">{escape(self.description["title"])}</title>',
                f'<desc id="description">{escape(" ".join(self.description["description"].split()))}</desc>',
                "<style>",
                _style(),
                "</style>",
                f'<rect class="paper" width="{wide}" height="{high}"/>',
                *self.parts,
                "</svg>",
                "",
            ]
        )

    def _lane(self, lane: Mapping[str, Any]) -> None:
        (x, y), (wide, high) = lane["at"], lane["size"]
        self._rectangle("lane", Place(lane["title"], x, y, x + wide, y + high), 8)
        self._text((x + PADDING, y + 20), lane["title"], TITLE, soft=True)

    def _box(self, box: Mapping[str, Any]) -> None:
        """A box is as high as what stands in it, unless it has a height; `plain` ones have no border."""
        kind, wide = box.get("kind", "box"), float(box["width"])
        left, y = box["at"][0], float(box["at"][1])
        top = y
        middle = kind in ("state", "ghost")
        room, written = wide - 2 * PADDING, self.parts
        self.parts = []
        y += PADDING
        if "title" in box:
            for line in wrap(box["title"], TITLE, room):
                self._text(
                    (left + wide / 2 if middle else left + PADDING, y + 14),
                    line,
                    TITLE,
                    "middle" if middle else "start",
                )
                y += LINE[TITLE]
        for line in wrap(box.get("text", ""), PROSE, room):
            self._text(
                (left + wide / 2 if middle else left + PADDING, y + 12),
                line,
                PROSE,
                "middle" if middle else "start",
                soft=middle,
            )
            y += LINE[PROSE]
        for tag in box.get("tags", ()):
            y = self._tag(tag, left + PADDING, y + GAP, room)
        inside, self.parts = self.parts, written
        bottom = top + box.get("height", y + PADDING - top)
        if y > bottom + 0.5:
            raise Mistake(f"{box['name']}: what stands in it needs {y - top:.0f} of height")
        place = Place(box["name"], left, top, left + wide, bottom)
        self.boxes[box["name"]] = place
        if kind != "plain":
            self._rectangle(kind, place, 22 if middle else 4)
        self.parts += inside

    def _tag(self, tag: Mapping[str, Any], x: float, y: float, room: float) -> float:
        """A key in a box with corners, an option in a round one, and what it does there; the y below it comes back."""
        name = tag["name"]
        shown, kind = name.rpartition(".")[2], "key" if "." in name else "option"
        wide = width(shown, TAG) + 2 * GAP + (4 if kind == "option" else 0)
        place = Place(name, x, y, x + wide, y + TAG_HEIGHT)
        if wide > room:
            raise Mistake(f"{name}: needs {wide:.0f} of width, there are {room:.0f}")
        self.parts.append(f"<g><title>{escape(name)}</title>")
        self._rectangle(kind, place, 1 if kind == "key" else TAG_HEIGHT / 2, "3 3" if tag.get("gone") else "")
        self._text((x + wide / 2, y + 15.5), shown, TAG, "middle", more=" gone" if tag.get("gone") else "")
        self.parts.append("</g>")
        y += TAG_HEIGHT
        for line in wrap(tag.get("note", ""), SMALL, room):
            y += LINE[SMALL]
            self._text((x, y - 2), line, SMALL)
        return y

    def _arrow(self, arrow: Mapping[str, Any]) -> None:
        kind = arrow.get("kind", "rare")
        points = self._route(arrow)
        (x0, y0), (x1, y1) = points[-2:]
        length = math.hypot(x1 - x0, y1 - y0)
        if length < 2 * HEAD:
            raise Mistake(
                f"the last piece of the arrow from {arrow['from']} to {arrow['to']} is too short for its head"
            )
        dx, dy = (x1 - x0) / length, (y1 - y0) / length
        size = HEAD if kind == "rare" else HEAD * 1.5
        back = (x1 - size * dx, y1 - size * dy)
        self.parts.append(f'<path class="line-{kind}" d="{_path([*points[:-1], back])}"/>')
        corners = [
            (x1, y1),
            (back[0] - dy * size / 2, back[1] + dx * size / 2),
            (back[0] + dy * size / 2, back[1] - dx * size / 2),
        ]
        self.parts.append(
            f'<path class="head-{kind}" d="M{_pair(corners[0])} L{_pair(corners[1])} L{_pair(corners[2])} Z"/>'
        )

    def _labels(self) -> None:
        """What is written at arrows, over everything else: what happens, and what is sent."""
        for arrow in self.description.get("arrows", ()):
            if "at" in arrow:
                align = arrow.get("align", "start")
                y = self._lines(arrow["at"], arrow.get("when", ()), PROSE, align, soft=False, halo=True)
                self._lines((arrow["at"][0], y), arrow.get("then", ()), PROSE, align, soft=True, halo=True)

    def _route(self, arrow: Mapping[str, Any]) -> list[Point]:
        """From one side to another with square turns: it leaves straight, `via` says where it turns, the last turn is
        found."""
        (start, across), (end, _across) = self._end(arrow["from"]), self._end(arrow["to"])
        points = [start]
        for value in arrow.get("via", ()):
            x, y = points[-1]
            points.append((value, y) if across else (x, value))
            across = not across
        x, y = points[-1]
        if x != end[0] and y != end[1]:
            points.append((end[0], y) if across else (x, end[1]))
        return [*points, end]

    def _end(self, name: Any) -> tuple[Point, bool]:
        """An end of an arrow and whether it lies across: two numbers, or `box.side`, or `box.side@distance` from its
        left or top end."""
        if isinstance(name, Sequence) and not isinstance(name, str):
            return (name[0], name[1]), True
        box, _dot, side = name.partition(".")
        side, _at, distance = side.partition("@")
        if box not in self.boxes:
            raise Mistake(f"there is no box {box}")
        return self.boxes[box].side(side, float(distance) if distance else None), side in ("left", "right")

    def _rectangle(self, kind: str, place: Place, radius: float, dashes: str = "") -> None:
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        self.parts.append(
            f'<rect class="{kind}" x="{_number(place.left)}" y="{_number(place.top)}"'
            f' width="{_number(place.right - place.left)}" height="{_number(place.bottom - place.top)}"'
            f' rx="{_number(radius)}"{dashed}/>'
        )

    def _lines(
        self, at: Sequence[float], lines: Iterable[str], face: Face, align: str, soft: bool, halo: bool = False
    ) -> float:
        x, y = at
        for line in lines:
            self._text((x, y), line, face, align, soft, " halo" if halo else "")
            y += LINE[face]
        return y

    def _text(self, at: Point, line: str, face: Face, align: str = "start", soft: bool = False, more: str = "") -> None:
        x, y = at
        wide = width(line, face)
        left = {"start": x, "middle": x - wide / 2, "end": x - wide}[align]
        self.texts.append(Place(line, left, y - face.size * 0.8, left + wide, y + face.size * 0.25))
        kinds = f"{face.name} {'soft' if soft else 'text'}" + ("" if align == "start" else f" {align}") + more
        self.parts.append(f'<text class={quoteattr(kinds)} x="{_number(x)}" y="{_number(y)}">{escape(line)}</text>')


def _check(description: Mapping[str, Any]) -> None:
    """Every list of things holds only words that are known."""
    for kind, things in description.items():
        for thing in things if kind in KNOWN else ():
            strange = sorted(set(thing) - KNOWN[kind])
            if strange:
                raise Mistake(
                    f"{kind}: {thing.get('name', thing)}: {', '.join(strange)} means nothing; is it half of a sentence"
                    " without quotes?"
                )
            _check({"tags": thing.get("tags", ())})


def _style() -> str:
    light = [f".{name} {{ {what}: {one}; }}" for name, what, one, _other in PAINT]
    dark = [f"  .{name} {{ {what}: {other}; }}" for name, what, _one, other in PAINT]
    return "\n".join([SHAPES, *light, "@media screen and (prefers-color-scheme: dark) {", *dark, "}"])


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _pair(point: Point) -> str:
    return f"{_number(point[0])},{_number(point[1])}"


def _path(points: Sequence[Point]) -> str:
    """A line through the points with rounded corners."""
    words = [f"M{_pair(points[0])}"]
    for before, corner, after in zip(points, points[1:], points[2:]):
        words.append(f"L{_pair(_toward(corner, before))} Q{_pair(corner)} {_pair(_toward(corner, after))}")
    return " ".join([*words, f"L{_pair(points[-1])}"])


def _toward(corner: Point, other: Point) -> Point:
    length = math.hypot(other[0] - corner[0], other[1] - corner[1])
    share = min(CORNER, length / 2) / length
    return (corner[0] + (other[0] - corner[0]) * share, corner[1] + (other[1] - corner[1]) * share)
