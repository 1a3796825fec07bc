# Renews what is generated: tables and drawings in docs/ and, for a release, the changelog.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""`make docs`, `make changelog`, and the check in `make test` that nobody forgot the former."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "run"))

import environment
from base import ROOT, Problem, main, run, say
from snapshot import snapshot

# Scripts that write a document, or with --check say whether it is up to date.
GENERATORS = (
    "keys_table.py",
    "profile_page.py",
    "drawings.py",
    "cost.py",
    "suites_table.py",
    "messages.py",
    "report_schema.py",
    "effects_page.py",
    "effects_plots.py",
)


def generators(*arguments: str) -> int:
    """Run every script that makes documentation; 1 where one of them fails."""
    code = 0
    for name in GENERATORS:
        script = ROOT / "tools" / "docs" / name
        if script.exists():
            code |= run([sys.executable, str(script), *arguments], env=environment.clean_environment(), check=False)
    return 1 if code else 0


def changelog() -> int:
    """Move the fragments into changelog.yaml and CHANGELOG.md, in a copy at a path from which the tool knows the
    collection's name."""
    venv = environment.venv(environment.TEST_VENV)
    copy = snapshot("changelog")
    env = environment.test_environment(venv, "changelog")
    env["ANSIBLE_COLLECTIONS_PATH"] = str(copy.parents[2])
    today = time.strftime("%Y-%m-%d", time.gmtime())
    run([str(venv / "bin" / "antsibull-changelog"), "release", "--reload-plugins", "--date", today], env=env, cwd=copy)
    for name in ("CHANGELOG.md", "changelogs/changelog.yaml"):
        shutil.copyfile(copy / name, ROOT / name)
    for fragment in (ROOT / "changelogs" / "fragments").glob("*.yml"):
        if not (copy / "changelogs" / "fragments" / fragment.name).exists():
            fragment.unlink()
    say("CHANGELOG.md and changelogs/changelog.yaml are new; the fragments are used up")
    return 0


def entry() -> int:
    """The command: renew the documentation, check it, or write the changelog."""
    match sys.argv[1:]:
        case []:
            return generators()
        case ["check"]:
            return generators("--check")
        case ["changelog"]:
            return changelog()
    raise Problem("usage: docs.py [check|changelog]")


if __name__ == "__main__":
    main(entry)
