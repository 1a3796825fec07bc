# Tests of the plays' heads: which hosts they take, in which order, by which strategy; and of a target that is nobody.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The plays' files, and the playbooks run by Ansible as far as they come without a host."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml")
pytest.importorskip("ansible.cli")

ROOT = Path(__file__).resolve().parents[3]
PLAYS = [
    (path.stem, play)
    for path in sorted((ROOT / "playbooks" / "plays").glob("*.yml"))
    for play in yaml.safe_load(path.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("name, play", PLAYS, ids=["%s %s" % (name, play["name"]) for name, play in PLAYS])
def test_no_ansible_cfg_decides_how_a_play_runs_and_none_runs_on_nobody(name, play):
    assert play["strategy"] == "linear", "batches need it"
    assert play["gather_facts"] is False
    asked = "query" if play["name"] == "Roll out" else "lookup"
    assert play["hosts"].startswith("{{ %s('fleetnet.linux_tcp.matched_hosts', target | default('all')" % asked)


@pytest.mark.parametrize("name", sorted({name for name, _play in PLAYS}))
def test_a_target_that_is_nobody_is_a_failure_with_the_nearest_name(name, tmp_path):
    (tmp_path / "hosts").write_text("[web]\nw1\n", encoding="utf-8")
    program = Path(sys.executable).parent / "ansible-playbook"
    if not program.exists():
        pytest.skip("ansible-playbook is not there")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
    environment.update(
        HOME=str(tmp_path),
        ANSIBLE_COLLECTIONS_PATH=os.environ["PYTHONPATH"].split(os.pathsep)[0],
        ANSIBLE_NOCOLOR="1",
        COLUMNS="300",
    )
    done = subprocess.run(
        [str(program), "fleetnet.linux_tcp.%s" % name, "-i", "hosts", "-e", "target=wbe"],
        cwd=str(tmp_path),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        text=True,
        check=False,
    )
    assert done.returncode != 0 and "no host matched 'wbe': did you mean 'web'? " in done.stdout, done.stdout
