# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Guards the other tests, which would all pass where there is nothing to apply or nothing to tell apart."""

from __future__ import annotations

from collections.abc import Callable

from hardened import DOCUMENT, Before, proc

SOMAXCONN = "net.core.somaxconn"


def test_most_of_the_document_is_applied(
    applied: dict[str, str], skipped: dict[str, str], improve: Callable[[str], bool]
) -> None:
    assert len(DOCUMENT) == len(applied) + len(skipped) == 23
    assert len(applied) >= (13 if improve(SOMAXCONN) else 15)
    assert {"net.ipv4.tcp_rmem", "net.ipv4.ip_local_port_range"} <= applied.keys()
    assert {"net.core.netdev_max_backlog", "net.ipv4.tcp_mem", "net.ipv4.tcp_tw_recycle"} <= skipped.keys()
    assert skipped.get(SOMAXCONN) == ("better" if improve(SOMAXCONN) else None), "4096 is the kernel's own since 5.4"


def test_the_host_had_other_values(
    before: Before, applied: dict[str, str], wanted: dict[str, str], improve: Callable[[str], bool]
) -> None:
    """Also in each field of the triplets where they are set to the letter, so that none can be left over."""
    assert before.settings[proc("net.ipv4.tcp_keepalive_time")] != applied["net.ipv4.tcp_keepalive_time"]
    for key in ("net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"):
        old, new = before.settings[proc(key)].split(), applied[key].split()
        assert len(old) == len(new) == 3
        differ = [was != then for was, then in zip(old, new, strict=True)]
        assert differ == ([True, True, False] if improve(key) else [True] * 3), (key, old, new)
        assert (applied[key] == wanted[key]) is not improve(key)
