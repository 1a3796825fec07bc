# Tests of patterns: the quick look that spares most hosts the thorough one, and braces.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""may_match() may say yes too often, and no only where the C library's own fnmatch says no."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot._conf import may_match
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot._glob import _MOST, alternatives, matches

PATH = "net/ipv4/tcp_sack"


@st.composite
def patterns(draw):
    """A pattern that was made of PATH, so that it often matches; some of its characters are escaped."""
    found = []
    for part in PATH.split("/"):
        end = draw(st.integers(0, len(part)))
        tail = draw(st.sampled_from(["", "*", "?", "[a-z]", "[!x]", "x", part[end:]]))
        escape = draw(st.sampled_from(["", "", "\\"])) if part[:end] else ""
        found.append(escape + part[:end] + tail)
    return draw(st.sampled_from(["/", "/", "/", "//", "."])).join(found)


@given(patterns())
@example("\\net/ipv4/tcp_*")
@settings(max_examples=300)
def test_the_quick_look_never_hides_a_match(pattern):
    assert may_match(pattern, PATH) or not matches(pattern, PATH)


@pytest.mark.parametrize("pattern", ["net/ipv4/conf/*/rp_filter", "net/ipv6/*", "net/*", "*", "net/ipv4/tcp_sack/*"])
def test_the_quick_look_passes_over_what_means_other_keys(pattern):
    assert not may_match(pattern, PATH)


def test_braces_come_to_an_end():
    assert set(alternatives("a{b,c{d,e}}*")) == {"ab*", "acd*", "ace*"}
    assert len(alternatives("{a,b}" * 100)) == _MOST
