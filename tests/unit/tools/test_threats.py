# Tests that docs/threats.md names tests that are there, and each way in and out.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The table of what is prevented, row by row."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_every_row_of_what_is_prevented_has_a_test_that_is_there():
    text = (ROOT / "docs" / "threats.md").read_text(encoding="utf-8")
    rows = text.split("## What is prevented")[1].split("## What is not prevented")[0].splitlines()
    rows = [row for row in rows if row.startswith("|")][2:]
    assert len(rows) > 15
    for row in rows:
        (test,) = re.findall(r"`(tests/[^`]+)`", row)
        assert (ROOT / test).is_file(), row
