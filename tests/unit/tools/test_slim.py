# Tests of taking comments and docstrings out of code that travels.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The program stays the same, and so do its line numbers."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

if sys.version_info < (3, 11):
    pytest.skip("the tools run on the control node", allow_module_level=True)

ROOT = Path(__file__).resolve().parents[3]
if not (ROOT / "tools" / "run").is_dir():
    # An installed collection carries the tests but not the tools.
    pytest.skip("tools/run is not there", allow_module_level=True)
sys.path.append(str(ROOT / "tools" / "run"))

import slim  # noqa: E402

TRAVELS = sorted((ROOT / "plugins" / "module_utils").rglob("*.py"))
EXAMPLE = '''\
# What it is for.
# And more of that.
#
# Gone, as a paragraph of its own.

# Gone.
class Some:
    """Said of it,
    at length."""  # gone

    word = "# stays"  # gone
    text = """stays
    # too"""

    def empty(self):
        """Only this."""
'''


def test_what_stays_and_what_goes():
    assert slim.slim(EXAMPLE).splitlines() == [
        "# What it is for.",
        "# And more of that.",
        "",
        "",
        "",
        "",
        "class Some:",
        '    ""',
        "",
        "",
        '    word = "# stays"',
        '    text = """stays',
        '    # too"""',
        "",
        "    def empty(self):",
        '        ""',
    ]


@pytest.mark.parametrize("path", TRAVELS, ids=[path.name for path in TRAVELS])
def test_every_statement_stays_on_its_line(path):
    text = path.read_text(encoding="utf-8")
    small = slim.slim(text)
    assert len(small) <= len(text) and small.splitlines()[0] == text.splitlines()[0]

    def places(source):
        return [(type(node), node.lineno) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt)]

    assert places(small) == places(text)


def test_another_program_is_refused(monkeypatch):
    monkeypatch.setattr(slim, "_without_docstrings", lambda text: text)
    with pytest.raises(slim.Problem, match="another program"):
        slim.slim("word = 'some'  # gone\n")
