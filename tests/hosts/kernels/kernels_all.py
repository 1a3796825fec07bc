# Boots every kernel that the Debian mirrors offer, holds the catalog against each, and writes docs/kernels.md.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""`make kernels-all`: about an hour the first time.

ARGS='6.12 7.' only tries releases that begin so, and writes nothing.

The answers of the emulated kernels are kept in .cache/kernels/answers: an interrupted run goes on where it was, and a
change of
the catalog is tried on all of them within a minute.
"""

from __future__ import annotations

import functools
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[2] / "tools" / "run"), str(HERE.parent / "fleet")]

import environment  # noqa: E402  (tools/run)
from base import COLLECTIONS, ROOT, Problem, is_root, listed, main, say, step  # noqa: E402  (tools/run)

# Before the imports below, which need the catalog.
environment.collection_link()
sys.path.insert(0, str(COLLECTIONS))

import _debian  # noqa: E402  (beside this file)
import _qemu  # noqa: E402
import _uml  # noqa: E402
from _compare import compare  # noqa: E402
from _console import CACHE, BootFailure, remembered, stop  # noqa: E402
from _report import Row, page  # noqa: E402

PAGE = ROOT / "docs" / "kernels.md"
MEMORY = (512, 6144)
# An emulated processor is one thread of this machine.
WORKERS = max(1, min(4, os.cpu_count() or 1))


def try_uml(kernel: _uml.Uml) -> Row:
    """Boot a kernel as a process, and hold the catalog against it."""
    row = Row(f"user-mode-linux, {kernel.suite}", "uml")
    options = _uml.options(kernel)
    row.verdicts = [compare(_uml.boot(kernel, memory), options) for memory in MEMORY]
    return row


def try_debian(archive: _debian.Archive, package: _debian.Package, initrd: Path) -> Row:
    """Boot a kernel of Debian in qemu, and hold the catalog against it."""
    row = Row(f"{package.version}, {package.suite}", "qemu")
    image, config = archive.fetch(package)
    options = _uml.parse_options(config.read_text(encoding="utf-8")) if config else None
    name = f"{package.release}_{package.version}"
    row.verdicts = [
        compare(remembered(f"{name}_{memory}", functools.partial(_qemu.boot, image, initrd, memory)), options)
        for memory in MEMORY
    ]
    return row


def attempt(job: Callable[[], Row], name: str) -> Row:
    """One kernel. A kernel that does not boot is a row of its own, and not the end of the others."""
    try:
        row = job()
    except (BootFailure, _debian.Gone, OSError, subprocess.SubprocessError) as error:
        say(f"    {name}: {error}")
        return Row(name, failure=str(error).splitlines()[0], gone=isinstance(error, _debian.Gone))
    say(f"    {row.release} ({row.package}): {row.checks} checks, {len(row.differences)} differences")
    return row


def entry() -> int:
    """Try every kernel, and write docs/kernels.md."""
    if not is_root():
        raise Problem("the kernels are booted on root folders of their own, which only root can make")
    asked = tuple(shlex.split(os.environ.get("ARGS", "")))
    names = listed(HERE / "packages.txt") + listed(HERE.parent / "fleet" / "packages.txt")
    environment.debian_packages(names, "to boot kernels")
    with step("the package lists of every suite"):
        archive = _debian.Archive()
        archive.update()
    initrd = CACHE / "initramfs"
    _qemu.initramfs(initrd)
    jobs = [(kernel.series, functools.partial(try_uml, kernel)) for kernel in _uml.KERNELS]
    jobs += [
        (f"{package.release} {package.version}", functools.partial(try_debian, archive, package, initrd))
        for package in archive.packages()
    ]
    jobs = [(name, job) for name, job in jobs if name.startswith(asked or "")]
    say(f"==> {len(jobs)} kernels, {WORKERS} at a time, each with {' and '.join(map(str, MEMORY))} MiB")
    with ThreadPoolExecutor(WORKERS) as pool:
        try:
            rows = list(pool.map(lambda job: attempt(job[1], job[0]), jobs))
        except BaseException:  # interrupted: do not wait for emulated machines
            stop()
            raise
    rows.sort(key=lambda row: (_debian.numbers(row.release), row.package))
    text = page(rows, MEMORY)
    if asked:
        say(text)
    else:
        PAGE.write_text(text, encoding="utf-8")
        say(f"written to {PAGE.relative_to(ROOT)}")
    return 1 if any(row.differences or row.failure and not row.gone for row in rows) else 0


if __name__ == "__main__":
    main(entry)
