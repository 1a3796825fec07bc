# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The site's hosts side by side, for tests of a run that goes to all of them."""

from __future__ import annotations

import os
from typing import Any

import pytest
import testinfra
from hardened import live, proc

FIN = "net.ipv4.tcp_fin_timeout"


class Site:
    """The three hosts by their way in: web, db and proxy."""

    def __init__(self) -> None:
        inventory = os.environ["MOLECULE_INVENTORY_FILE"]
        self.hosts = {
            way: testinfra.get_host(f"ansible://linux-tcp-site-{way}?ansible_inventory={inventory}")
            for way in ("web", "db", "proxy")
        }

    def spoil(self) -> None:
        """Another value on each host, as root."""
        for host in self.hosts.values():
            host.check_output("su root -c %s", f"echo 61 > {proc(FIN)}")

    def values(self) -> dict[str, str]:
        return {way: live(host, [FIN])[FIN] for way, host in self.hosts.items()}

    def traces(self) -> dict[str, Any]:
        """When the site's own play was at each host for the last time."""
        return {way: host.file("/tmp/besides").mtime for way, host in self.hosts.items()}


@pytest.fixture(scope="session")
def site() -> Site:
    return Site()
