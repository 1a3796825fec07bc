# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures plays over 10, 50 and 200 light hosts against one ping play: time, and the controller's processor time and
memory.

`make benchmark-scale` runs it, prints the tables and writes them to benchmarks/scale.md, and what was measured to
scale.json.
Hosts and controller share one machine. What counts are the ratios, each taken within a round, and their medians.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "tools" / "run"), str(HERE.parent / "tests" / "hosts" / "scale")]

import environment  # noqa: E402  (beside this repository's other scripts)
from base import ROOT, Problem, is_root, listed, main, run, say, step  # noqa: E402
from benchmark import AT_ONCE, HARDEN  # noqa: E402
from lab import Lab  # noqa: E402

PING, UNCHANGED, CHANGED, LOOP = (
    "ping",
    "harden, nothing changes",
    "harden, everything changes",
    "loop, everything changes",
)
# The loop takes a run for each key, so it is measured less often; not at all over 200 hosts, where it would take longer
# than all the rest.
LOOPS = {10: 3, 50: 1}
Found = dict[str, float]


class Bench:
    """The hosts of one size, and the plays over them."""

    def __init__(self, lab: Lab, folder: Path, forks: int) -> None:
        self.lab, self.folder, self.forks = lab, folder, forks
        self.venv = environment.venv(environment.RUN_VENV)
        self.env = dict(environment.play_environment(), ANSIBLE_NOCOLOR="1", ANSIBLE_HOST_KEY_CHECKING="false")

    def fresh(self, hosts: int) -> None:
        """New hosts in place of the old ones: every value is the kernel's own again."""
        self.lab.down()
        self.lab.up(hosts)

    def play(self, *arguments: str, changed: bool | None = None) -> Found:
        """What one ansible-playbook took; Problem where it fails, or where changes are not as expected."""
        result, log = self.folder / "result.json", self.folder / "log"
        command = [
            str(self.venv / "bin" / "ansible-playbook"),
            "-i",
            str(self.lab.inventory),
            "-f",
            str(self.forks),
            *arguments,
        ]
        watched = [
            *self.lab.inside(),
            "unshare",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
            "--",
            sys.executable,
            "-IS",
            str(HERE / "_watched.py"),
            str(result),
            str(log),
            *command,
        ]
        subprocess.run(watched, env=self.env, cwd=ROOT, check=True, timeout=3600)
        found = json.loads(result.read_text(encoding="ascii"))
        said = log.read_text(encoding="utf-8", errors="replace")
        if found.pop("code"):
            raise Problem(f"{shlex.join(command)} failed:\n{said[-3000:]}")
        if changed is not None and (" changed=0 " in said) == changed:
            raise Problem(
                f"{shlex.join(command)} should have changed {'every host' if changed else 'nothing'}:\n{said[-3000:]}"
            )
        return found

    def apart(self) -> None:
        """Problem where a host does not answer from a network namespace of its own, over the very connection that plays
        use."""
        done = subprocess.run(
            [
                *self.lab.inside(),
                str(self.venv / "bin" / "ansible"),
                "all",
                "-i",
                str(self.lab.inventory),
                "-f",
                str(self.forks),
                "-o",
                "-m",
                "ansible.builtin.command",
                "-a",
                "readlink /proc/self/ns/net",
            ],
            env=self.env,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        found = {word for word in done.stdout.split() if word.startswith("net:[")}
        if found != {host["namespace"] for host in self.lab.hosts()} or os.readlink("/proc/self/ns/net") in found:
            raise Problem(f"hosts are not where they should be: {done.stdout[-2000:]}{done.stderr[-1000:]}")

    def round(self, hosts: int, loop: bool) -> dict[str, Found]:
        """What each play took, one after the other."""
        harden = ("-e", AT_ONCE, HARDEN)
        self.fresh(hosts)
        found = {
            PING: self.play(str(HERE / "plays" / "ping.yml")),
            CHANGED: self.play(*harden, changed=True),
            UNCHANGED: self.play(*harden, changed=False),
        }
        if loop:
            self.fresh(hosts)
            first = self.lab.hosts()[0]["name"]
            self.play("-l", first, "-e", f"benchmark_folder={self.folder}", str(HERE / "plays" / "look.yml"))
            for host in self.lab.hosts()[1:]:  # all are alike
                shutil.copy(self.folder / f"{first}.json", self.folder / f"{host['name']}.json")
            found[LOOP] = self.play(
                "-e", f"benchmark_folder={self.folder}", str(HERE / "plays" / "loop.yml"), changed=True
            )
        return found


def median(rounds: list[dict[str, Found]], play: str, what: str) -> float:
    """The median over the rounds of one figure of a play."""
    return statistics.median(each[play][what] for each in rounds if play in each)


def ratio(rounds: list[dict[str, Found]], above: str, below: str, what: str) -> float:
    """The median of the ratios of one figure of two plays, each taken within a round."""
    return statistics.median(each[above][what] / each[below][what] for each in rounds if above in each)


def tables(measured: dict[str, Any]) -> str:
    """Both tables as Markdown. measured: what scale.json holds."""
    lines = [
        (
            "| hosts | forks | play | times | median, s | s per host | controller CPU, s | peak memory, MiB | MiB per"
            " host | of it the largest process, MiB |"
        ),
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for size in measured["sizes"]:
        hosts, rounds = size["hosts"], size["rounds"]
        for play in (PING, UNCHANGED, CHANGED, LOOP):
            times = sum(play in each for each in rounds)
            if times:
                seconds, cpu, peak, largest = (
                    median(rounds, play, what) for what in ("seconds", "cpu", "peak", "largest")
                )
                lines.append(
                    f"| {hosts} | {size['forks']} | {play} | {times} | {seconds:.1f} | {seconds / hosts:.2f} |"
                    f" {cpu:.1f} | {peak:.0f} | {peak / hosts:.2f} | {largest:.0f} |"
                )
    lines += [
        "",
        (
            "| hosts | forks | load | nothing changes / ping, time | everything changes / ping, time | loop / harden,"
            " everything changes, time | nothing changes / ping, memory | everything changes / ping, memory |"
        ),
        "|---|---|---|---|---|---|---|---|",
        "| *wanted* | | | *at most 2.2* | | | *at most 1.2* | *at most 1.2* |",
    ]
    for size in measured["sizes"]:
        rounds = size["rounds"]
        loop = f"{ratio(rounds, LOOP, CHANGED, 'seconds'):.1f}" if any(LOOP in each for each in rounds) else ""
        lines.append(
            f"| {size['hosts']} | {size['forks']} | {size['load']:.1f} |"
            f" {ratio(rounds, UNCHANGED, PING, 'seconds'):.2f} | {ratio(rounds, CHANGED, PING, 'seconds'):.2f} | {loop}"
            f" | {ratio(rounds, UNCHANGED, PING, 'peak'):.2f} | {ratio(rounds, CHANGED, PING, 'peak'):.2f} |"
        )
    return "\n".join(lines)


def page(measured: dict[str, Any]) -> str:
    """benchmarks/scale.md."""
    return f"""# How it grows with the fleet

<!-- Written by `make benchmark-scale`. -->

Light hosts: each has network, mounts, processes and an sshd of its own. They and the controller share one machine
with {measured["processors"]} processors. Every play begins without open connections, over SSH. Processor time and
memory are the controller's alone: of `ansible-playbook` and all that it starts, memory that processes share counted
once (PSS). Ratios are medians of those of single rounds. *Load* is that of the machine before the benchmark began:
above 1, others were at work too, and the seconds say little. The loop sets the same keys with `ansible.posix.sysctl`;
over 200 hosts it is left out, for its time.

Memory is that of one process for each host at work, and of one shared connection for each host. To template arguments
costs such a process three to five MiB that a ping, which has none, does not need; and each host's plan is kept, 0.1
MiB. So a play that changes everything is above 1.2, as the loop is over 10 hosts. With 20 forks more of the longer
tasks than of the pings are alive at once.

{tables(measured)}
"""


def keep(size: dict[str, Any]) -> str:
    """Write what was measured for one size and number of forks, beside what is there of others; the tables."""
    file = HERE / "scale.json"
    former = json.loads(file.read_text(encoding="utf-8"))["sizes"] if file.exists() else []
    others = [each for each in former if (each["hosts"], each["forks"]) != (size["hosts"], size["forks"])]
    measured = {
        "processors": os.cpu_count(),
        "sizes": sorted([*others, size], key=lambda each: (each["forks"], each["hosts"])),
    }
    file.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    (HERE / "scale.md").write_text(page(measured), encoding="utf-8")
    return tables(measured)


def entry() -> int:
    """Measure each size of the fleet, and write the figures and the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, action="append", help="a number of hosts (10, 50 and 200)")
    parser.add_argument(
        "--forks", type=int, action="append", help="hosts at a time (5, which is Ansible's default, and 20)"
    )
    parser.add_argument("--rounds", type=int, default=5, help="of each (5)")
    options = parser.parse_args(shlex.split(os.environ.get("ARGS", "")))
    if not is_root():
        raise Problem("it needs root, for namespaces")
    load = os.getloadavg()[0]  # later on it is the benchmark's own
    environment.collection_link()
    environment.debian_packages(listed(ROOT / "tests" / "hosts" / "scale" / "packages.txt"), "for light hosts")
    run(
        [sys.executable, str(ROOT / "tests" / "hosts" / "containers" / "fetch_collections.py")],
        env=environment.clean_environment(),
    )
    with tempfile.TemporaryDirectory(prefix="scale-") as folder:
        lab = Lab(Path(folder) / "lab")
        try:
            for forks in options.forks or (5, 20):
                for hosts in options.hosts or (10, 50, 200):
                    bench = Bench(lab, Path(folder), forks)
                    bench.fresh(hosts)
                    bench.apart()
                    rounds = []
                    for number in range(options.rounds):
                        with step(f"{hosts} hosts, {forks} forks, round {number + 1} of {options.rounds}"):
                            rounds.append(bench.round(hosts, number < LOOPS.get(hosts, 0) and forks == 5))
                    say(keep({"hosts": hosts, "forks": forks, "load": load, "rounds": rounds}))
        finally:
            lab.down()
    say("written to benchmarks/scale.md and benchmarks/scale.json")
    return 0


if __name__ == "__main__":
    main(entry)
