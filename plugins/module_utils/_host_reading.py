# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. What was read from a host, as plain data: the planner's view of it.

from __future__ import annotations

from typing import Dict, NamedTuple, Optional, Tuple

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot import File
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel import Kernel


class Reading(NamedTuple):
    """One key as found under /proc/sys. text: its value as read, None where it could not be read."""

    present: bool
    writable: bool = False
    text: Optional[str] = None
    mount_read_only: bool = False


_MISSING = Reading(False)


class Host(NamedTuple):
    """A host as the planner sees it.

    files: all files of the sysctl.d folders; drop_in: the present text of our own, "" where there is none;
    ports: listening TCP ports, ascending, empty where unknown; at_hand: False for a kernel that is only imagined.
    """

    kernel: Kernel
    keys: Dict[str, Reading]
    files: Tuple[File, ...] = ()
    drop_in: str = ""
    ports: Tuple[int, ...] = ()
    at_hand: bool = True

    def reading(self, key: str) -> Reading:
        return self.keys.get(key, _MISSING)
