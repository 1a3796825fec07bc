# One light host: a program that runs in namespaces of its own, makes itself at home there, and becomes sshd (private to
# tests/hosts/scale).
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""_target.py ADDRESS FOLDER NAMESPACE...: refuses, before it changes anything, where it is still in one of these
network namespaces."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

_HOME = "/run/scale"
# What a run of Ansible and of the collection writes. The rest of the machine's files is shared, and stays as it is.
_OWN_FOLDERS = ("/run", "/etc/sysctl.d", "/var/lib", "/var/tmp", "/tmp", "/root")
_SSHD = f"""\
HostKey {_HOME}/host_key
AuthorizedKeysFile {_HOME}/login_key.pub
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
UsePAM no
UseDNS no
StrictModes no
PidFile none
MaxStartups 100
Subsystem sftp internal-sftp
ListenAddress %s
"""


def main() -> None:
    address, folder, *foreign = sys.argv[1:]
    here = os.readlink("/proc/self/ns/net")
    if not foreign or here in foreign:
        sys.exit(f"{address}: still in the network namespace {here}; refused")
    files = {name: Path(folder, name).read_bytes() for name in ("host_key", "login_key.pub")}
    for place in _OWN_FOLDERS:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "mode=1777" if place.endswith("tmp") else "mode=755", "tmpfs", place],
            check=True,
        )
    os.mkdir("/run/sshd", 0o755)
    os.mkdir(_HOME, 0o700)
    # As bytes: this Python may lie in a folder that is hidden by now, with whatever of it is not loaded yet.
    files["sshd_config"] = (_SSHD % address).encode()
    for name, content in files.items():
        with open(os.open(f"{_HOME}/{name}", os.O_WRONLY | os.O_CREAT, 0o600), "wb") as stream:
            stream.write(content)
    while "eth0" not in [name for _number, name in socket.if_nameindex()]:
        time.sleep(0.02)  # whoever started this is about to plug it in, and kills it otherwise
    commands = f"link set lo up\naddress add {address}/16 dev eth0\nlink set eth0 up\n"
    subprocess.run(["ip", "-batch", "-"], input=commands.encode(), check=True)
    os.chdir("/")
    sshd = str(shutil.which("sshd", path="/usr/sbin:/usr/local/sbin"))
    os.execv(sshd, [sshd, "-D", "-e", "-f", f"{_HOME}/sshd_config"])


if __name__ == "__main__":
    main()
