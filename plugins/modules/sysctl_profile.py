#!/usr/bin/python

# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Applies a profile of TCP sysctls to a host, all of it or nothing, takes it out again, or restores what was there before.

from __future__ import annotations

DOCUMENTATION = r"""
module: sysctl_profile
short_description: Apply a profile of TCP sysctls, all or nothing, and take it back
version_added: 1.0.0
description:
  - Writes a drop-in for C(sysctl.d) and the live values, each read back. If one key is refused, the file and all live values
    are put back, and the message names the key, the value and the kernel's answer.
  - Only keys of the plan are written, only where they differ, and straight to C(/proc/sys). No other file is read or touched by
    a reload.
  - A run that dies in the middle leaves a journal; the next run puts its work back first and says so.
  - What the host had before the first run is kept in a snapshot, until O(state=restored) uses it.
author:
  - fleetnet.linux_tcp contributors (@fleetnet)
attributes:
  check_mode:
    support: full
    description: Makes the same comparison, shows the same diff, writes nothing, and fails where it can know that the real run would fail.
  diff_mode:
    support: full
    description: Shows the file, and the live values.
  idempotent:
    support: full
    description: A second run changes nothing.
options:
  settings:
    description:
      - A plan, as RV(fleetnet.linux_tcp.sysctl_profile_info#module:settings) holds it.
      - Of each entry C(key), C(verdict), C(target), C(reason) and C(detail) are used.
    type: list
    elements: dict
  values:
    description:
      - A profile, a mapping from key to value. The module plans by itself, with the policy V(exact) and a memory guard of 50 %.
    type: dict
  content:
    description:
      - The text of the drop-in. It must set each applied key to its value and nothing else.
      - Without it the drop-in holds one line for each applied key.
    type: str
  path:
    description: The drop-in. An absolute path that ends in C(.conf).
    type: path
    default: /etc/sysctl.d/90-tcp-hardening.conf
  state:
    description:
      - V(present) sets the profile.
      - V(absent) removes the drop-in; live values stay.
      - V(restored) brings file and live values back as the snapshot has them, and uses the snapshot up.
    type: str
    choices: [present, absent, restored]
    default: present
  live:
    description: With V(false) the running kernel is left alone and only the file is written, as for an image.
    type: bool
    default: true
seealso:
  - module: fleetnet.linux_tcp.sysctl_profile_info
"""

EXAMPLES = r"""
- name: Set two values, now and at boot
  fleetnet.linux_tcp.sysctl_profile:
    values:
      net.core.somaxconn: 2048
      net.ipv4.tcp_fin_timeout: 30

- name: Carry out a plan that was looked at before
  fleetnet.linux_tcp.sysctl_profile:
    settings: "{{ plan.settings }}"

- name: Bring back what the host had before
  fleetnet.linux_tcp.sysctl_profile:
    state: restored
"""

RETURN = r"""
settings:
  description: What became of each key.
  returned: success
  type: list
  elements: dict
  contains:
    key:
      description: The key.
      type: str
      sample: net.core.somaxconn
    value:
      description: The value that was to be set; empty for one that is only taken back.
      type: str
      sample: "2048"
    status:
      description:
        - V(applied) where the live value or the line in the drop-in was changed, V(unchanged) where neither had to be,
          V(skipped) where the key was left alone.
      type: str
      sample: applied
    reason:
      description: The plan's reason for a skip, else null.
      type: str
      sample: removed
    detail:
      description: One sentence for people.
      type: str
      sample: 4096 becomes 2048
state:
  description: The state that was asked for.
  returned: success
  type: str
  sample: present
snapshot:
  description: The file that keeps what the host had before. Empty where there is none.
  returned: success
  type: str
  sample: /var/lib/fleetnet.linux_tcp/90-tcp-hardening.json
messages:
  description: What else happened, such as the recovery of a run that had died.
  returned: success
  type: list
  elements: str
  sample: []
"""

import os
import re
from typing import Any, Dict, List, Tuple

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._advice import CONTEXT
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot import strays
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host import read_host
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan import Profile, ProfileError, check_settings, make_plan
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._refused import Refused
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._states import carry_out
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._transaction import Store

_PATH = re.compile(r"(?:/[A-Za-z0-9._+@%=:,-]+)+\.conf")


def _planned(params: Dict[str, Any]) -> List[Dict[str, Any]]:
    """The plan to carry out, checked or made; ProfileError where it cannot be right."""
    if params["settings"] is not None:
        settings = params["settings"]
        host = read_host([setting.get("key") for setting in settings if isinstance(setting.get("key"), str)], params["path"])
        problems = check_settings(settings, host)
        if problems:
            raise ProfileError(problems)
        return settings
    profile = Profile(values=params["values"], path=params["path"])
    return make_plan(profile, read_host(profile.names() + list(CONTEXT), profile.path))["settings"]


def _arguments(params: Dict[str, Any]) -> Tuple[List[Dict[str, Any]], Dict[str, str], str]:
    """(plan, targets, text of the drop-in), every fault in them a ProfileError, found before anything is written."""
    path = params["path"]
    if not _PATH.fullmatch(path) or os.path.normpath(path) != path:
        raise ProfileError(["path: %r is refused; expected an absolute path ending in .conf, without .., blanks or globs" % path])
    if params["state"] != "present":
        return [], {}, ""
    settings = _planned(params)
    targets = {setting["key"]: setting["target"] for setting in settings if setting["verdict"] == "apply"}
    content = params["content"]
    if content is None:
        content = "# Set by fleetnet.linux_tcp.sysctl_profile.\n" + "".join("%s = %s\n" % item for item in targets.items())
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
            "state": {"type": "str", "choices": ["present", "absent", "restored"], "default": "present"},
            "live": {"type": "bool", "default": True},
        },
        mutually_exclusive=[("settings", "values")],
        required_if=[("state", "present", ("settings", "values"), True)],
        supports_check_mode=True,
    )
    params = module.params
    try:
        plan, targets, content = _arguments(params)
    except ProfileError as exc:
        module.fail_json(msg="The arguments cannot be used, nothing was changed. " + "; ".join(exc.problems), problems=exc.problems)
    store = Store(params["path"], label=lambda path: module.set_default_selinux_context(path, False))
    try:
        outcome = carry_out(params["state"], store, targets, content, params["live"], module.check_mode)
    except Refused as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(
        changed=outcome.changed,
        state=params["state"],
        settings=_report(plan, outcome.statuses),
        diff=outcome.diff,
        snapshot=store.snapshot_path if os.path.exists(store.snapshot_path) else "",
        messages=outcome.said,
    )


def _report(plan: List[Dict[str, Any]], statuses: Dict[str, Tuple[str, str]]) -> List[Dict[str, Any]]:
    """One entry for each key: those of the plan in its order, else those that were taken back."""
    if not plan:
        return [
            {"key": key, "value": "", "status": status, "reason": None, "detail": detail} for key, (status, detail) in statuses.items()
        ]
    found = []
    for setting in plan:
        status, detail = statuses.get(setting["key"], ("skipped", setting.get("detail") or ""))
        skipped = status == "skipped"
        value = "" if skipped else setting["target"]
        found.append({"key": setting["key"], "value": value, "status": status, "reason": setting.get("reason") if skipped else None, "detail": detail})
    return found


if __name__ == "__main__":
    main()
