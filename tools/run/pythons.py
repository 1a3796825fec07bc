# Finds the Pythons of this machine that the collection's code for managed hosts has to run on.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Real interpreters by version, from the system, from pyenv, or from the root folder of another Debian release."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import environment
from base import CACHE, ROOT, as_root, listed, say, step

OWN = f"{sys.version_info[0]}.{sys.version_info[1]}"
VERSIONS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
# Debian releases whose Python is wanted where the machine has none of that version.
FOREIGN = {"3.9": "bullseye", "3.13": "trixie"}


def works(path: Path, version: str) -> bool:
    """Whether an interpreter starts and has that version."""
    probe = "import sys, ctypes, json, hashlib; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run(
            [str(path), "-c", probe], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and done.stdout.strip() == version


def interpreters() -> dict[str, Path]:
    """Every version that is installed here. Shims are passed over, they start another Python in another folder."""
    folders = [Path("/usr/bin"), Path("/usr/local/bin")]
    folders += [Path(part) for part in os.environ.get("PATH", "").split(":") if part and "/shims" not in part]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    folders += sorted(pyenv.glob("versions/3.*/bin"), reverse=True)
    found: dict[str, Path] = {}
    for version in VERSIONS:
        for folder in folders:
            path = folder / f"python{version}"
            # A venv's Python would bring that venv's packages along.
            if path.exists() and not (folder.parent / "pyvenv.cfg").exists() and works(path, version):
                found[version] = path
                break
    return found


def foreign(version: str) -> Path | None:
    """That Python out of the root folder of a Debian release, started by that release's own loader: no chroot, no
    mount."""
    suite = FOREIGN.get(version)
    script = ROOT / "tests" / "hosts" / "fleet" / "roots.py"
    if suite is None or not script.exists():
        return None
    wrapper = CACHE / "pythons-foreign" / f"python{version}"
    if works(wrapper, version):
        return wrapper
    environment.debian_packages(
        listed(script.with_name("packages.txt")), "to make root folders of other Debian releases"
    )
    with step(f"Python {version} from a root folder of Debian {suite}"):
        # Its messages go to the screen, its answer is the last line.
        done = subprocess.run(
            as_root([sys.executable, str(script), suite]),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            timeout=600,
            check=False,
        )
    lines = done.stdout.split()
    if done.returncode or not lines:
        say(f"    no root folder of {suite} could be made")
        return None
    return write_wrapper(Path(lines[-1]), version, wrapper)


def write_wrapper(root: Path, version: str, wrapper: Path) -> Path | None:
    """A script that is the foreign Python for everyone who starts it, sys.executable included."""
    libraries = sorted({*root.glob("usr/lib/*-linux-gnu"), *root.glob("lib/*-linux-gnu")})
    loaders = sorted(path for folder in libraries for path in folder.glob("ld-linux*.so.*"))
    python = root / "usr" / "bin" / f"python{version}"
    if not loaders or not python.exists():
        return None
    wrapper.parent.mkdir(parents=True, exist_ok=True)
    wrapper.unlink(missing_ok=True)
    command = f"exec '{loaders[0]}' --library-path '{':'.join(map(str, libraries))}'"
    if "--argv0" in subprocess.run([str(loaders[0]), "--help"], capture_output=True, text=True, check=False).stdout:
        # sys.executable is then this script: the binary itself needs a newer C library than the machine's, so tests
        # could not start it.
        command = f"export PYTHONHOME='{root / 'usr'}'\n{command} --argv0 \"$0\""
    wrapper.write_text(f"#!/bin/sh\n# Python {version} out of {root}.\n{command} '{python}' \"$@\"\n", encoding="utf-8")
    wrapper.chmod(0o755)
    return wrapper if works(wrapper, version) else None


def ends(wanted: Sequence[str], own: str, find: Callable[[str], Path | None]) -> dict[str, Path]:
    """The oldest and the newest Python that can be had, beside our own: what works on both works between them."""
    found = {}
    for order in (wanted, wanted[::-1]):
        for version in order:
            path = None if version == own else find(version)
            if path:
                found[version] = path
            if path or version == own:
                break
    return found
