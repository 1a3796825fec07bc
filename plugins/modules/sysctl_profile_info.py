#!/usr/bin/python

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Holds a profile against a kernel and says, key by key, what would happen and why. Reads only.
# Documentation: sysctl_profile_info.yml, which does not travel.

from __future__ import annotations

import os

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._host._read import read_host, settled_drop_in
from ..module_utils._plan._make import CONTEXT, make_plan
from ..module_utils._plan._verdict import POLICIES, Profile, ProfileError
from ..module_utils._plan._what_if import at_boot, imagine, kernel_from


def main() -> None:
    """Read the host, or imagine one; plan; return the plan."""
    module = AnsibleModule(
        argument_spec={
            "values": {"type": "dict", "required": True},
            "exclude": {"type": "list", "elements": "str", "default": []},
            "policy": {"type": "str", "choices": list(POLICIES), "default": "exact"},
            "policies": {"type": "dict", "default": {}},
            "memory_percent": {"type": "int", "default": 50},
            "path": {"type": "path", "default": "/etc/sysctl.d/90-tcp-hardening.conf"},
            "live": {"type": "bool", "default": True},
            "kernel": {
                "type": "dict",
                "options": {
                    "release": {"type": "str", "required": True},
                    "memory_mb": {"type": "int"},
                    "page_size": {"type": "int", "default": 4096},
                    "namespace": {"type": "str", "choices": ["host", "container"], "default": "host"},
                },
            },
        },
        supports_check_mode=True,
    )
    options = dict(module.params)
    imagined, live = options.pop("kernel"), options.pop("live")
    profile = Profile(**options)
    try:
        keys = profile.names()
        if imagined:
            host = imagine(kernel_from(imagined), keys)
        else:
            host = read_host(keys + list(CONTEXT), profile.path)
            host = host if live else at_boot(host)
        plan = make_plan(profile, host)
    except ProfileError as exc:
        module.fail_json(
            msg="The profile cannot be used, nothing was changed. " + "; ".join(exc.problems), problems=exc.problems
        )
    except ValueError as exc:
        module.fail_json(msg="kernel: %s" % exc)
    for note in host.notes:
        module.warn(note)
    drop_in = "" if imagined else settled_drop_in(profile.path)
    module.exit_json(changed=False, root=os.geteuid() == 0, drop_in=drop_in, **plan)


if __name__ == "__main__":
    main()
