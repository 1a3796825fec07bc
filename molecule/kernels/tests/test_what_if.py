# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""A plan for a kernel that is not at hand equals the plan on that kernel."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

# Of the other fields `running`, `boot` and `drift` need the host, and so does the advice that speaks of what runs
# there.
_SAME = ("key", "wanted", "verdict", "reason", "target", "default", "default_estimated")
# What the documentation allows for a default that is computed from the memory size.
_ABOUT = 0.01


@pytest.fixture(scope="module")
def plans(host: Any) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The plan of the untouched host and the imagined one, for either policy."""
    path = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / f"{host.backend.get_hostname()}.plans.json"
    found = json.loads(path.read_text(encoding="utf-8"))
    assert [plan["item"] for plan in found["real"]] == ["exact", "improve"]
    return list(zip(found["real"], found["imagined"], strict=True))


def _fields(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [{name: setting[name] for name in _SAME} for setting in plan["settings"]]


def test_the_plans_are_the_same(plans: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    for real, imagined in plans:
        assert real["compliant"] is False and imagined["compliant"] is None, "one of them is not what it should be"
        assert _fields(imagined) == _fields(real)


def test_no_key_of_the_catalog_is_missing(
    plans: list[tuple[dict[str, Any], dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(os.environ["ANSIBLE_COLLECTIONS_PATH"])
    from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._catalog import every_row

    assert {setting["key"] for setting in plans[0][0]["settings"]} == {row.name for row in every_row()}


def test_the_defaults_are_what_the_untouched_kernel_has(plans: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    wrong = []
    for setting in plans[0][0]["settings"]:
        if setting["default"] is None or setting["running"] is None or setting["boot"]:
            continue
        if setting["default_estimated"] and setting["default"][:1].isdigit():
            pairs = zip(map(int, setting["default"].split()), map(int, setting["running"].split()), strict=True)
            good = all(abs(default - running) <= running * _ABOUT for default, running in pairs)
        else:
            good = setting["default"] == setting["running"]
        if not good:
            wrong.append((setting["key"], setting["default"], setting["running"]))
    assert wrong == []
