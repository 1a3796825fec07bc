# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Where nothing can be set, the role does not fail: the drop-in names each key and why it is left out."""

from __future__ import annotations

import re
from typing import Any

DROP_IN = "/etc/sysctl.d/90-tcp-hardening.conf"
READ_ONLY = {"net.core.somaxconn", "net.ipv4.tcp_rmem", "net.ipv4.tcp_keepalive_time", "net.ipv4.ip_local_port_range"}
WHOLE_HOST = {"net.core.netdev_max_backlog", "net.ipv4.tcp_mem"}


def _reasons(host: Any) -> dict[str, str]:
    text = host.file(DROP_IN).content_string
    return {key: reason for reason, key in re.findall(r"^# skipped \((\w+)\): .+\n# ([\w.]+) = ", text, re.MULTILINE)}


def test_this_container_cannot_write(host: Any) -> None:
    """Guards the others: with a writable /proc/sys they would test something else."""
    run = host.run("echo 1800 > /proc/sys/net/ipv4/tcp_keepalive_time")
    assert run.rc != 0 and "Read-only file system" in run.stderr


def test_no_key_is_set(host: Any) -> None:
    lines = host.file(DROP_IN).content_string.splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == []


def test_each_of_the_23_keys_has_its_reason(host: Any) -> None:
    reasons = _reasons(host)
    assert len(reasons) == 23
    assert {reasons[key] for key in READ_ONLY} == {"read_only"}
    assert {reasons[key] for key in WHOLE_HOST} == {"other_namespace"}
    assert reasons["net.ipv4.tcp_tw_recycle"] == "removed"


def test_live_values_are_the_kernels(host: Any) -> None:
    assert host.file("/proc/sys/net/ipv4/tcp_keepalive_time").content_string.strip() == "7200"
    assert host.file("/proc/sys/net/ipv4/tcp_fin_timeout").content_string.strip() == "60"
