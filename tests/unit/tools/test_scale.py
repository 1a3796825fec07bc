# Tests of the light hosts, and of what is computed from measurements over them.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""No host stays in a network that is not its own, and none outlives its laboratory; figures on made-up measurements."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

if sys.version_info < (3, 11):
    pytest.skip("the tools run on the control node", allow_module_level=True)

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / folder) for folder in ("benchmarks", "tools/run", "tools/docs", "tests/hosts/scale")]

import _bars  # noqa: E402
import _figures  # noqa: E402
import _others  # noqa: E402
import _others_page  # noqa: E402
import _scale_page  # noqa: E402
import cost  # noqa: E402
from lab import Lab, LabError  # noqa: E402


def found(seconds, cpu, peak):
    return {"seconds": seconds, "cpu": cpu, "peak": peak, "largest": 1.0}


def measured():
    plays = ("ping", "harden, nothing changes", "harden, everything changes")
    sizes = [
        {
            "hosts": hosts,
            "forks": 5,
            "pipelining": False,
            "load": 0.5,
            "runs": [1],
            "rounds": [
                {
                    play: found(hosts * factor, hosts * 0.36 * factor, 50 + hosts * factor)
                    for factor, play in enumerate(plays, 1)
                }
            ],
        }
        for hosts in (10, 200)
    ]
    return {"processors": 2, "sizes": sizes}


def test_what_a_large_fleet_costs():
    # 0.36 s a host are 10 hours for 100,000, on 8 processors 1.25; memory is 50 MiB and 1 MiB a host.
    assert cost.rows(measured())[0] == "| ping | 0.36 | 10.0 | 1.2 | 2 | 50 + 1.00 n | 1.0 |"


def test_what_pipelining_saves_is_shown_where_two_sizes_have_it():
    before = measured()
    with_it = [{**size, "pipelining": True} for size in before["sizes"]]
    after = {**before, "sizes": [*before["sizes"], *with_it]}
    assert len(cost.rows(before)) == 3 and len(cost.rows({**after, "sizes": [*before["sizes"], with_it[0]]})) == 3
    assert cost.rows(after)[3] == "| ping, pipelining | 0.36 | 10.0 | 1.2 | 2 | 50 + 1.00 n | 1.0 |"


def test_tables():
    lines = _scale_page.tables(measured()).splitlines()
    assert "| 200 | 5 | no | ping | 1 | 200.0 | 1.00 | 72.0 | 0.36 | 250 | 1.25 | 1 |" in lines
    assert "| 200 | 5 | no | 1 | 0.5 | **2.00** | **2.00** | **3.00** | **1.80** | **2.60** |  |" in lines


def test_a_ratio_is_taken_within_a_round():
    rounds = [
        {"a": found(2, 0, 0), "b": found(1, 0, 0)},
        {"a": found(30, 0, 0), "b": found(10, 0, 0)},
        {"a": found(9, 0, 0)},
    ]
    assert _figures.ratio(rounds, "a", "b", "seconds") == 2.5
    assert _figures.ratio(rounds, "a", "c", "seconds") is None


@pytest.mark.parametrize(
    "ours, limit, verdict",
    [
        (1.25, 1.0, _bars.MET),
        (1.26, 1.0, _bars.MISSED),
        (1.26, 1.24, _bars.MISSED),  # Ansible allows the bar, so it counts
        (1.4, 1.3, _bars.NEAR_LIMIT),
        (1.45, 1.3, _bars.MISSED),
    ],
)
def test_a_bar_beyond_what_ansible_allows(ours, limit, verdict):
    rounds = [
        {
            play: found(time, 1, 1)
            for play, time in ((_bars.PING, 1), (_bars.LOOK_LIMIT, limit), (_bars.UNCHANGED, ours))
        }
    ]
    first = _bars.BARS[0]
    assert (first.judged(rounds), first.says()) == (verdict, "at most 1.25")


@pytest.mark.parametrize(
    "ours, limit, verdict", [(1, 0.9, _bars.MET), (1.3, 1.25, _bars.NEAR_LIMIT), (1.3, 1, _bars.MISSED)]
)
def test_a_bar_that_wants_more(ours, limit, verdict):
    times = ((_bars.LOOP_UNCHANGED, 12), (_bars.LOOK_LIMIT, limit), (_bars.UNCHANGED, ours))
    rounds = [{play: found(time, 1, 1) for play, time in times}]
    assert (_bars.BARS[-1].judged(rounds), _bars.BARS[-1].says()) == (verdict, "at least 12")


def test_rounds_are_kept_one_by_one(tmp_path):
    store = _figures.Store(tmp_path / "scale.json", tmp_path / "scale.md", _scale_page.page)
    small, large = measured()["sizes"]
    store.keep(large)
    store.keep(small)
    new = {**small, "runs": [], "rounds": []}
    assert store.begun(new, resume=False) == new
    size = _figures.with_round(store.begun(new, resume=True), small["rounds"][0], begins=True)
    store.keep(_figures.with_round(size, small["rounds"][0], begins=False))
    kept, other = store.load()["sizes"]
    assert (kept["runs"], len(kept["rounds"]), other) == ([1, 2], 3, large)
    assert "| 10 | 5 | no | 1 + 2 | 0.5 |" in (tmp_path / "scale.md").read_text(encoding="utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["scale.json", "scale.md"]


def test_the_page_beside_other_tools():
    rounds = [
        {
            "ping": found(1, 1, 100),
            **{
                f"{title}, {half}": found(time, 1, 100)
                for half in ("everything changes", "nothing changes")
                for title, time in (("harden", 2), ("other", 3))
            },
        }
    ]
    size = {
        **measured()["sizes"][0],
        "keys": 16,
        "tools": {"harden": "", "other": "1.2"},
        "notes": {"other": "a part"},
        "missing": {"third": "Gone"},
        "rounds": rounds,
    }
    page = _others_page.page({"processors": 2, "sizes": [size]})
    assert page.count("| other 1.2 | 3.0 | 3.00 | 1.50 | 1.0 | 1.00 | 100 | 1.00 |") == 2
    assert "- other: a part.\n- Left out: third. Gone.\n" in page


@pytest.mark.parametrize(
    "total, changed",
    [("48 48 - -", True), ("48 - - 48", False), ("48 47 - 1", None), ("48 47 1 -", None), ("", None)],
)
def test_what_pyinfra_says_of_its_changes(total, changed):
    assert _others.pyinfra_changed(f"Grand total   {total.replace(' ', '   ')}   \n") is changed


@pytest.mark.parametrize("script", ["_target.py", "_keeper.py"])
def test_nothing_begins_in_a_network_that_is_not_its_own(script, tmp_path):
    here = os.readlink("/proc/self/ns/net")
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests/hosts/scale" / script), "1", str(tmp_path), here],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode and "refused" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0 or not os.path.exists("/usr/sbin/sshd"), reason="needs root and openssh-server")
def test_hosts_are_apart_and_end_with_their_laboratory(tmp_path):
    lab = Lab(tmp_path / "lab")
    lab.up(2)
    try:
        hosts = lab.hosts()
        assert len({host["namespace"] for host in hosts} | {os.readlink("/proc/self/ns/net")}) == 3
        with pytest.raises(LabError):
            lab.up(1)
        said = subprocess.run(
            [
                *lab.inside(),
                "ssh",
                "-F",
                str(lab.folder / "ssh_config"),
                hosts[1]["address"],
                "readlink /proc/self/ns/net",
            ],
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        ).stdout
        assert said.strip() == hosts[1]["namespace"]
        processes = [pid for host in hosts for pid in lab.processes(host)]
    finally:
        lab.down()
    # They have SIGKILL; on a busy machine the kernel takes a moment.
    end = time.monotonic() + 10
    while any(os.path.exists(f"/proc/{pid}") for pid in processes) and time.monotonic() < end:
        time.sleep(0.05)
    assert len(processes) >= 2 and not any(os.path.exists(f"/proc/{pid}") for pid in processes)
    assert lab.hosts() == [] and not lab.folder.exists()


def test_the_plays_name_files_of_the_role_that_there_are():
    yaml = pytest.importorskip("yaml")
    tasks = ROOT / "roles" / "tcp_hardening" / "tasks"
    named = [
        task["ansible.builtin.import_role"]
        for path in (ROOT / "benchmarks" / "plays").glob("*.yml")
        for play in yaml.safe_load(path.read_text(encoding="utf-8"))
        for task in play.get("tasks", [])
        if "ansible.builtin.import_role" in task
    ]
    ours = [role["tasks_from"] for role in named if role["name"] == "fleetnet.linux_tcp.tcp_hardening"]
    assert ours and [name for name in ours if not (tasks / f"{name}.yml").exists()] == []
