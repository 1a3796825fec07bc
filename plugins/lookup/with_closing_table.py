# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Puts the closing table under a playbook of this collection, without a line in anybody's ansible.cfg.

from __future__ import annotations

DOCUMENTATION = r"""
name: with_closing_table
short_description: Enable the closing table for this run
version_added: 1.0.0
description:
  - Returns its terms as they are, and enables the callback P(fleetnet.linux_tcp.closing_table#callback) for this run.
  - It has to be evaluated while the playbook is loaded, before callbacks are. In C(import_playbook) it is.
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
  description: The terms.
  type: list
  elements: str
"""

from typing import Any, List

from ansible import constants
from ansible.plugins.lookup import LookupBase

CALLBACK = "fleetnet.linux_tcp.closing_table"


class LookupModule(LookupBase):
    """Adds the callback to the list that ansible-core reads when it loads callbacks, as `callbacks_enabled` would."""

    def run(self, terms: List[Any], variables: Any = None, **kwargs: Any) -> List[Any]:
        if CALLBACK not in constants.CALLBACKS_ENABLED:
            constants.CALLBACKS_ENABLED.append(CALLBACK)
        return terms
