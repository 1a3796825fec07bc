# Holds the catalog against a kernel's source tree.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""compare(): what was compared, what could not be told, and what differs, in sentences."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from _defaults import default
from _tables import Entry, entries
from _tree import Tree

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import Kernel
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._builtin import written
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._catalog import (
    every_row,
    exists,
    per_namespace,
)
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._history import at, release_of
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._key import Key


@dataclass
class Verdict:
    """One tree."""

    keys: int = 0  # of the catalog that the tree has
    compared: int = 0  # statements
    untold: list[str] = field(default_factory=list)  # "KEY: what" that could not be taken out of the source
    differences: list[str] = field(default_factory=list)


def compare(tree: Tree) -> Verdict:
    """Hold every row of the catalog against a tree; ValueError where it is no kernel's."""
    found = entries(tree)
    if not found:
        raise ValueError(f"{tree.place}: no tables of sysctls; expected a folder or REPOSITORY@REVISION of a kernel")
    kernel, verdict = Kernel(tree.release, 65536), Verdict()
    for row in every_row():
        entry = found.get(row.name)
        _hold(verdict, row, "there", str(exists(row.name, kernel)), str(entry is not None))
        if entry is not None:
            verdict.keys += 1
            if exists(row.name, kernel):
                _facts(verdict, row, entry, kernel, tree)
    return verdict


def _facts(verdict: Verdict, row: Key, entry: Entry, kernel: Kernel, tree: Tree) -> None:
    _hold(verdict, row, "own value in each namespace", str(per_namespace(row.name, kernel)), str(entry.per_namespace))
    bounds = at(row.bounds, release_of(kernel))
    if row.numeric and row.arity != 2 and bounds:
        for what, said, seen in zip(("lowest", "highest"), bounds[-2:], (entry.low, entry.high)):
            if said is not None:
                _hold(verdict, row, what, str(said), None if seen is None else str(seen))
    said_default = written(row, kernel)
    if row.numeric and said_default:
        _hold(verdict, row, "default", _plain(said_default), _plain(default(entry, tree)))


def _plain(text: str | None) -> str | None:
    """-1 as an unsigned number of 32 bits and as itself are the same bits."""
    return None if text is None else re.sub(r"\b4294967295\b", "-1", text)


def _hold(verdict: Verdict, row: Key, what: str, said: str, seen: str | None) -> None:
    if seen is None:
        verdict.untold.append(f"{row.name}: {what}")
        return
    verdict.compared += 1
    if said != seen:
        verdict.differences.append(f"{row.name}: {what}: the catalog says {said}, the source {seen}")
