# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""What the runs of the role saw of the sockets."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

LARGE, SMALL = 8080, 8081


@pytest.fixture
def seen(host: Any) -> list[dict[str, Any]]:
    """What the role's step saw of the sockets of this host: in check mode, in the converge, in the second one."""
    text = (Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "results.jsonl").read_text(encoding="utf-8")
    lines = [
        line
        for line in map(json.loads, text.splitlines())
        if line["host"] == host.backend.get_hostname() and line["playbook"] == "converge.yml"
    ]
    found = [line["result"]["sockets"] for line in lines if "sockets" in line["result"]]
    assert len(found) == 3 and not any(line["failed"] for line in lines)
    return found


def listener(result: dict[str, Any], port: int) -> dict[str, Any]:
    """The entry of a listening socket."""
    (entry,) = [entry for entry in result["listeners"] if entry["port"] == port]
    return entry


def finding(result: dict[str, Any], code: str) -> dict[str, str]:
    """Subject to message, for one code."""
    return {one["subject"]: one["message"] for one in result["findings"] if one["code"] == code}
