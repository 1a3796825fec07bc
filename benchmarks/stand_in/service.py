# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Stands in for the action `service`, and says that the service runs, without a look at the host: light hosts
# cannot run tuned. So what is measured is less than the whole takes. Only plays/kernel_settings.yml meets it.

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    """Changes nothing."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ansible's hook."""
        return {**super().run(tmp, task_vars), "changed": False}
