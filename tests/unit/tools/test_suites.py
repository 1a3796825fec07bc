# Tests of the table of suites, and of what has to follow from it: make, its help, TESTING.md, the workflow.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""A row of tools/run/suites.py is all that a new suite needs; nothing names one that is not there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

if sys.version_info < (3, 11):
    pytest.skip("the tools run on the control node", allow_module_level=True)

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "tools" / folder) for folder in ("run", "docs")]

import environment  # noqa: E402
import in_venv  # noqa: E402
import run as runner  # noqa: E402
import suites  # noqa: E402
import suites_table  # noqa: E402
from suites import SUITES, InVenv, Kind, Script  # noqa: E402

NAMES = [row.name for row in SUITES]
OTHER_TARGETS = {"help", "test", "lint", "clean"}


def made(*arguments):
    """What make would run, without running it."""
    return subprocess.run(
        ["make", "-C", str(ROOT), "--no-print-directory", "-n", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    ).stdout


def test_every_name_stands_once_and_none_is_another_targets():
    assert len(set(NAMES)) == len(NAMES) > 20
    assert not OTHER_TARGETS.union({"all"}).intersection(NAMES)


@pytest.mark.parametrize("row", SUITES, ids=NAMES)
def test_a_row_can_be_run(row):
    assert row.about and "|" not in row.about + row.proves
    assert row.seconds >= 60 or row.kind is Kind.USE
    if isinstance(row.run, (Script, InVenv)):
        assert (ROOT / row.run.path).exists()
    if isinstance(row.run, InVenv):
        assert row.run.venv in environment.REQUIREMENTS
        assert in_venv.packages(row.run) and row.run.why
    assert runner.commands(row, ROOT, ROOT)


@pytest.mark.parametrize("name", [*NAMES, "test", "lint", "help", "anything"])
def test_make_passes_each_name_on_also_where_a_folder_has_it(name):
    # `down` belongs to `clean` too, and nothing else runs more than its own.
    assert [line.rpartition(" ")[2] for line in made(name).splitlines()] == [name]


def test_make_alone_shows_the_help():
    assert made().split()[-1] == "help"


def test_help_names_every_target():
    assert set(re.findall(r"^  make ([a-z-]+) ", suites.help_text(), re.MULTILINE)) == OTHER_TARGETS - {"help"} | set(
        NAMES
    )


def test_the_page_for_testers_has_the_table():
    page = (ROOT / "TESTING.md").read_text(encoding="utf-8")
    assert suites_table.renewed(page) == page
    assert re.findall(r"^\| `make ([a-z-]+)`", page, re.MULTILINE) == [
        row.name for kind in (Kind.TEST, Kind.LINT, Kind.OTHER) for row in SUITES if row.kind is kind
    ]


@pytest.mark.parametrize("path", ["README.md", "TESTING.md", ".ci/run", ".github/workflows/test.yml"])
def test_nothing_names_a_target_that_is_not_there(path):
    text = (ROOT / path).read_text(encoding="utf-8")
    named = re.findall(r"(?:^|`|run: .*|exec )make ([a-z][a-z-]+)", text, re.MULTILINE)
    assert named and set(named) <= OTHER_TARGETS.union(NAMES)


def test_a_suite_that_hangs_is_ended_before_the_workflow_is():
    """Else a table with its name would never be printed."""
    yaml = pytest.importorskip("yaml")
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8"))
    longest = max(row.seconds for row in suites.chosen(["test"]))
    assert workflow["jobs"]["test"]["timeout-minutes"] * 60 > longest


def test_every_scenario_has_its_row_in_the_documentation_and_no_other_has():
    told = re.findall(r"^\| `([a-z]+)` \|", (ROOT / "TESTING.md").read_text(encoding="utf-8"), re.MULTILINE)
    there = sorted(path.parent.name for path in (ROOT / "molecule").glob("*/molecule.yml"))
    assert sorted(name for name in told if name in there or name not in NAMES) == there
