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

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._apply._states import carry_out, settle
from ..module_utils._apply._transaction import Store
from ..module_utils._data import Host, Profile
from ..module_utils._host._proc import Refused, read_kernel, read_keys
from ..module_utils._plan._handed import check_settings, plain_settings, strays
from ..module_utils._plan._profile import ProfileError, names

_PATH = re.compile(r"(?:/[A-Za-z0-9._+@%=:,-]+)+\.conf")


def _planned(params: dict[str, Any]) -> list[dict[str, Any]]:
    """The plan to carry out, checked or made; ProfileError where it cannot be right."""
    if params["settings"] is not None:
        settings = params["settings"]
        keys = [setting.get("key") for setting in settings if isinstance(setting.get("key"), str)]
        problems = check_settings(settings, Host(read_kernel(), read_keys(keys)))
        if problems:
            raise ProfileError(problems)
        return settings
    if params["values"] is None:
        raise ProfileError(["values: null is refused; expected a mapping of keys to values"])
    profile = Profile(values=params["values"])
    return plain_settings(profile, Host(read_kernel(), read_keys(names(profile))))


def _arguments(params: dict[str, Any]) -> tuple[list[dict[str, Any]], dict[str, str], str]:
    """(plan, targets, text of the drop-in), every fault in them a ProfileError, found before anything is written."""
    path = params["path"]
    if not _PATH.fullmatch(path) or os.path.normpath(path) != path:
        raise ProfileError(
            ["path: %r is refused; expected an absolute path ending in .conf, without .., blanks or globs" % path]
        )
    if params["confirm"] < 0:
        raise ProfileError(["confirm: %d is refused; expected seconds, from 0 on" % params["confirm"]])
    if params["state"] != "present":
        return [], {}, ""
    settings = _planned(params)
    targets = {setting["key"]: setting["target"] for setting in settings if setting["verdict"] == "apply"}
    content = params["content"]
    if content is None:
        content = "# Set by fleetnet.linux_tcp.sysctl_profile.\n" + "".join(
            "%s = %s\n" % item for item in targets.items()
        )
    problems = ["content: %s" % problem for problem in strays(content, targets)]
    if problems:
        raise ProfileError(problems)
    return settings, targets, content


def main() -> None:
    """Check the arguments, carry the change out, report."""
    module = AnsibleModule(
        argument_spec={
            "settings": {"type": "list", "elements": "dict"},
            "values": {"type": "dict"},
            "content": {"type": "str"},
            "path": {"type": "path", "default": "/etc/sysctl.d/90-tcp-hardening.conf"},
            "state": {
                "type": "str",
                "choices": ["present", "absent", "restored", "confirmed", "withdrawn"],
                "default": "present",
            },
            "live": {"type": "bool", "default": True},
            "confirm": {"type": "int", "default": 0},
            "trial": {"type": "str", "default": ""},
        },
        mutually_exclusive=[("settings", "values")],
        required_if=[("state", "present", ("settings", "values"), True)],
        supports_check_mode=True,
    )
    params = module.params
    try:
        plan, targets, content = _arguments(params)
    except ProfileError as exc:
        module.fail_json(
            msg="The arguments cannot be used, nothing was changed. " + "; ".join(exc.problems), problems=exc.problems
        )
    store = Store(params["path"], label=lambda path: module.set_default_selinux_context(path, False))
    try:
        if params["state"] in ("confirmed", "withdrawn"):
            outcome = settle(params["state"], store, params["trial"], module.check_mode)
        else:
            outcome = carry_out(
                params["state"], store, targets, content, params["live"], module.check_mode, params["confirm"]
            )
    except Refused as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(
        changed=outcome.changed,
        state=params["state"],
        settings=_report(plan, outcome.statuses),
        diff=outcome.diff,
        snapshot=store.snapshot_path if os.path.exists(store.snapshot_path) else "",
        messages=outcome.said,
        trial=outcome.trial,
    )


def _report(plan: list[dict[str, Any]], statuses: dict[str, tuple[str, str]]) -> list[dict[str, Any]]:
    """One entry for each key: those of the plan in its order, else those that were taken back."""
    if not plan:
        return [
            {"key": key, "value": "", "status": status, "reason": None, "detail": detail}
            for key, (status, detail) in statuses.items()
        ]
    found = []
    for setting in plan:
        status, detail = statuses.get(setting["key"], ("skipped", setting.get("detail") or ""))
        skipped = status == "skipped"
        value = "" if skipped else setting["target"]
        found.append(
            {
                "key": setting["key"],
                "value": value,
                "status": status,
                "reason": setting.get("reason") if skipped else None,
                "detail": detail,
            }
        )
    return found


if __name__ == "__main__":
    main()
