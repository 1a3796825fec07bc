# Compares the resolver of boot values with the programs of three releases of Debian, on thousands of random trees.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The target `boot-fuzz`; ARGS are passed on to tests/boot/long_run.py, for example ARGS='--suite trixie --loader
procps --seed 7'."""

from __future__ import annotations

import os
import shlex

import environment
from base import COLLECTIONS, ROOT, Problem, is_root, listed, main, run


def entry() -> int:
    if not is_root():
        raise Problem("it needs root, for network and mount namespaces")
    venv = environment.venv(environment.TEST_VENV)
    environment.collection_link()
    environment.debian_packages(
        listed(ROOT / "tools" / "fleet" / "packages.txt"), "to build the root folders of other releases"
    )
    env = environment.test_environment(venv, "boot-fuzz")
    env["PYTHONPATH"] = str(COLLECTIONS)
    arguments = shlex.split(os.environ.get("ARGS", ""))
    return run(
        [str(venv / "bin" / "python"), str(ROOT / "tests" / "boot" / "long_run.py"), *arguments],
        timeout=6 * 3600,
        env=env,
        check=False,
    )


if __name__ == "__main__":
    main(entry)
