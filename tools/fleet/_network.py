# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The network namespace of the fleet (private to tools/fleet).

Every device and every address is made inside this namespace. The machine's own network gets
no device, no route, no address and no setting.
"""

from __future__ import annotations

import subprocess

from _hosts import HOSTS, NAMESPACE, RUN
from _machine import Refusal

# Put before a command, this runs it inside the namespace.
INSIDE = ("nsenter", f"--net={NAMESPACE}", "--")


def namespace_exists() -> bool:
    """Tell whether the namespace is there, which means: mounted on its file."""
    try:
        return NAMESPACE.stat().st_dev != RUN.stat().st_dev
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


def make_network() -> None:
    """Make the namespace, and in it one tap device with a network of its own for each host."""
    if not namespace_exists():
        RUN.mkdir(mode=0o700, exist_ok=True)
        NAMESPACE.touch()
        # Not 'ip netns add': that leaves a mount of its own on the machine for good.
        _run("unshare", f"--net={NAMESPACE}", "ip", "link", "set", "lo", "up")
    present = subprocess.run([*INSIDE, "ip", "-oneline", "-brief", "link"], check=True, capture_output=True, text=True, timeout=30).stdout
    devices = {line.split()[0] for line in present.splitlines()}
    for host in HOSTS:
        if host.name not in devices:
            _run(*INSIDE, "ip", "tuntap", "add", "dev", host.name, "mode", "tap")
        _run(*INSIDE, "ip", "address", "replace", f"{host.gateway}/30", "dev", host.name)
        # One segment a frame: the kernel inside announces that it takes bigger frames and then
        # drops them, and a module of 100 KiB would take seconds to get there.
        _run(*INSIDE, "ip", "link", "set", "dev", host.name, "gso_max_segs", "1", "up")


def remove_network() -> None:
    """Remove the namespace; its devices go with it. Does nothing when there is none."""
    # More than one mount can lie on the file only if two users of this tool raced.
    while namespace_exists():
        _run("umount", str(NAMESPACE))
    NAMESPACE.unlink(missing_ok=True)
