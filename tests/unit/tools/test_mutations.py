# Tests of the list of mutations, so that a change of the code is noticed here and not after ten minutes of `make
# mutations`.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Each mutation changes one place that is there, and names tests that are there; a run that failed by itself catches
nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

if sys.version_info < (3, 11):
    pytest.skip("the tools run on the control node", allow_module_level=True)

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "mutations"))

import mutations  # noqa: E402
from mutations import Problem  # noqa: E402


@pytest.mark.parametrize("mutation", mutations.MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_mutation_has_its_place_and_its_tests(mutation):
    assert (ROOT / mutation.file).read_text(encoding="utf-8").count(mutation.text) == 1
    assert mutation.text != mutation.instead
    assert (ROOT / "tests" / "unit" / mutation.units).is_file()
    assert (ROOT / "molecule" / mutation.scenario / "molecule.yml").is_file()


def test_there_are_ten():
    assert len({mutation.name for mutation in mutations.MUTATIONS}) == 10


@pytest.mark.parametrize(
    "said, reason",
    [
        (
            "=== FAILURES\nFAILED tests/unit/plugins/module_utils/test_live.py::test_x[1] - assert\n",
            "test_live.py::test_x[1]",
        ),
        ("CRITICAL Idempotence test failed because\n", "Idempotence test failed"),
        (
            (
                "CRITICAL Ansible return code was 2, command was\nFAILED"
                " tests/test_a.py::test_b[ansible://linux-tcp-drift]\n"
            ),
            "tests/test_a.py::test_b[drift]",
        ),
    ],
)
def test_the_reason(tmp_path, said, reason):
    log = tmp_path / "log"
    log.write_text(said, encoding="utf-8")
    assert mutations._reason(log, mutations.FAILED_TEST, mutations.FAILED_STEP) == reason


@pytest.mark.parametrize(
    "said", ["", "CRITICAL Ansible return code was 4, command was\n", "Cannot connect to the Docker daemon\n"]
)
def test_no_verdict_is_no_reason(tmp_path, said):
    log = tmp_path / "log"
    log.write_text(said, encoding="utf-8")
    with pytest.raises(Problem, match="failed otherwise than by a test"):
        mutations._reason(log, mutations.FAILED_TEST, mutations.FAILED_STEP)
