# Whole runs over light hosts: two controllers at once, and a host that vanishes in the middle.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Over SSH, with ansible-playbook as people start it.

What hosts have is read from the kernel, past Ansible and past the collection.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible_collections.fleetnet.linux_tcp.tests.reliability.private import (
    FIN,
    RMEM,
    SOMAXCONN,
    SYN,
    WANTED,
    Case,
    Scripts,
)
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import DROP_IN, JOURNAL, SNAPSHOT

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "hosts" / "scale"))

from lab import Lab

_OTHERS = {FIN: "50", RMEM: "9000 260000 4100000", SOMAXCONN: "3333", SYN: "777"}
_ONE = {key: WANTED[key] for key in _OTHERS}
# One batch with nobody to wait for: what is tried here is that runs meet, not how a rollout goes on. To the letter, so
# that it can be told whose values a host has.
_AT_ONCE = {
    "tcp_hardening_batches": ["100%"],
    "tcp_hardening_health": False,
    "tcp_hardening_confirm": 0,
    "tcp_hardening_policy": "exact",
}
_CUT = 5


class Run:
    """A command on its way. What it says goes to a file: nobody may read it while another run is waited for."""

    def __init__(self, command: list[str], env: dict[str, str]) -> None:
        self._said = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115  (open as long as this object)
        self._process = subprocess.Popen(
            command, env=env, stdin=subprocess.DEVNULL, stdout=self._said, stderr=subprocess.STDOUT
        )

    def end(self) -> tuple[int, str]:
        """(exit code, what it said), when it is over."""
        code = self._process.wait(600)
        self._said.seek(0)
        return code, self._said.read()


class Fleet:
    """Light hosts, and what plays are started with."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.bin = Path(sys.executable).parent

    def start(self, playbook: str, values: dict[str, str] | None = None, forks: int = 10) -> Run:
        """An ansible-playbook over all hosts, with connections of its own."""
        more = json.dumps({**_AT_ONCE, "tcp_hardening_values": values} if values else _AT_ONCE)
        command = [
            *self.lab.inside(),
            str(self.bin / "ansible-playbook"),
            f"fleetnet.linux_tcp.{playbook}",
            "-i",
            str(self.lab.inventory),
            "-f",
            str(forks),
            "-e",
            more,
        ]
        env = {**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_SSH_ARGS": "-o ControlMaster=no"}
        return Run(command, env)

    def state(self, host: dict[str, Any]) -> dict[str, Any]:
        """What a host has: live values, drop-in, and whether there is a journal and a snapshot."""
        keys = sorted(_OTHERS)
        script = (
            "for key in %s; do sysctl -n $key; done; echo; for file in %s %s; do test -e $file && echo there || echo"
            " none; done; cat %s 2>/dev/null; true" % (" ".join(keys), JOURNAL, SNAPSHOT, DROP_IN)
        )
        said = subprocess.run(
            [*self.lab.enter(host), "sh", "-c", script], check=True, capture_output=True, text=True, timeout=30
        ).stdout
        values, _blank, rest = said.partition("\n\n")
        journal, snapshot, text = rest.split("\n", 2)
        pairs = [line.split(" = ") for line in text.splitlines() if line and line[0] not in "#;"]
        live = {key: " ".join(value.split()) for key, value in zip(keys, values.split("\n"), strict=True)}
        return {
            "live": live,
            "journal": journal,
            "snapshot": snapshot,
            "file": {key.strip(): value.strip() for key, value in pairs},
        }


def _harmed(found: dict[str, Any], *wanted: dict[str, str]) -> list[str]:
    """The misses of a host that has to have one of these profiles as a whole, in its file as in its kernel."""
    misses = (
        []
        if any(found["live"] == found["file"] == profile for profile in wanted)
        else [f"it has neither profile as a whole: {found}"]
    )
    return (
        misses
        if found["journal"] == "none" and found["snapshot"] == "there"
        else [*misses, f"journal {found['journal']}, snapshot {found['snapshot']}"]
    )


def two_controllers(scripts: Scripts, seeds: list[str]) -> Iterator[Case]:
    """Two controllers set different profiles on the same hosts at once; a host is a case, a seed its number and that of
    the pause between."""
    lab = Lab(scripts.folder / "two")
    lab.up(len(seeds))
    try:
        fleet = Fleet(lab)
        origin = [fleet.state(host) for host in lab.hosts()]
        # The second begins later and has more hosts at work at a time: somewhere it overtakes the first.
        first = fleet.start("harden", _ONE, forks=4)
        time.sleep(random.Random(seeds[0]).uniform(0, 2))
        runs = [run.end() for run in (first, fleet.start("harden", _OTHERS, forks=20))]
        found = [fleet.state(host) for host in lab.hosts()]
        runs.append(fleet.start("rollback").end())
        troubles = [f"a run ended with {code}: {said[-2000:]}" for code, said in runs if code]
        for host, before, state in zip(lab.hosts(), origin, found, strict=True):
            misses = troubles + _harmed(state, _ONE, _OTHERS)
            misses += (
                [] if fleet.state(host) == before else [f"after rollback it has {fleet.state(host)}, not {before}"]
            )
            yield Case("first's" if state["live"] == _ONE else "second's", misses)
    finally:
        lab.down()


def vanishing(scripts: Scripts, seeds: list[str]) -> Iterator[Case]:
    """Of five hosts one loses its network, or its sshd with all sessions, at a random moment of a run; later it is
    back."""
    lab = Lab(scripts.folder / "vanish")
    lab.up(_CUT)
    try:
        for seed in seeds:
            yield _vanishing(Fleet(lab), random.Random(seed))
    finally:
        lab.down()


def _vanishing(fleet: Fleet, dice: random.Random) -> Case:
    hosts = fleet.lab.hosts()
    victim, how, delay = dice.choice(hosts), dice.choice(("cut off", "sessions killed")), dice.uniform(1.5, 6)
    origin = {host["name"]: fleet.state(host) for host in hosts}
    run = fleet.start("harden", _ONE)
    time.sleep(delay)
    if how == "cut off":
        fleet.lab.plug(victim, "down")
    else:
        for pid in fleet.lab.processes(victim)[1:]:
            os.kill(pid, signal.SIGKILL)
    code, said = run.end()
    misses = []
    for host in hosts:
        if host != victim:
            misses += [f"{host['name']}: {miss}" for miss in _harmed(fleet.state(host), _ONE)]
    if code and (f"fatal: [{victim['name']}]" not in said or "fatal" in said.replace(f"fatal: [{victim['name']}]", "")):
        misses.append(f"the run blames another host than {victim['name']}: {said[-2000:]}")
    if not code:
        misses += _harmed(fleet.state(victim), _ONE)
    fleet.lab.plug(victim, "up")
    again, said = fleet.start("harden", _ONE).end()
    misses += [f"the next run ended with {again}: {said[-2000:]}"] if again else []
    misses += [
        f"after the next run {host['name']}: {miss}" for host in hosts for miss in _harmed(fleet.state(host), _ONE)
    ]
    fleet.start("rollback").end()
    misses += [
        f"after rollback {host['name']} has {fleet.state(host)}"
        for host in hosts
        if fleet.state(host) != origin[host["name"]]
    ]
    return Case(
        f"{how}, {'lost' if code else 'done before'}",
        [f"{victim['name']} {how} after {delay:.1f} s: {miss}" for miss in misses],
    )
