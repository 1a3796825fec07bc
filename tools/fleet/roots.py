#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Build the base root folder of a Debian suite and print its path.

``python3 tools/fleet/roots.py bookworm`` prints one line, the absolute path of the folder
``.cache/roots/bookworm``, and builds it first when it is missing. Progress goes to stderr.

The folder is a plain Debian with systemd, sshd and Python. It holds no host key, no machine
id and nothing else of the machine that built it, so that the throwaway hosts and the
container images can both be made from it. Beside it, ``.cache/roots/bookworm.uml`` holds the
suite's User-Mode Linux kernel and its modules.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from _machine import Refusal, check_machine, interrupt_once

REPOSITORY = Path(__file__).resolve().parents[2]
ROOTS = REPOSITORY / ".cache" / "roots"

# The full python3: python3-minimal lacks modules that Ansible needs. kmod, because a kernel
# loads a congestion control such as bbr through modprobe.
_PACKAGES = ("python3", "procps", "systemd", "systemd-sysv", "dbus", "kmod", "iproute2", "openssh-server")

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

# Runs with the new root folder as $1 and the kernel's folder as $KERNEL_DIR. apt checks the
# kernel package against the suite's signed index, as it does for every other package.
# Whatever mmdebstrap or a package copied or generated from this machine is taken out again.
_CUSTOMIZE = """set -e
cd "$KERNEL_DIR"
APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get -o APT::Sandbox::User=root download user-mode-linux
dpkg-deb --extract user-mode-linux_*.deb .
rm user-mode-linux_*.deb
rm -f "$1"/etc/ssh/ssh_host_*
: > "$1/etc/machine-id"
: > "$1/etc/resolv.conf"
echo localhost > "$1/etc/hostname"
"""

_BUILD_SECONDS = 900


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _recipe() -> str:
    """Return a name for what a build would make, so that a change of it builds anew."""
    text = "\n".join((*_PACKAGES, *_OPTIONS, _CUSTOMIZE))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def choose_mirror(rows: list[tuple[str, str, str]]) -> str | None:
    """Choose the Debian mirror among (origin, label, address) rows of this machine's apt.

    Before the first ``apt-get update`` apt knows no origin or label; then the usual last
    word of a Debian address decides.
    """
    for origin, label, address in rows:
        if origin == label == "Debian":
            return address
    for origin, _label, address in rows:
        if not origin and address.rstrip("/").endswith("/debian"):
            return address
    return None


def _mirror() -> str | None:
    """Return this machine's Debian mirror, or None: mmdebstrap then takes its own default."""
    # apt leaves a name that it does not know as it stands: $(ORIGIN).
    answer = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(REPO_URI)", "Created-By: Packages"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    rows = []
    for line in answer.stdout.splitlines():
        origin, label, address = (re.sub(r"^\$\(.*\)$", "", word) for word in line.split("|", 2))
        rows.append((origin, label, address))
    return choose_mirror(rows)


@contextlib.contextmanager
def _lock(suite: str) -> Iterator[int]:
    """Hold the lock of one suite's build; a second caller waits here for the first."""
    ROOTS.mkdir(parents=True, exist_ok=True)
    with open(ROOTS / f"{suite}.lock", "w", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say(f"{suite}: another build of this root folder runs; waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle.fileno()


def _run(command: list[str], environment: dict[str, str], log: Path, lock: int) -> int:
    """Run the build, its output in a file. The build keeps the lock for as long as it lives."""
    with open(log, "wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            pass_fds=(lock,),
        )
        try:
            return process.wait(timeout=_BUILD_SECONDS)
        finally:
            # On a timeout, Ctrl-C or SIGTERM. The namespaces end with this process, and every
            # process and mount inside with them.
            if process.poll() is None:
                process.kill()
                process.wait()


def _build(suite: str, root: Path, kernel: Path, lock: int) -> None:
    part, kernel_part = ROOTS / f"{suite}.part", ROOTS / f"{suite}.uml.part"
    log = ROOTS / f"{suite}.log"
    mirror = _mirror()
    _say(f"{suite}: building the base root folder (about half a minute, longer when several build at once)")
    for folder in (part, kernel_part):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    # Namespaces of its own, so that a build which is killed leaves no mount and no process.
    command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "mmdebstrap", *_OPTIONS]
    command += [f"--include={','.join(_PACKAGES)}", f"--customize-hook={_CUSTOMIZE}", suite, str(part)]
    if mirror:
        command.append(mirror)
    began = time.monotonic()
    try:
        code = _run(command, {**os.environ, "KERNEL_DIR": str(kernel_part)}, log, lock)
    except subprocess.TimeoutExpired:
        code = -1
        _say(f"{suite}: stopped, since it took more than {_BUILD_SECONDS} seconds")
    if code != 0:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise Refusal(
            f"{suite}: mmdebstrap did not build the root folder. The end of its log ({log}):\n{tail}\n"
            "What to do: see whether 'apt-get update' works on this machine and whether its mirror has this\n"
            "suite; a suite newer than debian-archive-keyring needs a newer debian-archive-keyring."
        )
    for folder in (root, kernel):
        shutil.rmtree(folder, ignore_errors=True)
    kernel_part.rename(kernel)
    part.rename(root)
    (ROOTS / f"{suite}.recipe").write_text(_recipe())
    _say(f"{suite}: base root folder ready after {time.monotonic() - began:.0f} s")


def base_root(suite: str) -> Path:
    """Return the finished base root folder of a suite; build it when it is missing or outdated."""
    if not re.fullmatch(r"[a-z]+", suite):
        raise Refusal(f"{suite!r} is not the name of a Debian suite. What to do: name one, such as bookworm.")
    root, kernel, recipe = ROOTS / suite, ROOTS / f"{suite}.uml", ROOTS / f"{suite}.recipe"

    def finished() -> bool:
        # The recipe is written last, and a folder appears under its name only when whole.
        return root.is_dir() and kernel.is_dir() and recipe.is_file() and recipe.read_text() == _recipe()

    if finished():
        return root
    check_machine()
    with _lock(suite) as lock:
        if not finished():
            recipe.unlink(missing_ok=True)
            _build(suite, root, kernel, lock)
    return root


def kernel_folder(suite: str) -> Path:
    """Return the folder with the suite's User-Mode Linux kernel; base_root() has built it."""
    return ROOTS / f"{suite}.uml"


def main() -> int:
    """Print the path of the root folder that the command line names."""
    parser = argparse.ArgumentParser(description="Build a Debian base root folder if it is missing; print its path.")
    parser.add_argument("suite", help="bullseye, bookworm, trixie (or another suite of your Debian mirror)")
    suite = parser.parse_args().suite
    interrupt_once()
    try:
        print(base_root(suite))
    except Refusal as refusal:
        _say(str(refusal))
        return 1
    except KeyboardInterrupt:
        _say(f"{suite}: stopped; nothing half-built is used later")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
