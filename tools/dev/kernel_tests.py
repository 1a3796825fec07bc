# Boots the throwaway kernels and holds the catalog against each.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The part `kernels` of `make test`; ARGS are passed on to pytest, for example ARGS='-k 6.12'."""

from __future__ import annotations

import os
import shlex

import environment
from base import CACHE, COLLECTIONS, ROOT, Problem, is_root, listed, main, run

TESTS = ROOT / "tests" / "kernels"


def entry() -> int:
    if not is_root():
        raise Problem("each kernel runs in namespaces of its own, on a root folder, and only root can make these")
    venv = environment.venv(environment.TEST_VENV)
    environment.collection_link()
    environment.debian_packages(listed(ROOT / "tools" / "fleet" / "packages.txt"), "for the throwaway kernels")
    env = environment.test_environment(venv, "kernels")
    env["PYTHONPATH"] = str(COLLECTIONS)
    arguments = shlex.split(os.environ.get("ARGS", ""))
    return run(
        [
            str(venv / "bin" / "python"),
            "-m",
            "pytest",
            "-rs",
            "-o",
            f"cache_dir={CACHE / 'pytest'}",
            str(TESTS),
            *arguments,
        ],
        env=env,
        check=False,
    )


if __name__ == "__main__":
    main(entry)
