# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The names of keys stand in keys.py, and nowhere anew."""

from __future__ import annotations

import ast
from pathlib import Path

from ansible_collections.fleetnet.linux_tcp.tests.unit import keys

# The shortest ones: with another value elsewhere, one of them would be misread.
SHARED = {"SOMAXCONN", "FIN", "RMEM", "MEM"}
TESTS = Path(__file__).resolve().parents[1]


def assigned(text: str) -> set[str]:
    """The names that a file gives to something at its top level."""
    targets = [target for node in ast.parse(text).body if isinstance(node, ast.Assign) for target in node.targets]
    names = [each for target in targets for each in ast.walk(target)]
    return {each.id for each in names if isinstance(each, ast.Name)}


def test_no_test_names_a_shared_key_anew() -> None:
    own = Path(keys.__file__).resolve()
    assert assigned(own.read_text(encoding="utf-8")) >= SHARED
    files = [path for folder in ("unit", "reliability") for path in (TESTS / folder).rglob("*.py") if path != own]
    anew = {
        str(path.relative_to(TESTS)): found
        for path in files
        for found in [SHARED & assigned(path.read_text(encoding="utf-8"))]
        if found
    }
    assert len(files) > 50 and not anew
