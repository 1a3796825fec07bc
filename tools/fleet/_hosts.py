# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The table of throwaway hosts, and where everything of theirs lies (private to tools/fleet)."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

from roots import REPOSITORY, ROOTS

STATE = REPOSITORY / ".cache" / "fleet"


@dataclasses.dataclass(frozen=True)
class Host:
    """One host: a Debian suite as its root folder, and the suite whose kernel it runs."""

    name: str
    suite: str
    kernel_suite: str
    number: int

    @property
    def folder(self) -> Path:
        """Everything of this host on disk: its root folder, its kernel, its console log."""
        return STATE / "hosts" / self.name

    @property
    def root(self) -> Path:
        """The root folder that the host boots on."""
        return self.folder / "root"

    @property
    def console(self) -> Path:
        """What the host printed on its console since it was last started."""
        return self.folder / "console.log"

    @property
    def address(self) -> str:
        """The host's own address; it exists only inside the fleet's network namespace."""
        return f"10.77.{self.number}.2"

    @property
    def gateway(self) -> str:
        """The other end of the host's link."""
        return f"10.77.{self.number}.1"

    @property
    def kernel_folder(self) -> Path:
        """Where roots.py put the kernel that this host runs."""
        return ROOTS / f"{self.kernel_suite}.uml"

    @property
    def kernel_root(self) -> Path:
        """The base root folder whose libraries the kernel binary needs."""
        return ROOTS / self.kernel_suite


# One line adds a host: its name (at most 15 letters, it names the network device too), the suite
# of its root folder, and the suite whose user-mode-linux package is its kernel.
_TABLE = (
    ("deb11", "bullseye", "bullseye"),  # kernel 5.10
    ("deb12", "bookworm", "bookworm"),  # kernel 6.1
    ("deb13", "trixie", "trixie"),  # kernel 6.12
)

HOSTS = tuple(Host(name, suite, kernel, number) for number, (name, suite, kernel) in enumerate(_TABLE, 1))


def fleet_name(checkout: Path) -> str:
    """Return a short name for the fleet of one checkout; two checkouts get two names."""
    return "fleetnet-" + hashlib.sha256(str(checkout.resolve()).encode()).hexdigest()[:8]


# Outside of the repository lies only what needs a short path (sockets) or is a mount (the namespace).
RUN = Path("/run") / fleet_name(REPOSITORY)
NAMESPACE = RUN / "net"
CONTROL_SOCKETS = RUN / "cp"
