# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. The closing table of the playbook preview: kernels now and then, and every change once.
# Pure.

from __future__ import annotations

from typing import Any, Dict, List, Tuple

from ._closing_table import Fleet, Paint, aligned, natural


class Preview(Fleet):
    """All hosts of a preview. What a plan says of today stays out of it."""

    def __init__(self) -> None:
        super().__init__()
        self._then: Dict[str, Tuple[str, int]] = {}

    def planned(self, name: str, plan: Dict[str, Any]) -> None:
        host = self._host(name)
        host.kernel, host.keys = plan["kernel"]["release"], plan["summary"]["total"]

    def previewed(self, name: str, told: Dict[str, Any]) -> None:
        """What the filter next_kernel made of a host's plan."""
        self._then[name] = told["release"], len(told["changes"])
        for change in told["changes"]:
            self._say("changes", change["key"], change["code"], name, change["message"])

    def _table(self, paint: Paint) -> List[str]:
        rows = [("host", "kernel", "then", "changes")]
        hosts = sorted(self.hosts.items(), key=lambda item: natural(item[0]))
        for name, host in hosts:
            release, count = self._then.get(name, ("-", host.fate or "failed"))
            rows.append((name, host.kernel or "-", release, str(count)))
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        lines = [aligned(row, widths) for row in rows]
        colours = [
            "red" if name not in self._then else "yellow" if self._then[name][1] else "green" for name, _host in hosts
        ]
        return lines[:1] + [paint(line, colour) for line, colour in zip(lines[1:], colours)]
