# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The host's network is cut right after the change: nobody can confirm it, and the host has its old values back within
the limit."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from hardened import DROP_IN, STATE, Before, Played, differing, look

testinfra_hosts = ["ansible://trixie"]

CONFIRM_SECONDS = 8
# Cuts the network once the new values are live, and mends it when they are gone: else nobody could look at the host
# again.
CUT = r"""
value=/proc/sys/net/ipv4/tcp_fin_timeout
link=$(ip -o link | grep -v ' lo:' | head -n 1 | cut -d: -f2 | cut -d@ -f1)
until [ "$(cat $value)" = 30 ]; do sleep 0.1; done
ip link set $link down
cut -d' ' -f1 /proc/uptime > /run/cut
for turn in $(seq 600); do [ "$(cat $value)" = 30 ] || break; sleep 0.1; done
cut -d' ' -f1 /proc/uptime >> /run/cut
cat $value >> /run/cut
ip link set $link up
echo mended >> /run/cut
"""


def test_the_host_takes_the_new_values_back(host: Any, before: Before, playbook: Callable[..., Played]) -> None:
    host.check_output("rm -f /run/cut; setsid nohup sh -c %s > /dev/null 2>&1 < /dev/null &", CUT)
    played = playbook("harden", "-e", f"tcp_hardening_confirm={CONFIRM_SECONDS}")
    assert played.code in (2, 4), "it went on as if it had been confirmed"
    end = time.monotonic() + CONFIRM_SECONDS + 10
    while "mended" not in (log := host.run("cat /run/cut").stdout.split()):
        assert time.monotonic() < end, log
        time.sleep(0.5)
    down, back, value = log[:3]
    print(f"cut at {down} s, old values at {back} s, limit {CONFIRM_SECONDS} s")
    assert value == "45", "the administrator's"
    assert 1 < float(back) - float(down) <= CONFIRM_SECONDS + 1
    after = look(host)
    assert differing(before.settings, after.settings) == set()
    assert {path for path in differing(before.files, after.files) if not path.startswith(STATE)} == set()
    assert not host.file(DROP_IN).exists and host.file(STATE).listdir() == ["lock"]
