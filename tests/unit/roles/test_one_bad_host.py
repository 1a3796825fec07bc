# Tests of one host of three whose variables are wrong: a name that nobody knows stops the play, a value only that host.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Whole runs of ansible-playbook over this machine three times, in check mode or by the audit, which write nothing."""

from __future__ import annotations

import sys

import pytest

from ansible_collections.fleetnet.linux_tcp.tests.unit.playbook import play

HOSTS = "[web]\nw1\nw2\nw3\n[all:vars]\nansible_connection=local\nansible_python_interpreter=%s\n" % sys.executable
UNKNOWN = (
    "The variables cannot be used, no host of this play was changed. tcp_hardening_overides of w2: the role knows no"
    " such variable; did you mean tcp_hardening_overrides?"
)
PLAIN = """
- hosts: web
  gather_facts: false
  strategy: %s
  roles:
    - role: fleetnet.linux_tcp.tcp_hardening
  post_tasks:
    - ansible.builtin.debug:
        msg: the play went on
"""


def run(folder, name, *arguments, variables):
    """A run in which w2 has variables of its own; the others have a profile of one key."""
    (folder / "host_vars").mkdir()
    (folder / "host_vars" / "w2.yml").write_text(variables, encoding="utf-8")
    (folder / "linear.yml").write_text(PLAIN % "linear", encoding="utf-8")
    (folder / "free.yml").write_text(PLAIN % "free", encoding="utf-8")
    profile = '{"tcp_hardening_values": {"net.ipv4.tcp_fin_timeout": 30}, "audit_fail_on_drift": false}'
    return play(folder, name, "--check", "-e", profile, *arguments, hosts=HOSTS)


@pytest.mark.parametrize("name", ["harden", "audit", "preview", "linear.yml"])
def test_a_name_that_the_role_does_not_know_stops_the_play_before_any_host(name, tmp_path):
    kernel = ("-e", "kernel=7.2") if name == "preview" else ()
    code, said = run(tmp_path, name, *kernel, variables="tcp_hardening_overides: {net.core.somaxconn: 8192}\n")
    assert code == 2 and UNKNOWN in said, said
    assert said.count("fatal: ") == 1 and "ok: [w2]" not in said and "the play went on" not in said, said
    assert len(said) < 2000


def test_it_does_so_too_where_each_host_goes_on_its_own(tmp_path):
    """There Ansible has no way to fail once for all hosts."""
    code, said = run(tmp_path, "free.yml", variables="tcp_hardening_overides: {}\n")
    assert code == 2 and UNKNOWN in said and said.count("fatal: ") == 3, said
    assert "as wanted" not in said and "the play went on" not in said


def test_a_name_that_all_have_is_said_once(tmp_path):
    code, said = run(tmp_path, "linear.yml", "-e", "tcp_hardening_pathh=/x", variables="{}\n")
    assert code == 2 and said.count("fatal: ") == 1, said
    assert "tcp_hardening_pathh of all 3 hosts: the role knows no such variable; did you mean" in said


def test_no_name_of_the_profile_stops_the_way_back(tmp_path):
    """Unless it may be one that the way back needs."""
    code, said = run(tmp_path, "rollback", variables="tcp_hardening_overides: {}\n")
    assert code == 0 and "tcp_hardening_overides" not in said, said


@pytest.mark.parametrize(
    "variables, sentence",
    [
        ("tcp_hardening_policy: wrong\n", "tcp_hardening_policy: 'wrong' is refused; expected "),
        ("tcp_hardening_exclude: 5\n", "tcp_hardening_exclude: 5 is refused; expected a list of keys"),
        (
            "tcp_hardening_overrides: {net.core.somaxconn: -5}\n",
            "net.core.somaxconn: -5 is refused; expected one decimal number from ",
        ),
    ],
)
@pytest.mark.parametrize("name", ["audit", "harden", "linear.yml"])
def test_a_value_that_is_wrong_fails_its_host_alone(name, variables, sentence, tmp_path):
    code, said = run(tmp_path, name, variables=variables)
    assert code == 2 and said.count("fatal: ") == 1 and "fatal: [w2]: FAILED!" in said, said
    assert sentence in said and "nothing was changed" in said
    for host in ("w1", "w3"):
        assert "ok: [%s]" % host in said or "changed: [%s]" % host in said, said
