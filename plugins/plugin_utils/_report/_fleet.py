# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. Many hosts' reports as one fleet: the newest of each host, its cells, their states. Pure.

from __future__ import annotations

import calendar
import re
import time
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

# What a cell can be, from what needs a person first to what does not.
STATES = ("failed", "drift", "boot", "unfinished", "applied", "ok", "skipped")
STATUSES = ("failed", "unreachable", "unfinished", "ok")
_SCHEMA = 1


class Cell(NamedTuple):
    """One key on one host. Hosts have most cells in common, so each is kept once.

    Texts are empty where there is nothing to say.
    """

    state: str
    wanted: str
    running: Optional[str]
    default: Optional[str]
    estimated: bool
    boot: Optional[str]
    source: str
    target: Optional[str]
    reason: str
    detail: str
    status: str
    advice: Tuple[Tuple[str, str], ...]  # code and message


class Sockets(NamedTuple):
    """What the sockets of one host came to.

    states: IPv4 and IPv6 together; percent: of the local ports, in TIME-WAIT.
    """

    states: Tuple[Tuple[str, int], ...]
    time_wait: int
    percent: Optional[float]
    connections: int
    keepalive: int
    restarts: Tuple[str, ...]  # services, each with what it keeps from before


class Host(NamedTuple):
    """One host, as its newest report has it. time: UTC, ISO 8601."""

    name: str
    groups: Tuple[str, ...]
    kernel: str
    memory_mb: Optional[int]
    namespace: str
    time: str
    playbook: str
    check: bool
    status: str
    message: str
    cells: Dict[str, Cell]
    sockets: Optional[Sockets]


class Fleet:
    """All hosts. Fed with reports in any order; the newest of a host wins, and of equally new ones the last."""

    def __init__(self) -> None:
        self.hosts: Dict[str, Host] = {}
        self.keys: Dict[str, Tuple[str, str]] = {}  # each with its meaning and unit, in the order of the profiles
        self.duplicates: Dict[
            str, List[str]
        ] = {}  # for each host with several reports the paths, the one that counts first
        self._paths: Dict[str, str] = {}
        self._kept: Dict[Any, Any] = {}

    def add(self, path: str, report: Dict[str, Any]) -> None:
        """A report. ValueError says what is wrong with one that cannot be used."""
        host = self._host(report)
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
            self.duplicates[host.name] = [winner] + [
                found for found in self.duplicates.get(host.name, [loser]) if found != winner
            ]
            if loser not in self.duplicates[host.name]:
                self.duplicates[host.name].append(loser)

    def sorted(self) -> List[Host]:
        """The hosts, web2 before web10."""
        return sorted(self.hosts.values(), key=lambda host: natural(host.name))

    def _host(self, report: Dict[str, Any]) -> Host:
        if report.get("schema") != _SCHEMA:
            raise ValueError("schema %r; expected %d" % (report.get("schema"), _SCHEMA))
        try:
            kernel = report["kernel"] or {}
            return Host(
                str(report["host"]["name"]),
                self._once(tuple(str(group) for group in report["host"]["groups"])),
                self._once(str(kernel.get("release", ""))),
                kernel.get("memory_mb"),
                self._once(str(kernel.get("namespace", ""))),
                str(report["time"]),
                self._once(str(report["playbook"])),
                bool(report["check"]),
                _known(report["result"]["status"]),
                self._once(" ".join(str(report["result"]["message"]).split())),
                self._cells(report),
                _sockets(report["sockets"]),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("not as docs/report-schema.json has it: %s: %s" % (type(error).__name__, error)) from error

    def _cells(self, report: Dict[str, Any]) -> Dict[str, Cell]:
        done = {row["key"]: row for row in (report["applied"] or {}).get("settings", ())}
        status = report["result"]["status"]
        planned = [setting["key"] for setting in report["settings"]]
        cells = {
            setting["key"]: _planned(setting, done.get(setting["key"], {}), status) for setting in report["settings"]
        }
        cells.update((key, _taken_back(row)) for key, row in done.items() if key not in planned)
        return {self._once(key): self._once(cell) for key, cell in cells.items()}

    def _once(self, value: Any) -> Any:
        return self._kept.setdefault(value, value)


def natural(name: str) -> List[Any]:
    """A key that puts web2 before web10: text and numbers in turn.

    Numbers are compared by length first, since int() has a limit.
    """
    parts = re.split(r"([0-9]+)", name)
    return [(len(part.lstrip("0")), part.lstrip("0"), part) if place % 2 else part for place, part in enumerate(parts)]


def seconds(stamp: str) -> int:
    """Seconds since 1970 of a report's time; 0 for one that cannot be read."""
    try:
        return calendar.timegm(time.strptime(stamp, "%Y-%m-%dT%H:%M:%SZ"))
    except ValueError:
        return 0


def _known(status: Any) -> str:
    if status not in STATUSES:
        raise ValueError("result.status %r; expected %s" % (status, ", ".join(STATUSES)))
    return status


def _planned(setting: Dict[str, Any], done: Dict[str, Any], result: str) -> Cell:
    boot = setting["boot"]
    status = str(done.get("status", ""))
    return Cell(
        _state(setting, status, result),
        str(setting["wanted"]),
        _text(setting["running"]),
        _text(setting["default"]),
        bool(setting.get("default_estimated")),
        _text(boot["value"]) if boot else None,
        str(boot["source"]) if boot else "",
        _text(setting["target"]),
        str(setting["reason"] or ""),
        str(setting["detail"]),
        status,
        tuple((str(advice["code"]), str(advice["message"])) for advice in setting["advice"]),
    )


def _state(setting: Dict[str, Any], status: str, result: str) -> str:
    """What a planned key has come to. Another file that wins at boot is not mended by applying."""
    if setting["verdict"] == "skip":
        return "skipped"
    if result == "failed":
        return "failed"
    if status and any(advice["code"] == "overridden_at_boot" for advice in setting["advice"]):
        return "boot"
    if status:
        return "applied" if status == "applied" else "ok"
    if not setting["drift"]:
        return "ok"
    if result == "unfinished":
        return "unfinished"
    return "drift" if "running" in setting["drift"] else "boot"


def _taken_back(row: Dict[str, Any]) -> Cell:
    """A key of a rollback, for which there is no plan."""
    value, status = str(row.get("value") or ""), str(row["status"])
    state = {"applied": "applied", "skipped": "skipped"}.get(status, "ok")
    return Cell(
        state,
        value,
        None,
        None,
        False,
        None,
        "",
        value or None,
        str(row.get("reason") or ""),
        str(row.get("detail") or ""),
        status,
        (),
    )


def _sockets(seen: Optional[Dict[str, Any]]) -> Optional[Sockets]:
    if not seen:
        return None
    states: Dict[str, int] = {}
    for family in seen["states"].values():
        for state, count in family.items():
            states[str(state)] = states.get(str(state), 0) + int(count or 0)
    waiting, keepalive = seen["time_wait"], seen["keepalive"]
    restarts = [
        "%s, %s" % (finding.get("subject"), finding.get("message"))
        for finding in seen.get("findings", ())
        if finding.get("code") == "restart"
    ]
    percent = waiting.get("percent_of_ports")
    return Sockets(
        tuple(sorted(states.items())),
        int(waiting.get("sockets") or 0),
        None if percent is None else float(percent),
        int(keepalive.get("connections") or 0),
        int(keepalive.get("on") or 0),
        tuple(restarts),
    )


def _text(value: Any) -> Optional[str]:
    return None if value is None else str(value)
