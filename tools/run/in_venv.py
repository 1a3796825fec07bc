# Runs pytest on a folder of tests, or a program, in one of the venvs: whatever the table of suites says of it.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""in_venv.py NAME: a suite of the kind InVenv; ARGS are passed on to it, for example ARGS='-k 6.12'."""

from __future__ import annotations

import os
import shlex
import sys

import environment
from base import CACHE, COLLECTIONS, ROOT, Problem, is_root, listed, main, run
from suites import InVenv, suite


def packages(row: InVenv) -> list[str]:
    """The Debian packages of a row, those in its list files too."""
    return [name for entry in row.packages for name in (listed(ROOT / entry) if entry.endswith(".txt") else [entry])]


def entry() -> int:
    """Run the suite that is named, in its own virtual environment."""
    row = suite(sys.argv[1])
    wanted = row.run
    assert isinstance(wanted, InVenv), f"{row.name} is not of this kind"
    if wanted.root and not is_root():
        raise Problem(wanted.root)
    environment.debian_packages(packages(wanted), wanted.why)
    venv = environment.venv(wanted.venv)
    environment.collection_link()
    env = environment.test_environment(venv, row.name)
    env["PYTHONPATH"] = str(COLLECTIONS)
    path = ROOT / wanted.path
    command = [str(venv / "bin" / "python")]
    if path.is_dir():
        command += ["-m", "pytest", "-rs", "-o", f"cache_dir={CACHE / f'pytest-{row.name}'}"]
    command += [str(path), *wanted.arguments, *shlex.split(os.environ.get("ARGS", ""))]
    return run(command, timeout=row.seconds, env=env, check=False)


if __name__ == "__main__":
    main(entry)
