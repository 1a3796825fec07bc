# Builds the execution environment of docs/platforms/awx.md without a registry, and hardens a container with it.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""`make execution-environment`: what `make platforms` leaves out, since it needs an engine.

The definition is that of examples/awx, but for its base: an image of Debian packages, with the Python packages that a
build fetches,
since the engine of the tests has no network.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "tools" / "run"))

import environment
import scenarios
import tarball
from base import ROOT, Problem, main, output, run, say, step

EXAMPLE = ROOT / "examples" / "awx" / "execution-environment.yml"
SUITE, PYTHON = "trixie", "3.13"
BASE, IMAGE = "fleetnet-linux-tcp-test:execution-base", "fleetnet-linux-tcp-test:execution"
LABEL = "fleetnet.linux_tcp.source=execution"  # the images of all stages inherit it
# What ansible-builder installs on its own account while it builds.
BUILDER = ("pip", "bindep", "pyyaml", "packaging", "dumb-init==1.2.5")
PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64", "manylinux1_x86_64")
RECIPE = f"""\
FROM fleetnet-linux-tcp-test:{SUITE}
LABEL {LABEL}
COPY wheels /wheels
ENV PIP_NO_INDEX=1 PIP_FIND_LINKS=/wheels PIP_BREAK_SYSTEM_PACKAGES=1 PIP_ROOT_USER_ACTION=ignore
RUN PYTHONPATH=$(echo /wheels/pip-*.whl) python3 -m pip install pip
"""


# Debian's Python has no ensurepip; pip is in the base already.
DIFFERENT = (
    ("name: fedora:42", f"name: {BASE}"),
    ("package_manager_path: /usr/bin/dnf", "package_manager_path: /usr/bin/apt-get\n  skip_pip_install: true"),
)


def local(definition: str) -> str:
    """The definition on our base."""
    for theirs, ours in DIFFERENT:
        if definition.count(theirs) != 1:
            raise Problem(f"{EXAMPLE.name}: one line with {theirs!r} was expected")
        definition = definition.replace(theirs, ours)
    return definition


def build(venv: Path, env: dict[str, str], folder: Path) -> None:
    """The base, then the image itself."""
    definition = EXAMPLE.read_text(encoding="utf-8")
    wanted = [*BUILDER, *re.findall(r"package_pip: (\S+)", definition)]
    with step("Python packages"):
        run(
            [
                str(venv / "bin" / "pip"),
                "-q",
                "download",
                "--only-binary=:all:",
                "--python-version",
                PYTHON,
                *(word for name in PLATFORMS for word in ("--platform", name)),
                "-d",
                str(folder / "wheels"),
                *wanted,
            ],
            env=env,
            log="execution-wheels",
        )
    with step("base image"):
        (folder / "Dockerfile").write_text(RECIPE, encoding="utf-8")
        run(["docker", "build", "-q", "--network", "none", "-t", BASE, str(folder)], env=env, log="execution-base")
    with step("execution environment"):
        context = folder / "build"
        context.mkdir()
        built = tarball.build(venv, env, folder / "dist")
        built.rename(context / built.name)
        (context / EXAMPLE.name).write_text(local(definition), encoding="utf-8")
        run(
            [
                str(venv / "bin" / "ansible-builder"),
                "build",
                "--container-runtime",
                "docker",
                "--tag",
                IMAGE,
                "-v",
                "3",
                "--extra-build-cli-args",
                "--network none",
            ],
            env=env,
            cwd=context,
            log="execution-build",
        )


def harden(venv: Path, env: dict[str, str], folder: Path) -> None:
    """A run in it, as docs/platforms/navigator.md says; Problem where table or report are not as they should be."""
    work = folder / "work"
    (work / "reports").mkdir(parents=True)
    (work / "ansible-navigator.yml").write_bytes((ROOT / "examples/navigator/ansible-navigator.yml").read_bytes())
    command = [
        str(venv / "bin" / "ansible-navigator"),
        "run",
        "fleetnet.linux_tcp.harden",
        "-i",
        "here,",
        "--ee",
        "true",
        "--eei",
        IMAGE,
        "--pp",
        "never",
        "--ce",
        "docker",
        "--co=--network=none",
        "--eev",
        f"{work}/reports:/reports:Z",
        "-c",
        "local",
        "-e",
        "tcp_hardening_report_dir=/reports",
        "-e",
        "tcp_hardening_confirm=0",
        "-e",
        "tcp_hardening_health=false",
    ]
    # Set on the controller, it would take the place of the image's own.
    env = {name: value for name, value in env.items() if name != "ANSIBLE_COLLECTIONS_PATH"}
    done = subprocess.run(
        command,
        cwd=work,
        env={**env, "TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    table = re.search(r"(here +\d\S+)((?: +\d+){5})", done.stdout)
    if done.returncode or not table or sum(map(int, table[2].split())) != 23:
        raise Problem(
            f"{' '.join(command)} ended with {done.returncode}, and should have ended with a"
            f" table:\n{done.stdout}{done.stderr}"
        )
    reports = [json.loads(file.read_text(encoding="utf-8")) for file in (work / "reports").rglob("*.json")]
    if [report["host"]["name"] for report in reports] != ["here"]:
        raise Problem(f"one report of the host `here` was expected in {work}/reports, found: {reports}")
    say(f"hardened in it, applied, unchanged, skipped, drifted, failed: {table[0]}")


def entry() -> int:
    scenarios.packages()
    venv = environment.venv(environment.PLATFORMS_VENV)
    environment.collection_link()
    env = {**environment.test_environment(venv, "execution-environment"), "DOCKER_BUILDKIT": "0"}
    with scenarios.engine(env) as env, tempfile.TemporaryDirectory(prefix="execution-") as name:
        folder = Path(name)
        run([sys.executable, str(ROOT / "tests" / "hosts" / "containers" / "image.py"), SUITE], env=env)
        try:
            build(venv, env, folder)
            say(
                output(
                    ["docker", "run", "--rm", "--network", "none", IMAGE, "ansible-galaxy", "collection", "list"],
                    env=env,
                )
            )
            harden(venv, env, folder)
        finally:
            for words in (["rm", "--force", IMAGE, BASE], ["prune", "--force", "--filter", f"label={LABEL}"]):
                subprocess.run(["docker", "image", *words], env=env, capture_output=True, check=False, timeout=60)
    return 0


if __name__ == "__main__":
    main(entry)
