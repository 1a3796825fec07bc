# The table of all suites: a row here is a make target, a line of `make help` and a line of TESTING.md.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Every `make` target that runs something, in the order in which `make test` starts them and `make help` lists them.

To add a suite, add a row. Nothing else knows the names: the Makefile passes each target on to run.py, which finds it
here, and `make docs` writes the table in TESTING.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from base import Problem

# What a copy of the collection is called in the arguments of a Tool.
COPY = "{copy}"
FLEET = "tests/hosts/fleet/packages.txt"
LIGHT = "tests/hosts/scale/packages.txt"
MINUTE, HOUR = 60, 3600


class Kind(Enum):
    """Where a suite belongs."""

    USE = "use"  # runs a playbook for people; in the foreground, with the terminal, without a time limit
    TEST = "test"  # a part of `make test`
    LINT = "lint"  # a part of `make test` and of `make lint`
    OTHER = "other"  # neither: takes long, or writes something


@dataclass(frozen=True)
class Script:
    """A script of ours. It prepares what it needs itself."""

    path: str
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tools:
    """Commands out of the venv `venv-test`, one after the other, in a copy of the working tree."""

    commands: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class InVenv:
    """A folder of pytest tests, or a program, in a venv. ARGS go to it.

    venv: a name of environment.REQUIREMENTS. packages: Debian packages, or list files of them. why: what these are for.
    root: why only root can run it; empty: anybody can.
    """

    path: str
    arguments: tuple[str, ...] = ()
    venv: str = "venv-test"
    packages: tuple[str, ...] = ()
    why: str = ""
    root: str = ""


@dataclass(frozen=True)
class Suite:
    """One row.

    about: for `make help`. proves: for TESTING.md, where more is to be said. seconds: the time limit.
    """

    name: str
    kind: Kind
    run: Script | Tools | InVenv
    seconds: float
    about: str
    proves: str = ""


def _play(name: str, about: str) -> Suite:
    return Suite(name, Kind.USE, Script("tools/run/play.py", (name,)), 0, about)


def _test(name: str, run: Script | InVenv, minutes: float, about: str, proves: str = "") -> Suite:
    return Suite(name, Kind.TEST, run, minutes * MINUTE, about, proves)


def _lint(name: str, about: str, *commands: tuple[str, ...]) -> Suite:
    return Suite(name, Kind.LINT, Tools(commands), 10 * MINUTE, about)


def _other(name: str, run: Script | InVenv, seconds: float, about: str) -> Suite:
    return Suite(name, Kind.OTHER, run, seconds, about)


SUITES = (
    _play("harden", "apply the profile, to a throwaway fleet or to INVENTORY="),
    _play("audit", "compare hosts with the profile, writes nothing"),
    _play("rollback", "put back what the hosts had before"),
    _play("observe", "watch the TCP counters of hosts for a minute, writes nothing"),
    _play("preview", "what the next kernel changes, writes nothing; ARGS='-e kernel=7.2'"),
    Suite("down", Kind.USE, Script("tools/run/down.py"), 0, "stop the throwaway fleet"),
    # The two long ones first, one on either core; what is short fills the gaps.
    _test("sanity", Script("tools/run/sanity.py"), 20, "`ansible-test sanity` on a copy of the collection"),
    _test(
        "molecule",
        Script("tools/run/scenarios.py"),
        40,
        "every scenario on containers and kernels that are made here; ARGS='default' runs one",
        "every promise on hosts that are really set: the scenarios below, some at a time; ARGS='default' runs one",
    ),
    _test(
        "units",
        Script("tools/run/units.py"),
        40,
        "unit tests on this Python, the pure ones on the oldest and newest others; ARGS='-k boot' takes some",
        "the pure parts with examples and random input, those of code for managed hosts also on the oldest and the"
        " newest Python that is there (3.8 to 3.13); the writing parts against the kernel, in private network"
        " namespaces, also killed at every step; the boot resolver against this machine's own loaders",
    ),
    _test(
        "kernels",
        InVenv(
            "tests/kernels",
            packages=(FLEET,),
            why="for the throwaway kernels",
            root="each kernel runs in namespaces of its own, on a root folder, and only root can make these",
        ),
        10,
        "boot throwaway kernels and hold the catalog against them; ARGS='-k 6.12' boots one",
        "each key of the catalog on kernels 5.10, 6.1, 6.12 and 7.2, with 512 MiB and 6 GiB: there or not, writable or"
        " not, own value, every bound and one step beyond it, in the first network namespace and in a new one; on 6.12"
        " also, for four keys, which of two values is measured to be the better one, and that the collection keeps it;"
        " ARGS='-k 6.12' boots one",
    ),
    _test(
        "report",
        InVenv(
            "tests/report",
            venv="venv-report",
            packages=("chromium", "fonts-dejavu-core", "prometheus"),
            why="for the tests of the page and of the metrics",
        ),
        10,
        "open the report's page in Chromium, also with 10,000 hosts; ARGS='-k keyboard' takes some",
        "the page of a fleet in Chromium: filters, keyboard, panel, both colour schemes, hostile names, 10,000 hosts in"
        " under 3 s, nothing from outside; the metrics of a fleet with liars, by Prometheus' own promtool",
    ),
    _test(
        "platforms",
        InVenv(
            "tests/platforms",
            venv="venv-platforms",
            packages=("git", "systemd", "util-linux"),
            why="for the tests of docs/platforms",
        ),
        10,
        "what docs/platforms says about AWX, ansible-navigator and ansible-pull",
        "docs/platforms: the context of an execution environment, the survey, a run with ansible-navigator,"
        " ansible-pull from a local repository, its units",
    ),
    _lint("yamllint", "the style of YAML", ("yamllint", "--strict", ".")),
    _lint(
        "ansible-lint", "roles and playbooks, with the profile `production`", ("ansible-lint", "--offline", "--nocolor")
    ),
    _lint(
        "ruff",
        "Python: lint and format",
        ("ruff", "check", "--no-cache", "."),
        ("ruff", "format", "--no-cache", "--check", "."),
    ),
    _lint(
        "types",
        "mypy over plugins/, strict for the packages that plan; mypy.ini says how",
        ("mypy", "-p", "ansible_collections.fleetnet.linux_tcp.plugins"),
    ),
    Suite(
        "target-code",
        Kind.LINT,
        Script("tools/run/target_code.py"),
        10 * MINUTE,
        "code for managed hosts needs only Python 3.8 and its library",
    ),
    _lint("reuse", "every file has a licence", ("reuse", "lint", "--lines")),
    _lint(
        "fragments",
        "the fragments of the changelog",
        ("antsibull-changelog", "lint"),
        ("antsibull-changelog", "lint-changelog-yaml", "--strict", "changelogs/changelog.yaml"),
    ),
    _lint(
        "plugin-docs",
        "the documentation of plugins and roles",
        (
            "antsibull-docs",
            "lint-collection-docs",
            "--plugin-docs",
            "--validate-collection-refs",
            "self",
            "--check-extra-docs-refs",
            COPY,
        ),
    ),
    Suite(
        "generated-docs",
        Kind.LINT,
        Script("tools/docs/docs.py", ("check",)),
        10 * MINUTE,
        "what `make docs` writes is up to date",
    ),
    _test(
        "tarball",
        Script("tools/run/tarball.py"),
        10,
        "build the tarball, install it elsewhere, use it from there",
        "the built collection, installed elsewhere, works from there alone",
    ),
    _test("importer", Script("tools/run/importer.py"), 10, "what Galaxy checks when the collection is uploaded"),
    _other(
        "test-matrix",
        Script("tools/run/matrix.py"),
        12 * HOUR,
        "`make test` with every ansible-core and Python of requirements/matrix.txt; ARGS='units' takes one part",
    ),
    _other(
        "build", Script("tools/run/tarball.py", ("build",)), 10 * MINUTE, "only build the tarball, into .cache/dist"
    ),
    _other(
        "benchmark",
        Script("benchmarks/benchmark.py"),
        HOUR,
        "time a converge on the throwaway fleet, and what travels, into benchmarks/results.md",
    ),
    _other(
        "benchmark-scale",
        Script("benchmarks/scale.py"),
        12 * HOUR,
        "time plays over 10, 50 and 200 light hosts, into benchmarks/scale.md; ARGS='--hosts 10' takes a part",
    ),
    _other(
        "benchmark-others",
        Script("benchmarks/others.py"),
        4 * HOUR,
        "time what people would pick instead over light hosts, into benchmarks/others.md; takes a quarter of an hour",
    ),
    _other(
        "effects",
        InVenv(
            "benchmarks/effects.py",
            packages=(FLEET,),
            why="for the throwaway kernels",
            root="each kernel runs in namespaces of its own, on a root folder, and only root can make these",
        ),
        6 * HOUR,
        "measure on four throwaway kernels what each key changes that people feel, into benchmarks/effects.json; takes"
        " an hour; ARGS='--kernel 6.12 --only throughput' takes a part",
    ),
    _other(
        "kernels-all",
        Script("tests/hosts/kernels/kernels_all.py"),
        6 * HOUR,
        "the catalog on every kernel that Debian offers, in qemu, into docs/kernels.md; takes an hour",
    ),
    _other(
        "vendors",
        Script("tests/vendors/vendors.py"),
        HOUR,
        "the catalog on kernels' source trees, whose places a file gives; ARGS='FILE --write' writes docs/vendors.md",
    ),
    _other(
        "boot-fuzz",
        InVenv(
            "tests/boot/long_run.py",
            packages=(FLEET,),
            why="to build the root folders of other releases",
            root="it needs network and mount namespaces",
        ),
        6 * HOUR,
        "the boot resolver against the loaders of Debian 11, 12 and 13, 10,000 random trees for each; takes an hour",
    ),
    _other(
        "reliability",
        InVenv(
            "tests/reliability/run.py",
            packages=(LIGHT,),
            why="for light hosts",
            root="it needs network and mount namespaces",
        ),
        HOUR,
        "kill, starve and confuse runs, also by hosts that lie, and count what was kept, into docs/reliability.md;"
        " takes a quarter to half an hour",
    ),
    _other(
        "mutations",
        Script("tests/mutations/mutations.py"),
        HOUR,
        "break the role and the modules in ten ways, and count which tests see it; takes ten minutes",
    ),
    _other(
        "execution-environment",
        Script("tests/platforms/execution_environment.py"),
        HOUR / 2,
        "build the execution environment of docs/platforms/awx.md from Debian packages, and harden with it",
    ),
    _other(
        "lock",
        Script("tools/run/lock.py"),
        HOUR / 2,
        "write the hashes of all pinned packages into requirements/; takes five minutes",
    ),
    _other(
        "docs", Script("tools/docs/docs.py"), 10 * MINUTE, "renew the parts of the documentation that are generated"
    ),
    _other(
        "report-pictures",
        InVenv(
            "tests/report/pictures.py",
            venv="venv-report",
            packages=("chromium", "fonts-dejavu-core"),
            why="for pictures",
        ),
        10 * MINUTE,
        "renew the pictures of the report's page in docs/images",
    ),
    _other(
        "changelog",
        Script("tools/docs/docs.py", ("changelog",)),
        10 * MINUTE,
        "turn the fragments into CHANGELOG.md for the version in galaxy.yml",
    ),
)


def chosen(names: list[str]) -> list[Suite]:
    """The suites of these names, once each; `all` stands for what `make test` runs, `lint` for a part of that.

    Raises Problem for a name that is not in the table.
    """
    parts = [suite for suite in SUITES if suite.kind in (Kind.TEST, Kind.LINT)]
    known = {
        "all": parts,
        "test": parts,
        "lint": [suite for suite in SUITES if suite.kind is Kind.LINT],
        **{suite.name: [suite] for suite in SUITES},
    }
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise Problem(f"no suite {', '.join(unknown) or 'is named'}; there are {', '.join(known)}")
    return list(dict.fromkeys(suite for name in names for suite in known[name]))


def suite(name: str) -> Suite:
    """The row of that name. Raises Problem where there is none."""
    return next((row for row in SUITES if row.name == name), None) or chosen([name])[0]


def help_text() -> str:
    """What `make help` prints."""

    def lines(*kinds: Kind) -> list[str]:
        return [f"  make {row.name:<22} {row.about}" for row in SUITES if row.kind in kinds]

    return "\n".join(
        [
            "Use it:",
            *lines(Kind.USE),
            'On your own hosts:    make harden INVENTORY=hosts.yml ARGS="--check --diff"',
            "Test it:",
            f"  make {'test':<22} all of these; the exit code says whether all of them passed",
            *lines(Kind.TEST),
            f"  make {'lint':<22} all of the following",
            *lines(Kind.LINT),
            "Work on it:",
            *lines(Kind.OTHER),
            f"  make {'clean':<22} stop everything and remove what was made",
        ]
    )
