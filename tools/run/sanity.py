# Runs `ansible-test sanity` on a copy of the collection, without ansible-test's own download site.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The part `sanity` of `make test`; ARGS are passed on to ansible-test, for example ARGS='--test validate-modules'."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from pathlib import Path

import environment
from base import CACHE, main, run, say
from pythons import OWN, ends, interpreters
from snapshot import NOT_FOR_SANITY, snapshot
from units import served

# ansible-test fetches this script from a site of its own; Python brings a pip along, and that one installs the same
# packages.
GET_PIP = """# Stands in for the download of the same name: installs the pip that this Python ships.
import ensurepip

ensurepip.bootstrap(default_pip=True)
"""


def pip_bootstrap(venv: Path, home: Path) -> None:
    """Put the stand-in where ansible-test looks before it downloads; the file name carries the version it wants."""
    source = (
        next((venv / "lib").glob("python3.*")) / "site-packages/ansible_test/_internal/python_requirements.py"
    ).read_text(encoding="utf-8")
    versions = set(re.findall(r"\bpip='([0-9.]+)'", source)) or {"24.2"}
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in versions:
        (cache / f"get_pip_{version.replace('.', '_')}.py").write_text(GET_PIP, encoding="utf-8")


def python_folder(venv: Path) -> Path:
    """Links to the oldest and the newest Python, and to our own; ansible-test looks for pythonX.Y on PATH only, and
    tries each it finds."""
    folder = CACHE / "pythons"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    there = {version: path for version, path in interpreters().items() if version in served(venv)}
    for version in {OWN, *ends(list(there), OWN, there.get)}.intersection(there):
        (folder / f"python{version}").symlink_to(there[version])
    return folder


def entry() -> int:
    """Run the sanity tests on a copy of the collection."""
    environment.debian_packages(["shellcheck"], "for the sanity tests")
    venv = environment.venv(environment.TEST_VENV)
    env = environment.test_environment(venv, "sanity")
    pip_bootstrap(venv, Path(env["HOME"]))
    env["PATH"] = f"{env['PATH']}:{python_folder(venv)}"
    # It warns about every setting of this kind, and needs none.
    env = {key: value for key, value in env.items() if not key.startswith("ANSIBLE_")}
    copy = snapshot("sanity", leave_out=NOT_FOR_SANITY)
    say(f"in {copy}")
    command = [
        str(venv / "bin" / "ansible-test"),
        "sanity",
        "--color",
        "no",
        "--truncate",
        "0",
        "--requirements",
        *shlex.split(os.environ.get("ARGS", "")),
    ]
    return run(command, env=env, cwd=copy, timeout=1200, check=False)


if __name__ == "__main__":
    main(entry)
