# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Returns what the catalog says to people about a key: for the comments of the drop-in, and for your own playbooks.

from __future__ import annotations

DOCUMENTATION = r"""
name: key_notes
short_description: What a sysctl key means
version_added: 1.0.0
description:
  - Looks a key up in the catalog of this collection, and returns its meaning, unit and the document's default.
  - Works on the controller. No host is contacted.
author:
  - fleetnet.linux_tcp contributors (@fleetnet)
options:
  _input:
    description: The key.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Say what a key is
  ansible.builtin.debug:
    msg: "{{ 'net.core.somaxconn' | fleetnet.linux_tcp.key_notes }}"
"""

RETURN = r"""
_value:
  description: What is known of the key. A text is empty where nothing is known.
  type: dict
  contains:
    meaning:
      description: What the key is, in one line.
      type: str
      sample: longest listen queue of one port
    unit:
      description: The unit of its numbers.
      type: str
      sample: connections
    document_default:
      description: The default that the document gives. Empty for a key that the document does not list.
      type: str
      sample: "128"
"""

from typing import Any, Callable, Dict

from ..plugin_utils._key_notes import told


class FilterModule:
    """The filter of this file."""

    def filters(self) -> Dict[str, Callable[..., Any]]:
        """Ansible's hook: the filter by its name."""
        return {"key_notes": told}
