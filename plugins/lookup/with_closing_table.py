# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Enables the closing table for a playbook of this collection. Nobody has to change ansible.cfg for it.

from __future__ import annotations

DOCUMENTATION = r"""
name: with_closing_table
short_description: Enable the closing table for this run
version_added: 1.0.0
description:
  - Enables the callback P(fleetnet.linux_tcp.closing_table#callback) for this run, and returns its terms unchanged.
  - Use it in C(import_playbook), which Ansible evaluates before it loads callbacks. In a task it is too late.
author:
  - fleetnet.linux_tcp contributors (@fleetnet)
options:
  _terms:
    description: What to return, such as the playbook to import.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: A playbook that closes with the table
  ansible.builtin.import_playbook: "{{ lookup('fleetnet.linux_tcp.with_closing_table', 'plays/site.yml') }}"
"""

RETURN = r"""
_raw:
  description: The terms, unchanged.
  type: list
  elements: str
"""

from typing import Any, List

from ansible import constants
from ansible.plugins.lookup import LookupBase

CALLBACK = "fleetnet.linux_tcp.closing_table"


class LookupModule(LookupBase):
    """Adds the callback to the list of enabled callbacks, as `callbacks_enabled` in ansible.cfg would."""

    def run(self, terms: List[Any], variables: Any = None, **kwargs: Any) -> List[Any]:
        """Ansible's hook: enable the callback, and give the terms back."""
        if CALLBACK not in constants.CALLBACKS_ENABLED:
            constants.CALLBACKS_ENABLED.append(CALLBACK)
        return terms
