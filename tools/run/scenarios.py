# Runs the molecule scenarios, some at a time, on containers whose images are built here, and takes everything down
# again.
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
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import environment
from base import LOGS, ROOT, Problem, ending, listed, main, output, run, say, spawn, step, stop_children, wait

CONTAINERS = ROOT / "tests" / "hosts" / "containers"
FLEET = ROOT / "tests" / "hosts" / "fleet"
BASE = ".config/molecule/config.yml"
IMAGE = re.compile(r"^ +image: fleetnet-linux-tcp-test:([a-z]+)", re.MULTILINE)
DRIVER = re.compile(r"^driver:\n +name: (\w+)", re.MULTILINE)
SCENARIO_SECONDS = 600.0
# A scenario waits for its hosts half of the time: one more than there are cores.
WORKERS = min(4, (os.cpu_count() or 1) + 1)
# What molecule says when it leaves out a step of the sequence, and then goes on as if it had passed.
LEFT_OUT = ("Skipping, no tests found", "Missing playbook")
SHOWN = 120


@dataclass
class Result:
    """How a scenario ended."""

    name: str
    fault: str
    tests: int
    seconds: float
    log: Path


def scenarios() -> list[str]:
    """The scenarios that ARGS names, or all of them."""
    there = sorted(path.parent.name for path in (ROOT / "molecule").glob("*/molecule.yml"))
    if not there:
        raise Problem("molecule/*/molecule.yml: there is no scenario, so nothing would be tested")
    # Those with kernels of their own take longest, and come first.
    there.sort(key=lambda name: not fleets([name]))
    asked = shlex.split(os.environ.get("ARGS", ""))
    unknown = sorted(set(asked) - set(there))
    if unknown:
        raise Problem(f"no scenario {', '.join(unknown)}; there are {', '.join(there)}")
    return asked or there


def settings(name: str) -> tuple[str, list[str]]:
    """What a scenario's hosts are: the name of its molecule driver, and the Debian suites of its images."""
    own, base = ((ROOT / path).read_text(encoding="utf-8") for path in (f"molecule/{name}/molecule.yml", BASE))
    drivers = DRIVER.findall(own) or DRIVER.findall(base)
    return drivers[0], IMAGE.findall(own) or IMAGE.findall(base)


def suites(names: list[str]) -> list[str]:
    """The Debian suites whose images the scenarios need; none where no scenario has containers."""
    found = [images for driver, images in map(settings, names) if driver == "docker"]
    return sorted({suite for images in found for suite in images})


def fleets(names: list[str]) -> list[str]:
    """The throwaway fleets that the scenarios start: each has the name of its scenario."""
    return [name for name in names if settings(name)[0] == "default"]


def packages() -> None:
    """The engine's packages, unless an engine answers already, and those that build the images."""
    names = listed(FLEET / "packages.txt")
    engine = (
        shutil.which("docker")
        and subprocess.run(
            ["docker", "info"], stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False
        ).returncode
        == 0
    )
    if not engine:
        names += listed(CONTAINERS / "packages.txt")
    if environment.missing_packages(names):
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


def end_fleet(name: str) -> None:
    """End what a scenario that was cut short has started; wait for a command that is still at work on the fleet."""
    subprocess.run(
        [sys.executable, str(FLEET / "fleet.py"), "--fleet", name, "down"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        timeout=240,
        check=False,
    )


def run_scenario(name: str, venv: Path, env: dict[str, str], checkout: Path = ROOT, log: Path | None = None) -> Result:
    """One scenario of a checkout from beginning to end, into a log."""
    start = time.monotonic()
    log = log or LOGS / f"molecule-{name}.log"
    with open(log, "wb") as handle:
        child = spawn(
            [str(venv / "bin" / "molecule"), "test", "--scenario-name", name],
            env=env,
            cwd=checkout,
            stdout=handle,
            stderr=subprocess.STDOUT,
        )
        code = wait(child, SCENARIO_SECONDS)
    said = log.read_text(encoding="utf-8", errors="replace")
    fault = (
        f"took longer than {SCENARIO_SECONDS:.0f} s" if code == 124 else f"molecule ended with {code}" if code else ""
    )
    fault = fault or next((f"molecule said: {mark}" for mark in LEFT_OUT if mark in said), "")
    tests = sum(map(int, re.findall(r"^=+ .*?(\d+) passed.* in [0-9.]+s", said, re.MULTILINE)))
    return Result(name, fault or ("" if tests else "no test was run"), tests, time.monotonic() - start, log)


def run_scenarios(names: list[str], venv: Path, env: dict[str, str]) -> list[Result]:
    """All of them with a few threads; a single one is shown while it runs.

    Interrupted, it ends them before anything else.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    waiting, results = list(names), []

    def work() -> None:
        while waiting and not ending():
            name = waiting.pop(0)
            say(f"    {name} ...")
            result = run_scenario(name, venv, env)
            if not ending():
                results.append(result)
                say(f"    {name}: {result.fault or 'ok'} after {result.seconds:.1f} s")

    threads = [threading.Thread(target=work, daemon=True) for _ in range(min(WORKERS, len(names)))]
    try:
        (LOGS / f"molecule-{names[0]}.log").write_bytes(b"")
        for thread in threads:
            thread.start()
        if len(names) == 1:
            follow(LOGS / f"molecule-{names[0]}.log", threads[0])
        for thread in threads:
            thread.join()
    except BaseException:
        stop_children()
        raise
    return sorted(results, key=lambda result: names.index(result.name))


def follow(log: Path, thread: threading.Thread) -> None:
    """Show what comes into the log until the thread has ended."""
    with open(log, "rb") as handle:
        while True:
            alive = thread.is_alive()
            sys.stdout.buffer.write(handle.read())
            sys.stdout.flush()
            if not alive:
                return
            time.sleep(0.2)


def closing(results: list[Result], names: list[str], seconds: float) -> int:
    """The logs of what failed, the table, and the count."""
    failed = [result for result in results if result.fault]
    for result in failed if len(names) > 1 else []:
        say(f"\n----- {result.name}: {result.log.relative_to(ROOT)}")
        say("\n".join(result.log.read_text(encoding="utf-8", errors="replace").splitlines()[-SHOWN:]))
    say("")
    for result in results:
        say(
            f"  scenario {result.name:<14} {'FAILED' if result.fault else 'ok':<7} {result.tests:3} tests"
            f" {result.seconds:7.1f} s" + (f"  {result.fault}" if result.fault else "")
        )
    say(f"  scenarios, together{'':24}{seconds:7.1f} s")
    return 0 if len(results) == len(names) and not failed else 1


@contextlib.contextmanager
def prepared(names: list[str]) -> Iterator[tuple[Path, dict[str, str]]]:
    """The venv and the environment in which these scenarios can run; what was started for them is ended afterwards."""
    images, on_fleets = suites(names), fleets(names)
    if images:
        packages()
    if on_fleets:
        environment.debian_packages(listed(FLEET / "packages.txt"), "for the throwaway fleets")
    venv = environment.venv(environment.TEST_VENV)
    environment.collection_link()
    env = environment.test_environment(venv, "molecule")
    fetch = CONTAINERS / "fetch_collections.py"
    if fetch.exists():
        run([str(venv / "bin" / "python"), str(fetch)], env=env)
    with contextlib.ExitStack() as stack:
        if images:
            env = stack.enter_context(engine(env))
        for name in on_fleets:
            stack.callback(end_fleet, name)
        # molecule keeps its state in the home folder of Ansible; in a scratch one it does not outlive an interrupted
        # run.
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="molecule-"))
        env = {**env, "MOLECULE_GLOB": "molecule/*/molecule.yml", "ANSIBLE_HOME": scratch}
        for suite in images:
            with step(f"image of {suite}"):
                run([sys.executable, str(CONTAINERS / "image.py"), suite], env=env)
        yield venv, env


def entry() -> int:
    """Run the scenarios that are named, or all of them; the exit code is 1 where one fails."""
    names = scenarios()
    with prepared(names) as (venv, env):
        start = time.monotonic()
        say(f"==> {len(names)} scenarios; logs are in {LOGS.relative_to(ROOT)}")
        return closing(run_scenarios(names, venv, env), names, time.monotonic() - start)


if __name__ == "__main__":
    main(entry)
