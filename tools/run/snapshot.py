# Copies the working tree to a path at which every tool takes it for a collection.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""A copy of what git would commit, so that linters see neither .cache nor each other's droppings.

ansible-test follows no symlinks and derives the collection's name from the path, so a link to the checkout does not
serve it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from base import CACHE, ROOT

# What is not part of the collection's own code: ansible-test would judge it by the rules for plugins.
NOT_FOR_SANITY = (
    ".ci",
    ".config",
    "benchmarks",
    "molecule",
    "requirements",
    "tests/hosts",
    "tests/mutations",
    "tests/platforms/execution_environment.py",
    "tools",
)


def project_files() -> Iterator[str]:
    """Every file of the project, new ones included; where there is no git, every file outside of hidden caches."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        listing = subprocess.run(
            # The owner of a checkout in a container often differs; for listing files that is no danger.
            ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        if listing.returncode == 0:
            yield from sorted({name for name in os.fsdecode(listing.stdout).split("\0") if name})
            return
    for folder, folders, files in os.walk(ROOT):
        folders[:] = sorted(set(folders) - {".git", ".cache", ".ansible", "__pycache__"})
        yield from (str(Path(folder, name).relative_to(ROOT)) for name in sorted(files))


def snapshot(name: str, leave_out: Iterable[str] = ()) -> Path:
    """Make the copy of that name anew and return its root. leave_out: paths of files and folders."""
    base = CACHE / "work" / name
    target = base / "ansible_collections" / "fleetnet" / "linux_tcp"
    shutil.rmtree(base, ignore_errors=True)
    skipped = tuple(leave_out)
    for relative in project_files():
        source = ROOT / relative
        # Listed by git but deleted in the working tree, or a submodule.
        if f"{relative}/".startswith(tuple(f"{path}/" for path in skipped)) or not (
            source.is_file() or source.is_symlink()
        ):
            continue
        copy = target / relative
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, copy, follow_symlinks=False)
    if shutil.which("git"):
        # A repository of its own: several tools ask git what to look at, and the surrounding checkout would say that
        # .cache is ignored.
        subprocess.run(
            ["git", "init", "-q", str(target)], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
        )
    return target
