# The pairs of ansible-core and Python that the collection is tested with.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Reads requirements/matrix.txt, and the wish in the variable ANSIBLE_CORE."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass

from base import ROOT, Problem, listed

TABLE = ROOT / "requirements" / "matrix.txt"
OWN_PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"


@dataclass(frozen=True)
class Cell:
    """One release of ansible-core on one Python."""

    release: str
    python: str

    @property
    def series(self) -> str:
        """What ANSIBLE_CORE takes: 2.20 for the release 2.20.10."""
        return self.release.rsplit(".", 1)[0]

    @property
    def name(self) -> str:
        """What the cell is called in messages and names of folders."""
        return f"ansible-core {self.release}, Python {self.python}"


def cells() -> list[Cell]:
    """Every pair, in the order of the table."""
    return [Cell(release, python) for release, *pythons in map(str.split, listed(TABLE)) for python in pythons]


def wished() -> Cell | None:
    """The cell that ANSIBLE_CORE and the running Python make; None where the lists of pins are taken as they are."""
    series = os.environ.get("ANSIBLE_CORE", "").strip()
    if not series:
        return None
    there = [cell for cell in cells() if cell.series == series]
    if not there:
        known = dict.fromkeys(cell.series for cell in cells())
        raise Problem(f"ANSIBLE_CORE={series} is not in requirements/{TABLE.name}; there are {', '.join(known)}")
    for cell in there:
        if cell.python == OWN_PYTHON:
            return cell
    raise Problem(
        f"ansible-core {series} does not support Python {OWN_PYTHON}, but {', '.join(cell.python for cell in there)}. "
        f"Name one of them, for example PYTHON=python{there[0].python}"
    )


def pins(text: str) -> str:
    """A list of pins with the wished ansible-core in the place of its own; everything else stays as it is pinned. The
    hashes of ansible-core are those of all releases of the table."""
    cell = wished()
    if cell is None:
        return text
    return "".join(
        re.sub(r"^ansible-core==\S+", f"ansible-core=={cell.release}", line) for line in text.splitlines(keepends=True)
    )
