# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""A login that ends takes its processes along (KillUserProcesses of systemd-logind, a service that is stopped), but not
the one that waits to take a trial back.

Here the module runs in a scope, as a login's programs do, and the scope is ended right after it.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hardened import DROP_IN, Played, live

testinfra_hosts = ["ansible://linux-tcp-rollout-1"]

FIN = "net.ipv4.tcp_fin_timeout"
CONFIRM_SECONDS = 4
PYTHON = "/usr/local/bin/python-of-a-login"
WRAPPER = '#!/bin/sh\nexec systemd-run --scope --quiet --collect --unit=login /usr/bin/python3 "$@"\n'


def test_the_trial_is_taken_back_all_the_same(host: Any, playbook: Callable[..., Played]) -> None:
    assert playbook("rollback").code == 0
    before = live(host, [FIN])
    assert before != {FIN: "31"}
    host.check_output("printf %s %s > %s && chmod 755 %s", "%s", WRAPPER, PYTHON, PYTHON)
    options = {"values": {FIN: 31}, "content": f"{FIN} = 31\n", "confirm": CONFIRM_SECONDS}
    command = [
        "ansible",
        host.backend.get_hostname(),
        "-i",
        str(Path(os.environ["MOLECULE_INVENTORY_FILE"]).parent),
        "-e",
        f"ansible_python_interpreter={PYTHON}",
        "-m",
        "fleetnet.linux_tcp.sysctl_profile",
        "-a",
        json.dumps(options),
    ]
    said = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert "CHANGED" in said and live(host, [FIN]) == {FIN: "31"}, said
    host.run("systemctl stop login.scope")  # not there any more where nothing is left in it
    until = time.monotonic() + CONFIRM_SECONDS + 3
    while live(host, [FIN]) != before:
        assert time.monotonic() < until, "the process that was to take it back ended with the login"
        time.sleep(0.2)
    assert not host.file(DROP_IN).exists
