# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The network namespace of a fleet (private to tests/hosts/fleet).

Every device and every address is made inside this namespace. The machine's own network gets
no device, no route, no address and no setting.
"""

from __future__ import annotations

import subprocess

from _hosts import Fleet
from _machine import Refusal


def _namespace_exists(fleet: Fleet) -> bool:
    """Tell whether the namespace is there, which means: mounted on its file."""
    try:
        return fleet.namespace.stat().st_dev != fleet.run.stat().st_dev
    except FileNotFoundError:
        return False


def _run(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=30)
    except subprocess.CalledProcessError as error:
        raise Refusal(
            f"The fleet's network could not be set up: '{' '.join(command)}' said: {error.stderr.strip()}\n"
            "What to do: this machine must let root make network namespaces and tap devices (/dev/net/tun);\n"
            "a container needs the rights CAP_SYS_ADMIN and CAP_NET_ADMIN and that device."
        ) from error


def make_network(fleet: Fleet) -> None:
    """Make the namespace, and in it one tap device with a network of its own for each host."""
    if not _namespace_exists(fleet):
        fleet.run.mkdir(mode=0o700, exist_ok=True)
        fleet.namespace.touch()
        # Not 'ip netns add': that leaves a mount of its own on the machine for good.
        _run("unshare", f"--net={fleet.namespace}", "ip", "link", "set", "lo", "up")
    present = subprocess.run(
        [*fleet.inside, "ip", "-oneline", "-brief", "link"], check=True, capture_output=True, text=True, timeout=30
    ).stdout
    devices = {line.split()[0] for line in present.splitlines()}
    for host in fleet.hosts:
        if host.name not in devices:
            _run(*fleet.inside, "ip", "tuntap", "add", "dev", host.name, "mode", "tap")
        _run(*fleet.inside, "ip", "address", "replace", f"{host.gateway}/30", "dev", host.name)
        # One segment a frame: the kernel inside announces that it takes bigger frames and then
        # drops them, and a module of 100 KiB would take seconds to get there.
        _run(*fleet.inside, "ip", "link", "set", "dev", host.name, "gso_max_segs", "1", "up")


def remove_network(fleet: Fleet) -> None:
    """Remove the namespace; its devices go with it. Does nothing when there is none."""
    # More than one mount can lie on the file only if two users of this tool raced.
    while _namespace_exists(fleet):
        _run("umount", str(fleet.namespace))
    fleet.namespace.unlink(missing_ok=True)
