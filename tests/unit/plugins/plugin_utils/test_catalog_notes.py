# Tests of what the documentation says of each key: one note for each row of the catalog, in its order, and well formed.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Whoever adds a row to the catalog is told here that its note is missing."""

from __future__ import annotations

import re

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._catalog import KEYS
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._catalog_notes import NOTES, told


def test_every_row_has_its_note_in_the_catalogs_order():
    assert list(NOTES) == [row.name for row in KEYS]


@pytest.mark.parametrize("key", NOTES)
def test_words(key):
    note = NOTES[key]
    for sentence in (note.meaning, note.sources, *note.hazards):
        assert (
            sentence.strip() == sentence != ""
            and not sentence.endswith(".")
            and "\n" not in sentence
            and "|" not in sentence
        )
    for version, commit in note.commits:
        assert re.match(r"\d+\.\d+\Z", version)
        assert re.match(r"([0-9a-f]{12}|[0-9a-f]{40})\Z", commit)
    assert len(set(note.commits)) == len(note.commits)


def test_what_is_told_of_a_key():
    assert told("net.core.rmem_max") == {
        "meaning": "largest receive buffer",
        "unit": "bytes",
        "document_default": "131071",
    }
    assert told("net.ipv4.tcp_dsack")["document_default"] == told("net.ipv4.tcp_dsack")["unit"] == ""


def test_of_a_key_that_only_the_host_knows_nothing_is_told():
    assert set(told("net.ipv4.conf.all.rp_filter").values()) == {""}
