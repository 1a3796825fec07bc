# Runs what docs/platforms says, as far as one machine without a registry can: see the pages for what that leaves out.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The examples as they are handed out. What writes runs in a network namespace of its own, or in check mode."""

from __future__ import annotations

import json
import os
import platform
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
BIN = Path(sys.executable).parent
_SPECS = yaml.safe_load((ROOT / "roles/tcp_hardening/meta/argument_specs.yml").read_text(encoding="utf-8"))[
    "argument_specs"
]
SPEC = {name: option for point in _SPECS.values() for name, option in point.get("options", {}).items()}
# For a program that writes sysctls: refuses where it is still in the machine's network, and hides the folders that it
# writes.
_PRIVATE = (
    'test "$(readlink /proc/self/ns/net)" != "$0" || exit 99; mount -t tmpfs tmpfs /etc/sysctl.d && mount -t tmpfs'
    ' tmpfs /var/lib && mkdir /var/lib/linux-tcp-pull && exec "$@"'
)


def private(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
    """Run a command with a network of its own."""
    if os.geteuid():
        pytest.skip("needs root, for namespaces")
    return subprocess.run(
        ["unshare", "--net", "--mount", "sh", "-c", _PRIVATE, os.readlink("/proc/self/ns/net"), *command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        **options,
    )


def test_the_context_of_the_execution_environment_is_built(tmp_path):
    for name in ("fleetnet-linux_tcp-1.0.0.tar.gz", "execution-environment.yml"):
        source = EXAMPLES / "awx" / name
        (tmp_path / name).write_bytes(source.read_bytes() if source.exists() else b"")
    done = subprocess.run(
        [BIN / "ansible-builder", "create", "-v", "3"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    recipe = next((tmp_path / "context").glob("*file")).read_text(
        encoding="utf-8"
    )  # Containerfile, or Dockerfile where there is no podman
    # The tarball is there before Galaxy's turn, under the path that the requirements name.
    wanted = yaml.safe_load((tmp_path / "context/_build/requirements.yml").read_text(encoding="utf-8"))["collections"][
        0
    ]["name"]
    assert (tmp_path / "context/_build/collections" / Path(wanted).name).exists()
    assert recipe.index("ADD _build/collections " + str(Path(wanted).parent)) < recipe.index(
        "ansible-galaxy collection install"
    )
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"]
    assert version in wanted


def test_the_survey_is_what_the_platform_takes_and_the_role_knows():
    survey = json.loads((EXAMPLES / "awx/survey.json").read_text(encoding="utf-8"))
    assert set(survey) == {"name", "description", "spec"}
    assert {"tcp_hardening_overrides", "tcp_hardening_exclude"} <= {one["variable"] for one in survey["spec"]}
    kinds = {"text": str, "textarea": str, "integer": int, "multiplechoice": str}
    defaults = yaml.safe_load((ROOT / "roles/tcp_hardening/defaults/main.yml").read_text(encoding="utf-8"))
    play = (ROOT / "playbooks/plays/harden.yml").read_text(encoding="utf-8")
    for question in survey["spec"]:
        # What AWX checks in its own validation: fields, type, default, choices.
        assert set(question) == {
            "question_name",
            "question_description",
            "required",
            "type",
            "variable",
            "min",
            "max",
            "default",
            "choices",
        }
        assert isinstance(question["default"], kinds[question["type"]])
        name = question["variable"]
        if name in SPEC:
            assert SPEC[name].get("choices", question["choices"]) == question["choices"] or SPEC[name]["type"] == "bool"
            # Nothing is said with nothing: a survey has no mappings and no lists.
            none = "" if isinstance(defaults[name], (dict, list)) else defaults[name]
            assert str(defaults[name] or none).lower() == str(question["default"]).lower()
        else:
            assert f"{name} | default('{question['default']}')" in play
        if question["type"] == "multiplechoice":
            assert question["default"] in question["choices"]


@pytest.mark.parametrize("name", ["harden", "audit"])
def test_the_project_s_playbooks_parse(name):
    done = subprocess.run(
        [BIN / "ansible-playbook", "--syntax-check", "-i", "a,", EXAMPLES / f"awx/{name}.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_navigator_runs_the_playbook_without_an_execution_environment(tmp_path):
    (tmp_path / "ansible-navigator.yml").write_text(
        (EXAMPLES / "navigator/ansible-navigator.yml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    command = [
        str(BIN / "ansible-navigator"),
        "run",
        "fleetnet.linux_tcp.harden",
        "-i",
        "here,",
        "-c",
        "local",
        "-e",
        "tcp_hardening_confirm=0",
        "-e",
        "tcp_hardening_health=false",
        "-e",
        "ansible_python_interpreter=/usr/bin/python3",
    ]
    done = private(command, cwd=tmp_path, env={**os.environ, "HOME": str(tmp_path), "TERM": "xterm"})
    assert done.returncode == 0, done.stdout + done.stderr
    # The host's line of the closing table; runner puts marks for itself before each line.
    assert re.search(r"here +\d\S+ +[1-9]\d* ", done.stdout), done.stdout


def test_a_host_hardens_itself_from_a_repository(tmp_path):
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / "local.yml").write_text((EXAMPLES / "pull/local.yml").read_text(encoding="utf-8"), encoding="utf-8")
    git = ["git", "-C", str(repository), "-c", "user.name=a", "-c", "user.email=a@b.example"]
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "settings"]):
        subprocess.run([*git, *words], check=True)
    unit = (EXAMPLES / "pull/linux-tcp-pull.service").read_text(encoding="utf-8")
    starts = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    assert len(starts) == 1
    command = shlex.split(starts[0].replace("${REPOSITORY}", f"file://{repository}").replace("%H", platform.node()))
    script = (
        '"$@" -e ansible_python_interpreter=/usr/bin/python3 || exit; cat /proc/sys/net/core/somaxconn; grep -h'
        " somaxconn /etc/sysctl.d/*.conf; ls /var/lib/linux-tcp-pull/reports"
    )
    done = private(
        ["sh", "-c", script, "sh", str(BIN / command[0]), *command[1:]],
        env={**os.environ, "HOME": str(tmp_path), "PATH": f"{BIN}:{os.environ['PATH']}"},
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout.splitlines()
    assert "8192" in said and "net.core.somaxconn = 8192" in said and said[-1].startswith(platform.node()), done.stdout


def test_the_units_are_right(tmp_path):
    for name in ("linux-tcp-pull.service", "linux-tcp-pull.timer"):
        text = (EXAMPLES / "pull" / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(
            text.replace("ExecStart=ansible-pull", f"ExecStart={BIN}/ansible-pull"), encoding="utf-8"
        )
    done = subprocess.run(
        [
            "systemd-analyze",
            "verify",
            "--man=no",
            "--recursive-errors=no",
            str(tmp_path / "linux-tcp-pull.timer"),
            str(tmp_path / "linux-tcp-pull.service"),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0 and "linux-tcp-pull" not in done.stderr, done.stderr
