# Tests of `make harden` where nobody can become root.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""play.py, up to where it would begin to install and to start something."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

if sys.version_info < (3, 11):
    pytest.skip("the tools run on the control node", allow_module_level=True)

ROOT = Path(__file__).resolve().parents[3]
if not (ROOT / "tools" / "run").is_dir():
    # An installed collection carries the tests but not the tools.
    pytest.skip("tools/run is not there", allow_module_level=True)
sys.path.append(str(ROOT / "tools" / "run"))

import base  # noqa: E402
import play  # noqa: E402


class Began(Exception):
    """It went on with its work."""


@pytest.fixture
def start(monkeypatch):
    """Starts `make NAME` as an ordinary user. sudo: its path, or None; says: its exit code where it may not ask."""

    def begin(name="harden", inventory="", sudo=None, says=1, asks=False):
        def began(*_anything):
            raise Began

        monkeypatch.setattr(sys, "argv", ["play.py", name])
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: asks))
        monkeypatch.setenv("INVENTORY", inventory)
        monkeypatch.setattr(play, "is_root", lambda: False)
        monkeypatch.setattr(play.shutil, "which", lambda _name: sudo)
        monkeypatch.setattr(play.subprocess, "run", lambda *_words, **_how: SimpleNamespace(returncode=says))
        monkeypatch.setattr(play.environment, "venv", began)
        return play.entry()

    return begin


@pytest.mark.parametrize("how", [{}, {"sudo": "/usr/bin/sudo"}])
@pytest.mark.parametrize("name", play.PLAYBOOKS)
def test_without_root_it_is_one_sentence(start, name, how):
    with pytest.raises(play.Problem) as refusal:
        start(name, **how)
    said = str(refusal.value)
    assert "needs root here" in said and said.endswith(f"make {name} INVENTORY=hosts.yml") and "\n" not in said


@pytest.mark.parametrize(
    "how",
    [{"inventory": "a,"}, {"sudo": "/usr/bin/sudo", "says": 0}, {"sudo": "/usr/bin/sudo", "asks": True}],
)
def test_with_own_hosts_or_sudo_it_goes_on(start, how):
    with pytest.raises(Began):
        start(**how)


def test_what_needs_root_says_so(monkeypatch):
    monkeypatch.setattr(base, "is_root", lambda: False)
    monkeypatch.setattr(base.shutil, "which", lambda _name: None)
    with pytest.raises(base.Problem, match="needs root, and sudo is not there: apt-get update"):
        base.as_root(["apt-get", "update"])
    monkeypatch.setattr(base.shutil, "which", lambda _name: "/usr/bin/sudo")
    assert base.as_root(["x"]) == ["sudo", "x"]
