# Tests of the matrix: the table, what is derived from it, and the closing table of `make test-matrix`.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The workflow and the pins follow the table, a wish is followed or refused, and a cell that was not run is never a
passed one."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

if sys.version_info < (3, 11):
    pytest.skip("the tools run on the control node", allow_module_level=True)

ROOT = Path(__file__).resolve().parents[3]
DEV = ROOT / "tools" / "run"
sys.path.insert(0, str(DEV))

import base  # noqa: E402
import cells  # noqa: E402
import matrix  # noqa: E402
import suites  # noqa: E402

OWN = f"{sys.version_info[0]}.{sys.version_info[1]}"


@pytest.fixture
def table(tmp_path, monkeypatch):
    """A table in which this Python has a line of its own."""
    path = tmp_path / "matrix.txt"
    path.write_text(f"# a comment\n2.90.1 {OWN} 9.8\n2.91.12 9.9  # nobody has it\n", encoding="utf-8")
    monkeypatch.setattr(cells, "TABLE", path)
    monkeypatch.delenv("ANSIBLE_CORE", raising=False)


# -- the real table ------------------------------------------------------------------------------


def workflow():
    yaml = pytest.importorskip("yaml")
    return yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8"))


def test_the_workflow_has_the_cells_of_the_table():
    listed = workflow()["jobs"]["test"]["strategy"]["matrix"]["include"]
    assert [(cell["ansible-core"], cell["python"]) for cell in listed] == [
        (cell.series, cell.python) for cell in cells.cells()
    ]


def test_the_workflow_runs_make_test_and_trusts_no_moving_version():
    job = workflow()["jobs"]["test"]
    commands = [step["run"] for step in job["steps"] if "run" in step]
    assert len(commands) == 1 and commands[0].endswith(" make test")
    actions = [step["uses"] for step in job["steps"] if "uses" in step]
    assert actions and all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action) for action in actions)
    assert workflow()["permissions"] == {} and job["permissions"] == {"contents": "read"}
    assert job["timeout-minutes"] <= 60


def test_the_first_release_is_the_one_that_everything_pins():
    first = f"ansible-core=={cells.cells()[0].release}"
    for name in ("run", "test", "importer"):
        assert first + " \\" in base.listed(ROOT / "requirements" / f"{name}.txt"), name


def test_every_release_stands_there_once_and_the_oldest_is_what_the_collection_requires():
    series = list(dict.fromkeys(cell.series for cell in cells.cells()))
    assert len(series) == len(base.listed(cells.TABLE)) >= 3
    assert series == sorted(series, key=lambda text: [int(number) for number in text.split(".")])
    assert f"requires_ansible: '>={series[0]}.0'" in (ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8")


def test_the_pythons_are_those_that_this_ansible_core_supports():
    """In every cell of the matrix another line is looked at."""
    release = pytest.importorskip("ansible.release").__version__
    package = Path(pytest.importorskip("ansible_test").__file__).parent
    constants = {}
    exec((package / "_util/target/common/constants.py").read_text(encoding="utf-8"), constants)
    assert [cell.python for cell in cells.cells() if cell.release == release] == list(
        constants["CONTROLLER_PYTHON_VERSIONS"]
    )


# -- a wish --------------------------------------------------------------------------------------


def test_without_a_wish_the_pins_stay_as_they_are(table):
    assert cells.wished() is None
    assert cells.pins("ansible-core==1\nother==2\n") == "ansible-core==1\nother==2\n"


def test_a_wish_replaces_the_pin_of_ansible_core_alone(table, monkeypatch):
    monkeypatch.setenv("ANSIBLE_CORE", "2.90")
    assert cells.wished() == cells.Cell("2.90.1", OWN)
    assert (
        cells.pins("# x\nansible-core==1\nansible-core-more==2\n")
        == "# x\nansible-core==2.90.1\nansible-core-more==2\n"
    )


@pytest.mark.parametrize(
    "wish, message",
    [("2.92", "there are 2.90, 2.91"), ("2.91", "does not support Python .*, but 9.9.*PYTHON=python9.9")],
)
def test_a_wish_that_cannot_be_met_is_refused(table, monkeypatch, wish, message):
    monkeypatch.setenv("ANSIBLE_CORE", wish)
    with pytest.raises(base.Problem, match=message):
        cells.wished()


def python_for(asked):
    return subprocess.run(
        ["sh", str(DEV / "python.sh")],
        env={"PYTHON": asked, "PATH": "/usr/bin:/bin"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_python_that_is_asked_for_is_taken_or_nothing(tmp_path):
    assert python_for(sys.executable).stdout.strip() == sys.executable
    old = tmp_path / "python3.12"
    old.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    old.chmod(0o755)
    for wrong in (str(old), "python3.99"):
        done = python_for(wrong)
        assert (done.returncode, done.stdout) == (1, "") and f"PYTHON={wrong}" in done.stderr


# -- make test-matrix ----------------------------------------------------------------------------


def outcome(code, *rows):
    return matrix.Outcome(
        cells.Cell("2.90.1", "9.8"),
        code,
        12.34,
        [{"name": name, "code": result, "seconds": 1.0} for name, result in rows],
    )


def test_the_table_names_cells_parts_and_seconds(capsys):
    assert matrix.closing([outcome(0, ("units", 0)), outcome(None)]) == 0
    said = capsys.readouterr().out
    assert re.search(r"ansible-core 2\.90\.1, Python 9\.8 +ok +12\.3 s\n +units +ok +1\.0 s\n", said)
    assert re.search(r"Python 9\.8 +not run +no python9\.8 on this machine\n", said)
    assert "1 passed, 0 failed, 1 not run" in said


@pytest.mark.parametrize("outcomes", [[outcome(None)], [outcome(0, ("units", 0)), outcome(1, ("units", 1))], []])
def test_what_did_not_pass_is_no_success(outcomes):
    assert matrix.closing(outcomes) == 1


def test_a_cell_that_ends_without_a_result_failed(table, monkeypatch):
    monkeypatch.setattr(matrix, "run", lambda command, **options: 0)
    assert matrix.run_cell(cells.cells()[0], Path(sys.executable), ["units"]).code == 1


def test_a_cell_gets_its_variables_and_gives_its_parts(table, monkeypatch):
    def run(command, env, **options):
        assert command[0] == sys.executable and command[2:] == ["units"]
        assert env["ANSIBLE_CORE"] == "2.90" and "ARGS" not in env
        Path(env["TEST_RESULTS"]).write_text('[{"name": "units", "code": 3, "seconds": 2.0}]', encoding="utf-8")
        return 3

    monkeypatch.setenv("ARGS", "units")
    monkeypatch.setattr(matrix, "run", run)
    done = matrix.run_cell(cells.cells()[0], Path(sys.executable), ["units"])
    assert done.code == 3 and done.parts[0]["name"] == "units"


def test_a_part_that_is_not_there_is_said():
    with pytest.raises(base.Problem, match="no suite unit; there are all, test, lint, harden"):
        suites.chosen(["units", "unit"])
    assert [suite.name for suite in suites.chosen(["units", "lint", "yamllint"])].count("yamllint") == 1
