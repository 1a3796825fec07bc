# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. Runs this collection's modules for an action, as root where that is needed, with as few
# commands on the host as Ansible allows.

from __future__ import annotations

import shlex
from copy import copy
from typing import Any, Dict, Mapping, Optional, Tuple

from ansible import constants
from ansible.plugins.action import ActionBase, group_by

from .._entry import _results as entry
from ._root import as_root, is_forbidden

# What Python is told to do with a module that is sent through the connection.
# Python reads a program from standard input byte by byte, with a call of the kernel for each: with 270 KB that takes
# half as long as what Ansible itself does on the host. And up to 3.13 it compiles each file of a zip file twice, here
# all that a module imports; module_utils/_zip.py says why. That file does the same for our part, where a module is not
# sent so; for Ansible's part it comes too late.
_AT_ONCE = (
    "import os, sys, zipimport; zipimport.zipimporter.get_filename = lambda self, name: "
    'os.path.join(self.archive, self.prefix + name.rpartition(".")[2]) '
    '+ (os.sep + "__init__.py" if self.is_package(name) else ".py"); '
    "exec(sys.stdin.buffer.read())"
)


class Runs(ActionBase):
    """An action that runs modules. What Ansible itself has to hear of them is kept in `around`."""

    def run(self, tmp: Optional[str] = None, task_vars: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
        """Ansible's hook. To be called first; the result is what the action's own begins with."""
        self._vars: Dict[str, Any] = {} if task_vars is None else task_vars
        self.around: Dict[str, Any] = {}
        result: Dict[str, Any] = super().run(tmp, task_vars)
        return result

    def module(self, name: str, arguments: Dict[str, Any]) -> Dict[str, Any]:
        """Run a module as the task's user; its result, without what would change the run itself. One that cannot be
        used is a failure. AnsibleError where it could not be run."""
        found = self._execute_module(module_name=name, module_args=arguments, task_vars=self._vars)
        answer = entry.harmless_or_failed(name, found)
        for said in ("warnings", "deprecations"):
            if answer.get(said):
                self.around[said] = [*self.around.get(said, []), *answer.pop(said)]
        if self._discovered_interpreter_key:
            self.around["ansible_facts"] = {self._discovered_interpreter_key: self._discovered_interpreter}
        return answer

    def module_as_root(self, name: str, arguments: Dict[str, Any], is_root: bool) -> Tuple[Dict[str, Any], bool]:
        """Run a module as root; its result, and whether the inventory forbade to become root, so that it ran as the
        task's user.

        is_root: that user is root already. AnsibleError where it could not be run.
        """
        forbidden = not is_root and is_forbidden(self, self._vars)
        if is_root or forbidden:
            return self.module(name, arguments), forbidden
        with as_root(self, self._vars):
            return self.module(name, arguments), False

    def joined(self, group: str) -> Dict[str, Any]:
        """Put the host into a group of the inventory; what the action's result has to have for it.

        How it is done differs between the releases of Ansible, so its own action does it. The host does not count as
        changed for that.
        """
        task = copy(self._task)
        task.args = {"key": group}
        action = group_by.ActionModule(
            task, self._connection, self._play_context, self._loader, self._templar, self._shared_loader_obj
        )
        found = action.run(task_vars=self._vars)
        self._task.changed_when = [False]
        return {name: found[name] for name in ("add_group", "parent_groups")}

    def _is_pipelining_enabled(self, module_style: str, wrap_async: bool = False) -> bool:
        """Ansible's hook: whether a module is sent through the connection, instead of a file that has to be put into a
        folder of its own, made executable and removed, which takes six commands in place of one.

        Ansible's setting is off by default since sudo may want a terminal. That is no obstacle where nobody becomes
        another user. Who has set it has it as set.
        """
        if super()._is_pipelining_enabled(module_style, wrap_async):
            return True
        connection = self._connection
        if module_style != "new" or wrap_async or constants.DEFAULT_KEEP_REMOTE_FILES:
            return False
        if connection.become or not connection.has_pipelining:
            return False
        try:
            _value, origin = connection.get_option_and_origin("pipelining")
        except KeyError:
            return False
        return bool(origin == "default")

    def _low_level_execute_command(
        self, cmd: str, sudoable: bool = True, in_data: Optional[bytes] = None, **options: Any
    ) -> Mapping[str, Any]:
        """Ansible's hook: run a command on the host. in_data: a module, where it is sent through the connection; the
        command is the interpreter then, and nothing else."""
        if in_data:
            cmd = "%s -c %s" % (cmd, shlex.quote(_AT_ONCE))
        found: Mapping[str, Any] = super()._low_level_execute_command(cmd, sudoable, in_data, **options)
        return found
