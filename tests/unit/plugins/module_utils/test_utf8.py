# Tests of what a module says last: any bytes that a host has in a name come through, as escapes.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""utf8(), over random texts and inside of results."""

from __future__ import annotations

import json
import os

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._utf8 import utf8


def test_bytes_that_are_no_utf8_are_escaped_wherever_they_stand():
    name = os.fsdecode(b"/etc/sysctl.d/90-\xff\xc3.conf")
    assert utf8({"a": [name, (name,), 5, None], name: "\ud800"}) == {
        "a": ["/etc/sysctl.d/90-\\xff\\xc3.conf", ["/etc/sysctl.d/90-\\xff\\xc3.conf"], 5, None],
        "/etc/sysctl.d/90-\\xff\\xc3.conf": "\\ud800",
    }


def test_what_is_utf8_stays_as_it_is():
    for text in ("", "plain", "größer", "\u202e\x1b", "\U0001f600"):
        assert utf8(text) is text


@given(st.text(st.characters(blacklist_categories=())))
def test_any_text_comes_through(text):
    assert utf8(text).encode("utf-8").decode("utf-8") == json.loads(json.dumps(utf8(text)))
