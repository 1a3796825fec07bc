# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The tables of throwaway hosts, and where everything of theirs lies (private to tests/hosts/fleet)."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

from _build import REPOSITORY

# One line adds a host: its name (at most 15 letters, it names the network device too), the suite of its root folder,
# the suite whose user-mode-linux package is its first kernel, and its memory in MiB.
_TABLES = {
    # For people: make harden.
    "default": (
        ("deb11", "bullseye", "bullseye", 512),  # kernel 5.10
        ("deb12", "bookworm", "bookworm", 512),  # kernel 6.1
        ("deb13", "trixie", "trixie", 512),  # kernel 6.12
    ),
    # For the molecule scenarios of the same names. With 6 GiB a host takes every value of the profile; the memory is a
    # sparse file, of which a host fills a few hundred MiB.
    "kernels": (
        ("bullseye", "bullseye", "bullseye", 6144),
        ("bookworm", "bookworm", "bookworm", 6144),
        ("trixie", "trixie", "trixie", 6144),
        ("forky", "trixie", "forky", 6144),  # kernel 7.2
    ),
    "upgrade": (("upgraded", "bullseye", "bullseye", 6144),),
}
# What the kernels of a fleet are told on their command line. The second is a key's own value, for one that a file sets,
# too.
_PARAMETERS = {"kernels": ("sysctl.net.ipv4.tcp_retries1=4", "sysctl.net.ipv4.tcp_retries2=15")}


@dataclasses.dataclass(frozen=True)
class Fleet:
    """Some hosts in a network of their own. Two fleets share nothing but the cached root folders and kernels."""

    name: str
    number: int
    checkout: Path = REPOSITORY

    @property
    def hosts(self) -> tuple[Host, ...]:
        """The hosts in the order of their table."""
        return tuple(Host(self, number, *row) for number, row in enumerate(_TABLES[self.name], 1))

    @property
    def parameters(self) -> tuple[str, ...]:
        """What is added to the command line of the kernels."""
        return _PARAMETERS.get(self.name, ())

    @property
    def _suffix(self) -> str:
        return "" if self.name == "default" else f"-{self.name}"

    @property
    def state(self) -> Path:
        """What 'up' makes: the hosts' folders, keys, the ssh configuration and the inventory."""
        return self.checkout / ".cache" / f"fleet{self._suffix}"

    @property
    def run(self) -> Path:
        """Outside of the repository lies only what needs a short path (sockets) or is a mount (the namespace)."""
        digest = hashlib.sha256(str(self.checkout.resolve()).encode()).hexdigest()[:8]
        return Path("/run") / f"fleetnet-{digest}{self._suffix}"

    @property
    def namespace(self) -> Path:
        """The file on which the fleet's network namespace is mounted."""
        return self.run / "net"

    @property
    def inside(self) -> tuple[str, ...]:
        """Put before a command, this runs it inside the namespace."""
        return ("nsenter", f"--net={self.namespace}", "--")

    @property
    def control_sockets(self) -> Path:
        """The sockets of the ssh connections that Ansible and the tests keep open."""
        return self.run / "cp"

    @property
    def login_key(self) -> Path:
        """The private key that every host lets in."""
        return self.state / "keys" / "login"

    @property
    def ssh_config(self) -> Path:
        """How ssh reaches the hosts."""
        return self.state / "ssh_config"

    @property
    def inventory(self) -> Path:
        """How Ansible reaches the hosts."""
        return self.state / "inventory.yml"


@dataclasses.dataclass(frozen=True)
class Host:
    """One host: a Debian suite as its root folder, and the suite whose kernel it runs at first."""

    fleet: Fleet
    number: int
    name: str
    suite: str
    kernel_suite: str
    memory: int

    @property
    def folder(self) -> Path:
        """Everything of this host on disk: its root folder, its kernel, its console log."""
        return self.fleet.state / "hosts" / self.name

    @property
    def root(self) -> Path:
        """The root folder that the host boots on."""
        return self.folder / "root"

    @property
    def console(self) -> Path:
        """What the host printed on its console since it was last started."""
        return self.folder / "console.log"

    @property
    def key(self) -> Path:
        """The private host key; '.pub' beside it is the public half."""
        return self.fleet.state / "keys" / f"host-{self.name}"

    @property
    def address(self) -> str:
        """The host's own address; it exists only inside the fleet's network namespace."""
        return f"10.{self.fleet.number}.{self.number}.2"

    @property
    def gateway(self) -> str:
        """The other end of the host's link."""
        return f"10.{self.fleet.number}.{self.number}.1"


FLEETS = {name: Fleet(name, number) for number, name in enumerate(_TABLES, 77)}
