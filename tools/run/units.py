# Runs the unit tests: all of them on the main Python, and those of code for managed hosts on the oldest and the newest
# Python there are.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The part `units` of `make test`; ARGS are passed on to pytest, for example ARGS='-k plan'."""

from __future__ import annotations

import os
import random
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import environment
from base import CACHE, COLLECTIONS, LOGS, ROOT, Problem, is_root, listed, main, say, spawn, wait
from pythons import OWN, ends, foreign, interpreters

# What modules meet on managed hosts: the oldest that the collection promises, and what Debian 11, 12 and 13 and Ubuntu
# 24.04 ship.
WANTED = ("3.8", "3.9", "3.11", "3.12", "3.13")
TESTS = ROOT / "tests" / "unit"
# The tests of what runs on managed hosts; the others need the controller. Marked as slow is what no version of Python
# decides.
TRAVELS = ("plugins/module_utils", "plugins/modules", "boot", "test_namespace.py")
# One worker more than there are cores, since tests wait a lot; each has namespaces and ports of its own.
SIDE_BY_SIDE = ("-n", str(min(4, (os.cpu_count() or 1) + 1)), "--dist", "worksteal")
NO_TESTS = 5  # pytest's exit code where none was left to run


def pytest(command: Sequence[str], tests: Sequence[Path], env: dict[str, str], log: str) -> tuple[int, str]:
    """Run pytest with its output on the screen and return what it said, too."""
    LOGS.mkdir(parents=True, exist_ok=True)
    child = spawn(
        [
            *command,
            "-rs",
            "-o",
            f"cache_dir={CACHE / 'pytest'}",
            *map(str, tests),
            *shlex.split(os.environ.get("ARGS", "")),
        ],
        env=env,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    lines = []
    assert child.stdout is not None
    for line in child.stdout:
        text = line.decode(errors="replace")
        sys.stdout.write(text)
        sys.stdout.flush()
        lines.append(text)
    code = wait(child, 60)
    (LOGS / f"{log}.log").write_text("".join(lines), encoding="utf-8")
    return code, "".join(lines)


def main_python(venv: Path) -> str | None:
    """Everything, with ansible-core there; says what is wrong.

    Side by side first, then what measures time, alone. ARGS='-n 0' has all of it in one process, for a debugger.
    """
    env = environment.test_environment(venv, "units")
    env["PYTHONPATH"] = str(COLLECTIONS)
    # One for all workers, as sets in the names of tests have to be spelt alike; in CI always the same.
    env["PYTHONHASHSEED"] = "0" if os.environ.get("CI") else str(random.randrange(2**32))
    say(f"    PYTHONHASHSEED={env['PYTHONHASHSEED']}")
    command = [str(venv / "bin" / "python"), "-m", "pytest"]
    code, text = pytest([*command, *SIDE_BY_SIDE, "-m", "not alone"], [TESTS], env, "units-main")
    if code in (0, NO_TESTS):
        alone, more = pytest([*command, "-q", "--no-header", "-m", "alone"], [TESTS], env, "units-alone")
        code, text = (code if alone == NO_TESTS else alone), text + more
    unmet = re.findall(r"^SKIPPED.*could not import.*$", text, re.MULTILINE)
    if unmet:
        return "tests were skipped for something that requirements/test.txt should bring along:\n" + "\n".join(unmet)
    return f"pytest ended with {code}" if code else None


def served(venv: Path) -> set[str]:
    """The Pythons on which this ansible-core runs modules, as its own test tool lists them."""
    constants = next((venv / "lib").glob("python3.*")) / "site-packages/ansible_test/_util/target/common/constants.py"
    found = set(re.findall(r"'(3\.\d+)'", constants.read_text(encoding="utf-8")))
    if not found.intersection(WANTED):
        raise Problem(
            f"{constants} names no Python of {', '.join(WANTED)}, so none would be tested; see served() in"
            " tools/run/units.py"
        )
    return found


def module_utils(venv: Path) -> Path:
    """A folder with just that part of Ansible which travels to managed hosts with a module; ansible-core as a whole
    needs 3.11."""
    folder = CACHE / "units-ansible" / venv.name
    link = folder / "ansible" / "module_utils"
    source = next((venv / "lib").glob("python3.*")) / "site-packages" / "ansible" / "module_utils"
    if link.resolve() != source.resolve():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(source)
        (link.parent / "__init__.py").write_text(
            "# Stands in for ansible-core; see tools/run/units.py.\n", encoding="utf-8"
        )
    return folder


def other_python(version: str, python: Path, site: Path, venv: Path) -> str | None:
    """The tests that need nothing of the controller, on a Python that a managed host may have."""
    env = environment.test_environment(venv, "units")
    env["PYTHONPATH"] = f"{site}:{COLLECTIONS}:{module_utils(venv)}"
    say(f"==> Python {version} ({python})")
    code, _text = pytest(
        [str(python), "-m", "pytest", "-q", "--no-header", "-m", "not slow"],
        [TESTS / name for name in TRAVELS],
        env,
        f"units-{version}",
    )
    return f"pytest on Python {version} ended with {code}" if code else None


def entry() -> int:
    """Run the unit tests on every Python; Problem names those on which they failed."""
    venv = environment.venv(environment.TEST_VENV)
    if is_root():
        environment.debian_packages(listed(ROOT / "tests" / "hosts" / "scale" / "packages.txt"), "for light hosts")
    environment.collection_link()
    here = interpreters()
    wanted = [version for version in WANTED if version in served(venv)]
    others = ends(wanted, OWN, lambda version: here.get(version) or foreign(version))
    site = environment.pure_pytest()
    problems = [other_python(version, python, site, venv) for version, python in others.items()]
    say(f"==> Python {OWN} with ansible-core")
    # Last, so that its closing line with the full number of tests is the last one.
    problems.append(main_python(venv))
    ran = [version for version in dict.fromkeys((*wanted, OWN)) if version in others or version == OWN]
    say(
        f"Pythons: ran on {', '.join(ran)}; left out:"
        f" {', '.join(version for version in wanted if version not in ran) or 'none'}"
    )
    real = [problem for problem in problems if problem]
    if real:
        raise Problem("; ".join(real))
    return 0


if __name__ == "__main__":
    main(entry)
