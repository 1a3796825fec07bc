# Tests of what `make execution-environment` changes in the example, so that a change of the example is noticed here.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The image that is built is that of examples/awx, but for its base and what goes with it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

if sys.version_info < (3, 11):
    pytest.skip("the tools run on the control node", allow_module_level=True)
yaml = pytest.importorskip("yaml")

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "platforms"))

import execution_environment as made  # noqa: E402
from base import Problem  # noqa: E402


def test_only_the_base_and_what_goes_with_it_differ():
    example = made.EXAMPLE.read_text(encoding="utf-8")
    theirs, ours = yaml.safe_load(example), yaml.safe_load(made.local(example))
    assert ours.pop("images") == {"base_image": {"name": made.BASE}}
    assert ours.pop("options") == {"package_manager_path": "/usr/bin/apt-get", "skip_pip_install": True}
    del theirs["images"], theirs["options"]
    assert ours == theirs


def test_an_example_that_has_changed_is_refused():
    with pytest.raises(Problem, match="was expected"):
        made.local("images: {}")
