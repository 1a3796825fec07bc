# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The second run found nothing to do: it planned, and left it at that."""

from __future__ import annotations

from collections.abc import Callable

from hardened import Run


def test_nothing_to_do(runs: Callable[[], list[Run]], applied: dict[str, str]) -> None:
    _dry, _real, again = runs()
    assert again.plan is not None and again.errors == []
    assert again.plan["compliant"] is True
    assert again.plan["summary"]["apply"] == len(applied)
    assert [setting["key"] for setting in again.plan["settings"] if setting["drift"]] == []


def test_no_second_module_run(runs: Callable[[], list[Run]]) -> None:
    _dry, real, again = runs()
    assert real.applied is not None and again.applied is None
