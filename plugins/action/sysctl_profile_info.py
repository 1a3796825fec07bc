# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs the module of the same name on the host, and does the rest here: advice, and what other kernels would do. What is said to people
# does not travel. The documentation is modules/sysctl_profile_info.yml.

from __future__ import annotations

from typing import Any, Dict, Optional

from ansible.plugins.action import ActionBase

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel import parse_release
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._verdict import Profile, ProfileError
from ansible_collections.fleetnet.linux_tcp.plugins.modules.sysctl_profile_info import ARGUMENTS
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._advice import advised
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._imagined import changes, imagined_plan


class ActionModule(ActionBase):
    """One module run for a host, none for a kernel that is only imagined."""

    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: Optional[str] = None, task_vars: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
        result = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(ARGUMENTS, mutually_exclusive=[("kernel", "next_kernel")])
        profile = Profile(**{name: options[name] for name in Profile._fields})
        release = options["next_kernel"]
        try:
            if release:
                parse_release(release)
            if options["kernel"]:
                plan = dict(imagined_plan(profile, options["kernel"]), changed=False, root=False, drop_in="")
            else:
                args = {name: value for name, value in self._task.args.items() if name in Profile._fields}
                plan = self._execute_module("fleetnet.linux_tcp.sysctl_profile_info", module_args=args, task_vars=task_vars)
            if "seen" in plan:
                following = {"release": release, "changes": changes(plan, profile, release)} if release else None
                plan = dict(advised(plan), next_kernel=following)
        except ProfileError as error:
            plan = {"failed": True, "msg": "The profile cannot be used, nothing was changed. %s" % error, "problems": error.problems}
        except ValueError as error:
            plan = {"failed": True, "msg": "%s: %s" % ("kernel" if options["kernel"] else "next_kernel", error)}
        result.update(plan)
        return result
