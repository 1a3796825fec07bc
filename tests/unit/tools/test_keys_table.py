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


def test_every_key_has_its_direction_in_plain_words():
    """Twice a table of them: of the document's keys, and of the related ones."""
    text = (ROOT / "docs" / "keys.md").read_text(encoding="utf-8")
    assert text.count("| key | better | why |\n") == 2
    for line in (
        "[`net.ipv4.tcp_fin_timeout`](#netipv4tcp_fin_timeout) | lower, down to 5 | orphaned sockets go sooner |",
        "[`net.ipv4.tcp_timestamps`](#netipv4tcp_timestamps) | 1, then 2, then 0 | ",
        "[`net.ipv4.tcp_orphan_retries`](#netipv4tcp_orphan_retries) | lower; 0 means 8 | ",
        "[`net.ipv4.tcp_tw_recycle`](#netipv4tcp_tw_recycle) | 0; any other value is harmful | ",
        "[`net.ipv4.ip_local_reserved_ports`](#netipv4ip_local_reserved_ports) | longer: every port of both lists | ",
    ):
        assert "\n| " + line in text
