# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The program that reads the drop-in at boot accepts every line, and leaves the same values.

It runs in a fresh network namespace, which has the kernel's own values like a host that boots; in the host's own it
would put right what the other tests have to find. So this is for containers, which have no host-wide keys.
"""

from __future__ import annotations

from typing import Any

from hardened import DROP_IN, proc


def test_the_values_are_in_force_after_a_boot(host: Any, applied: dict[str, str]) -> None:
    files = " ".join(proc(key) for key in applied)
    script = f"/lib/systemd/systemd-sysctl {DROP_IN} && grep -H . {files}"
    run = host.run("SYSTEMD_LOG_TARGET=console unshare --net sh -c %s", script)
    assert (run.rc, run.stderr) == (0, ""), run.stdout
    booted = dict(line.split(":", 1) for line in run.stdout.splitlines())
    assert {key: " ".join(booted[proc(key)].split()) for key in applied} == applied
