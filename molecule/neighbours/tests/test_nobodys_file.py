# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""No neighbour's file was touched: not its content, nor its owner, mode, times, or place on the disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).resolve().parents[1] / "files" / "listing.sh"


def test_every_file_is_as_it_was(host: Any) -> None:
    before = host.file("/run/neighbours").content_string.splitlines()
    now = host.check_output("sh -c %s", SCRIPT.read_text(encoding="utf-8")).splitlines()
    assert len(before) >= 17 and all("inode" in line for line in before)
    assert now == before
