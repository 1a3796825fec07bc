# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. What a host's step adds to the run's statistics, as `set_stats` would: the hosts by
# outcome. AWX hands them on in a workflow. Pure.

from __future__ import annotations

from typing import Any, Dict, Optional

# A workflow's next job gets these as extra variables. So they must not begin with tcp_hardening_: the role refuses
# such names where it does not know them.
CHANGED, AS_WANTED, TO_DO = "tcp_hosts_changed", "tcp_hosts_as_wanted", "tcp_hosts_to_do"


def statistics(name: str, to_do: bool, changed: Optional[bool]) -> Dict[str, Any]:
    """The value of `ansible_stats` in a host's result; Ansible adds the lists of all hosts up.

    name: of the host. to_do: whether the plan found anything to do. changed: what became of it, None where nothing was
    applied. A host on which a step failed has no statistics; AWX lists those itself.
    """
    which = AS_WANTED if not to_do else TO_DO if changed is None else CHANGED if changed else AS_WANTED
    return {"data": {which: [name]}, "per_host": False, "aggregate": True}
