# Tests of the guide to TCP: its drawings and its pages.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Every key, option and state has a place in the drawings and a section in the pages; the drawings can be read."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._history import at, parse_release
from ansible_collections.fleetnet.linux_tcp.tests.unit.planned import CATALOG

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"
_TOOLS = ROOT / "tools" / "docs"
if not _TOOLS.is_dir():
    # An installed collection carries the tests but not the tools.
    pytest.skip("tools/docs is not there", allow_module_level=True)
sys.path.insert(0, str(_TOOLS))

from drawing import Drawing, Mistake, Place  # noqa: E402

KEYS = [key for key, note in CATALOG.items() if note.document]
OPTIONS = [
    "SO_REUSEADDR",
    "SO_REUSEPORT",
    "SO_KEEPALIVE",
    "SO_LINGER",
    "SO_RCVBUF",
    "SO_SNDBUF",
    "SO_RCVTIMEO",
    "SO_SNDTIMEO",
    "SO_ACCEPTCONN",
    "SO_ERROR",
    "SO_TYPE",
    "SO_DONTROUTE",
    "SO_BROADCAST",
]
STATES = [
    "CLOSED",
    "LISTEN",
    "SYN-SENT",
    "SYN-RECEIVED",
    "ESTABLISHED",
    "FIN-WAIT-1",
    "FIN-WAIT-2",
    "CLOSING",
    "TIME-WAIT",
    "CLOSE-WAIT",
    "LAST-ACK",
]
DRAWINGS = ["tcp-path", "tcp-states"]


@lru_cache(maxsize=None)
def description(name):
    return yaml.safe_load((_TOOLS / "drawings" / f"{name}.yml").read_text(encoding="utf-8"))


def generator(*arguments):
    return subprocess.run(
        [sys.executable, str(_TOOLS / "drawings.py"), *map(str, arguments)],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@lru_cache(maxsize=None)
def sections(page):
    """The text under each heading of a page in docs/."""
    parts = re.split(r"^#+ (.+)$", (DOCS / page).read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def overlap(one, other):
    return one.left < other.right and other.left < one.right and one.top < other.bottom and other.top < one.bottom


def inside(one, other):
    return one.left >= other.left and one.top >= other.top and one.right <= other.right and one.bottom <= other.bottom


def test_there_is_a_drawing_of_each_description_and_no_other():
    assert sorted(path.stem for path in (_TOOLS / "drawings").glob("*.yml")) == DRAWINGS
    assert sorted(path.stem for path in DOCS.glob("*.svg")) == DRAWINGS


def test_the_drawings_are_up_to_date():
    done = generator("--check")
    assert done.returncode == 0, done.stdout


def test_the_check_names_what_is_old_or_missing_and_writes_nothing(tmp_path):
    old = (DOCS / "tcp-states.svg").read_text(encoding="utf-8").replace("60 s, fixed", "30 s, if you like")
    (tmp_path / "tcp-states.svg").write_text(old, encoding="utf-8")
    done = generator("--check", "--folder", tmp_path)
    assert done.returncode == 1
    assert "tcp-states.svg" in done.stdout and "tcp-path.svg" in done.stdout
    assert (tmp_path / "tcp-states.svg").read_text(encoding="utf-8") == old and not (tmp_path / "tcp-path.svg").exists()
    assert generator("--folder", tmp_path).returncode == 0
    assert generator("--check", "--folder", tmp_path).returncode == 0


def test_the_lists_are_whole():
    assert (len(KEYS), len(OPTIONS), len(STATES)) == (23, 13, 11)


@pytest.mark.parametrize("name", KEYS + OPTIONS)
def test_every_key_and_option_stands_in_the_drawing_of_places(name):
    """In a box that says what it is, in the source and in the SVG; one drawing holds them all."""
    boxes = [box for box in description("tcp-path")["boxes"] if any(tag["name"] == name for tag in box.get("tags", ()))]
    assert boxes and all(box.get("title") or name == "net.ipv4.tcp_mem" for box in boxes)
    text = (DOCS / "tcp-path.svg").read_text(encoding="utf-8")
    assert f"<title>{name}</title>" in text and f">{name.rpartition('.')[2]}</text>" in text


def test_nothing_else_passes_for_a_key_or_an_option():
    samples = {"net.*.kernel_parameter", "SOCKET_OPTION", "net.*.without_effect"}
    for name in DRAWINGS:
        tags = {tag["name"] for box in description(name)["boxes"] for tag in box.get("tags", ())}
        assert tags - samples <= set(KEYS + OPTIONS)


def test_what_a_kernel_has_no_more_or_does_not_use_is_struck_through():
    for name in DRAWINGS:
        for box in description(name)["boxes"]:
            for tag in box.get("tags", ()):
                row = CATALOG.get(tag["name"])
                if row:
                    assert bool(tag.get("gone")) == bool(row.removed or row.no_effect), tag["name"]


@pytest.mark.parametrize("state", STATES)
def test_every_state_is_drawn_once_and_can_be_entered_and_left(state):
    drawn = description("tcp-states")
    assert [box["title"] for box in drawn["boxes"] if box.get("kind") == "state"].count(state) == 1
    name = state.lower()
    arrows = [[str(arrow[end]).partition(".")[0] for end in ("from", "to")] for arrow in drawn["arrows"]]
    assert any(begin == name for begin, _end in arrows) and any(end == name for _begin, end in arrows)


@pytest.mark.parametrize("name", DRAWINGS)
def test_the_drawing_can_be_read(name):
    """No text lies on another one or outside the drawing, no text is small, and it says what it shows to those who
    cannot see it."""
    drawing = Drawing(description(name))
    tree = ElementTree.fromstring(drawing.svg())
    wide, high = drawing.description["size"]
    assert wide == 1200
    for one, other in combinations(drawing.texts, 2):
        assert not overlap(one, other), f"{one.what} / {other.what}"
    paper = Place("paper", 0, 0, wide, high)
    bordered = [drawing.boxes[box["name"]] for box in drawing.description["boxes"] if box.get("kind") != "plain"]
    for thing in [*drawing.texts, *drawing.boxes.values()]:
        assert inside(thing, paper), thing.what
    for thing in [*drawing.texts, *bordered]:
        for box in bordered:
            assert not overlap(thing, box) or inside(thing, box) or inside(box, thing), f"{thing.what} / {box.what}"
    style = tree.find("{http://www.w3.org/2000/svg}style").text
    assert min(float(size) for size in re.findall(r"font: (?:bold )?([\d.]+)px", style)) >= 12
    assert "prefers-color-scheme: dark" in style
    assert (
        len(tree.find("{http://www.w3.org/2000/svg}title").text) > 20
        and len(tree.find("{http://www.w3.org/2000/svg}desc").text) > 200
    )


def test_half_a_sentence_is_refused():
    box = {
        "name": "one",
        "at": [0, 0],
        "width": 200,
        "tags": [{"name": "SO_TYPE", "note": "first", "then second": None}],
    }
    with pytest.raises(Mistake, match="then second"):
        Drawing({"title": "t", "description": "d", "size": [1200, 100], "boxes": [box]}).svg()


def test_an_arrow_needs_its_boxes_and_room_for_its_head():
    box = {"name": "one", "at": [0, 0], "width": 200}
    drawing = {"title": "t", "description": "d", "size": [1200, 100], "boxes": [box]}
    with pytest.raises(Mistake, match="no box two"):
        Drawing({**drawing, "arrows": [{"from": "one.right", "to": "two.left"}]}).svg()
    with pytest.raises(Mistake, match="too short"):
        Drawing({**drawing, "arrows": [{"from": "one.right", "to": [205, 10]}]}).svg()


@pytest.mark.parametrize("key", KEYS)
def test_the_page_of_keys_has_the_values_of_profile_and_catalog(key):
    profile = yaml.safe_load((ROOT / "roles" / "tcp_hardening" / "defaults" / "main.yml").read_text(encoding="utf-8"))[
        "tcp_hardening_values"
    ]
    first = sections("tcp-keys.md")[key].strip().split("\n\n")[0]
    assert f"Profile `{profile[key]}`" in first
    row = CATALOG[key]
    newest = at(row.default, parse_release("999.0"))
    if re.fullmatch(r"[\d ]+", newest):
        assert f"`{newest}`" in first.partition("kernel")[2]
    if row.removed or row.no_effect:
        assert row.removed or row.no_effect in first


def test_every_option_and_every_state_has_a_section():
    assert [title for title in sections("tcp-keys.md") if title.startswith("SO_")] == OPTIONS
    assert sorted(set(sections("tcp-states.md")) & set(STATES)) == sorted(STATES)


@pytest.mark.parametrize("page", ["tcp.md", "tcp-states.md", "tcp-keys.md"])
def test_links_lead_somewhere(page):
    targets = re.findall(r"\]\(([^)\s]+)\)", (DOCS / page).read_text(encoding="utf-8"))
    assert targets
    for target in targets:
        file, _hash, anchor = target.partition("#")
        assert (DOCS / (file or page)).is_file(), target
        anchors = {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in sections(file or page)}
        anchors.update(re.findall(r'<a id="([^"]+)">', (DOCS / (file or page)).read_text(encoding="utf-8")))
        assert not anchor or anchor in anchors, target
