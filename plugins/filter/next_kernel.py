# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Says what another kernel changes for a host, from the host's plan: for the playbook preview, and for your own checks.

from __future__ import annotations

DOCUMENTATION = r"""
name: next_kernel
short_description: What another kernel changes for the profile on a host
version_added: 1.0.0
description:
  - Takes the plan of a host, as M(fleetnet.linux_tcp.sysctl_profile_info) returns it, and says what another kernel
    would change.
  - Works on the controller, with the catalog of this collection. No host is contacted.
author:
  - fleetnet.linux_tcp contributors (@fleetnet)
positional: release
options:
  _input:
    description: The plan.
    type: dict
    required: true
  release:
    description:
      - The other kernel's release, such as V(7.2) or V(6.12.101-1-amd64).
      - Put it in quotes. Without quotes, YAML reads 7.10 as the number 7.1.
    type: str
    required: true
  policy:
    description: The O(fleetnet.linux_tcp.sysctl_profile_info#module:policy) with which the plan was made.
    type: str
    default: improve
  policies:
    description: The O(fleetnet.linux_tcp.sysctl_profile_info#module:policies) with which the plan was made.
    type: dict
    default: {}
  memory_percent:
    description: The O(fleetnet.linux_tcp.sysctl_profile_info#module:memory_percent) with which the plan was made.
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
    - A dictionary with C(release), and with C(changes), a list of dictionaries with C(key), C(code) and C(message).
    - A code is a reason or an advice code of M(fleetnet.linux_tcp.sysctl_profile_info), or V(refused) where the other
      kernel does not take the value, or V(appears) where only the other kernel lets the key be set.
    - V(better) means that the other kernel's own value is better than the profile's, in full or in some of its numbers.
  type: dict
"""

from typing import Any, Callable, Dict

from ansible.errors import AnsibleFilterError


def next_kernel(plan: Dict[str, Any], release: Any, **options: Any) -> Dict[str, Any]:
    """The release, and what it changes for the plan. Raises AnsibleFilterError if `release` is not a kernel release."""
    # Imported late: when one filter is used, Ansible loads all filters of the collection, once for each host. This
    # import brings in the whole planning.
    from ..plugin_utils._next_kernel import changes

    try:
        return {"release": release, "changes": changes(plan, release, **options)}
    except ValueError as error:
        raise AnsibleFilterError("kernel: %s" % error) from error


class FilterModule:
    """The filter of this file."""

    def filters(self) -> Dict[str, Callable[..., Any]]:
        """Ansible's hook: the filter by its name."""
        return {"next_kernel": next_kernel}
