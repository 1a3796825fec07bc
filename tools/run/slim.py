# Takes comments and docstrings out of code that travels to every host. The source keeps them; the tarball does not have
# to.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Used when the tarball is built. Lines keep their numbers, so that a traceback fits the source."""

from __future__ import annotations

import ast
import io
import tokenize
from pathlib import Path

from base import Problem

# Below a checkout or a copy of it: what a module takes along. What a file is for, its first lines, stays.
FOLDER = "plugins/module_utils"


def _without_docstrings(text: str) -> str:
    """What a program does: its syntax tree with every docstring made empty."""
    tree = ast.parse(text)
    for string in _docstrings(tree):
        string.value = ""
    return ast.dump(tree)


def _docstrings(tree: ast.AST) -> list[ast.Constant]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                if isinstance(first.value.value, str):
                    found.append(first.value)
    return found


def slim(text: str) -> str:
    """The same program on the same lines, without comments but for the first paragraph, and with empty docstrings."""
    lines = [line.encode() for line in text.splitlines()]
    for string in _docstrings(ast.parse(text)):
        first, last = string.lineno - 1, (string.end_lineno or string.lineno) - 1
        rest = lines[last][string.end_col_offset :]
        lines[first] = lines[first][: string.col_offset] + b'""' + (rest if first == last else b"")
        for number in range(first + 1, last + 1):
            lines[number] = rest if number == last else b""
    head = next((number for number, line in enumerate(lines) if not line.startswith(b"# ")), len(lines))
    told = b"\n".join(lines).decode() + "\n"
    plain = told.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(told).readline):
        if token.type == tokenize.COMMENT and token.start[0] > head:
            line = token.start[0] - 1
            plain[line] = plain[line][: token.start[1]].rstrip()
    small = "\n".join(plain).rstrip() + "\n"
    if _without_docstrings(small) != _without_docstrings(text):
        raise Problem("without its comments this would be another program; look into tools/run/slim.py")
    return small


def slim_folder(root: Path) -> None:
    """Slim what travels, in a copy of the collection."""
    for path in (root / FOLDER).rglob("*.py"):
        path.write_text(slim(path.read_text(encoding="utf-8")), encoding="utf-8")
