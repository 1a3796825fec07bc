# Tests of the generated table of keys.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The document is up to date, and a difference is found and named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
GENERATOR = ROOT / "tools" / "docs" / "keys_table.py"


def generator(*arguments):
    pytest.importorskip("yaml")
    return subprocess.run(
        [sys.executable, str(GENERATOR), *map(str, arguments)],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_the_document_of_the_keys_is_up_to_date():
    done = generator("--check")
    assert done.returncode == 0, done.stdout


def test_the_check_names_the_difference_and_writes_nothing(tmp_path):
    old = tmp_path / "keys.md"
    text = (
        (ROOT / "docs" / "keys.md").read_text(encoding="utf-8").replace("longest listen queue", "shortest listen queue")
    )
    old.write_text(text, encoding="utf-8")
    done = generator("--check", "--file", old)
    assert done.returncode == 1
    assert (
        "shortest listen queue" in done.stdout
        and "longest listen queue" in done.stdout
        and "tcp_sack" not in done.stdout
    )
    assert old.read_text(encoding="utf-8") == text
    assert generator("--file", old).returncode == 0
    assert generator("--check", "--file", old).returncode == 0
