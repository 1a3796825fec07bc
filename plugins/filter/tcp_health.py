# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# The health gate of a staged rollout, decided on the controller. The rule is in plugin_utils/_health.py.

from __future__ import annotations

DOCUMENTATION = r"""
name: tcp_health
short_description: Whether a change made a host's TCP counters worse
version_added: 1.0.0
description:
  - Compares the rates of counters after a change with limits, with the rates before it, and with other hosts' rates.
  - A counter is a breach where its rate after the change is above its limit, more than twice the rate before the
    change, and more than twice the median of the other hosts. Fewer than 10 events may be chance, and are no breach.
  - A counter that the kernel does not have, or that began anew in between, is unknown, and no breach.
author:
  - fleetnet.linux_tcp contributors (@fleetnet)
positional: _input, limits, former
options:
  _input:
    description:
      - Three results of M(fleetnet.linux_tcp.tcp_socket_info), of some seconds before the change, right before it, and
        some seconds after it.
    type: list
    elements: dict
    required: true
  limits:
    description: The highest rate of each counter, per second. C(COUNTER/OTHER) is a share of the other one in percent.
    type: dict
    required: true
  former:
    description: RV(_value.rates) of other hosts that had the change before.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Is the host well?
  ansible.builtin.debug:
    msg: "{{ [earlier, before, after] | fleetnet.linux_tcp.tcp_health({'TcpExt.ListenOverflows': 5}) }}"
"""

RETURN = r"""
_value:
  description: What was found.
  type: dict
  contains:
    breaches:
      description: A sentence for each counter that is a breach, with its numbers.
      type: list
      elements: str
    unknown:
      description: A sentence for each counter about which nothing can be said, though the kernel has it.
      type: list
      elements: str
    rates:
      description: The rate of each counter after the change.
      type: dict
"""

from typing import Any, Callable, Dict, Mapping, Sequence

from ansible.errors import AnsibleFilterError


def tcp_health(
    looks: Sequence[Mapping[str, Any]], limits: Mapping[str, Any], former: Sequence[Mapping[str, float]] = ()
) -> Dict[str, Any]:
    """What judge() says, as a dict; AnsibleFilterError for limits that cannot be used."""
    # Imported here: for any filter of a collection Ansible loads all of them, in a process for each host.
    from ..plugin_utils._health import judge

    try:
        return judge(looks, limits, former)._asdict()
    except ValueError as error:
        raise AnsibleFilterError("tcp_hardening_health_limits: %s" % error) from error


class FilterModule:
    """Names the filter."""

    def filters(self) -> Dict[str, Callable[..., Any]]:
        """The filter by its name."""
        return {"tcp_health": tcp_health}
