# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# What another kernel changes for a host, out of its plan: for the playbook preview, and for checks of your own.

from __future__ import annotations

DOCUMENTATION = r"""
name: next_kernel
short_description: What another kernel changes for the profile on a host
version_added: 1.0.0
description:
  - Takes the plan of a host, as M(fleetnet.linux_tcp.sysctl_profile_info) returns it, and says what becomes different with another kernel.
  - Works on the controller, from the catalog of this collection. No host is asked.
author:
  - fleetnet.linux_tcp contributors (@fleetnet)
positional: release
options:
  _input:
    description: The plan.
    type: dict
    required: true
  release:
    description: The other kernel's release, such as V(7.2) or V(6.12.101-1-amd64). In quotes, since the number 7.10 is 7.1.
    type: str
    required: true
  policy:
    description: As for the plan.
    type: str
    default: exact
  policies:
    description: As for the plan.
    type: dict
    default: {}
  memory_percent:
    description: As for the plan, in percent.
    type: int
    default: 50
"""

EXAMPLES = r"""
- name: Say what 7.2 changes
  ansible.builtin.debug:
    msg: "{{ plan | fleetnet.linux_tcp.next_kernel('7.2') }}"
"""

RETURN = r"""
_value:
  description:
    - C(release), and C(changes), a list of C(key), C(code) and C(message).
    - A code is a reason or an advice of M(fleetnet.linux_tcp.sysctl_profile_info), V(refused) for a value that the kernel no longer takes,
      or V(appears).
  type: dict
"""

from typing import Any, Callable, Dict

from ansible.errors import AnsibleFilterError


def next_kernel(plan: Dict[str, Any], release: Any, **options: Any) -> Dict[str, Any]:
    """Release and changes; an error for what is no release."""
    # Only here: for any filter of a collection Ansible loads them all, in a process for each host, and this is the
    # whole planning.
    from ..plugin_utils._next_kernel import changes

    try:
        return {"release": release, "changes": changes(plan, release, **options)}
    except ValueError as error:
        raise AnsibleFilterError("kernel: %s" % error) from error


class FilterModule:
    """The filter of this file."""

    def filters(self) -> Dict[str, Callable[..., Any]]:
        return {"next_kernel": next_kernel}
