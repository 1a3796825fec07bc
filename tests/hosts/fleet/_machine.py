# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Say whether this machine can run the throwaway fleet (private to tests/hosts/fleet)."""

from __future__ import annotations

import os
import platform
import shutil
import signal
import sys
from pathlib import Path

_OTHERWISE = (
    "What to do instead: use hosts of your own, 'make harden INVENTORY=path/to/your/inventory.yml',\n"
    "or run this as root on a Debian or Ubuntu machine with an x86-64 processor."
)

# Each command with the package that brings it; packages.txt lists the same packages.
_COMMANDS = {
    "dpkg-deb": "dpkg",
    "gcc": "gcc",
    "ip": "iproute2",
    "mmdebstrap": "mmdebstrap",
    "nsenter": "util-linux",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "unshare": "util-linux",
}
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


class Refusal(Exception):
    """An expected failure; its text says what is wrong and what to do."""


def interrupt_once() -> None:
    """Let the first Ctrl-C or SIGTERM end the program through its clean-up, and ignore the next.

    A second one would cut the clean-up short, which takes seconds, and leave something behind.
    """

    def interrupt(_number: int, _frame: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        print("interrupted; cleaning up, a few seconds", file=sys.stderr, flush=True)
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)


def is_debian_like(os_release: str) -> bool:
    """Tell whether the text of an os-release file names Debian, Ubuntu or a child of them."""
    words: set[str] = set()
    for line in os_release.splitlines():
        name, _, value = line.partition("=")
        if name in ("ID", "ID_LIKE"):
            words.update(value.strip("\"' ").split())
    return bool(words & {"debian", "ubuntu"})


def check_machine() -> None:
    """Raise Refusal unless this is Debian or Ubuntu on x86-64, with root and every command."""
    try:
        os_release = Path("/etc/os-release").read_text(encoding="utf-8")
    except OSError:
        os_release = ""
    problem = ""
    if platform.system() != "Linux" or not is_debian_like(os_release):
        problem = "this machine is neither Debian nor Ubuntu"
    elif platform.machine() != "x86_64":
        problem = f"this machine's processor is {platform.machine()}, not x86-64"
    elif os.geteuid() != 0:
        problem = "you are not root, and it needs a network namespace and root folders of its own"
    if problem:
        raise Refusal(f"The throwaway fleet cannot run here: {problem}.\n{_OTHERWISE}")
    missing = {package for command, package in _COMMANDS.items() if not shutil.which(command)}
    if not _KEYRING.exists():
        missing.add("debian-archive-keyring")
    if missing:
        names = " ".join(sorted(missing))
        raise Refusal(
            f"The throwaway fleet needs packages that are not installed.\nWhat to do: apt-get install {names}"
        )
