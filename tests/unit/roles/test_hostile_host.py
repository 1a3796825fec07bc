# Tests of one host of three that lies, through whole runs: it harms nobody but itself, and nothing of it is evaluated.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Whole runs of ansible-playbook over this machine, in check mode or by playbooks that write nothing. The liar is this
machine too: instead of Python it has a program that prints an answer of the test's choice."""

from __future__ import annotations

import json
import sys
import time

import pytest

pytest.importorskip("ansible.cli")

from ansible_collections.fleetnet.linux_tcp.tests.unit.hostile import EVALUATED, TEMPLATE
from ansible_collections.fleetnet.linux_tcp.tests.unit.playbook import play
from ansible_collections.fleetnet.linux_tcp.tests.unit.plugins.plugin_utils.reports import SOCKETS, valid
from ansible_collections.fleetnet.linux_tcp.tests.unit.plugins.plugin_utils.runs import planned

HOSTS = "[web]\n%s\n[all:vars]\nansible_connection=local\nansible_python_interpreter=%s\n"
PROFILE = '{"tcp_hardening_values": {"net.ipv4.tcp_fin_timeout": 30}, "audit_fail_on_drift": false}'
PLAN = {**planned(drop_in=False), "root": True, "drop_in": "x", "refused": "", "changed": False}
LOOK = {
    **SOCKETS,
    "unknown": [],
    "source": "sock_diag",
    "uptime_s": 5.0,
    "counters": {},
    "running": {},
    "changed": False,
}
RED = "\x1b[2J\x1b[31m"


def run(folder, name, *arguments, plan=None, look=None, names=("w1", "w2", "w3"), liar="w2"):
    """A run in which one host answers so, and the others as they are."""
    for module, answer in (("sysctl_profile_info", plan or PLAN), ("tcp_socket_info", look or LOOK)):
        (folder / (module + ".json")).write_text(json.dumps(answer), encoding="utf-8")
    program = folder / "python"
    program.write_text(
        "#!/bin/sh\ncd %s\ncase $1 in\n*tcp_socket_info*) cat tcp_socket_info.json ;;\n"
        "*) cat sysctl_profile_info.json ;;\nesac\n" % folder,
        encoding="utf-8",
    )
    program.chmod(0o755)
    rows = [one + (" ansible_python_interpreter=%s" % program if one == liar else "") for one in names]
    code, said = play(folder, name, "-e", PROFILE, *arguments, hosts=HOSTS % ("\n".join(rows), sys.executable))
    assert EVALUATED not in said and "\x1b" not in said, said
    return code, said


def row(said, host):
    """The row of a host in the closing table."""
    return [line.split() for line in said.splitlines() if line.startswith(host + " ")][-1]


def told(value):
    """The same plain data with a template in every text that may have any."""
    if isinstance(value, dict):
        fixed = (
            "key",
            "verdict",
            "reason",
            "drift",
            "loader",
            "code",
            "namespace",
            "states",
            "source",
            "unasked",
            "without",
        )
        return {name: one if name in fixed else told(one) for name, one in value.items()}
    if isinstance(value, list):
        return [told(one) for one in value]
    return RED + TEMPLATE if isinstance(value, str) else value


@pytest.mark.slow
def test_nothing_that_a_host_says_is_evaluated_or_moves_the_cursor(tmp_path):
    look = told({**LOOK, "findings": [{"code": "restart", "subject": "x", "message": "m"}]})
    code, said = run(
        tmp_path, "audit", "-e", "tcp_hardening_report_dir=%s/reports" % tmp_path, "-e", "tcp_hardening_sockets=true",
        plan=told(PLAN), look=look,
    )  # fmt: skip
    assert code == 0 and TEMPLATE in said, said
    assert row(said, "w1")[2:] == row(said, "w3")[2:], said
    for name in ("w1", "w2", "w3"):
        text = (tmp_path / "reports" / (name + ".tcp.json")).read_text(encoding="utf-8")
        assert EVALUATED not in text and "\x1b" not in text
        assert valid(json.loads(text))["result"]["status"] == "ok"


@pytest.mark.slow
@pytest.mark.parametrize("broken", [{"kernel": {**PLAN["kernel"], "release": 6}}, {"settings": 5}, {"summary": None}])
@pytest.mark.parametrize("name", ["audit", "harden"])
def test_a_plan_that_is_none_fails_its_host_alone_and_the_table_comes(broken, name, tmp_path):
    code, said = run(tmp_path, name, "--check", plan={**PLAN, **broken})
    assert code == 2 and said.count("fatal: ") == 1 and "fatal: [w2]: FAILED!" in said, said
    assert "sysctl_profile_info returned what cannot be used: " in said
    assert row(said, "w2")[-1] == "failed" and "failed" not in row(said, "w1") + row(said, "w3"), said


@pytest.mark.slow
def test_what_a_host_calls_its_facts_sets_no_variable_of_the_run(tmp_path):
    """Neither the folder of reports, nor a name that stops the play, nor how long all of them wait."""
    facts = {
        "tcp_hardening_report_dir": str(tmp_path / "theirs"),
        "tcp_hardening_overides": {},
        "observe_interval": 100,
        "observe_seconds": 12000,
    }
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars" / "all.yml").write_text("observe_interval: 1\nobserve_seconds: 2\n", encoding="utf-8")
    begun = time.monotonic()
    code, said = run(
        tmp_path, "observe", liar="w1",
        look={**LOOK, "ansible_facts": facts, "counters": {"Tcp.OutSegs": 5}},
    )  # fmt: skip
    assert code == 0 and "TCP counters" in said and time.monotonic() - begun < 50, said
    assert not (tmp_path / "theirs").exists()


GATHERED = """
- hosts: web
  gather_facts: false
  tasks:
    - name: What any module of a host may return
      liar:
- hosts: web
  gather_facts: false
  roles:
    - role: fleetnet.linux_tcp.tcp_hardening
"""
LIAR = """
from ansible.module_utils.basic import AnsibleModule
import os
module = AnsibleModule({}, supports_check_mode=True)
facts = {"tcp_hardening_report_dir": "%s", "tcp_hardening_template": "/etc/hostname", "tcp_hardening_overides": {}}
module.exit_json(ansible_facts=facts if os.environ.get("LIAR") else {})
"""


@pytest.mark.slow
def test_facts_from_elsewhere_count_neither_and_stop_their_host_alone(tmp_path):
    """A fact outranks the inventory, so that it would choose which file of the controller is a host's template."""
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "liar.py").write_text(LIAR % (tmp_path / "theirs"), encoding="utf-8")
    alone = "liar:\n      environment: {LIAR: \"{{ 'x' if inventory_hostname == 'w1' else '' }}\"}"
    (tmp_path / "site.yml").write_text(GATHERED.replace("liar:", alone), encoding="utf-8")
    (tmp_path / "ansible.cfg").write_text("[defaults]\ncallbacks_enabled = fleetnet.linux_tcp.closing_table\n")
    code, said = run(tmp_path, "site.yml", "--check", liar="")
    assert code == 2 and said.count("fatal: ") == 1 and "fatal: [w1]: FAILED!" in said, said
    assert "tcp_hardening_report_dir comes from the facts of the host and is refused" in said
    assert not (tmp_path / "theirs").exists() and row(said, "w1")[-1] == "failed", said
    assert "failed" not in row(said, "w2") + row(said, "w3"), said
