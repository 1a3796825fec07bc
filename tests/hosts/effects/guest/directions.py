# Measures which of two values of a key is the better one, and asks the collection which one it would choose.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The job: {"policy": name, "trials": [{"effect", "case", "key", "worse", "better"}]}; the last two are values.

Says a FIGURE for each trial: both figures, and for each of the values what the host runs with it after the policy had
the other one to set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from _job import figure, say
from _kernel import values
from _registry import EFFECTS
from _sets import planned


def _chosen(key: str, running: str, wanted: str, policy: str) -> str:
    """What a host that runs with one value has after the policy, where the profile has the other."""
    with values({key: running}):
        return planned({key: wanted}, policy).get(key, running)


def _tried(trial: Mapping[str, str], policy: str) -> dict[str, Any]:
    effect = next(one for one in EFFECTS if one.name == trial["effect"])
    case = next(one for one in effect.cases if one.name == trial["case"])
    key, pair = trial["key"], (trial["worse"], trial["better"])
    figures = [figure(effect, case, {key: value}) for value in pair]
    chosen = [_chosen(key, *way, policy) for way in (pair, pair[::-1])]
    return {"key": key, "better": effect.better, "figures": figures, "chosen": chosen}


def run(job: Mapping[str, Any]) -> None:
    """Do the job."""
    for trial in job["trials"]:
        say("FIGURE", _tried(trial, job["policy"]))
