# What benchmarks/effects.json holds: taking in figures one by one, and the medians of them.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Plain data, kernel by kernel, so that a part can be measured again and an interrupted run loses nothing.

{"kernels": {"6.12": {"release", "memory_mb", "own": {key: value}, "sets": {set: {key: value that it changes}},
"figures": {effect: {case: {set: {round: value}}}}, "errors": {effect: {case: {set: text}}}}}}
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from _effect import Effect

FILE = Path(__file__).resolve().parent / "effects.json"
Record = dict[str, Any]


def read(file: Path = FILE) -> Record:
    """What was measured before; an empty record where there is nothing."""
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {"kernels": {}}


def write(record: Record, file: Path = FILE) -> None:
    """Keep a record, at once as a whole."""
    part = file.with_suffix(".part")
    part.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    part.rename(file)


def begin(record: Record, series: str, facts: Mapping[str, Any]) -> None:
    """Take in what a kernel says of itself. Figures of another release, or of values that changed, are dropped."""
    old = record["kernels"].get(series, {})
    same = all(old.get(name) == facts[name] for name in ("release", "memory_mb", "own"))
    kept = {name: values for name, values in old.get("sets", {}).items() if same and name not in facts["sets"]}
    stays = {name for name, values in facts["sets"].items() if same and old.get("sets", {}).get(name) == values} | {
        *kept
    }

    def still(table: Mapping[str, Any]) -> dict[str, Any]:
        return {
            effect: {one: {name: each[name] for name in each if name in stays} for one, each in cases.items()}
            for effect, cases in table.items()
        }

    record["kernels"][series] = {
        **facts,
        "sets": {**kept, **facts["sets"]},
        "figures": still(old.get("figures", {})),
        "errors": still(old.get("errors", {})),
    }


def take(record: Record, series: str, found: Mapping[str, Any]) -> None:
    """Take in one figure, or the error in its place."""
    kernel = record["kernels"][series]
    for name in found["sets"]:
        if "error" in found:
            kernel["errors"].setdefault(found["effect"], {}).setdefault(found["case"], {})[name] = found["error"]
        else:
            rounds = kernel["figures"].setdefault(found["effect"], {}).setdefault(found["case"], {})
            rounds.setdefault(name, {})[str(found["round"])] = round(found["value"], 3)
            kernel["errors"].get(found["effect"], {}).get(found["case"], {}).pop(name, None)


def median(record: Record, series: str, effect: str, case: str, name: str) -> float | None:
    """The median over the rounds; None where nothing was measured."""
    kernel = record["kernels"].get(series, {})
    rounds = kernel.get("figures", {}).get(effect, {}).get(case, {}).get(name)
    return statistics.median(rounds.values()) if rounds else None


def missing(record: Record, series: str, effect: Effect, sets: Sequence[str], rounds: int) -> bool:
    """Whether a round of any case of an effect is not there, for any of the sets."""
    figures = record["kernels"].get(series, {}).get("figures", {}).get(effect.name, {})
    wanted = 1 if effect.once else rounds
    return any(len(figures.get(case.name, {}).get(name, {})) < wanted for case in effect.cases for name in sets)
