# Checks that code which runs on managed hosts needs only Python 3.8 and its standard library.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Imports of plugins/modules and plugins/module_utils; vermin, called last, judges syntax and standard library calls by
version."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import environment
from base import ROOT, Problem, main, run, say

FOLDERS = ("plugins/modules", "plugins/module_utils")
OURS = ("ansible.module_utils", "ansible_collections.fleetnet.linux_tcp.plugins.module_utils")


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and module of each import that is not relative."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.lineno, node.module


def allowed(module: str) -> bool:
    """Whether a managed host can import a module."""
    return module.split(".", 1)[0] in sys.stdlib_module_names or any(
        module == ours or module.startswith(f"{ours}.") for ours in OURS
    )


def entry() -> int:
    """Check all files; Problem names what may not be imported."""
    files = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
    if not files:
        raise Problem(f"no Python files below {' and '.join(FOLDERS)}; this check would pass for nothing")
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: imports {module}"
        for path in files
        for line, module in imports(ast.parse(path.read_text(encoding="utf-8")))
        if not allowed(module)
    ]
    if wrong:
        raise Problem(
            "code for managed hosts may import the standard library and its own module_utils only:\n" + "\n".join(wrong)
        )
    say(f"{len(files)} files import nothing but the standard library and module_utils")
    vermin: Path = environment.venv(environment.TEST_VENV) / "bin" / "vermin"
    return run(
        [str(vermin), "--no-tips", "--no-parse-comments", "-t=3.8-", "--violations", *map(str, files)], check=False
    )


if __name__ == "__main__":
    main(entry)
