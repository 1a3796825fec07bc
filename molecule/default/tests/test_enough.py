# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Guards the other tests, which would all pass where there is nothing to apply or nothing to tell apart."""

from __future__ import annotations

from hardened import DOCUMENT, Before, proc


def test_most_of_the_document_is_applied(applied: dict[str, str], skipped: dict[str, str]) -> None:
    assert len(DOCUMENT) == len(applied) + len(skipped) == 23
    assert len(applied) >= 15
    assert {"net.core.somaxconn", "net.ipv4.tcp_rmem", "net.ipv4.ip_local_port_range"} <= applied.keys()
    assert {"net.core.netdev_max_backlog", "net.ipv4.tcp_mem", "net.ipv4.tcp_tw_recycle"} <= skipped.keys()


def test_the_host_had_other_values(before: Before, applied: dict[str, str]) -> None:
    """Also in each field of the triplets, so that none of them can be left over from before."""
    assert before.settings[proc("net.ipv4.tcp_keepalive_time")] != applied["net.ipv4.tcp_keepalive_time"]
    for key in ("net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"):
        old, new = before.settings[proc(key)].split(), applied[key].split()
        assert len(old) == len(new) == 3
        assert all(was != wanted for was, wanted in zip(old, new, strict=True)), (key, old, new)
