# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. The variables of all hosts of a play, looked through once, before the first of them is
# touched: one that the role does not know stops the play, whichever host has it.

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from .._names import some
from .._text import printable
from ._wishes import PREFIX, that_count, unknown

_OURS = (PREFIX, "__" + PREFIX)
_SHOWN = 5  # sentences about facts

# The hosts of the play that was looked through last, and who has which of their variables that the role does not know.
# Ansible asks for every host, in the process from which it forks the workers: they find the answer here.
_last: Optional[Tuple[Sequence[str], Dict[str, str]]] = None


def unknown_in(variables: Mapping[str, Any], state: str) -> List[str]:
    """A sentence for each variable of the play and of its hosts that the role does not know.

    variables: of one of the hosts, as Ansible hands them to a task; hostvars among them. state: tcp_hardening_state.
    """
    facts = variables.get("ansible_facts", {})
    owners = dict.fromkeys((name for name in variables if name.startswith(PREFIX) and name not in facts), "")
    return that_count(unknown({**owners, **_of_hosts(variables)}), state)


def from_facts(variables: Mapping[str, Any]) -> List[str]:
    """A sentence for each variable of the role that comes with the facts of the host itself. Those would choose what a
    host gets, and which file of the controller is its template. One host's facts stop no other host."""
    names = sorted(name for name in map(str, variables.get("ansible_facts", {})) if name.startswith(_OURS))
    sentence = "%s comes from the facts of the host and is refused; expected it in the inventory, the play or -e"
    return [printable(sentence % name) for name in names[:_SHOWN]]


def _of_hosts(variables: Mapping[str, Any]) -> Dict[str, str]:
    """Variable to hosts, of those that the role does not know and that hosts have by themselves."""
    global _last
    hosts: Sequence[str] = variables.get("ansible_play_hosts_all", ())
    if _last is None or _last[0] != hosts:
        _last = (hosts, _looked_through(hosts, variables.get("hostvars", {})))
    return _last[1]


def _looked_through(hosts: Sequence[str], hostvars: Any) -> Dict[str, str]:
    found: Dict[str, List[str]] = {}
    for host in hosts:
        if host not in hostvars:
            continue
        own = hostvars.raw_get(host)
        facts = own.get("ansible_facts", {})
        for name in own:
            if name.startswith(PREFIX) and name not in facts:
                found.setdefault(name, []).append(host)
    return {name: _whose(found[name], len(hosts)) for name in found if list(unknown({name: ""}))}


def _whose(names: List[str], count: int) -> str:
    """Hosts in words. count: of all hosts. What all of them have comes from -e, or from the group `all`."""
    return "all %d hosts" % count if len(names) == count > 1 else some(names)
