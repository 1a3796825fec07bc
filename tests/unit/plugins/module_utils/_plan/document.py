# The document's 23 optimised values, for tests of the plan.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The same as in the role's defaults, written down once more, so that no change of these goes unnoticed."""

from __future__ import annotations

CORE = {
    "rmem_default": 256960,
    "rmem_max": 513920,
    "wmem_default": 256960,
    "wmem_max": 513920,
    "netdev_max_backlog": 2000,
    "somaxconn": 2048,
    "optmem_max": 81920,
}
IPV4 = {
    "tcp_mem": "131072 262144 524288",
    "tcp_rmem": "8760 256960 4088000",
    "tcp_wmem": "8760 256960 4088000",
    "tcp_keepalive_time": 1800,
    "tcp_keepalive_intvl": 30,
    "tcp_keepalive_probes": 3,
    "tcp_sack": 1,
    "tcp_fack": 1,
    "tcp_timestamps": 1,
    "tcp_window_scaling": 1,
    "tcp_syncookies": 1,
    "tcp_tw_reuse": 1,
    "tcp_tw_recycle": 1,
    "tcp_fin_timeout": 30,
    "ip_local_port_range": "1024 65000",
    "tcp_max_syn_backlog": 2048,
}
VALUES = {
    **{"net.core." + name: value for name, value in CORE.items()},
    **{"net.ipv4." + name: value for name, value in IPV4.items()},
}
