# Tests of what people are told of each key: well formed, and the same in the filter and the catalog.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Meaning, hazards, commits and sources of each row of the catalog."""

from __future__ import annotations

import re

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._catalog import every_row
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._key_notes import told

ROWS = {row.name: row for row in every_row()}


@pytest.mark.parametrize("key", ROWS)
def test_words(key):
    row = ROWS[key]
    for sentence in (row.meaning, row.sources, *row.hazards):
        assert (
            sentence.strip() == sentence != ""
            and not sentence.endswith(".")
            and "\n" not in sentence
            and "|" not in sentence
        )
    for version, commit in row.commits:
        assert re.match(r"\d+\.\d+\Z", version)
        assert re.match(r"([0-9a-f]{12}|[0-9a-f]{40})\Z", commit)
    assert len(set(row.commits)) == len(row.commits)


def test_what_is_told_of_a_key():
    assert told("net.core.rmem_max") == {
        "meaning": "largest receive buffer",
        "unit": "bytes",
        "document_default": "131071",
    }
    assert told("net.ipv4.tcp_dsack")["document_default"] == told("net.ipv4.tcp_dsack")["unit"] == ""


def test_of_a_key_that_only_the_host_knows_nothing_is_told():
    assert set(told("net.ipv4.conf.all.rp_filter").values()) == {""}
