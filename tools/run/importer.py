# Runs the checks that Galaxy makes when the tarball is uploaded.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The part `importer` of `make test`."""

from __future__ import annotations

import re
import subprocess

import environment
from base import CACHE, Problem, main, say
from tarball import build

# Names of what the import log complains about; everything else in it is progress.
COMPLAINT = re.compile(r"^(WARNING|ERROR|CRITICAL|FATAL).*$", re.MULTILINE)
# The linter cannot follow a playbook whose name is only known when it runs, nor one of this collection, which is not
# installed there; `make tarball` does load them all.
HARMLESS = re.compile(r"Failed to find (\{\{ .* \}\}|fleetnet\.linux_tcp\.\w+) playbook")
# Galaxy wants an address that only the publisher knows (see galaxy.yml). Nothing is fetched from this one.
REPOSITORY = "repository: https://example.com/fleetnet/linux_tcp\n"


def entry() -> int:
    """Run Galaxy's importer over a tarball that is built for it."""
    venv = environment.venv(environment.IMPORTER_VENV)
    env = environment.test_environment(venv, "importer")
    tarball = build(venv, env, CACHE / "dist-importer", add=REPOSITORY)
    config = CACHE / "dist-importer" / "galaxy-importer.cfg"
    config.write_text(
        "[galaxy-importer]\nCHECK_REQUIRED_TAGS = True\nCHECK_CHANGELOG = True\nRUN_ANSIBLE_LINT = True\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [str(venv / "bin" / "python"), "-m", "galaxy_importer.main", str(tarball)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
        cwd=config.parent,
        env={**env, "GALAXY_IMPORTER_CONFIG": str(config)},
    )
    say(done.stdout.strip())
    complaints = [line.group(0) for line in COMPLAINT.finditer(done.stdout) if not HARMLESS.search(line.group(0))]
    if done.returncode or complaints:
        raise Problem(f"the import ended with {done.returncode} and {len(complaints)} complaints, see above")
    return 0


if __name__ == "__main__":
    main(entry)
