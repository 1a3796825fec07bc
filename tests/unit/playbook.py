# Runs ansible-playbook as a user does, with a folder of the test's own for everything that it would find by itself.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""One call, one exit code and the whole screen. Hosts are this machine: only what writes nothing may be run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("ansible.cli")


def play(folder, name, *arguments, hosts):
    """Exit code and screen of a playbook, of this collection or a path, with an inventory in a folder of the test."""
    (folder / "hosts").write_text(hosts, encoding="utf-8")
    program = Path(sys.executable).parent / "ansible-playbook"
    if not program.exists():
        pytest.skip("ansible-playbook is not there")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
    environment.update(
        HOME=str(folder),
        ANSIBLE_COLLECTIONS_PATH=os.environ["PYTHONPATH"].split(os.pathsep)[0],
        ANSIBLE_NOCOLOR="1",
        COLUMNS="300",
    )
    which = name if name.endswith(".yml") else "fleetnet.linux_tcp." + name
    done = subprocess.run(
        [str(program), which, "-i", "hosts", *arguments],
        cwd=str(folder),
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout
