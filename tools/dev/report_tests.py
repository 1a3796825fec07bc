# Opens the report's page in a real browser: for its tests, or for the pictures in the documentation.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The part `report` of `make test`, and with `pictures` the target `report-pictures`; ARGS are passed on to pytest."""

from __future__ import annotations

import os
import shlex
import sys

import environment
from base import CACHE, COLLECTIONS, ROOT, Problem, main, run

TESTS = ROOT / "tests" / "report"


def entry() -> int:
    if sys.argv[1:] not in ([], ["pictures"]):
        raise Problem("usage: report_tests.py [pictures]")
    environment.debian_packages(["chromium", "fonts-dejavu-core"], "for the page's tests")
    # A venv of its own: what drives the browser is large, and nothing else needs it.
    venv = environment.venv(environment.REPORT_VENV)
    environment.collection_link()
    env = environment.test_environment(venv, "report")
    env["PYTHONPATH"] = str(COLLECTIONS)
    python = str(venv / "bin" / "python")
    if sys.argv[1:]:
        return run([python, str(TESTS / "pictures.py")], env=env, check=False)
    arguments = shlex.split(os.environ.get("ARGS", ""))
    return run(
        [python, "-m", "pytest", "-rs", "-o", f"cache_dir={CACHE / 'pytest-report'}", str(TESTS), *arguments],
        env=env,
        check=False,
    )


if __name__ == "__main__":
    main(entry)
