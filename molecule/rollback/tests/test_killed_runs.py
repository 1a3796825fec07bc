# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The first run, killed with SIGKILL at each of its steps: whatever it leaves, the next run heals, and says so.

On one host there was no drop-in before, on the other there was an administrator's.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hardened import DROP_IN, SNAPSHOT, STATE, Before, Played, live, proc

DRIVER = Path(__file__).parents[1] / "files" / "killed.py"
JOURNAL = SNAPSHOT.replace(".json", ".journal")
# As prepare.yml made it; daemon and games have these numbers on every Debian.
FILE = ["# Set by hand.\nnet.ipv4.tcp_fin_timeout\t= 77\n", 0o640, 1, 60]


def test_the_next_run_heals_it(
    host: Any, before: Before, applied: dict[str, str], playbook: Callable[..., Played]
) -> None:
    good = host.file(DROP_IN).content_string
    setup = {
        "drop_in": FILE if host.backend.get_hostname() == "linux-tcp-rollback-kept" else None,
        "live": {proc(key): before.settings[proc(key)] for key in applied},
    }
    report = json.loads(
        host.check_output("timeout 180 python3 -c %s %s", DRIVER.read_text(encoding="utf-8"), json.dumps(setup))
    )
    print(report)
    assert report["faults"] == []
    # Each value that changes is opened and written; and there are the journal, the snapshot and the file.
    changed = [key for key in applied if before.settings[proc(key)] != applied[key]]
    assert len(changed) >= 9
    assert report["journals"] > 2 * len(changed) + 10
    assert report["steps"] > report["journals"] + 10

    # The last death was left for the role.
    assert host.file(JOURNAL).exists
    played = playbook("harden")
    assert played.code == 0
    assert f"an earlier run had died in the middle; {DROP_IN} and the live values were put back first" in played.output
    assert played.counts(host)["applied"] == len(applied)
    assert live(host, applied) == applied
    assert host.file(DROP_IN).content_string == good
    assert set(host.file(STATE).listdir()) == {"lock", Path(SNAPSHOT).name}
