# Tests of the plays' heads: which hosts they take, in which order, by which strategy; and of a target that is nobody.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The plays' files, and the playbooks run by Ansible as far as they come without a host."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("ansible.cli")

from ansible_collections.fleetnet.linux_tcp.tests.unit.playbook import play

yaml = pytest.importorskip("yaml")
ROOT = Path(__file__).resolve().parents[3]
PLAYS = [
    (path.stem, one)
    for path in sorted((ROOT / "playbooks" / "plays").glob("*.yml"))
    for one in yaml.safe_load(path.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("name, one", PLAYS, ids=["%s %s" % (name, one["name"]) for name, one in PLAYS])
def test_no_ansible_cfg_decides_how_a_play_runs_and_none_runs_on_nobody(name, one):
    assert one["strategy"] == "linear", "batches need it"
    assert one["gather_facts"] is False
    asked = "query" if one["name"] == "Roll out" else "lookup"
    assert one["hosts"].startswith("{{ %s('fleetnet.linux_tcp.matched_hosts', target | default('all')" % asked)


@pytest.mark.parametrize("name", sorted({name for name, _play in PLAYS}))
def test_a_target_that_is_nobody_is_a_failure_with_the_nearest_name(name, tmp_path):
    code, said = play(tmp_path, name, "-e", "target=wbe", hosts="[web]\nw1\n")
    assert code != 0 and "no host matched 'wbe': did you mean 'web'? " in said, said


def test_the_audit_says_what_is_not_as_wanted_and_what_to_do(tmp_path):
    hosts = "h ansible_connection=local ansible_python_interpreter=%s\n" % sys.executable
    profile = '{"tcp_hardening_values": {"net.ipv4.tcp_fin_timeout": 17}}'
    code, said = play(tmp_path, "audit", "-e", profile, hosts=hosts)
    sentence = "1 of 1 keys are not as wanted: net.ipv4.tcp_fin_timeout. Run harden to set them."
    assert code == 2 and '"msg": "%s"' % sentence in said, said


def test_in_a_rollout_a_host_that_waits_is_not_changed_yet_and_its_batch_follows(tmp_path):
    """In check mode: nothing is written."""
    hosts = "h ansible_connection=local ansible_python_interpreter=%s\n" % sys.executable
    profile = '{"tcp_hardening_values": {"net.ipv4.tcp_fin_timeout": 17}, "tcp_hardening_policy": "exact"}'
    code, said = play(tmp_path, "harden", "--check", "-e", profile, "-e", "tcp_hardening_health=false", hosts=hosts)
    assert code == 0 and "changed=1 " in said, said
    first, second = said.split("PLAY [Roll out]")
    assert "rollout] ****" in first and "\nok: [h]\n" in first and "changed: [h]" not in first, said
    assert "included: " in second and "\nchanged: [h]\n" in second, said
