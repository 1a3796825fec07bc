#!/usr/bin/python

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Applies a profile of TCP sysctls to a host, all of it or nothing, takes it out again, or restores what was there
# before. Documentation: sysctl_profile.yml, which does not travel.

from __future__ import annotations

import os
import re
from typing import Any

from ..module_utils._zip import compile_once

compile_once()

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._apply._records import NOTHING, Wanted
from ..module_utils._apply._states import carry_out
from ..module_utils._apply._store import Store
from ..module_utils._data import DROP_IN, Host, Profile
from ..module_utils._host._proc import NAMED, Refused, read_kernel, read_keys, require_sysctls
from ..module_utils._plan._handed import check_settings, keys_of, plain_settings, strays
from ..module_utils._plan._profile import ProfileError, names
from ..module_utils._plan._refusals import beside, refusals
from ..module_utils._utf8 import utf8

_PATH = re.compile(r"(?:/[A-Za-z0-9._+@%=:,-]+)+\.conf")


def _check_form(params: dict[str, Any]) -> None:
    """ProfileError for what is wrong whatever the host is."""
    path = params["path"]
    if not _PATH.fullmatch(path) or os.path.normpath(path) != path:
        raise ProfileError(
            ["path: %r is refused; expected an absolute path ending in .conf, without .., blanks or globs" % path]
        )
    if params["confirm"] < 0:
        raise ProfileError(["confirm: %d is refused; expected seconds, from 0 on" % params["confirm"]])
    if params["state"] == "present" and params["settings"] is None and params["values"] is None:
        raise ProfileError(["values: null is refused; expected a mapping of keys to values"])


def _refuse(problems: list[str]) -> None:
    if problems:
        raise ProfileError(problems)


def _look(params: dict[str, Any]) -> Wanted:
    """Read each key of the plan once, and hold the plan against that; ProfileError names every fault."""
    if params["state"] != "present":
        return NOTHING
    settings, profile = params["settings"], Profile(values=params["values"] or {})
    keys = names(profile) if settings is None else keys_of(settings)
    host = Host(read_kernel(), read_keys([*keys, *beside(keys)]))
    if any(key in keys for key in NAMED):
        from ..module_utils._host._names import names_of

        host = host._replace(available=names_of(keys))
    plan = plain_settings(profile, host) if settings is None else check_settings(settings, host)
    targets = {one.key: one.target for one in plan if one.target is not None and not one.returns}
    _refuse(list(refusals(targets, host)))
    content = params["content"]
    if content is None:
        lines = ["%s = %s\n" % item for item in targets.items()]
        return Wanted(plan, host.keys, "".join(["# Set by fleetnet.linux_tcp.sysctl_profile.\n", *lines]))
    _refuse(["content: %s" % problem for problem in strays(content, targets)])
    return Wanted(plan, host.keys, content)


def main() -> None:
    """Check the arguments, carry the change out, report."""
    module = AnsibleModule(
        argument_spec={
            "settings": {"type": "list", "elements": "dict"},
            "values": {"type": "dict"},
            "content": {"type": "str"},
            "path": {"type": "path", "default": DROP_IN},
            "state": {
                "type": "str",
                "choices": ["present", "absent", "restored", "confirmed", "withdrawn"],
                "default": "present",
            },
            "live": {"type": "bool", "default": True},
            "confirm": {"type": "int", "default": 0},
            "trial": {"type": "str", "default": ""},
            "replace": {"type": "bool", "default": False},
            "force": {"type": "bool", "default": False},
            "exclude": {"type": "list", "elements": "str", "default": []},
        },
        mutually_exclusive=[("settings", "values")],
        required_if=[("state", "present", ("settings", "values"), True)],
        supports_check_mode=True,
    )
    params, check = module.params, module.check_mode
    state = params["state"]
    try:
        _check_form(params)
        if params["live"] and state in ("present", "restored"):
            require_sysctls()
        store = Store(params["path"], label=lambda path: module.set_default_selinux_context(path, False))
        if state in ("confirmed", "withdrawn"):
            from ..module_utils._apply._take_back import settle

            outcome = settle(state, store, params["trial"], check)
        else:
            outcome = carry_out(
                state,
                store,
                lambda: _look(params),
                params["live"],
                check,
                params["confirm"],
                params["replace"],
                params["force"],
                params["exclude"],
            )
    except ProfileError as exc:
        module.fail_json(
            msg="The arguments cannot be used, nothing was changed. " + "; ".join(exc.problems), problems=exc.problems
        )
    except Refused as exc:
        module.fail_json(msg=utf8(str(exc)))
    result = {
        "changed": outcome.changed,
        "state": state,
        "settings": [done._asdict() for done in outcome.done],
        "diff": [
            {"before_header": name, "after_header": name, "before": before, "after": after}
            for name, before, after in outcome.diff
        ],
        "snapshot": store.snapshot_path if os.path.exists(store.snapshot_path) else "",
        "messages": list(outcome.said),
        "trial": outcome.trial,
    }
    if outcome.stuck:
        from ..module_utils._apply._take_back import what_is_stuck

        module.fail_json(msg=what_is_stuck(outcome, store), **utf8(result))
    module.exit_json(**utf8(result))


if __name__ == "__main__":
    main()
