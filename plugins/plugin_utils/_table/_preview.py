# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. The closing table of the playbook preview: kernels now and then, and every change once.
# Pure.

from __future__ import annotations

from typing import List

from .._run._record import BROKEN, ENDS, Host, Run
from ._closing_table import heading
from ._grid import Line, Paint, grid
from ._under import under


def lines(run: Run, title: str, check: bool, width: int, paint: Paint) -> List[str]:
    """The table and what stands under it; see _closing_table.lines()."""
    hosts = {name: _line(run, host) for name, host in run.hosts.items()}
    sizes = {len(run.words(host)) for host in run.hosts.values()}
    table = grid(("host", "kernel", "then"), ("changes",), hosts, paint)
    return [heading(title, len(hosts), sizes, check), *table, *under(run, width, paint, preview=True)]


def _line(run: Run, host: Host) -> Line:
    if host.next is None:
        end = run.ended(host) or BROKEN
        return Line((host.release, ""), (), end, "red", (len(ENDS) - ENDS.index(end), 0))
    release, changes = host.next
    end = run.ended(host)
    rank = len(ENDS) - ENDS.index(end) if end else 0
    colour = "red" if end else "yellow" if changes else "green"
    return Line((host.release, release), (len(changes),), end, colour, (rank, len(changes)))
