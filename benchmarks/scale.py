# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures plays over 10, 50 and 200 light hosts against one ping play: time, and the controller's processor time and
memory.

`make benchmark-scale` runs it; benchmarks/scale.json has what was measured, and benchmarks/scale.md the tables. Both
are written after each round, so an interrupted run loses only the round it was in. ARGS take a part: what was measured
of others stays. A part begins anew, or, with --resume, goes on where it was left; that is right only where nothing of
the collection has changed since.

Hosts and controller share one machine. What counts are the ratios, each taken within a round, and their medians.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from _bars import (  # noqa: E402  (beside this script)
    CHANGE_LIMIT,
    CHANGED,
    LOOK_LIMIT,
    LOOP_CHANGED,
    LOOP_UNCHANGED,
    PING,
    UNCHANGED,
)
from _bench import Bench, Found, Lab, prepare  # noqa: E402
from _figures import Size, Store, with_round  # noqa: E402
from _scale_page import page, tables  # noqa: E402
from base import main, say, step  # noqa: E402
from benchmark import AT_ONCE, HARDEN  # noqa: E402

STORE = Store(HERE / "scale.json", HERE / "scale.md", page)
# Rounds with the loop, by hosts: it takes a module run for each key, 2 s per host. --loops takes more or fewer.
LOOPS = {10: 5, 50: 2, 200: 1}


def one_round(bench: Bench, hosts: int, loop: bool) -> dict[str, Found]:
    """What each play took in one round, one after the other."""
    harden = ("-e", AT_ONCE)
    bench.fresh(hosts)
    found = {
        PING: bench.play("ping"),
        LOOK_LIMIT: bench.play("limit", "-e", "benchmark_runs=1"),
        CHANGED: bench.play(HARDEN, *harden, changed=True),
        CHANGE_LIMIT: bench.play("limit", "-e", "benchmark_runs=2"),
        UNCHANGED: bench.play(HARDEN, *harden, changed=False),
    }
    if loop:
        bench.fresh(hosts)
        bench.look()
        found[LOOP_CHANGED] = bench.loop(changed=True)
        found[LOOP_UNCHANGED] = bench.loop(changed=False)
    return found


def measure(bench: Bench, size: Size, options: argparse.Namespace) -> None:
    """Measure what is missing of one size, and keep it round by round."""
    hosts, loops = size["hosts"], options.loops
    loops = LOOPS.get(size["hosts"], 0) if loops is None else loops
    title = f"{hosts} hosts, {size['forks']} forks, pipelining {'on' if size['pipelining'] else 'off'}"
    first = len(size["rounds"])
    if first >= options.rounds:
        say(f"{title}: has {first} rounds already")
        return
    bench.fresh(hosts)
    bench.apart()
    for number in range(first, options.rounds):
        with step(f"{title}, round {number + 1} of {options.rounds}"):
            size = with_round(size, one_round(bench, hosts, number < loops), number == first)
            STORE.keep(size)
    say(tables({"sizes": [size]}))


def parts() -> argparse.ArgumentParser:
    """What ARGS may have."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, action="append", help="a number of hosts (10, 50 and 200)")
    parser.add_argument(
        "--forks", type=int, action="append", help="hosts at a time (5, which is Ansible's default, and 20)"
    )
    parser.add_argument("--pipelining", action=argparse.BooleanOptionalAction, help="only with, or only without it")
    parser.add_argument("--rounds", type=int, default=5, help="of each (5)")
    parser.add_argument("--loops", type=int, help="rounds with the loop (5 with 10 hosts, 2 with 50, 1 with 200)")
    parser.add_argument("--resume", action="store_true", help="keep the rounds that are there, and measure the rest")
    return parser


def entry() -> int:
    """Measure each size of the fleet, and write the figures and the page."""
    options = parts().parse_args(shlex.split(os.environ.get("ARGS", "")))
    load = os.getloadavg()[0]  # later on it is the benchmark's own
    prepare()
    with tempfile.TemporaryDirectory(prefix="scale-") as folder:
        lab = Lab(Path(folder) / "lab")
        try:
            for hosts in options.hosts or (10, 50, 200):
                for forks in options.forks or (5, 20):
                    for pipelining in (False, True) if options.pipelining is None else (options.pipelining,):
                        size = {"hosts": hosts, "forks": forks, "pipelining": pipelining, "load": load}
                        size = STORE.begun({**size, "runs": [], "rounds": []}, options.resume)
                        measure(Bench(lab, Path(folder), forks, pipelining), size, options)
        finally:
            lab.down()
    say("written to benchmarks/scale.md and benchmarks/scale.json")
    return 0


if __name__ == "__main__":
    main(entry)
