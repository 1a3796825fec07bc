# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. The report of one host, docs/report-schema.json, out of what its modules returned. Pure.

from __future__ import annotations

import json
from typing import Any, Dict, Iterator, List, NamedTuple, Tuple

from .._key_notes import told

SCHEMA = 1

# What a report takes over. What is not here (ports, peers, asked sockets) may be long, and says more about people than
# about keys.
_SETTING = ("key", "wanted", "running", "default", "default_estimated", "boot", "target", "verdict", "reason", "detail",
            "advice", "drift")  # fmt: skip
_STATUS = ("key", "value", "status", "reason", "detail")
_SOCKETS = (
    "source",
    "sockets",
    "states",
    "time_wait",
    "orphans",
    "memory",
    "keepalive",
    "negotiated",
    "findings",
    "unknown",
)
_LISTENER = ("address", "port", "program", "unit", "queue", "backlog", "drops", "cause", "detail")


class Run(NamedTuple):
    """What all hosts of a run share.

    playbook: its name without ending; check: whether in check mode; version: the collection's.
    """

    playbook: str
    check: bool
    version: str


class _Host:
    """What is known of one host.

    The long parts are kept as JSON text, a fraction of the objects' size, since a fleet may be large.
    """

    def __init__(self) -> None:
        self.parts: Dict[str, str] = {}
        self.groups: List[str] = []
        self.status = ""
        self.message = ""
        self.trial = ""  # what was applied, while it is not confirmed
        self.done = False
        self.time = ""
        self.written = False


class Reports:
    """The reports of a run. Fed with results, in any order of hosts; then asked for the documents that are new."""

    def __init__(self) -> None:
        self._hosts: Dict[str, _Host] = {}

    def planned(self, name: str, plan: Dict[str, Any], when: str, last: bool) -> None:
        """A host's plan. when: now, as it stands in the report.

        last: whether nothing is to come after it, as in an audit.
        """
        settings = [dict(_only(_SETTING, setting), **_known(setting["key"])) for setting in plan["settings"]]
        host = self._touched(name, when)
        # A later play may plan the same host anew; what was applied to the plan before is no part of this one.
        host.parts = {
            "kernel": _json(plan["kernel"]),
            "namespaces": _json(plan.get("namespaces")),
            "settings": _json(settings),
        }
        host.status, host.message, host.done = "", "", last

    def applied(self, name: str, result: Dict[str, Any], when: str) -> None:
        """What sysctl_profile did. What it did on trial counts when it is confirmed."""
        host = self._touched(name, when)
        if result["state"] == "confirmed":
            host.parts["applied"], host.trial, host.done = host.trial, "", True
        elif result["state"] != "withdrawn":
            rows = [_only(_STATUS, setting) for setting in result["settings"]]
            text = _json({"state": result["state"], "messages": list(result["messages"]), "settings": rows})
            if result.get("trial"):
                host.trial = text
            else:
                host.parts["applied"], host.done = text, True

    def nothing_to_do(self, name: str, when: str) -> None:
        """The step that applies was skipped: the host is as wanted."""
        self._touched(name, when).done = True

    def looked(self, name: str, seen: Dict[str, Any], when: str) -> None:
        """What tcp_socket_info returned; nothing where it could not look."""
        if "states" in seen:
            part = _only(_SOCKETS, seen)
            part["listeners"] = [
                _only(_LISTENER, listener)
                for listener in seen.get("listeners", ())
                if listener.get("cause") == "restart"
            ]
            self._touched(name, when).parts["sockets"] = _json(part)

    def ended(self, name: str, status: str, message: str, when: str) -> None:
        """A host that takes no further part. status: failed or unreachable."""
        host = self._touched(name, when)
        host.status, host.message, host.done = status, message, True

    def grouped(self, name: str, groups: List[str]) -> None:
        """The groups of a host, as the inventory has them."""
        if name in self._hosts:
            self._hosts[name].groups = groups

    def fresh(self) -> List[str]:
        """The hosts of which something is known that documents() has not given yet."""
        return [name for name, host in self._hosts.items() if not host.written]

    def documents(self, run: Run) -> Iterator[Tuple[str, str]]:
        """Each fresh host with its report, as JSON text; asked again, only what changed since."""
        for name in self.fresh():
            host = self._hosts[name]
            host.written = True
            yield name, _document(name, host, run)

    def _touched(self, name: str, when: str) -> _Host:
        host = self._hosts.setdefault(name, _Host())
        host.time, host.written = when, False
        return host


def _document(name: str, host: _Host, run: Run) -> str:
    status = host.status or ("ok" if host.done else "unfinished")
    head = {
        "schema": SCHEMA,
        "collection": {"name": "fleetnet.linux_tcp", "version": run.version},
        "time": host.time,
        "playbook": run.playbook,
        "check": run.check,
        "host": {"name": name, "groups": host.groups},
        "result": {"status": status, "message": host.message},
    }
    # The parts are JSON already.
    fields = ['"%s": %s' % (part, host.parts.get(part, empty)) for part, empty in _PARTS]
    return _json(head)[:-1] + ", " + ", ".join(fields) + "}\n"


# Each part with what stands in its place where it is not known.
_PARTS = (("kernel", "null"), ("namespaces", "null"), ("settings", "[]"), ("applied", "null"), ("sockets", "null"))


def _only(names: Tuple[str, ...], row: Dict[str, Any]) -> Dict[str, Any]:
    return {name: row[name] for name in names if name in row}


def _known(key: str) -> Dict[str, str]:
    """What the page says of a key beside its values."""
    return _only(("meaning", "unit"), told(key))


def _json(value: Any) -> str:
    # ASCII, so that a name with half of a surrogate pair is written like any other.
    return json.dumps(value, ensure_ascii=True)
