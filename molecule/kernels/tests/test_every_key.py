# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Every key of the document but tcp_tw_recycle is in force, those of the whole machine too."""

from __future__ import annotations

from typing import Any

from hardened import DOCUMENT, live


def test_22_keys_are_live(host: Any) -> None:
    wanted = {key: value for key, value in DOCUMENT.items() if key != "net.ipv4.tcp_tw_recycle"}
    assert len(wanted) == 22
    assert live(host, wanted) == wanted


def test_the_one_that_is_left_out_is_gone_from_the_kernel(host: Any) -> None:
    assert not host.file("/proc/sys/net/ipv4/tcp_tw_recycle").exists
