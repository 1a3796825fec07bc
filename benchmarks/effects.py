# Measures on throwaway kernels what the profile changes that people feel, key by key and all values together.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""`make effects` runs it and writes benchmarks/effects.json; `make docs` makes docs/effects.md out of that.

ARGS='--kernel 6.12 --only throughput --rounds 5' measures a part. Every figure is kept as soon as it is there.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

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
    parser.add_argument("--missing", action="store_true", help="only effects that were not measured in all rounds")
    found = parser.parse_args()
    found.kernel = found.kernel or every
    found.policy = found.policy or list(laboratory.POLICIES)
    return found


def _measure(series: str, effects: list[Effect], options: argparse.Namespace) -> None:
    """One kernel: boot it, measure, keep each figure."""
    job = {
        "profile": laboratory.profile(),
        "policies": options.policy,
        "rounds": [*range(1, options.rounds + 1)],
        "effects": [effect.name for effect in effects],
    }
    record, count, errors = read(), 0, 0
    for mark, found in laboratory.measure(laboratory.kernel(series), "measure", job, options.rounds * _ROUND_SECONDS):
        if mark == FACTS:
            begin(record, series, found)
        else:
            take(record, series, found)
            count += 1
            errors += "error" in found
            if "error" in found:
                say(f"    {found['effect']}, {found['case']}, {', '.join(found['sets'])}: {found['error']}")
        write(record)
    say(f"    kernel {series}: {count} figures, {errors} errors")


def entry() -> int:
    """Measure on each kernel that was asked for."""
    options = _arguments()
    code, start = 0, time.monotonic()
    for series in options.kernel:
        effects = chosen(options.only)
        if options.missing:
            record, sets = read(), (OWN, *options.policy)
            effects = [effect for effect in effects if missing(record, series, effect, sets, options.rounds)]
        with step(f"kernel {series}: {len(effects)} effects, {options.rounds} rounds"):
            try:
                _measure(series, effects, options)
            except BootFailure as failure:
                say(f"    kernel {series}: {failure}")
                code = 1
    say(f"written to benchmarks/effects.json after {(time.monotonic() - start) / 60:.0f} min; `make docs` comes next")
    return code


if __name__ == "__main__":
    main(entry)
