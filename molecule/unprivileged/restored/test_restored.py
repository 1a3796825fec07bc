# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""`restored` takes the drop-in away again, also where no live value was ever set."""

from __future__ import annotations

from typing import Any


def test_the_drop_in_is_gone(host: Any) -> None:
    assert not host.file("/etc/sysctl.d/90-tcp-hardening.conf").exists
    assert host.file("/etc/sysctl.d").is_directory
