# Runs every molecule scenario on containers whose images are built here, and takes everything down again.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The part `molecule` of `make test`; ARGS may name scenarios: ARGS='default rollback'."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import environment
from base import ROOT, Problem, is_root, listed, main, output, run, say, step

CONTAINERS = ROOT / "tools" / "containers"
FLEET = ROOT / "tools" / "fleet"
IMAGE = re.compile(r"fleetnet-linux-tcp-test:([a-z]+)")
POLICY = Path("/usr/sbin/policy-rc.d")
SCENARIO_SECONDS = 420.0


def scenarios() -> list[str]:
    """The scenarios that ARGS names, or all of them."""
    there = sorted(path.parent.name for path in (ROOT / "molecule").glob("*/molecule.yml"))
    if not there:
        raise Problem("molecule/*/molecule.yml: there is no scenario, so nothing would be tested")
    asked = shlex.split(os.environ.get("ARGS", ""))
    unknown = sorted(set(asked) - set(there))
    if unknown:
        raise Problem(f"no scenario {', '.join(unknown)}; there are {', '.join(there)}")
    return asked or there


def suites(names: list[str]) -> list[str]:
    """The Debian suites whose images the scenarios name."""
    files = [*(ROOT / ".config" / "molecule").glob("*.yml"), *(path for name in names for path in (ROOT / "molecule" / name).rglob("*.yml"))]
    return sorted({suite for path in files for suite in IMAGE.findall(path.read_text(encoding="utf-8"))}) or ["bookworm"]


@contextlib.contextmanager
def no_services() -> Iterator[None]:
    """Keep Debian from starting the services of new packages: the tests start an engine of their own, fenced off from this machine."""
    if POLICY.exists() or not is_root():
        yield
        return
    POLICY.write_text("#!/bin/sh\n# Temporary, from tools/dev/scenarios.py: no service starts while packages are installed.\nexit 101\n",
                      encoding="utf-8")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)


def packages() -> None:
    """The engine's packages, unless an engine answers already, and those that build the images."""
    names = listed(FLEET / "packages.txt")
    engine = shutil.which("docker") and subprocess.run(
        ["docker", "info"], stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False).returncode == 0
    if not engine:
        names += listed(CONTAINERS / "packages.txt")
    if environment.missing_packages(names):
        with no_services():
            environment.debian_packages(names, "for the containers")
            if not engine and not shutil.which("docker"):
                # From Debian 13 on the client is a package of its own.
                environment.debian_packages(["docker-cli"], "for the containers")


@contextlib.contextmanager
def engine(env: dict[str, str]) -> Iterator[dict[str, str]]:
    """The environment with an engine; whatever happens, what was started for it is ended."""
    script = [sys.executable, str(CONTAINERS / "engine.py")]
    try:
        with step("container engine"):
            host = output([*script, "up"], timeout=180, env=env).strip()
        yield {**env, "DOCKER_HOST": host} if host else env
    finally:
        subprocess.run([*script, "down"], stdin=subprocess.DEVNULL, timeout=120, env=env, check=False)


def run_scenarios(names: list[str], venv: Path, env: dict[str, str]) -> int:
    failed = []
    for name in names:
        start = time.monotonic()
        say(f"==> scenario {name}")
        code = run([str(venv / "bin" / "molecule"), "test", "--scenario-name", name], env=env, timeout=SCENARIO_SECONDS, check=False)
        if code:
            failed.append(name)
        say(f"    {name}: {'ok' if code == 0 else f'failed ({code})'} after {time.monotonic() - start:.1f} s")
    say(f"scenarios: {len(names) - len(failed)} ok, {len(failed)} failed" + (f" ({', '.join(failed)})" if failed else ""))
    return 1 if failed else 0


def entry() -> int:
    names = scenarios()
    packages()
    venv = environment.venv(environment.TEST_VENV)
    environment.collection_link()
    env = environment.test_environment(venv, "molecule")
    fetch = CONTAINERS / "fetch_collections.py"
    if fetch.exists():
        run([str(venv / "bin" / "python"), str(fetch)], env=env)
    with engine(env) as with_engine, tempfile.TemporaryDirectory(prefix="molecule-") as scratch:
        for suite in suites(names):
            with step(f"image of {suite}"):
                run([sys.executable, str(CONTAINERS / "image.py"), suite], env=with_engine)
        # molecule keeps its state below the cache folder; in a scratch one it does not outlive an interrupted run.
        with_engine |= {"MOLECULE_GLOB": "molecule/*/molecule.yml", "XDG_CACHE_HOME": scratch}
        return run_scenarios(names, venv, with_engine)


if __name__ == "__main__":
    main(entry)
