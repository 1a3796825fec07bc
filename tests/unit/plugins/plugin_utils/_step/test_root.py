# Tests of becoming root for a part of a step: by which method, with which options, and back again.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Ansible's own connection `local` and become plugins; `sudo` is a script of the test's own where something runs."""

from __future__ import annotations

import pytest

pytest.importorskip("ansible.plugins.action")

from ansible.errors import AnsibleError
from ansible.plugins.loader import become_loader
from ansible.template import trust_as_template as trusted

from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._step import _root
from ansible_collections.fleetnet.linux_tcp.tests.unit.steps import Step

# Shows how it was called, then does what it was asked to.
SUDO = """#!/bin/sh
while [ "$1" != -u ]; do flags="$flags $1"; shift; done
echo "as $2 by$flags" >>%s
shift 2
exec "$@"
"""


def new(**variables):
    step = Step(None, variables)
    return step, step.action()


def inside(variables=None, method=None, password="", delegate=None):
    """The become plugin that is used within, and the context as old connection plugins see it."""
    step, action = new(**(variables or {}))
    step.task.become_method, step.task.delegate_to, step.context.become_pass = method, delegate, password
    with _root.as_root(action, step.variables):
        context = step.connection._play_context
        return step.connection.become, (context.become, context.become_method, context.become_user, context.become_pass)


def test_root_by_sudo_is_the_default():
    plugin, context = inside()
    assert (plugin.name, plugin.get_option("become_user")) == ("sudo", "root") and context[:3] == (True, "sudo", "root")


@pytest.mark.parametrize(
    "variables, method, name",
    [
        ({}, "su", "su"),
        ({"ansible_become_method": "su"}, None, "su"),
        ({"ansible_become_method": trusted("{{ how }}"), "how": "su"}, "sudo", "su"),
    ],
)
def test_the_method_is_that_of_the_host_or_else_of_the_task(variables, method, name):
    assert inside(variables, method)[0].name == name


def test_the_options_are_those_of_the_variables_but_for_the_account():
    variables = {
        "ansible_become_user": "app", "ansible_sudo_user": "app", "ansible_become_password": trusted("{{ secret }}"),
        "secret": "s3", "ansible_become_exe": "/opt/sudo", "ansible_become_flags": "-H",
    }  # fmt: skip
    plugin, context = inside(variables)
    found = [plugin.get_option("become_" + name) for name in ("user", "pass", "exe", "flags")]
    assert found == ["root", "s3", "/opt/sudo", "-H"] and context == (True, "sudo", "root", "s3")


def test_a_password_that_was_asked_for_counts():
    assert inside(password="typed")[0].get_option("become_pass") == "typed"


def test_with_delegate_to_the_other_hosts_variables_count():
    other = {"ansible_become_method": "su", "ansible_become_password": "theirs"}
    plugin, _context = inside({"ansible_become_password": "ours", "ansible_delegated_vars": {"db": other}},
                              delegate="db")  # fmt: skip
    assert (plugin.name, plugin.get_option("become_pass")) == ("su", "theirs")


@pytest.mark.parametrize("ends_well", [True, False])
def test_afterwards_everything_is_as_before(ends_well):
    step, action = new()
    former = become_loader.get("su")
    step.connection.set_become_plugin(former)
    step.context.become, step.context.become_user, step.context.become_method = True, "app", "su"
    try:
        with _root.as_root(action, step.variables):
            assert step.connection.become.name == "sudo"
            if not ends_well:
                raise OSError
    except OSError:
        pass
    assert step.connection.become is former
    context = step.context
    assert (context.become, context.become_user, context.become_method) == (True, "app", "su")


def test_a_command_runs_as_root_within_and_as_before_after_that(tmp_path):
    log, sudo = tmp_path / "log", tmp_path / "sudo"
    sudo.write_text(SUDO % log)
    sudo.chmod(0o755)
    step, action = new(ansible_become_exe=str(sudo), ansible_become_flags="-n")
    with _root.as_root(action, step.variables):
        step.connection.default_user = "deploy"  # root needs not become root
        assert action._low_level_execute_command("echo within")["stdout"] == "within\n"
    assert log.read_text() == "as root by -n\n"
    assert action._low_level_execute_command("echo after")["stdout"] == "after\n"
    assert log.read_text() == "as root by -n\n"


def test_a_method_that_cannot_be_is_refused_by_name(monkeypatch):
    monkeypatch.setattr(_root.become_loader, "get", lambda name: None)  # it would ask for collections, which tests lack
    with pytest.raises(AnsibleError, match="become_method: nosuch is refused"):
        inside(method="nosuch")


def test_a_method_that_needs_a_terminal_is_refused_where_there_is_none(monkeypatch):
    step, action = new()
    step.task.become_method = "su"
    monkeypatch.setattr(type(become_loader.get("su")), "require_tty", True, raising=False)
    monkeypatch.setattr(type(step.connection), "has_tty", False, raising=False)
    with pytest.raises(AnsibleError, match="su needs a terminal"), _root.as_root(action, step.variables):
        raise AssertionError


@pytest.mark.parametrize(
    "value, forbidden",
    [(None, False), (True, False), ("yes", False), (False, True), ("no", True), (trusted("{{ 0 }}"), True)],
)
def test_the_inventory_may_forbid_it(value, forbidden):
    step, action = new(**({} if value is None else {"ansible_become": value}))
    assert _root.is_forbidden(action, step.variables) is forbidden


def test_mitogen_makes_a_new_interpreter_each_time(monkeypatch):
    step, action = new()
    closed = []
    monkeypatch.setattr(type(step.connection), "__module__", "ansible_mitogen.connection")
    monkeypatch.setattr(type(step.connection), "close", lambda self: closed.append(self.become and self.become.name))
    with _root.as_root(action, step.variables):
        assert closed == ["sudo"]
    assert closed == ["sudo", None]
