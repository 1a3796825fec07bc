# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""A service that was started before is listed, with what it keeps, and is not restarted; afterwards it is listed no
more."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from conftest import LARGE, SMALL, finding, listener
from hardened import Played


def unprivileged(host: Any) -> bool:
    """Whether nothing could be set here."""
    return "unprivileged" in host.ansible.get_variables()["group_names"]


def test_before_the_change_the_limit_is_the_limit(host: Any, seen: list[dict[str, Any]]) -> None:
    assert seen[0]["source"] == "sock_diag" and seen[0]["root"]
    large, small = (listener(seen[0], port) for port in (LARGE, SMALL))
    assert (large["backlog"], large["cause"]) == (int(seen[0]["running"]["net.core.somaxconn"]), "limit")
    assert (small["backlog"], small["cause"], small["receive_buffer_is"]) == (5, "asked", "fixed")
    assert large["unit"] == (None if unprivileged(host) else "large.service") and large["program"] == "python3"
    assert finding(seen[0], "restart") == {}


def test_after_it_the_service_is_to_be_restarted(host: Any, seen: list[dict[str, Any]]) -> None:
    for result in seen[1:]:
        if unprivileged(host):
            assert finding(result, "restart") == {}, "nothing was changed here"
            continue
        large = listener(result, LARGE)
        assert (large["backlog"], large["cause"], large["receive_buffer_is"]) == (4096, "restart", "older")
        assert listener(result, SMALL)["cause"] == "asked"
        (message,) = finding(result, "restart").values()
        assert (
            list(finding(result, "restart")) == ["large.service"]
            and "8192 after a restart" in message
            and "256960 after a restart" in message
        )


def test_it_was_not_restarted(host: Any, seen: list[dict[str, Any]]) -> None:
    assert len({listener(result, LARGE)["pid"] for result in seen}) == 1
    assert host.process.get(pid=listener(seen[0], LARGE)["pid"]).args.endswith(f"service.py {LARGE} 65535 0")


def test_queues_are_those_of_ss(host: Any, seen: list[dict[str, Any]]) -> None:
    if not host.exists("ss"):
        assert "ss" not in seen[0]["unknown"], "the module needs none"
        return
    lines = [line.split() for line in host.check_output("ss -Htln").splitlines()]
    theirs = {(int(line[3].rpartition(":")[2]), int(line[1]), int(line[2])) for line in lines}
    assert {(entry["port"], entry["queue"], entry["backlog"]) for entry in seen[2]["listeners"]} == theirs


def test_the_table_names_it_until_it_is_restarted(host: Any, playbook: Callable[..., Played]) -> None:
    if unprivileged(host):
        return
    audit = playbook("audit", "-e", "tcp_hardening_sockets=true")
    assert audit.code == 0 and re.search(
        r"^sockets  large\.service +restart +1 host  port 8080: backlog 4096", audit.output, re.MULTILINE
    )
    host.check_output(
        f"systemctl stop large; rm /run/service.{LARGE}; systemd-run --quiet --unit large python3"
        f" /usr/local/bin/service.py {LARGE} 65535 0"
    )
    host.check_output(f"timeout 30 sh -c 'until [ -e /run/service.{LARGE} ]; do sleep 0.1; done'")
    again = playbook("audit", "-e", "tcp_hardening_sockets=true")
    assert again.code == 0 and "large.service" not in again.output and "\nsockets  " in again.output
