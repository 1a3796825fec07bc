# Measures on throwaway kernels what the profile changes that people feel, key by key and all values together.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""`make effects` runs it and writes benchmarks/effects.json; `make docs` makes docs/effects.md out of that.

ARGS='--kernel 6.12 --only throughput --rounds 5' measures a part. Every figure is kept as soon as it is there.
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "tools" / "run"), str(HERE.parent / "tests" / "hosts" / "effects")]

import laboratory  # noqa: E402  (beside this repository's other scripts)
from _effect import Effect  # noqa: E402
from _effects_record import begin, missing, read, take, write  # noqa: E402
from _registry import EFFECTS, FAMILIES  # noqa: E402
from base import Problem, main, say, step  # noqa: E402
from laboratory import FACTS, OWN, BootFailure  # noqa: E402

# Of one round of all effects and sets; the slowest kernel on a busy machine.
_ROUND_SECONDS = 900


def chosen(words: list[str] | None) -> list[Effect]:
    """The effects of these families, or with these words in their names; all without any. Problem where none fits."""
    if not words:
        return list(EFFECTS)
    found = [effect for effect in EFFECTS if any(word == effect.family or word in effect.name for word in words)]
    if not found:
        raise Problem(f"no effect {', '.join(words)}; there are {', '.join(FAMILIES)}, or a word of an effect's name")
    return found


def _arguments() -> argparse.Namespace:
    every = [one.series[:-1] for one in laboratory.KERNELS]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernel", action="append", choices=every, help=f"one of {', '.join(every)} (all)")
    parser.add_argument("--only", action="append", metavar="WORD", help="a family, or a word of an effect's name (all)")
    parser.add_argument("--policy", action="append", help="of the collection, beside the kernel's own (all)")
    parser.add_argument("--rounds", type=int, default=5, help="of each (%(default)s)")
    parser.add_argument("--beside", type=int, default=1, help="kernels at the same time; each fills a processor (1)")
    parser.add_argument("--missing", action="store_true", help="only effects that were not measured in all rounds")
    found = parser.parse_args()
    found.kernel = found.kernel or every
    found.policy = found.policy or list(laboratory.POLICIES)
    return found


class _Run:
    """What several kernels measure side by side goes into one file."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._record, self._lock = read(), threading.Lock()

    def _effects(self, series: str) -> list[Effect]:
        """What a kernel has to measure."""
        options, effects = self._options, chosen(self._options.only)
        if not options.missing:
            return effects
        sets = (OWN, *options.policy)
        return [effect for effect in effects if missing(self._record, series, effect, sets, options.rounds)]

    def _take(self, series: str, mark: str, found: Mapping[str, Any]) -> bool:
        """Keep what a kernel said; whether that is a figure."""
        with self._lock:
            if mark == FACTS:
                begin(self._record, series, found)
            else:
                take(self._record, series, found)
            write(self._record)
        if "error" in found:
            say(f"    {series}: {found['effect']}, {found['case']}, {', '.join(found['sets'])}: {found['error']}")
        return mark != FACTS and "error" not in found

    def kernel(self, series: str) -> bool:
        """Boot a kernel, measure, keep each figure; whether all came without an error."""
        effects, start, figures, errors = self._effects(series), time.monotonic(), 0, 0
        if not effects:
            return True
        job = {
            "profile": laboratory.profile(),
            "policies": self._options.policy,
            "rounds": [*range(1, self._options.rounds + 1)],
            "effects": [effect.name for effect in effects],
        }
        limit = self._options.rounds * _ROUND_SECONDS
        try:
            for mark, found in laboratory.measure(laboratory.kernel(series), "measure", job, limit):
                good = self._take(series, mark, found)
                figures, errors = figures + good, errors + (mark != FACTS and not good)
        except BootFailure as failure:
            say(f"    {series}: {failure}")
            errors += 1
        say(f"    {series}: {figures} figures, {errors} errors, {(time.monotonic() - start) / 60:.1f} min")
        return not errors


def entry() -> int:
    """Measure on each kernel that was asked for."""
    options = _arguments()
    run = _Run(options)
    with step(f"kernels {', '.join(options.kernel)}, {options.rounds} rounds"):
        with ThreadPoolExecutor(options.beside) as pool:
            try:
                good = [*pool.map(run.kernel, options.kernel)]
            finally:
                # Interrupted: begin nothing more, and end what still runs.
                pool.shutdown(wait=False, cancel_futures=True)
                laboratory.stop()
    say("written to benchmarks/effects.json; `make docs` makes docs/effects.md of it")
    return 0 if all(good) else 1


if __name__ == "__main__":
    main(entry)
