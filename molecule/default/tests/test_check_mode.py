# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The check run foretold the real run: the same plan, the same changes, the same status for each key."""

from __future__ import annotations

from collections.abc import Callable

from hardened import DROP_IN, Run


def test_same_plan(runs: Callable[[], list[Run]]) -> None:
    dry, real = _check_and_real(runs())
    assert dry.plan is not None and real.plan is not None
    for part in ("kernel", "settings", "summary", "compliant"):
        assert dry.plan[part] == real.plan[part], part


def test_same_changes(runs: Callable[[], list[Run]]) -> None:
    dry, real = _check_and_real(runs())
    assert dry.applied is not None and real.applied is not None
    assert dry.applied["changed"] is real.applied["changed"] is True
    assert dry.applied["diff"] == real.applied["diff"]
    assert [part["after_header"] for part in real.applied["diff"]] == [DROP_IN, "live values"]


def test_same_status_of_each_key(
    runs: Callable[[], list[Run]], applied: dict[str, str], skipped: dict[str, str]
) -> None:
    dry, real = _check_and_real(runs())
    assert dry.applied is not None and real.applied is not None
    assert dry.applied["settings"] == real.applied["settings"]
    statuses = {setting["key"]: (setting["status"], setting["reason"]) for setting in real.applied["settings"]}
    assert statuses == {
        **dict.fromkeys(applied, ("applied", None)),
        **{key: ("skipped", reason) for key, reason in skipped.items()},
    }


def _check_and_real(runs: list[Run]) -> tuple[Run, Run]:
    dry, real = runs[:2]
    assert (dry.check, real.check) == (True, False)
    return dry, real
