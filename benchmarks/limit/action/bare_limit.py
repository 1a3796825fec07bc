# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The least that an action plugin can do on a host: run a module that does nothing, so often. It shows what Ansible
# itself costs, so no step in one task can be below it. Only the benchmark uses it; it is in no released collection.

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    """Runs the module bare_limit as often as `runs` says."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ansible's hook; the result is that of the last run."""
        result = super().run(tmp, task_vars)
        for _ in range(int(self._task.args["runs"])):
            result.update(self._execute_module(module_name="bare_limit", module_args={}, task_vars=task_vars))
        return result
