#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Fetch the User-Mode Linux kernel of a Debian suite and print the path of its folder.

``python3 tests/hosts/fleet/kernels.py forky`` prints one line, the absolute path of the folder
``.cache/roots/forky.uml``, and makes it first when it is missing. It holds the kernel,
``usr/bin/linux.uml``, its modules, ``usr/lib/uml/modules``, and what is loaded before its C library
(_xstate.c), ``xstate.so``. Progress goes to stderr.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import _build
import roots

# A kernel is started inside the base root folder of its suite, because it may need a newer C
# library than this machine has. Suites without a root folder here use that of another one.
_LIBRARIES = {"forky": "trixie"}

_XSTATE = Path(__file__).with_name("_xstate.c")

# Runs with the kernel's folder as $1, the keyring as $2, the mirror as $3, the suite as $4 and _xstate.c as $5. The
# index of an archived suite, or of one in the making, counts as expired; its signature is checked
# all the same, and the package against the index. Nothing of this machine's own apt is touched.
_FETCH = """set -e
cd "$1"
mkdir -p apt/lists/partial apt/archives/partial
: > apt/status
echo "deb [signed-by=$2] $3 $4 main" > apt/sources.list
cat > apt/apt.conf <<END
Dir::Etc::SourceList "$1/apt/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State "$1/apt";
Dir::State::Status "$1/apt/status";
Dir::Cache "$1/apt";
APT::Architecture "amd64";
APT::Sandbox::User "root";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
END
export APT_CONFIG="$1/apt/apt.conf"
apt-get --error-on=any update
apt-get download user-mode-linux
dpkg-deb --extract user-mode-linux_*.deb .
rm -r apt user-mode-linux_*.deb
gcc -O2 -shared -fPIC -nostdlib -ffreestanding -fno-stack-protector -o xstate.so "$5"
"""


def library_suite(suite: str) -> str:
    """Return the suite in whose base root folder the kernel of a suite is started."""
    return _LIBRARIES.get(suite, suite)


def library_root(suite: str) -> Path:
    """Return that base root folder; kernel() has built it."""
    return _build.ROOTS / library_suite(suite)


def kernel(suite: str) -> Path:
    """Return the folder of a suite's kernel; fetch it when it is missing or outdated."""
    _build.check_suite(suite)
    # This machine's keyring verified the one in there, which may know newer suites.
    keyring = roots.base_root(library_suite(suite)) / "usr" / "share" / "keyrings" / "debian-archive-keyring.gpg"

    def command(folder: Path) -> list[str]:
        return ["sh", "-c", _FETCH, "fetch", str(folder), str(keyring), _build.mirror(), suite, str(_XSTATE)]

    return _build.made(f"{suite}.uml", "kernel", (_FETCH, _XSTATE.read_text(encoding="utf-8")), command)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description="Fetch a Debian suite's User-Mode Linux kernel if it is missing; print the path of its folder."
    )
    parser.add_argument("suite", help="bullseye, bookworm, trixie, forky (or another suite of your Debian mirror)")
    sys.exit(_build.main(kernel, parser.parse_args().suite))
