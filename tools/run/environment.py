# Puts together what the other scripts need: Debian packages, venvs with pinned versions, and the collection on a path
# Ansible looks at.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Debian packages, venvs and the collection path. Everything is skipped in milliseconds when it is there already."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import cells
from base import CACHE, COLLECTIONS, ROOT, Problem, as_root, is_root, locked, run, say, step

RUN_VENV = "venv"
TEST_VENV = "venv-test"
IMPORTER_VENV = "venv-importer"
REPORT_VENV = "venv-report"
PLATFORMS_VENV = "venv-platforms"
OTHERS_VENV = "venv-others"
PLOTS_VENV = "venv-plots"
LOCK_VENV = "venv-lock"
REQUIREMENTS = {
    RUN_VENV: "run",
    TEST_VENV: "test",
    IMPORTER_VENV: "importer",
    REPORT_VENV: "report",
    PLATFORMS_VENV: "platforms",
    OTHERS_VENV: "others",
    PLOTS_VENV: "plots",
    LOCK_VENV: "lock",
}

# Of all that pip installs: `make lock` has written the hashes.
LOCKED = ("--require-hashes", "--only-binary=:all:")
# But for these, of which there is no wheel for each Python. What builds them is in the list too, and comes first.
SOURCES = ("reuse",)
BUILT = ("--require-hashes", "--no-build-isolation", f"--no-binary={','.join(SOURCES)}")

_POLICY = Path("/usr/sbin/policy-rc.d")
_APT = ("apt-get", "-qq", "-y", "-o", "DPkg::Lock::Timeout=120", "-o", "Dpkg::Use-Pty=0")


def missing_packages(names: Iterable[str]) -> list[str]:
    """Those of the Debian packages that are not installed."""
    wanted = sorted(set(names))
    if not wanted or not shutil.which("dpkg-query"):
        return []
    shown = subprocess.run(
        ["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}\n", *wanted],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    there = {line.split()[1] for line in shown.splitlines() if line.startswith("installed ")}
    return [name for name in wanted if name not in there]


@contextlib.contextmanager
def _no_services() -> Iterator[None]:
    """Keep Debian from starting the services of new packages: tests start an engine and an sshd of their own, fenced
    off from this machine."""
    if _POLICY.exists() or not is_root():
        yield
        return
    _POLICY.write_text(
        "#!/bin/sh\n# Temporary, from tools/run/environment.py: no service starts while packages are installed.\nexit"
        " 101\n",
        encoding="utf-8",
    )
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink(missing_ok=True)


def debian_packages(names: Iterable[str], why: str) -> None:
    """Install the missing ones, and start none of their services.

    The package index is only fetched when the one that is there does not do.
    """
    names = list(names)
    if names and not shutil.which("apt-get"):
        say(f"note: this is not a Debian system; these have to be there already ({why}): {' '.join(names)}")
        return
    with locked("apt"):
        missing = missing_packages(names)
        if not missing:
            return
        with step(f"Debian packages {why}: {' '.join(missing)}"), _no_services():
            # apt-get answers non-zero at once where the index is missing or names a version that is gone.
            install = as_root(
                ["env", "DEBIAN_FRONTEND=noninteractive", *_APT, "--no-install-recommends", "install", *missing]
            )
            if run(install, log="apt-install", check=False):
                run(as_root([*_APT, "update"]), log="apt-update")
                run(install, log="apt-install")


def _stamp(folder: Path, pins: str) -> str:
    # The path belongs to it: scripts of a venv carry it in their first line, so a moved checkout needs a new venv.
    digest = hashlib.sha256(pins.encode()).hexdigest()
    return f"{digest} {cells.OWN_PYTHON} {folder}\n"


def parted(pins: str) -> tuple[str, str]:
    """A list of pins as two: those of which wheels are taken, and SOURCES."""
    entries = re.findall(r"(?m)^[^#\s].*\n(?: .*\n)*", pins)
    sources = [entry for entry in entries if entry.partition("==")[0] in SOURCES]
    return "".join(entry for entry in entries if entry not in sources), "".join(sources)


def venv(name: str) -> Path:
    """The venv of that name with exactly the pinned versions; made only when a pin, Python or the place changed.

    Each cell of the matrix has one of its own beside the usual one.
    """
    cell = cells.wished()
    folder = CACHE / (f"{name}-{cell.series}-{cell.python}" if cell else name)
    requirements = ROOT / "requirements" / f"{REQUIREMENTS[name]}.txt"
    pins = cells.pins(requirements.read_text(encoding="utf-8"))
    stamp, mark = _stamp(folder, pins), folder / "pins.stamp"
    if mark.exists() and mark.read_text(encoding="utf-8") == stamp:
        return folder
    with locked(folder.name):
        if mark.exists() and mark.read_text(encoding="utf-8") == stamp:
            return folder
        _venv_module()
        with step(f"Python packages from requirements/{requirements.name} into {folder.relative_to(ROOT)}"):
            shutil.rmtree(folder, ignore_errors=True)
            run([sys.executable, "-m", "venv", str(folder)], log=f"{folder.name}-make")
            pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--no-input"]
            # The list is complete, so there is nothing to resolve; whether it fits together is checked below. What a
            # mirror hands out has to have the hash of the list, and no sdist runs its code here.
            for part, how, entries in zip(("wheels", "sources"), (LOCKED, BUILT), parted(pins), strict=True):
                (folder / f"{part}.txt").write_text(entries, encoding="utf-8")
                install = [*pip, "-q", "install", "--no-deps", *how, "-r", str(folder / f"{part}.txt")]
                if entries and run(install, log=f"{folder.name}-pip", check=False):
                    run(install, log=f"{folder.name}-pip")
            run([*pip, "check"], log=f"{folder.name}-check")
            mark.write_text(stamp, encoding="utf-8")
    return folder


def _venv_module() -> None:
    """Debian splits `venv` off from Python; without it there is no pip in a new venv."""
    probe = [sys.executable, "-c", "import venv, ensurepip"]
    if subprocess.run(probe, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0:
        return
    package = f"python{cells.OWN_PYTHON}-venv"
    if not shutil.which("apt-get"):
        raise Problem(f"{sys.executable} has no venv module. Install it (Debian calls it {package}) and start again.")
    debian_packages([package], "for a venv, which this Python lacks")


def pure_pytest() -> Path:
    """A folder with pytest and hypothesis in pure Python, for PYTHONPATH of any interpreter from 3.8 on."""
    folder = CACHE / "units-site"
    requirements = ROOT / "requirements" / "units.txt"
    stamp, mark = _stamp(folder, requirements.read_text(encoding="utf-8")), folder / "pins.stamp"
    if mark.exists() and mark.read_text(encoding="utf-8") == stamp:
        return folder
    python = venv(TEST_VENV) / "bin" / "python"
    with locked("units-site"), step(f"pytest for the other Pythons into {folder.relative_to(ROOT)}"):
        shutil.rmtree(folder, ignore_errors=True)
        run(
            [
                str(python),
                "-m",
                "pip",
                "--disable-pip-version-check",
                "--no-input",
                "-q",
                "install",
                "--no-deps",
                *LOCKED,
                "--platform",
                "any",
                "--implementation",
                "py",
                "--abi",
                "none",
                "--python-version",
                "3.8",
                "--target",
                str(folder),
                "-r",
                str(requirements),
            ],
            log="units-site",
        )
        mark.write_text(stamp, encoding="utf-8")
    return folder


def collection_link() -> Path:
    """The checkout under the path that makes it `fleetnet.linux_tcp` for Ansible and Python."""
    link = COLLECTIONS / "ansible_collections" / "fleetnet" / "linux_tcp"
    if link.is_symlink() and link.resolve() == ROOT:
        return link
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(os.path.relpath(ROOT, link.parent))
    return link


def play_environment() -> dict[str, str]:
    """For plays on real hosts: only the search path differs from a plain installation, and the user's own paths stay
    behind it."""
    env = clean_environment()
    own = env.get("ANSIBLE_COLLECTIONS_PATH", "~/.ansible/collections:/usr/share/ansible/collections")
    env["ANSIBLE_COLLECTIONS_PATH"] = f"{COLLECTIONS}:{own}"
    return env


def test_environment(venv_folder: Path, name: str) -> dict[str, str]:
    """For tests: a home folder of their own, so that nothing of the user's leaks in and nothing of ours leaks out."""
    env = {
        key: value
        for key, value in clean_environment().items()
        if not key.startswith(("ANSIBLE_", "MOLECULE_", "PYTEST_"))
    }
    home = CACHE / "home" / name
    home.mkdir(parents=True, exist_ok=True)
    # pip must still find its settings, they may name the only index that can be reached.
    _link(Path.home() / ".config" / "pip", home / ".config" / "pip")
    _link(Path.home() / ".pip", home / ".pip")
    env.update(
        HOME=str(home),
        XDG_CACHE_HOME=str(home / ".cache"),
        XDG_CONFIG_HOME=str(home / ".config"),
        VIRTUAL_ENV=str(venv_folder),
        PATH=f"{venv_folder / 'bin'}:{_system_path(env.get('PATH', os.defpath))}",
        ANSIBLE_COLLECTIONS_PATH=str(COLLECTIONS),
        ANSIBLE_NOCOLOR="1",
        ANSIBLE_LOCALHOST_WARNING="false",
        HYPOTHESIS_STORAGE_DIRECTORY=str(CACHE / "hypothesis"),
        PYTHONDONTWRITEBYTECODE="1",
        NO_COLOR="1",
        LC_ALL="C.UTF-8",
    )
    return env


def clean_environment() -> dict[str, str]:
    """The caller's environment without what make adds, and without settings that would bend the venv's Python."""
    drop = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKE_TERMOUT", "MAKE_TERMERR", "PYTHONHOME", "PYTHONPATH", "INVENTORY"}
    return {key: value for key, value in os.environ.items() if key not in drop}


def _system_path(path: str) -> str:
    # pyenv's shims answer for every Python name but run a different one per folder, which fools interpreter discovery.
    parts = [part for part in path.split(":") if part and "/shims" not in part]
    parts += [part for part in ("/usr/sbin", "/sbin") if part not in parts]
    return ":".join(parts)


def _link(source: Path, target: Path) -> None:
    if source.exists() and not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        target.symlink_to(source.resolve())
