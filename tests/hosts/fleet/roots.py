#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Build the base root folder of a Debian suite and print its path.

``python3 tests/hosts/fleet/roots.py bookworm`` prints one line, the absolute path of the folder
``.cache/roots/bookworm``, and builds it first when it is missing. Progress goes to stderr.

The folder is a plain Debian with systemd, sshd and Python. It holds no host key, no machine
id and nothing else of the machine that built it, so that the throwaway hosts and the
container images can both be made from it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import _build

# The full python3: python3-minimal lacks modules that Ansible needs. kmod, because a kernel
# loads a congestion control such as bbr through modprobe. The keyring verifies kernels of
# suites that this machine may be too old to know (kernels.py).
_PACKAGES = (
    "python3",
    "procps",
    "systemd",
    "systemd-sysv",
    "dbus",
    "kmod",
    "iproute2",
    "openssh-server",
    "debian-archive-keyring",
)

_OPTIONS = (
    "--mode=root",
    "--format=directory",
    "--variant=minbase",
    # The index of an archived suite counts as expired; its signature is still checked.
    '--aptopt=Acquire::Check-Valid-Until "false"',
    # A build that is cut short is thrown away as a whole, so no write needs to be safe.
    "--dpkgopt=force-unsafe-io",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
)

# Runs with the new root folder as $1. Whatever mmdebstrap or a package copied or generated from
# this machine is taken out again.
_CUSTOMIZE = """set -e
rm -f "$1"/etc/ssh/ssh_host_*
: > "$1/etc/machine-id"
: > "$1/etc/resolv.conf"
echo localhost > "$1/etc/hostname"
"""


def base_root(suite: str) -> Path:
    """Return the finished base root folder of a suite; build it when it is missing or outdated."""
    _build.check_suite(suite)

    def command(folder: Path) -> list[str]:
        include = f"--include={','.join(_PACKAGES)}"
        return ["mmdebstrap", *_OPTIONS, include, f"--customize-hook={_CUSTOMIZE}", suite, str(folder), _build.mirror()]

    return _build.made(suite, "base root folder", (*_PACKAGES, *_OPTIONS, _CUSTOMIZE), command)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Build a Debian base root folder if it is missing; print its path.")
    parser.add_argument("suite", help="bullseye, bookworm, trixie (or another suite of your Debian mirror)")
    sys.exit(_build.main(base_root, parser.parse_args().suite))
