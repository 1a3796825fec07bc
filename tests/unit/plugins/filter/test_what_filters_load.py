# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Filters load little. For any filter of a collection Ansible loads them all, in a process for each host and task: time
and memory each time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("ansible.errors")

FILTERS = sorted(path.stem for path in (Path(__file__).resolve().parents[4] / "plugins" / "filter").glob("*.py"))
PACKAGE = "ansible_collections.fleetnet.linux_tcp.plugins."
# The facts about keys: the drop-in needs them, and the callback has loaded them before there is a process for a host.
SHARED = {
    "filter",
    "module_utils",
    "module_utils._kernel._catalog",
    "module_utils._kernel._document",
    "module_utils._kernel._history",
    "module_utils._kernel._vendors",
    "module_utils._kernel",
    "plugin_utils",
    "plugin_utils._key_notes",
    "module_utils._codes",
    "module_utils._data",
    "module_utils._kernel._key",
}


def test_only_what_the_drop_in_needs() -> None:
    assert "key_notes" in FILTERS and len(FILTERS) >= 3
    script = (
        "import sys, json, importlib\nfor name in sys.argv[1:]:"
        " importlib.import_module(name)\nprint(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *(f"{PACKAGE}filter.{name}" for name in FILTERS)],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name[len(PACKAGE) :] for name in json.loads(done.stdout) if name.startswith(PACKAGE)}
    assert loaded - {f"filter.{name}" for name in FILTERS} - SHARED == set()
