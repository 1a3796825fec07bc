# Runs what docs/platforms says about AWX, ansible-navigator and ansible-pull.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The part `platforms` of `make test`; ARGS are passed on to pytest."""

from __future__ import annotations

import os
import shlex

import environment
from base import CACHE, ROOT, main, run


def entry() -> int:
    environment.debian_packages(["git", "systemd", "util-linux"], "for the tests of docs/platforms")
    venv = environment.venv(environment.PLATFORMS_VENV)
    environment.collection_link()
    env = environment.test_environment(venv, "platforms")
    arguments = shlex.split(os.environ.get("ARGS", ""))
    return run(
        [
            str(venv / "bin" / "python"),
            "-m",
            "pytest",
            "-rs",
            "-o",
            f"cache_dir={CACHE / 'pytest-platforms'}",
            str(ROOT / "tests" / "platforms"),
            *arguments,
        ],
        env=env,
        check=False,
    )


if __name__ == "__main__":
    main(entry)
