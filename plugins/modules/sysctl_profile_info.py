#!/usr/bin/python

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Holds a profile against a kernel and says, key by key, what would happen and why. Reads only.
# Documentation: sysctl_profile_info.yml, which does not travel.

from __future__ import annotations

import os

from ..module_utils._zip import compile_once

compile_once()

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._data import DROP_IN, Profile
from ..module_utils._host._proc import Refused
from ..module_utils._host._read import read_host, settled_drop_in
from ..module_utils._plan._advice import CONTEXT
from ..module_utils._plan._edge import as_result
from ..module_utils._plan._make import make_plan
from ..module_utils._plan._profile import POLICIES, ProfileError, names
from ..module_utils._plan._refusals import beside
from ..module_utils._utf8 import utf8


def main() -> None:
    """Read the host, or imagine one; plan; return the plan."""
    module = AnsibleModule(
        argument_spec={
            "values": {"type": "dict", "required": True},
            "exclude": {"type": "list", "elements": "str", "default": []},
            "policy": {"type": "str", "choices": list(POLICIES), "default": "improve"},
            "policies": {"type": "dict", "default": {}},
            "memory_percent": {"type": "int", "default": 50},
            "path": {"type": "path", "default": DROP_IN},
            "live": {"type": "bool", "default": True},
            "replace": {"type": "bool", "default": False},
            "kernel": {
                "type": "dict",
                "options": {
                    "release": {"type": "str", "required": True},
                    "memory_mb": {"type": "int"},
                    "page_size": {"type": "int", "default": 4096},
                    "namespace": {"type": "str", "choices": ["host", "container"], "default": "host"},
                    "distribution": {"type": "str", "default": ""},
                },
            },
        },
        supports_check_mode=True,
    )
    options = dict(module.params)
    imagined, live, replace = (options.pop(name) for name in ("kernel", "live", "replace"))
    profile = Profile(**options)
    keys = names(profile)
    try:
        if imagined or not live:
            from ..module_utils._plan import _what_if
        if imagined:
            host = _what_if.imagine(_what_if.kernel_from(imagined), [*keys, *beside(keys)])
        else:
            host = read_host([*keys, *CONTEXT, *beside(keys)], profile.path, live and bool(profile.values))
            host = host if live else _what_if.at_boot(host)
        plan = make_plan(profile, host)
    except ProfileError as exc:
        module.fail_json(
            msg="The profile cannot be used, nothing was changed. " + "; ".join(exc.problems), problems=exc.problems
        )
    except Refused as exc:
        module.fail_json(msg=utf8(str(exc)))
    except ValueError as exc:
        module.fail_json(msg="kernel: %s" % exc)
    for note in host.notes:
        module.warn(utf8(note))
    drop_in = refused = ""
    if not imagined:
        drop_in = settled_drop_in(profile.path)
        if os.path.lexists(profile.path):
            from ..module_utils._host._drop_in import why_not

            refused = why_not(profile.path, replace)
    result = {"root": os.geteuid() == 0, "drop_in": drop_in, "refused": refused, **as_result(plan)}
    module.exit_json(changed=False, **utf8(result))


if __name__ == "__main__":
    main()
