#!/usr/bin/python

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Holds a profile against a kernel and says, key by key, what would happen and why. Reads only.
# Documentation: sysctl_profile_info.yml, and advice: the action of the same name. Neither travels.

from __future__ import annotations

import os

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._host import read_host, settled_drop_in
from ..module_utils._plan import CONTEXT, make_plan
from ..module_utils._verdict import POLICIES, Profile, ProfileError


# What the action of the same name takes; it keeps the last two to itself.
ARGUMENTS = {
    "values": {"type": "dict", "required": True},
    "exclude": {"type": "list", "elements": "str", "default": []},
    "policy": {"type": "str", "choices": list(POLICIES), "default": "exact"},
    "policies": {"type": "dict", "default": {}},
    "memory_percent": {"type": "int", "default": 50},
    "path": {"type": "path", "default": "/etc/sysctl.d/90-tcp-hardening.conf"},
    "kernel": {
        "type": "dict",
        "options": {
            "release": {"type": "str", "required": True},
            "memory_mb": {"type": "int"},
            "page_size": {"type": "int", "default": 4096},
            "namespace": {"type": "str", "choices": ["host", "container"], "default": "host"},
        },
    },
    "next_kernel": {"type": "str"},
}


def main() -> None:
    """Read the host, plan, return the plan."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    profile = Profile(**{name: module.params[name] for name in Profile._fields})
    try:
        host = read_host(profile.names() + list(CONTEXT), profile.path)
        plan = make_plan(profile, host)
    except ProfileError as exc:
        module.fail_json(msg="The profile cannot be used, nothing was changed. %s" % exc, problems=exc.problems)
    for note in host.notes:
        module.warn(note)
    module.exit_json(changed=False, root=os.geteuid() == 0, drop_in=settled_drop_in(profile.path), **plan)


if __name__ == "__main__":
    main()
