# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Refuses a pattern of hosts that matches none. Ansible itself skips such a play, and ends with exit code 0.

from __future__ import annotations

DOCUMENTATION = r"""
name: matched_hosts
short_description: Refuse a pattern of hosts that matches no host
version_added: 1.0.0
description:
  - Returns its terms unchanged, and fails where they match no host of the inventory. C(--limit) counts.
  - Use it in C(hosts) of a play. Ansible skips a play without hosts, and calls that a success.
  - With O(among) it returns those of the hosts that are in a group which the run made, in the inventory's order. It
    fails on none then. Ansible takes hosts out of the group C(ungrouped) when a run puts them into another one, and
    would have them in the order in which they came there.
author:
  - fleetnet.linux_tcp contributors (@fleetnet)
options:
  _terms:
    description: Patterns of hosts, as C(hosts) of a play takes them.
    type: list
    elements: str
    required: true
  among:
    description: The name of a group.
    type: str
"""

EXAMPLES = r"""
- name: A play that fails where its group is empty
  hosts: "{{ lookup('fleetnet.linux_tcp.matched_hosts', target | default('all')) }}"
  tasks: []

- name: Its hosts that an earlier play put into a group
  hosts: "{{ query('fleetnet.linux_tcp.matched_hosts', target | default('all'), among='changed') }}"
  tasks: []
"""

RETURN = r"""
_raw:
  description: The terms, unchanged; with O(among) patterns of its hosts.
  type: list
  elements: str
"""

import difflib
import re
from typing import Any, Dict, Iterable, List

from ansible import context
from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager
from ansible.plugins.lookup import LookupBase

_SHOWN = 10  # groups that a message names


class LookupModule(LookupBase):
    """Looks the patterns up in the groups that the play sees; the inventory itself is out of reach here."""

    def run(self, terms: List[Any], variables: Any = None, **kwargs: Any) -> List[Any]:
        """Ansible's hook: the hosts that a pattern matches; AnsibleError where there is none."""
        self.set_options(var_options=variables, direct=kwargs)
        groups: Dict[str, List[str]] = variables["groups"]
        limit, among = context.CLIARGS.get("subset"), self.get_option("among")
        terms = [part for term in terms for part in (term if isinstance(term, list) else [term])]
        if among:
            return self._among(terms, groups, among, variables.get("hostvars", ()))
        if context.CLIARGS.get("syntax") or context.CLIARGS.get("listhosts") or _plainly(terms, groups, limit):
            return terms
        try:
            found = self._matched(terms, groups, limit)
        except AnsibleError as error:
            raise AnsibleError("hosts: %s" % error) from error
        if not found:
            raise AnsibleError(_refusal(",".join(map(str, terms)), groups, limit))
        return terms

    def _among(self, terms: List[Any], groups: Dict[str, List[str]], among: str, order: Iterable[str]) -> List[Any]:
        """Patterns of the hosts that are in a group as well. order: all hosts of the inventory, in its order."""
        there = set(groups.get(among, ()))
        if not there:
            return ["all", "!all"]  # a missing group would be a warning
        others = {name: hosts for name, hosts in groups.items() if name not in ("all", "ungrouped", among)}
        grouped = {host for hosts in others.values() for host in hosts}
        if there <= grouped:
            return [*terms, "&" + among]
        # As the groups were before: who is in no other one was in `ungrouped`.
        alone = [host for host in order if host not in grouped]
        everybody = [*alone, *(host for host in groups["all"] if host in grouped)]
        before = {"all": everybody, "ungrouped": alone, **others}
        found = [host for host in self._matched(terms, before, None) if host in there]
        return found or ["all", "!all"]

    def _matched(self, terms: List[Any], groups: Dict[str, List[str]], limit: Any) -> List[str]:
        """The hosts that Ansible would find, the implicit localhost too."""
        manager = InventoryManager(self._loader, parse=False)
        for group, hosts in groups.items():
            manager.add_group(group)
            for host in hosts:
                manager.add_host(host, group=group)
        manager.reconcile_inventory()
        manager.subset(limit)
        return [host.get_name() for host in manager.get_hosts(pattern=terms)]


def _plainly(terms: List[Any], groups: Dict[str, List[str]], limit: Any) -> bool:
    """Whether a single name is a group with hosts. That is common, and quick to see in a large fleet."""
    return not limit and len(terms) == 1 and isinstance(terms[0], str) and bool(groups.get(terms[0]))


def _refusal(pattern: str, groups: Dict[str, List[str]], limit: Any) -> str:
    said = "no host matched '%s'%s" % (pattern, " with --limit %s" % limit if limit else "")
    hosts = groups.get("all", [])
    if not hosts:
        return "%s: the inventory has no hosts. Name one: -i hosts.yml, or -i host1,host2," % said
    if pattern in groups:
        return "%s: %s" % (said, "none of its hosts is among these" if groups[pattern] else "the group is empty")
    named = sorted(group for group in groups if group not in ("all", "ungrouped"))
    plain = re.fullmatch(r"[\w.-]+", pattern)
    near = difflib.get_close_matches(pattern, [*named, *hosts], 1) if plain else []
    listed = ", ".join(named[:_SHOWN]) + (" and %d more" % (len(named) - _SHOWN) if len(named) > _SHOWN else "")
    hint = "did you mean '%s'? " % near[0] if near else ""
    return "%s: %sThe inventory has %d host%s; groups: %s" % (
        said,
        hint,
        len(hosts),
        "" if len(hosts) == 1 else "s",
        listed or "none",
    )
