# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. Many hosts' reports as one fleet: of each host the newest, with a cell for each key. Pure.

from __future__ import annotations

import calendar
import time
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ...module_utils._codes import APPLIED, BOOT, DRIFTED, RESTART, Code, of_kind, rank
from ...module_utils._plan._outcome import FATES
from .._entry._form import Checker, Unfit
from .._entry._schema import REPORT, SCHEMA
from .._names import natural
from .._text import printable
from ._columns import Cell, cell_of

OUTCOMES: Tuple[Code, ...] = of_kind("outcome")
# Outcomes that a test run counts as failures: all that are worse than a change that went well.
AMISS = tuple(outcome for outcome in OUTCOMES if rank("outcome", outcome) < rank("outcome", APPLIED))
# How the run of a host went, what needs a person first coming first.
OK = FATES[0]
STATUSES = (*FATES[1:], OK)
# What a host came to: how its run went, and of a host whose run went well, whether a key drifted.
AS_WANTED = "as wanted"
CONDITIONS = (*FATES[1:], str(DRIFTED), AS_WANTED)


ENDING = ".tcp.json"  # of the name of a host's report
_FORM = Checker(REPORT)
# Clocks of controllers differ. What is newer than this is not believed: it would count for ever.
_AHEAD = 3600  # seconds


class Sockets(NamedTuple):
    """What the sockets of one host came to."""

    states: Tuple[Tuple[str, int], ...]  # IPv4 and IPv6 together
    time_wait: int  # sockets
    percent: Optional[float]  # of the local ports, in TIME-WAIT on the busiest way out
    connections: int
    keepalive: int  # of the connections
    restarts: Tuple[str, ...]  # services, each with what it keeps from before


class Host(NamedTuple):
    """One host, as its newest report has it."""

    name: str
    groups: Tuple[str, ...]
    kernel: str  # its release; "" where no plan could be made
    memory_mb: Optional[int]  # MiB
    namespace: str
    time: str  # UTC, ISO 8601
    playbook: str
    check: bool
    status: str  # one of STATUSES
    message: str
    path: str  # of the report
    cells: Dict[str, Cell]  # by key
    sockets: Optional[Sockets]

    @property
    def condition(self) -> str:
        """What it came to, one of CONDITIONS."""
        if self.status != OK:
            return self.status
        drifted = any(cell.outcome in (DRIFTED, BOOT) for cell in self.cells.values())
        return str(DRIFTED) if drifted else AS_WANTED


class Fleet:
    """All hosts. Fed with reports in any order; the newest of a host wins, and of equally new ones the last.

    now: seconds since 1970; a report from later than that is refused.
    """

    def __init__(self, now: float = float("inf")) -> None:
        self._now = now
        self.hosts: Dict[str, Host] = {}
        self.keys: Dict[str, Tuple[str, str]] = {}  # each with its meaning and unit, in the order of the profiles
        self.duplicates: Dict[
            str, List[str]
        ] = {}  # of a host with several reports the paths, the one that counts first
        self._paths: Dict[str, str] = {}
        self._kept: Dict[Any, Any] = {}

    def add(self, path: str, report: Dict[str, Any]) -> None:
        """Add a report. ValueError says what is wrong with one that cannot be used."""
        if report.get("schema") != SCHEMA:
            raise ValueError("schema %s; expected %d" % (printable(repr(report.get("schema")), 60), SCHEMA))
        try:
            report = _FORM(report)
        except Unfit as error:
            raise ValueError("not as docs/report-schema.json has it: %s" % error) from error
        self._add(printable(path), report)

    def _add(self, path: str, report: Dict[str, Any]) -> None:
        host = self._host(path, report)
        former = self.hosts.get(host.name)
        if former is None or host.time >= former.time:
            for setting in report["settings"]:
                self.keys.setdefault(setting["key"], (str(setting.get("meaning", "")), str(setting.get("unit", ""))))
            for key in host.cells:
                self.keys.setdefault(key, ("", ""))
            self.hosts[host.name] = host
            winner, loser = path, self._paths.get(host.name, "")
            self._paths[host.name] = path
        else:
            winner, loser = self._paths[host.name], path
        if loser:
            known = self.duplicates.get(host.name, [])
            self.duplicates[host.name] = list(dict.fromkeys([winner, *known, loser]))

    def sorted(self) -> List[Host]:
        """The hosts, web2 before web10."""
        return sorted(self.hosts.values(), key=lambda host: natural(host.name))

    def _host(self, path: str, report: Dict[str, Any]) -> Host:
        kernel = report["kernel"] or {}
        if not 0 < seconds(report["time"]) <= self._now + _AHEAD:
            raise ValueError("time %s: no such time, or in the future" % report["time"])
        return Host(
            report["host"]["name"],
            self._once(tuple(report["host"]["groups"])),
            self._once(kernel.get("release", "")),
            kernel.get("memory_mb"),
            self._once(kernel.get("namespace", "")),
            report["time"],
            self._once(report["playbook"]),
            report["check"],
            report["result"]["status"],
            self._once(report["result"]["message"]),
            path,
            self._cells(report),
            _sockets(report["sockets"]),
        )

    def _cells(self, report: Dict[str, Any]) -> Dict[str, Cell]:
        planned = {row["key"]: row for row in report["settings"]}
        done = {row["key"]: row for row in (report["applied"] or {}).get("settings", ())}
        keys = dict.fromkeys((*planned, *done))
        return {self._once(key): self._once(cell_of(planned.get(key, {}), done.get(key, {}))) for key in keys}

    def _once(self, value: Any) -> Any:
        return self._kept.setdefault(value, value)


def seconds(stamp: str) -> int:
    """Seconds since 1970 of a report's time; 0 for one that cannot be read."""
    try:
        return calendar.timegm(time.strptime(stamp, "%Y-%m-%dT%H:%M:%SZ"))
    except ValueError:
        return 0


def _sockets(seen: Optional[Dict[str, Any]]) -> Optional[Sockets]:
    if not seen:
        return None
    states: Dict[str, int] = {}
    for family in seen["states"].values():
        for state, count in family.items():
            states[state] = states.get(state, 0) + (count or 0)
    waiting, keepalive = seen["time_wait"], seen["keepalive"]
    restarts = [
        "%s, %s" % (finding["subject"], finding["message"])
        for finding in seen.get("findings", ())
        if finding["code"] == RESTART
    ]
    percent = waiting.get("percent_of_ports")
    return Sockets(
        tuple(sorted(states.items())),
        waiting.get("sockets") or 0,
        None if percent is None else float(percent),
        keepalive.get("connections") or 0,
        keepalive.get("on") or 0,
        tuple(restarts),
    )
