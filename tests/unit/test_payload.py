# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""What travels to every host with every run stays small, module by module, in the measures that cost time there.

Code is what costs: each file is compiled on the host, at each run. Comments and docstrings cost next to nothing, so
none of the bounds is about them.
"""

from __future__ import annotations

import ast
import json
import os
import shutil
import statistics
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import pytest

if sys.version_info < (3, 11):
    pytest.skip("payloads are built on the control node", allow_module_level=True)
pytest.importorskip("ansible")
yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).resolve().parents[2]
sys.path += [str(ROOT / "benchmarks"), str(ROOT / "tools" / "run")]

import _payload  # noqa: E402
import slim  # noqa: E402

RUNS = 7
KIB = 1024
VALUES = yaml.safe_load((ROOT / "roles/tcp_hardening/defaults/main.yml").read_text(encoding="utf-8"))[
    "tcp_hardening_values"
]


class Bound(NamedTuple):
    """What a plain run of a module may cost.

    nodes: of the syntax trees of our files that it imports. ratio: the time to import these, over that of Ansible's
    part in the same process; generous, since it is a time, and since Python 3.14 compiles Ansible's part once, older
    ones twice. Neither depends on the machine.
    """

    arguments: dict[str, Any]
    nodes: int
    ratio: float


BOUNDS = {
    "sysctl_profile_info": Bound({"values": VALUES}, 22_300, 0.40),
    "sysctl_profile": Bound({"values": VALUES, "_ansible_check_mode": True}, 18_400, 0.40),
    "tcp_socket_info": Bound({}, 11_300, 0.30),
}
# A stop against accidents: a file that nobody meant to send.
ZIP = 208 * KIB


@pytest.fixture(scope="module")
def payloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with each module as it is sent from the installed tarball, and the script that runs one."""
    folder = tmp_path_factory.mktemp("payloads")
    collections = tmp_path_factory.mktemp("collections")
    installed = collections / "ansible_collections" / "fleetnet" / "linux_tcp"
    shutil.copytree(ROOT / "plugins", installed / "plugins", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "galaxy.yml", installed)
    slim.slim_folder(installed)
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "_payload.py"), str(folder)],
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(collections), "ANSIBLE_LOCAL_TEMP": str(folder / "tmp")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert set(BOUNDS) < set(json.loads(done.stdout.splitlines()[-1]))
    return folder


def nodes(archive: zipfile.ZipFile, files: list[str]) -> dict[str, int]:
    """File to the number of nodes of its syntax tree."""
    return {name: sum(1 for _node in ast.walk(ast.parse(archive.read(name)))) for name in files if name.endswith(".py")}


@pytest.mark.parametrize("module", BOUNDS)
def test_a_module_takes_along_little(payloads: Path, module: str) -> None:
    size = (payloads / f"{module}.zip").stat().st_size
    assert size <= ZIP, f"{size / KIB:.1f} KiB. Look at what was added: `unzip -v`"


@pytest.mark.parametrize("module", BOUNDS)
def test_a_plain_run_imports_little_code(payloads: Path, module: str) -> None:
    ran = _payload.run(payloads, module, BOUNDS[module].arguments, sys.executable)
    assert ran["code"] == 0
    with zipfile.ZipFile(payloads / f"{module}.zip") as archive:
        found = nodes(archive, ran["files"])
    assert len(found) > 10 and all(found.values())
    largest = sorted(found.items(), key=lambda pair: -pair[1])[:8]
    assert sum(found.values()) <= BOUNDS[module].nodes, (
        f"{sum(found.values())} nodes. Import late what a plain run does not need. The largest: {largest}"
    )


@pytest.mark.alone
@pytest.mark.parametrize("module", BOUNDS)
def test_the_import_of_our_part_takes_a_share_of_ansibles_own(payloads: Path, module: str) -> None:
    ran = [_payload.run(payloads, module, BOUNDS[module].arguments, sys.executable) for _run in range(RUNS)]
    assert not any(one["code"] for one in ran)
    ratios = [one["import"] / one["ansible"] for one in ran]
    assert statistics.median(ratios) <= BOUNDS[module].ratio, (
        f"of {RUNS} runs: {sorted(round(ratio, 2) for ratio in ratios)}"
    )
