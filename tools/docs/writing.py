# What the scripts that write documentation share.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Renewing a page or comparing it, and the Python that has PyYAML."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path

_RUN = str(Path(__file__).resolve().parents[1] / "run")


def renew(page: Path, wanted: str, source: str, arguments: Sequence[str]) -> int:
    """Write a page; with --check only compare, and return 1 where it is not what its source gives."""
    if list(arguments) == ["--check"]:
        if page.read_text(encoding="utf-8") != wanted:
            print(f"{page.name} is not what {source} gives; run `make docs`.", file=sys.stderr)
            return 1
        return 0
    page.write_text(wanted, encoding="utf-8")
    return 0


def need_yaml(script: str, arguments: Sequence[str]) -> None:
    """Start the script again in the venv that has PyYAML, where this Python does not have it."""
    if importlib.util.find_spec("yaml") is None:
        sys.path.append(_RUN)
        import environment  # makes the venvs; only needed here

        python = str(environment.venv(environment.RUN_VENV) / "bin" / "python")
        os.execv(python, [python, script, *arguments])
