# Writes down which kernels were held against the catalog, and what came out.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The text of docs/kernels.md (private to tests/hosts/kernels).

It names no date and no machine, so that only a new finding changes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from _compare import Verdict, lines

_INTRODUCTION = """\
# Kernels on which the catalog was tried

<!-- Written by `make kernels-all` (tests/hosts/kernels). Do not edit. -->

{summary}

Each of these kernels was really booted, with {memory} of memory, and held against [the catalog](keys.md) key by key:
there or not, in the first network namespace and in a new one; writable or not; the kernel's own value for this memory
size; every bound, which must be taken, and one step beyond it, which must be refused; whether a new namespace starts
at the kernel's own value or copies the first one's. A check is one of these statements, counted once for each memory
size.

- *uml* is User-Mode Linux, Debian's package `user-mode-linux`. These kernels are also part of `make test`.
- *qemu* is an emulated machine with Debian's kernel for cloud machines.
- *keys* is how many keys of the catalog the kernel has.

| kernel | package | booted by | keys | checks | differences |
|---|---|---|--:|--:|--:|
"""


@dataclass
class Row:
    """One kernel: the package it is from, how it was booted, and its verdict for each memory size, or why there is
    none."""

    package: str
    booted_by: str = ""
    verdicts: list[Verdict] = field(default_factory=list)
    failure: str = ""
    gone: bool = False

    @property
    def release(self) -> str:
        return self.verdicts[0].kernel.release if self.verdicts else ""

    @property
    def checks(self) -> int:
        return sum(len(verdict.checks) for verdict in self.verdicts)

    @property
    def differences(self) -> list[str]:
        return [
            line
            for verdict in self.verdicts
            for line in lines(f"{self.release}, {verdict.kernel.memory_mb} MiB", verdict.differences)
        ]

    def cells(self) -> str:
        """The row of the table."""
        return " | ".join(
            [
                f"| {self.release}",
                self.package,
                self.booted_by,
                str(self.verdicts[0].present),
                str(self.checks),
                f"{len(self.differences)} |",
            ]
        )


def page(rows: Sequence[Row], memory: Sequence[int]) -> str:
    """The whole document."""
    booted = [row for row in rows if row.verdicts]
    found = [line for row in booted for line in row.differences]
    summary = f"**{len(booted)} kernels, {sum(row.checks for row in booted)} checks, {len(found)} differences.**"
    text = _INTRODUCTION.format(summary=summary, memory=" and ".join(f"{size} MiB" for size in memory))
    text += "".join(f"{row.cells()}\n" for row in booted)
    for title, entries in (
        ("Differences", found),
        ("Not booted", [f"{row.package}: {row.failure}" for row in rows if row.failure]),
    ):
        text += f"\n## {title}\n\n" + "".join(f"- {entry}\n" for entry in entries) if entries else ""
    return text
