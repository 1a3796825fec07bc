# Writes docs/report-schema.json, the published form of a host's report, out of the form that reports are checked with.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""`make docs` runs it; with --check it only compares."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

from writing import renew

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "report-schema.json"
SOURCE = "plugins/plugin_utils/_entry/_schema.py"


def text() -> str:
    """The schema as JSON."""
    sys.path.insert(0, str(ROOT))
    form = importlib.import_module(SOURCE[:-3].replace("/", ".")).REPORT
    return json.dumps(form, indent=2, ensure_ascii=True) + "\n"


if __name__ == "__main__":
    sys.exit(renew(PAGE, text(), SOURCE, sys.argv[1:]))
