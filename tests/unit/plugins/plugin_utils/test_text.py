# Tests of the one filter for text: whatever comes in, what goes out is one line of printable characters, and bounded.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""printable(), visible() and on_screen(), with examples and over random texts."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._text import CUT, MOST, on_screen, printable, visible

ANYTHING = st.text(st.characters(blacklist_categories=()), max_size=200)


@pytest.mark.parametrize(
    "text, shown",
    [
        ("plain", "plain"),
        ("größer 配置", "größer 配置"),
        ("a\tb\n\n  c ", "a b c"),
        ("\x1b[2Jx", "\\x1b[2Jx"),
        ("\x9b31m", "\\x9b31m"),  # C1: one character that begins a sequence
        ("a\u202eb", "a\\u202eb"),  # the text after it would run backwards
        ("a\u200bb", "a\\u200bb"),
        ("\U000e0041", "\\U000e0041"),
        ("\udcff", "\\xff"),  # a byte that is no UTF-8
        ("\ud800", "\\ud800"),
        ("\x7f\x00", "\\x7f\\x00"),
        (5, "5"),
        ("x" * MOST, "x" * MOST),
        ("x" * (MOST + 1), "x" * (MOST - len(CUT)) + CUT),
    ],
)
def test_a_sentence(text, shown):
    assert printable(text) == shown


@given(ANYTHING, st.integers(20, 60))
def test_whatever_comes_in_one_bounded_printable_line_goes_out(text, most):
    found = printable(text, most)
    assert found.isprintable() and len(found) <= most and "  " not in found
    found.encode("utf-8")
    assert printable(found, most) == found


@given(ANYTHING)
def test_several_lines_keep_their_lines_and_nothing_else(text):
    found = visible(text, 5000)
    assert all(line.replace("\t", "").isprintable() for line in found.split("\n"))
    assert found.count("\n") == text.count("\n")


def test_a_text_of_megabytes_is_cut_at_once():
    assert printable("y" * 6_000_000, 100).endswith(CUT) and len(visible("\x1b" * 6_000_000, 1000)) == 1000


@given(ANYTHING)
def test_the_screen_gets_colours_and_no_other_sequence(text):
    found = on_screen("\x1b[0;31m%s\x1b[0m" % text)
    assert found.startswith("\x1b[0;31m") and found.endswith("\x1b[0m")
    assert re.sub(r"\x1b\[[0-9;]*m", "", found).isprintable()
