# Names of keys that tests share.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The keys that most tests are about, and short names for the others."""

from __future__ import annotations

SOMAXCONN = "net.core.somaxconn"
FIN = "net.ipv4.tcp_fin_timeout"
MEM = "net.ipv4.tcp_mem"
RMEM = "net.ipv4.tcp_rmem"
RECYCLE = "net.ipv4.tcp_tw_recycle"
RANGE = "net.ipv4.ip_local_port_range"
RESERVED = "net.ipv4.ip_local_reserved_ports"
START = "net.ipv4.ip_unprivileged_port_start"
CONGESTION = "net.ipv4.tcp_congestion_control"


def full(key):
    """A key by its short name: of net.ipv4, unless it says otherwise."""
    return key if "." in key else "net.ipv4." + key


def flat(table):
    """(key, first, rest...) for each entry of a table of (key, entries)."""
    return [(full(key), *entry) for key, entries in table for entry in entries]
