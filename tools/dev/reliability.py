# Kills, starves and confuses real runs of the modules, and prints how many of how many kept what is promised.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The target `reliability`; ARGS are passed on to tests/reliability/run.py, for example ARGS='--only killed --seed 7'."""

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
    environment.debian_packages(listed(ROOT / "tools" / "scale" / "packages.txt"), "for light hosts")
    env = environment.test_environment(venv, "reliability")
    env["PYTHONPATH"] = str(COLLECTIONS)
    arguments = shlex.split(os.environ.get("ARGS", ""))
    return run(
        [str(venv / "bin" / "python"), str(ROOT / "tests" / "reliability" / "run.py"), *arguments],
        timeout=3600,
        env=env,
        check=False,
    )


if __name__ == "__main__":
    main(entry)
