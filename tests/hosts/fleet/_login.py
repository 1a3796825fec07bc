# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""How ssh and Ansible reach the throwaway hosts (private to tests/hosts/fleet)."""

from __future__ import annotations

import contextlib
import json
import shlex
import subprocess
import sys
from pathlib import Path

from _hosts import Fleet, Host

_SSH_HOST = """\
Host {name}
    HostName {address}
    HostKeyAlias {name}
"""

_SSH_EVERY_HOST = """\
Host {names}
    User root
    IdentityFile "{key}"
    IdentitiesOnly yes
    IdentityAgent none
    UserKnownHostsFile "{known_hosts}"
    GlobalKnownHostsFile /dev/null
    StrictHostKeyChecking yes
    UpdateHostKeys no
    BatchMode yes
    LogLevel ERROR
    # Enters the fleet's network namespace, connects there and hands the socket over.
    ProxyCommand {proxy} %h %p
    ProxyUseFdpass yes
    # A host that was killed or rebooted sends no farewell.
    ServerAliveInterval 5
    ServerAliveCountMax 3
    # Where programs share a connection that ask for a shared one (ControlMaster), as the tests do.
    ControlPath "{sockets}/%n"
"""


def _known_hosts(fleet: Fleet) -> Path:
    return fleet.state / "known_hosts"


def _ssh_config(fleet: Fleet) -> str:
    relay = Path(__file__).with_name("_relay.py")
    proxy = shlex.join([*fleet.inside, sys.executable, "-IS", str(relay)]).replace("%", "%%")
    names = " ".join(host.name for host in fleet.hosts)
    parts = ["# Written by tests/hosts/fleet/fleet.py up.\n"]
    parts += [_SSH_HOST.format(name=host.name, address=host.address) for host in fleet.hosts]
    paths = {"key": fleet.login_key, "known_hosts": _known_hosts(fleet), "sockets": fleet.control_sockets}
    parts.append(_SSH_EVERY_HOST.format(names=names, proxy=proxy, **paths))
    return "\n".join(parts)


def _inventory(fleet: Fleet) -> str:
    variables = {
        "ansible_user": "root",
        "ansible_ssh_common_args": f"-F {shlex.quote(str(fleet.ssh_config))}",
        # A folder of this fleet alone: Ansible names the sockets by the host's name, and the
        # deb12 of another checkout must not answer. Short, as the path of a socket has to be.
        "ansible_control_path_dir": str(fleet.control_sockets),
        "ansible_python_interpreter": "/usr/bin/python3",
    }
    lines = ["---", "# Written by tests/hosts/fleet/fleet.py up.", "throwaway:", "  hosts:"]
    lines += [f"    {host.name}:" for host in fleet.hosts]
    lines.append("  vars:")
    # A JSON string is a YAML string, whatever characters are in it.
    lines += [f"    {name}: {json.dumps(value)}" for name, value in variables.items()]
    return "\n".join(lines) + "\n"


def write_login_files(fleet: Fleet) -> None:
    """Write the ssh configuration, the known host keys and the inventory."""
    fleet.control_sockets.mkdir(mode=0o700, exist_ok=True)
    keys = [f"{host.name} {host.key.with_suffix('.pub').read_text()}" for host in fleet.hosts]
    texts = {
        _known_hosts(fleet): "".join(keys),
        fleet.ssh_config: _ssh_config(fleet),
        fleet.inventory: _inventory(fleet),
    }
    for path, text in texts.items():
        # Replaced in one step: another process may read it at this moment.
        part = path.with_name(f"{path.name}.part")
        part.write_text(text, encoding="utf-8")
        part.replace(path)


def login_command(host: Host) -> str:
    """Return the command that a person types to log in to a host."""
    return f"ssh -F {shlex.quote(str(host.fleet.ssh_config))} {host.name}"


def ask(host: Host, command: str, seconds: float = 10) -> str | None:
    """Run a command on a host and return what it printed, or None when the host does not answer."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        answer = subprocess.run(
            # Through a connection of its own: a shared one may lead to an earlier life of the host.
            ["ssh", "-F", str(host.fleet.ssh_config), "-o", "ControlPath=none", host.name, command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
            start_new_session=True,
        )
        if answer.returncode == 0:
            return answer.stdout.strip()
    return None


def close_shared_connections(fleet: Fleet) -> None:
    """End the ssh connections that Ansible and the tests keep open.

    One that leads to a host which is gone would take the next playbook's tasks and never answer.
    """
    if not fleet.control_sockets.is_dir():
        return
    for path in fleet.control_sockets.iterdir():
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(
                ["ssh", "-F", "none", "-O", "exit", "-o", f"ControlPath={path}", "fleet"],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                timeout=5,
            )
        path.unlink(missing_ok=True)
