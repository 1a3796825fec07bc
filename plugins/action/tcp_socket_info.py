# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs the module of the same name, and takes over what it returned, but not what would change the run itself: a host
# that sends facts would set variables, such as how long all wait. The documentation is modules/tcp_socket_info.yml.

from __future__ import annotations

from typing import Any, Dict, Optional

from ansible.plugins.action.normal import ActionModule as Normal

from ..plugin_utils._entry import _results as entry


class ActionModule(Normal):
    """As Ansible runs any module, with a filter behind it."""

    def run(self, tmp: Optional[str] = None, task_vars: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
        """Ansible's hook: the module's result."""
        result = entry.harmless_or_failed(self._task.action, super().run(tmp, task_vars))
        if self._discovered_interpreter_key:
            result["ansible_facts"] = {self._discovered_interpreter_key: self._discovered_interpreter}
        return result
