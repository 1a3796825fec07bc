# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Decides the health gate of a staged rollout, on the controller. The rule itself is in plugin_utils/_health.py.

from __future__ import annotations

DOCUMENTATION = r"""
name: tcp_health
short_description: Whether a change made a host's TCP counters worse
version_added: 1.0.0
description:
  - Compares the rates of TCP counters after a change with limits, with the rates before it, and with those of other
    hosts.
  - A counter is a breach if its rate after the change is above its limit, and more than twice the rate before the
    change, and more than twice the median of the other hosts, where there are three or more. Fewer than 10 events are
    never a breach.
  - A counter is unknown if the kernel does not have it, or if it started anew in between. What is unknown is never a
    breach.
author:
  - fleetnet.linux_tcp contributors (@fleetnet)
positional: _input, limits, former
options:
  _input:
    description:
      - Three results of M(fleetnet.linux_tcp.tcp_socket_info), taken some seconds before the change, right before it,
        and some seconds after it.
    type: list
    elements: dict
    required: true
  limits:
    description:
      - The highest rate of each counter, in events per second.
      - C(COUNTER/OTHER) is a share of the other counter, in percent.
    type: dict
    required: true
  former:
    description: RV(_value.rates) of other hosts that got the change before this one.
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
      description: A sentence for each counter that the kernel has, and about which nothing can be said.
      type: list
      elements: str
    rates:
      description:
        - The rate of each counter after the change, in the units of O(limits).
        - A rate that is above its limit, and more than twice what it was before the change, is left out. It says
          nothing about what is usual.
      type: dict
"""

from typing import Any, Callable, Dict, Mapping, Sequence

from ansible.errors import AnsibleFilterError


def tcp_health(
    looks: Sequence[Mapping[str, Any]], limits: Mapping[str, Any], former: Sequence[Mapping[str, float]] = ()
) -> Dict[str, Any]:
    """What judge() in _health.py says, as a dict. Raises AnsibleFilterError for limits that cannot be used."""
    # Imported late: when one filter is used, Ansible loads all filters of the collection, once for each host.
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
