# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures a converge against a ping play and a loop of ansible.posix.sysctl, over the same hosts in the same run.

`make benchmark` runs it on the throwaway fleet; it prints the table and writes it to benchmarks/results.md. Figures of
one machine say little: what counts are the ratios, each taken within one round, and their medians.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tools" / "run")]

import _payload  # noqa: E402
import environment  # noqa: E402  (beside this repository's other scripts)
from base import CACHE, ROOT, Problem, listed, main, run, say, step  # noqa: E402

ROUNDS = 5
TRIPLES = 3
# The document's values equal some of the kernels' own (tcp_sack and other switches): so many at the most, on a fresh
# host.
MOSTLY_THE_SAME = 6
HOST_RUNS = 15
# All hosts at once, and the two module runs alone: the default goes in batches and waits to see how hosts do.
HARDEN = "fleetnet.linux_tcp.harden"
AT_ONCE = "tcp_hardening_batches=100% tcp_hardening_health=false tcp_hardening_confirm=0"


class Bench:
    """One inventory, one folder for what is read of its hosts, and a clock."""

    def __init__(self, inventory: str, folder: str) -> None:
        self.venv = environment.venv(environment.RUN_VENV)
        self.inventory, self.folder = inventory, folder
        self.env = dict(environment.play_environment(), ANSIBLE_FORKS="10", ANSIBLE_NOCOLOR="1")

    def play(self, name: str, changed: bool | None = None) -> float:
        """Seconds that one ansible-playbook takes; Problem where it fails, or where changes are not as expected."""
        command = [
            str(self.venv / "bin" / "ansible-playbook"),
            "-i",
            self.inventory,
            "-e",
            f"benchmark_folder={self.folder}",
            "-e",
            AT_ONCE,
            name,
        ]
        start = time.monotonic()
        done = subprocess.run(
            command,
            env=self.env,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        seconds = time.monotonic() - start
        if done.returncode:
            raise Problem(
                f"{shlex.join(command)} ended with {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-1000:]}"
            )
        found = {bool(int(number)) for number in re.findall(r"changed=(\d+)", done.stdout)}
        if changed is not None and found != {changed}:
            raise Problem(
                f"{shlex.join(command)} should have changed"
                f" {'every host' if changed else 'nothing'}:\n{done.stdout[-3000:]}"
            )
        return seconds

    def fresh(self) -> None:
        """Problem where the hosts are not as they came up: then a full change would change little."""
        for path in Path(self.folder).glob("*.json"):
            same = [
                setting["key"]
                for setting in json.loads(path.read_text(encoding="utf-8"))
                if setting["verdict"] == "apply" and setting["running"] == setting["target"]
            ]
            if len(same) > MOSTLY_THE_SAME:
                raise Problem(f"{path.stem} has {len(same)} keys as wanted before anything was measured")

    def round(self) -> dict[str, float]:
        """Seconds by play. What is short and noisy is measured several times, each beside its yardstick; its median
        counts."""
        plays = HERE / "plays"
        ping, loop, reset = (str(plays / f"{name}.yml") for name in ("ping", "loop", "reset"))
        found = {}
        triples = []
        for _ in range(TRIPLES):
            self.play(reset)
            triples.append((self.play(ping), self.play(HARDEN, changed=True), self.play(HARDEN, changed=False)))
        names = ("ping", "harden, everything changes", "harden, nothing changes")
        found.update(zip(names, map(statistics.median, zip(*triples, strict=True)), strict=True))
        self.play(reset)
        found["loop, everything changes"] = self.play(loop, changed=True)
        found["loop, nothing changes"] = self.play(loop, changed=False)
        return found


def compare(rounds: list[dict[str, float]]) -> list[str]:
    """The lines of the first two tables: medians, and the ratios of each round with their medians."""
    lines = ["| play | median, s | from, s | to, s |", "|---|---|---|---|"]
    for name in rounds[0]:
        times = [each[name] for each in rounds]
        lines.append(f"| {name} | {statistics.median(times):.2f} | {min(times):.2f} | {max(times):.2f} |")
    lines += ["", "| ratio | median | from | to | wanted |", "|---|---|---|---|---|"]
    wanted = (
        ("harden, nothing changes", "ping", "at most 1.25"),
        ("harden, everything changes", "ping", "at most 1.7"),
        ("loop, nothing changes", "harden, nothing changes", "at least 12"),
        ("loop, everything changes", "harden, everything changes", ""),
    )
    for above, below, limit in wanted:
        ratios = [each[above] / each[below] for each in rounds]
        lines.append(
            f"| {above} / {below} | {statistics.median(ratios):.2f} | {min(ratios):.2f} | {max(ratios):.2f} | {limit} |"
        )
    return lines


def on_host(bench: Bench) -> list[str]:
    """The lines of the third table: the payload, and what its import and its run take on this machine."""
    folder = Path(bench.folder)
    python = str(bench.venv / "bin" / "python")
    sizes = json.loads(
        subprocess.run(
            [python, str(HERE / "_payload.py"), str(folder)],
            env=bench.env,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stdout
    )
    plan = json.loads(next(folder.glob("*.json")).read_text(encoding="utf-8"))
    profile = {"values": {setting["key"]: setting["wanted"] for setting in plan}}
    # In a private network namespace, and in check mode: nothing of this machine is written.
    apply = {**profile, "_ansible_check_mode": True}
    lines = [
        "| module | payload, KiB | of it ours, KiB | import of Ansible's part, median ms | of ours | ratio"
        " | run, median ms | from | to |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for module, arguments in (("sysctl_profile_info", profile), ("sysctl_profile", apply), ("tcp_socket_info", {})):
        found = [_payload.run(folder, module, arguments, "/usr/bin/python3") for _ in range(HOST_RUNS)]
        if any(each["code"] for each in found):
            raise Problem(f"{module} failed in the measurement")
        times = [each["run"] for each in found]
        theirs, ours = (statistics.median(each[part] for each in found) for part in ("ansible", "import"))
        ratio = statistics.median(each["import"] / each["ansible"] for each in found)
        size = sizes[module]
        lines.append(
            f"| {module} | {size['zip'] / 1024:.1f} | {size['own'] / 1024:.1f} | {theirs:.0f} | {ours:.0f} |"
            f" {ratio:.2f} | {statistics.median(times):.0f} | {min(times):.0f} | {max(times):.0f} |"
        )
    ping = sizes["ping"]
    lines.append(f"| ansible.builtin.ping, to compare | {ping['zip'] / 1024:.1f} | 0.0 | | | | | | |")
    return lines


def entry() -> int:
    """Measure, print and write the figures; the exit code is 1 where a ratio is not as wanted."""
    given = os.environ.get("INVENTORY", "").strip()
    if given:
        raise Problem(
            "the benchmark resets and changes the hosts over and over: it runs on the throwaway fleet only, leave"
            " INVENTORY out"
        )
    environment.collection_link()
    environment.debian_packages(listed(ROOT / "tests" / "hosts" / "fleet" / "packages.txt"), "for the throwaway fleet")
    for verb in ("down", "up"):  # fresh hosts, whatever was tried on the old ones
        run(
            [sys.executable, str(ROOT / "tests" / "hosts" / "fleet" / "fleet.py"), verb],
            env=environment.clean_environment(),
        )
    run(
        [sys.executable, str(ROOT / "tests" / "hosts" / "containers" / "fetch_collections.py")],
        env=environment.clean_environment(),
    )
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(str(CACHE / "fleet" / "inventory.yml"), folder)
        bench.play(str(HERE / "plays" / "look.yml"))
        bench.fresh()
        rounds = []
        for number in range(1, ROUNDS + 1):
            with step(f"round {number} of {ROUNDS}"):
                rounds.append(bench.round())
        bench.play(str(HERE / "plays" / "reset.yml"))
        tables = [*compare(rounds), "", *on_host(bench)]
    text = "\n".join(
        [
            "# How long it takes",
            "",
            "<!-- Written by `make benchmark`. -->",
            "",
            (
                "Three throwaway hosts (Debian 11, 12 and 13 on User-Mode Linux) and the controller on one machine"
                f" with {os.cpu_count()} processors; {ROUNDS} rounds. Times are those of the whole `ansible-playbook`."
                " Ratios are taken within a round; the seconds hold for one machine on one day."
            ),
            "",
            (
                "`harden` changes all hosts at once, without health gate and confirmation. The loop sets the same keys"
                " with `ansible.posix.sysctl`, one module run for each, without a reload. The payload is the zip file"
                " with the module and everything it imports; Ansible's own part of it is what `ping` shows. *Import*"
                " is the time of taking code out of the zip file and compiling it on this machine, Ansible's part and"
                " ours in the same process, *run* that of the module itself. Neither counts the start of Python."
            ),
            "",
            *tables,
            "",
        ]
    )
    (HERE / "results.md").write_text(text, encoding="utf-8")
    say("\n".join(tables))
    say("written to benchmarks/results.md")
    return 0


if __name__ == "__main__":
    main(entry)
