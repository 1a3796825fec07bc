# Makes the collection importable as ansible_collections.fleetnet.linux_tcp for the unit tests, with or without Ansible.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Lets a bare `pytest tests/unit` find the collection, whatever folder the checkout is called."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from hypothesis import settings

ROOT = Path(__file__).resolve().parents[2]


def _collections() -> Path:
    """The folder that holds ansible_collections/: around this checkout, or one with a link to it."""
    if ROOT.parts[-3:] == ("ansible_collections", "fleetnet", "linux_tcp"):
        return ROOT.parents[2]
    folder = ROOT / ".cache" / "collections"
    link = folder / "ansible_collections" / "fleetnet" / "linux_tcp"
    if not link.exists():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.path.relpath(str(ROOT), str(link.parent)))
    return folder


sys.path.insert(0, str(_collections()))
# For the Pythons that tests start, too.
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (sys.path[0], os.environ.get("PYTHONPATH"))))
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(ROOT / ".cache" / "hypothesis"))

# A busy machine is slow at random, so time is no verdict; and in CI the same commit has to give the same answer twice.
settings.register_profile("project", deadline=None, derandomize=bool(os.environ.get("CI")), print_blob=True)
settings.load_profile("project")
