# What every program of the guest does: it measures figures, and says what it found.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Answers are lines of JSON on the console, each after a word for its kind."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from _effect import Case, Effect, Values


def say(mark: str, found: Mapping[str, Any]) -> None:
    """One line for the command on the other side."""
    print(f"{mark} {json.dumps(found)}", flush=True)


def figure(effect: Effect, one: Case, wanted: Values) -> dict[str, Any]:
    """What is measured once: the figure and the seconds it took, or the error."""
    start = time.monotonic()
    try:
        found: dict[str, Any] = {"value": effect.measure(wanted, **one.parameters)}
    except Exception as error:  # the others can still be measured
        found = {"error": f"{type(error).__name__}: {error}"}
    return {**found, "seconds": round(time.monotonic() - start, 2)}
