# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures what people would pick in place of this collection, beside it: same keys, same light hosts, same run.

`make benchmark-others` runs it; benchmarks/others.json has what was measured, and benchmarks/others.md the tables. Both
are written after each round. The other tools come from PyPI and Galaxy; where Galaxy is out of reach, name a checkout.
A tool that cannot be had is left out, and the page says why.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import _others  # noqa: E402  (beside this script)
from _bench import Bench, Found, Lab, prepare  # noqa: E402
from _figures import Size, Store, with_round  # noqa: E402
from _others_page import PING, page, play  # noqa: E402
from base import main, say, step  # noqa: E402

STORE = Store(HERE / "others.json", HERE / "others.md", page)


def tools(devsec: str, kernel_settings: str) -> tuple[list[_others.Tool], dict[str, str]]:
    """(the tools that can be had, why others cannot be). The arguments are checkouts; nothing stands for Galaxy."""
    found, missing = [_others.ours(), _others.template(), _others.loop()], {}
    wanted: dict[str, Callable[[], _others.Tool]] = {
        "dev-sec `os_hardening`": lambda: _others.devsec(devsec),
        "linux-system-roles `kernel_settings`": lambda: _others.kernel_settings(kernel_settings),
        "pyinfra `server.sysctl`": _others.pyinfra,
    }
    for title, get in wanted.items():
        try:
            found.append(get())
        except _others.Missing as why:
            missing[title] = str(why)
            say(f"without {title}: {why}")
    return found, missing


def one_round(bench: Bench, hosts: int, chosen: list[_others.Tool], values: dict[str, str]) -> dict[str, Found]:
    """What each tool took, one after the other."""
    bench.fresh(hosts)
    found = {PING: bench.play("ping")}
    for tool in chosen:
        bench.fresh(hosts)
        found[play(tool.title, "everything changes")] = tool.run(bench, True)
        if not tool.note:
            _others.check(bench, tool.title, values)
        found[play(tool.title, "nothing changes")] = tool.run(bench, False)
    return found


def entry() -> int:
    """Measure the tools over one number of hosts, and write the figures and the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, default=10, help="so many hosts (10)")
    parser.add_argument("--forks", type=int, default=5, help="hosts at a time (5)")
    parser.add_argument("--pipelining", action="store_true", help="with it, for what is of Ansible")
    parser.add_argument("--rounds", type=int, default=5, help="of each (5)")
    parser.add_argument("--devsec", default="", metavar="FOLDER", help="a checkout of the collection devsec.hardening")
    parser.add_argument(
        "--kernel-settings",
        default="",
        metavar="FOLDER",
        help="a checkout of the role linux-system-roles.kernel_settings",
    )
    options = parser.parse_args(shlex.split(os.environ.get("ARGS", "")))
    load = os.getloadavg()[0]  # later on it is the benchmark's own
    prepare()
    chosen, missing = tools(options.devsec, options.kernel_settings)
    with tempfile.TemporaryDirectory(prefix="others-") as folder:
        lab = Lab(Path(folder) / "lab")
        try:
            bench = Bench(lab, Path(folder), options.forks, options.pipelining)
            bench.fresh(options.hosts)
            bench.apart()
            values = _others.write_values(bench)
            size: Size = {
                "hosts": options.hosts,
                "forks": options.forks,
                "pipelining": options.pipelining,
                "load": load,
                "keys": len(values),
                "tools": {tool.title: tool.version for tool in chosen},
                "notes": {tool.title: tool.note for tool in chosen if tool.note},
                "missing": missing,
                "runs": [],
                "rounds": [],
            }
            for number in range(options.rounds):
                with step(f"{options.hosts} hosts, round {number + 1} of {options.rounds}"):
                    size = with_round(size, one_round(bench, options.hosts, chosen, values), number == 0)
                    STORE.keep(size)
        finally:
            lab.down()
    say(page({"processors": os.cpu_count(), "sizes": [size]}))
    say("written to benchmarks/others.md and benchmarks/others.json")
    return 0


if __name__ == "__main__":
    main(entry)
