# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. The closing table: what each host's run came to, and the lines that say so. Pure.

from __future__ import annotations

import re
import textwrap
from collections import Counter
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Tuple

# The order of the sections, and of the advice within its section: what can hurt first.
_SECTIONS = ("failed", "stopped", "changes", "drifted", "note", "skipped", "advice", "sockets")
_ADVICE = (
    "overridden_at_boot",
    "nat_hazard",
    "port_overlap",
    "needs_timestamps",
    "page_size",
    "lowers_running",
    "lowers_default",
    "restart_listeners",
    "parity",
    "no_effect",
    "not_inherited_by_containers",
)
_SOCKETS = ("restart", "listen_drops", "time_wait", "keepalive", "fixed_buffer", "older_buffer")
_COLUMNS = ("applied", "unchanged", "skipped", "drifted", "failed")
_COLOURS = {
    "failed": "red",
    "stopped": "red",
    "changes": "yellow",
    "drifted": "yellow",
    "note": "cyan",
    "skipped": "cyan",
    "advice": "blue",
    "sockets": "blue",
}
_NAMES_SHOWN = 3

Paint = Callable[[str, str], str]


class _Row(NamedTuple):
    """One line under the table. hosts: whom it concerns; code: the reason or advice code."""

    section: str
    subject: str
    code: str
    hosts: frozenset
    message: str


class _Host:
    """What is known of one host so far."""

    def __init__(self) -> None:
        self.kernel = ""
        self.counts: Dict[str, int] = dict.fromkeys(_COLUMNS, 0)
        self.keys = 0
        self.fate = ""  # "unreachable", or "failed" where no plan was made
        self.to_set = 0
        self.rolls = self.waits = False  # takes part in a staged rollout; waits for its turn there
        self.trial: Dict[str, Any] = {}  # what sysctl_profile did, while it is not confirmed


class Fleet:
    """All hosts of a run. Fed by the callback with results, in any order of hosts; then asked for its lines once."""

    def __init__(self) -> None:
        self.title = ""
        self.hosts: Dict[str, _Host] = {}
        self._found: Dict[Tuple[str, str, str], Dict[str, str]] = {}
        self._stopped_at: List[str] = []

    def planned(self, name: str, plan: Dict[str, Any]) -> None:
        """A host's plan, as sysctl_profile_info returns it."""
        host = self._host(name)
        host.kernel = plan["kernel"]["release"]
        host.keys, host.to_set = plan["summary"]["total"], plan["summary"]["apply"]
        host.counts.update(skipped=plan["summary"]["skip"], drifted=plan["summary"]["drifted"])
        host.counts["unchanged"] = host.to_set - host.counts["drifted"]
        for setting in plan["settings"]:
            if setting["reason"]:
                self._say("skipped", setting["key"], setting["reason"], name, setting["detail"])
            for advice in setting["advice"]:
                self._say("advice", setting["key"], advice["code"], name, advice["message"])
            if setting["drift"]:
                self._say("drifted", setting["key"], _where(setting["drift"]), name, _differs(setting))

    def applied(self, name: str, result: Dict[str, Any]) -> None:
        """What sysctl_profile did.

        Drift that the plan found is mended by now, but for what another file will win at boot.

        What was done on trial counts when it is confirmed.
        """
        host = self._host(name)
        host.waits = False
        if result.get("trial"):
            host.trial = result
            return
        if result["state"] in ("confirmed", "withdrawn"):
            tried, host.trial = dict(host.trial, trial=""), {}
            for message in result["messages"]:
                self._say("note", "", "", name, message)
            if result["state"] == "withdrawn":
                return
            result = tried
        statuses = Counter(setting["status"] for setting in result["settings"])
        host.keys = len(result["settings"])
        host.counts.update({column: statuses.get(column, 0) for column in ("applied", "unchanged", "skipped")})
        host.counts["drifted"] = sum(
            name in hosts
            for (section, _key, code), hosts in self._found.items()
            if (section, code) == ("advice", "overridden_at_boot")
        )
        self._forget_drift(name)
        for message in result["messages"]:
            self._say("note", "", "", name, message)
        if result["state"] != "present":
            for setting in result["settings"]:
                if setting["status"] == "skipped":
                    self._say("skipped", setting["key"], "", name, setting["detail"])

    def waits(self, name: str) -> None:
        """A host of a staged rollout that has something to do, when its turn comes."""
        host = self._host(name)
        host.rolls = host.waits = True

    def judged(self, name: str, verdict: Dict[str, Any]) -> None:
        """What the health gate says of a host: what it does not know. A breach fails the host, and is said then."""
        for sentence in verdict["unknown"]:
            self._say("note", "", "", name, "tcp_hardening_health: not known of %s" % sentence)

    def looked(self, name: str, seen: Dict[str, Any]) -> None:
        """What tcp_socket_info found out about a host's sockets, or why it could not."""
        if "findings" not in seen:
            self._say("note", "", "", name, "the sockets could not be looked at: %s" % why(seen))
        for finding in seen.get("findings", ()):
            self._say("sockets", finding["subject"], finding["code"], name, finding["message"])

    def failed(self, name: str, message: str) -> None:
        """A host on which a step failed: of the keys that were to be set, none is."""
        host = self._host(name)
        host.counts.update(applied=0, unchanged=0, drifted=0, failed=host.to_set)
        host.fate = "" if host.to_set else "failed"
        self._ended(name, host)
        self._forget_drift(name)
        self._say("failed", "", "", name, message)

    def unreachable(self, name: str, message: str) -> None:
        host = self._host(name)
        host.fate = "unreachable"
        self._ended(name, host)
        self._say("failed", "", "unreachable", name, message)

    def lines(self, check: bool, width: int, paint: Paint) -> List[str]:
        """The table and what stands under it. width: columns of the terminal, 0 for none (no line is broken then)."""
        self._say_stopped()
        return [self._heading(check)] + self._table(paint) + _under(self._rows(), width, paint)

    def _ended(self, name: str, host: _Host) -> None:
        """A host takes no further part. Of a rollout it is what may have stopped it."""
        if host.rolls and name not in self._stopped_at:
            self._stopped_at.append(name)
        host.waits = False

    def _say_stopped(self) -> None:
        """What became of hosts whose turn never came, or never came to its end."""
        at = "stopped at %s" % _names(self._stopped_at) if self._stopped_at else "was ended"
        for name, host in self.hosts.items():
            if host.waits:
                host.fate = "not reached"
                self._say(
                    "stopped",
                    "",
                    "not_reached",
                    name,
                    "the rollout %s; they are as they were, the next run goes on with them" % at,
                )
            elif host.trial:
                host.fate = host.fate or "not confirmed"
                self._say(
                    "stopped",
                    "",
                    "not_confirmed",
                    name,
                    "lost on trial: the host takes its old values back by itself, when the time is up",
                )

    def _host(self, name: str) -> _Host:
        return self.hosts.setdefault(name, _Host())

    def _forget_drift(self, name: str) -> None:
        for (section, _key, _code), hosts in self._found.items():
            if section == "drifted":
                hosts.pop(name, None)

    def _say(self, section: str, key: str, code: str, name: str, message: str) -> None:
        self._found.setdefault((section, key, code), {})[name] = " ".join(message.split())

    def _heading(self, check: bool) -> str:
        sizes = sorted({host.keys for host in self.hosts.values() if host.keys})
        keys = (
            ""
            if not sizes
            else "   %s" % _plural(sizes[0], "key")
            if len(sizes) == 1
            else "   %d to %d keys" % (sizes[0], sizes[-1])
        )
        note = "   check mode: nothing was written" if check else ""
        return "%s   %s%s%s" % (self.title or "TCP settings", _plural(len(self.hosts), "host"), keys, note)

    def _table(self, paint: Paint) -> List[str]:
        rows = [("host", "kernel") + _COLUMNS]
        hosts = sorted(self.hosts.items(), key=lambda item: natural(item[0]))
        rows += [(name, host.kernel or "-") + _cells(host) for name, host in hosts]
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        lines = [aligned(row, widths) for row in rows]
        return lines[:1] + [paint(line, _colour(host)) for line, (_name, host) in zip(lines[1:], hosts)]

    def _rows(self) -> List[_Row]:
        """Every reason and advice once for each key.

        Advice that many keys share to the letter becomes one row, and hosts
        that differ in the message only are one row with the commonest."""
        merged: Dict[Tuple[str, str, str, frozenset], List[str]] = {}
        for (section, key, code), hosts in self._found.items():
            if not hosts:
                continue
            if section in ("failed", "note"):
                for message in dict.fromkeys(hosts.values()):
                    names = frozenset(name for name, said in hosts.items() if said == message)
                    merged[section, code, message, names] = [_names(names)]
                continue
            said = Counter(hosts.values()).most_common()
            message = (
                said[0][0]
                if len(said) == 1
                else "%s (and %s elsewhere)" % (said[0][0], _plural(len(said) - 1, "other value"))
            )
            merged.setdefault((section, code, message, frozenset(hosts)), []).append(key)
        rows = []
        for (section, code, message, hosts), subjects in merged.items():
            many = section == "advice" and len(subjects) > _NAMES_SHOWN
            rows += [
                _Row(section, subject, code, hosts, message)
                for subject in ([_plural(len(subjects), "key")] if many else subjects)
            ]
        return sorted(rows, key=lambda row: (_SECTIONS.index(row.section), _rank(row.code)))


def why(result: Dict[str, Any]) -> str:
    """Why a step failed, out of its result.

    Where a module could not even start, the last line that the host said goes with it.
    """
    said = str(result.get("module_stderr") or result.get("module_stdout") or "").strip().splitlines()
    message = str(result.get("msg") or "failed")
    return "%s: %s" % (message, said[-1]) if said else message


def natural(name: str) -> List[Any]:
    """A key that puts web2 before web10: text and numbers in turn."""
    return [int(part) if place % 2 else part for place, part in enumerate(re.split(r"([0-9]+)", name))]


def _rank(code: str) -> int:
    codes = _ADVICE + _SOCKETS
    return codes.index(code) if code in codes else len(codes)


def _where(drift: List[str]) -> str:
    return {("running",): "now", ("boot",): "after reboot"}.get(tuple(drift), "now and after reboot")


def _differs(setting: Dict[str, Any]) -> str:
    boot = setting["boot"]
    if setting["drift"] == ["boot"]:
        found = "%s by %s" % (boot["value"], boot["source"]) if boot else "no file sets it"
    else:
        found = "unreadable" if setting["running"] is None else setting["running"] or "empty"
    return "%s; wanted %s" % (found, setting["target"] or "empty")


def _cells(host: _Host) -> Tuple[str, ...]:
    if host.fate:
        return ("-", "-", "-", "-", host.fate)
    return tuple(str(host.counts[column]) for column in _COLUMNS)


def _colour(host: _Host) -> str:
    if host.fate or host.counts["failed"]:
        return "red"
    return "yellow" if host.counts["applied"] or host.counts["drifted"] else "green"


def aligned(row: Iterable[str], widths: List[int]) -> str:
    """Names to the left, numbers to the right."""
    cells = [
        cell.ljust(width) if column < 2 else cell.rjust(width) for column, (cell, width) in enumerate(zip(row, widths))
    ]
    return "  ".join(cells).rstrip()


def _under(rows: List[_Row], width: int, paint: Paint) -> List[str]:
    """The rows under the table, the section named once; messages broken where the terminal ends."""
    if not rows:
        return []
    cells = [(row.subject, row.code, _plural(len(row.hosts), "host")) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells)]
    lines = [""]
    section: Optional[str] = None
    for row, found in zip(rows, cells):
        label = (row.section if row.section != section else "").ljust(7)
        section = row.section
        start = "  ".join([label] + [cell.ljust(length) for cell, length in zip(found, widths) if length])
        room = width - len(start) - 2
        parts = (textwrap.wrap(row.message, room) if room >= 30 else []) or [row.message]
        lines.append(paint(label, _COLOURS[row.section]) + (start[len(label) :] + "  " + parts[0]).rstrip())
        lines += [" " * (len(start) + 2) + part for part in parts[1:]]
    return lines


def _names(names: Iterable[str]) -> str:
    listed = sorted(names)
    return ", ".join(listed[:_NAMES_SHOWN]) + (
        " and %d more" % (len(listed) - _NAMES_SHOWN) if len(listed) > _NAMES_SHOWN else ""
    )


def _plural(count: int, noun: str) -> str:
    return "%d %s%s" % (count, noun, "" if count == 1 else "s")
