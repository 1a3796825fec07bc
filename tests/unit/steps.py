# Runs the role's one step as Ansible does, with modules of the test's own, or the real ones on this private host.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The action's class, with a task, a connection and a display that are plain objects, or Ansible's own."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

pytest.importorskip("ansible.plugins.action")

from ansible import template
from ansible.parsing import dataloader
from ansible.playbook.play_context import PlayContext
from ansible.plugins.loader import connection_loader

from ansible_collections.fleetnet.linux_tcp.plugins.action import tcp_hardening
from ansible_collections.fleetnet.linux_tcp.plugins.modules import sysctl_profile, sysctl_profile_info
from ansible_collections.fleetnet.linux_tcp.tests.unit.module_run import run_module

# Of a task of the role.
ROLE = SimpleNamespace(get_name=lambda: "fleetnet.linux_tcp.tcp_hardening")
INFO, PROFILE = "fleetnet.linux_tcp.sysctl_profile_info", "fleetnet.linux_tcp.sysctl_profile"
SOCKETS = "fleetnet.linux_tcp.tcp_socket_info"
MODULES = {INFO: sysctl_profile_info, PROFILE: sysctl_profile}


def real(name, arguments, check=False):
    """The result of the real module, on the host that this is."""
    return run_module(MODULES[name], {**json.loads(json.dumps(arguments)), "_ansible_check_mode": check})


class Step:
    """One step on one host: what was asked of it, which modules ran, and what it said."""

    def __init__(self, execute, variables=None, **task):
        self.ran = []  # name, arguments and become plugin of each module run
        self.shown = []  # lines
        self.execute = execute
        self.variables = {"inventory_hostname": "web1", "ansible_facts": {}, **(variables or {})}
        self.task = SimpleNamespace(
            args={}, async_val=0, check_mode=False, diff=False, no_log=False, delegate_to=None, delegate_facts=False,
            become_method=None, action="fleetnet.linux_tcp.tcp_hardening", environment=[], _role=None, **task,
        )  # fmt: skip
        self.task.get_search_path = list
        self.task.dump_attrs = lambda: {"become_method": self.task.become_method}
        self.context = PlayContext()
        self.connection = connection_loader.get("local", self.context)
        self.connection.set_options()

    def action(self):
        """The action, as Ansible makes one."""
        loader = dataloader.DataLoader()
        templar = template.Templar(loader=loader, variables=self.variables)
        made = tcp_hardening.ActionModule(self.task, self.connection, self.context, loader, templar, None)
        made._load_name = "tcp_hardening"

        def run(module_name, module_args, task_vars):
            assert task_vars is self.variables
            self.ran.append((module_name, module_args, self.connection.become))
            return self.execute(module_name, module_args)

        made._execute_module = run
        return made

    def run(self, monkeypatch, **arguments):
        """Run the step; its result."""
        self.task.args = arguments
        screen = SimpleNamespace(display=lambda line, color=None: self.shown.extend(line.split("\n")))
        monkeypatch.setattr(tcp_hardening, "Display", lambda: screen)
        return self.action().run(task_vars=self.variables)

    @property
    def modules(self):
        """The names of the modules that ran."""
        return [name for name, _arguments, _become in self.ran]
