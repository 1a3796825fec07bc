# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Nothing can be set now: tcp_hardening_live=false writes a drop-in for the machine that this container will be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hardened import DOCUMENT, Played, live

_DROP_IN = "/etc/sysctl.d/91-image.conf"
_IMAGE = ("-e", "tcp_hardening_live=false", "-e", f"tcp_hardening_path={_DROP_IN}")


def test_an_image(host: Any, playbook: Callable[..., Played]) -> None:
    """Every key that a machine with this kernel has is set at its boot; none is now, and that is no drift."""
    before = live(host, ["net.core.somaxconn"])
    harden = playbook("harden", *_IMAGE)
    try:
        assert harden.code == 0
        lines = [line for line in host.file(_DROP_IN).content_string.splitlines() if line and not line.startswith("#")]
        wanted = {key: value for key, value in DOCUMENT.items() if key != "net.ipv4.tcp_tw_recycle"}
        assert dict(line.split(" = ") for line in lines) == wanted
        assert live(host, ["net.core.somaxconn"]) == before != {"net.core.somaxconn": DOCUMENT["net.core.somaxconn"]}
        audit = playbook("audit", *_IMAGE)
        assert audit.code == 0 and " 22 " in audit.output
    finally:
        rollback = playbook("rollback", *_IMAGE)
    assert rollback.code == 0 and not host.file(_DROP_IN).exists
