# What `make test` is made of: each part is one or more commands that must all succeed.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The parts of `make test`, in the order in which they are started."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import environment
from base import CACHE, ROOT, Problem
from snapshot import snapshot

DEV = ROOT / "tools" / "dev"


@dataclass(frozen=True)
class Part:
    """One line of the closing table."""

    name: str
    # Given the test venv's bin folder and a copy of the collection, the commands to run there.
    commands: Callable[[Path, Path], list[list[str]]]
    lint: bool = False
    seconds: float = 600.0
    # In a copy of the working tree, or in the checkout (scripts that make a copy of their own, if they need one).
    in_copy: bool = True


def _own(script: str, *arguments: str) -> Callable[[Path, Path], list[list[str]]]:
    return lambda _bin, _copy: [[sys.executable, str(DEV / script), *arguments]]


def _changelog(bin_: Path, _copy: Path) -> list[list[str]]:
    tool = str(bin_ / "antsibull-changelog")
    return [[tool, "lint"], [tool, "lint-changelog-yaml", "--strict", "changelogs/changelog.yaml"]]


def _documentation(bin_: Path, copy: Path) -> list[list[str]]:
    return [
        [
            str(bin_ / "antsibull-docs"),
            "lint-collection-docs",
            "--plugin-docs",
            "--validate-collection-refs",
            "self",
            "--check-extra-docs-refs",
            str(copy),
        ],
        [sys.executable, str(DEV / "docs.py"), "check"],
    ]


PARTS = (
    # The two long ones first, one on either core; what is short fills the gaps.
    Part("sanity", _own("sanity.py"), seconds=1200, in_copy=False),
    Part("molecule", _own("scenarios.py"), seconds=2400, in_copy=False),
    Part("units", _own("units.py"), seconds=2400, in_copy=False),
    Part("kernels", _own("kernel_tests.py"), in_copy=False),
    Part("report", _own("report_tests.py"), in_copy=False),
    Part("platforms", _own("platform_tests.py"), in_copy=False),
    Part("yamllint", lambda bin_, _copy: [[str(bin_ / "yamllint"), "--strict", "."]], lint=True),
    Part("ansible-lint", lambda bin_, _copy: [[str(bin_ / "ansible-lint"), "--offline", "--nocolor"]], lint=True),
    Part("ruff", lambda bin_, _copy: [[str(bin_ / "ruff"), "check", "--no-cache", "."]], lint=True),
    Part("target-code", _own("target_code.py"), lint=True, in_copy=False),
    Part("reuse", lambda bin_, _copy: [[str(bin_ / "reuse"), "lint", "--lines"]], lint=True),
    Part("changelog", _changelog, lint=True),
    Part("docs", _documentation, lint=True),
    Part("tarball", _own("tarball.py"), in_copy=False),
    Part("importer", _own("importer.py"), in_copy=False),
)


def chosen(names: list[str]) -> list[Part]:
    """The parts of these names, once each; `all` and `lint` stand for several."""
    known = {"all": list(PARTS), "lint": [part for part in PARTS if part.lint], **{part.name: [part] for part in PARTS}}
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise Problem(f"no part {', '.join(unknown) or 'is named'}; there are {', '.join(known)}")
    return list(dict.fromkeys(part for name in names for part in known[name]))


def environment_of(part: Part, venv: Path) -> tuple[dict[str, str], Path]:
    """Where a part's commands run and with what.

    A copy each: some linters leave files behind that others would judge.
    """
    if not part.in_copy:
        return environment.clean_environment(), ROOT
    name = f"part-{part.name}"
    copy = snapshot(name)
    env = environment.test_environment(venv, name)
    env["ANSIBLE_COLLECTIONS_PATH"] = str(CACHE / "work" / name)
    return env, copy
