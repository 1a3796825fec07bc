# Tests of the choice of Pythons on which the unit tests run.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The oldest and the newest that can be had, beside our own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

if sys.version_info < (3, 11):
    pytest.skip("the tools run on the control node", allow_module_level=True)

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools" / "run"))

import pythons  # noqa: E402

WANTED = ("3.8", "3.9", "3.11", "3.12", "3.13")


@pytest.mark.parametrize(("own", "there", "chosen"), [
    ("3.11", "3.8 3.9 3.12 3.13", "3.8 3.13"),
    ("3.11", "3.9 3.12", "3.9 3.12"),
    ("3.11", "", ""),
    ("3.13", "3.8 3.9 3.12", "3.8"),
    ("3.14", "3.9 3.13", "3.9 3.13"),
    ("3.12", "3.11", "3.11"),
    ("3.14", "3.11", "3.11"),
])  # fmt: skip
def test_the_oldest_and_the_newest(own, there, chosen):
    asked = []

    def find(version):
        asked.append(version)
        return Path(version) if version in there.split() else None

    assert list(pythons.ends(WANTED, own, find)) == chosen.split()
    assert own not in asked
