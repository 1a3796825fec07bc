# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Whether a play has variables that the role does not know. The role's step asks in `run_once`, which Ansible works out
# before it starts anything on a host: where it is true, the step fails once, for all hosts.

from __future__ import annotations

DOCUMENTATION = r"""
name: unknown_variables
short_description: Whether any host of the play has a variable tcp_hardening_* that the role does not know
version_added: 1.0.0
description:
  - Returns V(true) where the play, or any of its hosts, has a variable C(tcp_hardening_*) that the role
    P(fleetnet.linux_tcp.tcp_hardening#role) does not know, and V(false) otherwise.
  - The role uses it in C(run_once) of its step, so that a mistyped name stops the play before any host is touched, and
    is said once.
  - The variables of all hosts are looked through once for each play.
author:
  - fleetnet.linux_tcp contributors (@fleetnet)
options: {}
"""

EXAMPLES = r"""
- name: Stop where a name is mistyped in the inventory
  ansible.builtin.assert:
    that: not lookup('fleetnet.linux_tcp.unknown_variables')
  run_once: true
"""

RETURN = r"""
_raw:
  description: One boolean.
  type: list
  elements: bool
"""

from typing import Any, List

from ansible.plugins.lookup import LookupBase

from ..plugin_utils._step._play import unknown_in


class LookupModule(LookupBase):
    """Asks for the host whose turn it is."""

    def run(self, terms: List[Any], variables: Any = None, **kwargs: Any) -> List[bool]:
        """Ansible's hook: one boolean."""
        state = self._templar.template(variables.get("tcp_hardening_state", "present"))
        return [bool(unknown_in(variables, str(state)))]
