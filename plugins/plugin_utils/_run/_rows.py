# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. What is kept of one key: its row in a plan, its row in what sysctl_profile did, and the
# last word on it. Rows are made from their JSON text, so that hosts that are alike can share them. Pure.

from __future__ import annotations

import json
from typing import Any, Dict, Iterable, Mapping, NamedTuple, Optional, Tuple

from ...module_utils._codes import NOT_READ_AT_BOOT, OVERRIDDEN_AT_BOOT, RESTART, Code
from .._text import printable

# The fields of a plan's row, and of a row of sysctl_profile, that are kept, in the order of docs/report-schema.json.
_PLANNED = ("key", "wanted", "running", "default", "default_estimated", "boot", "target", "verdict", "reason", "detail",
            "advice", "drift", "then")  # fmt: skip
# Of a look at the sockets. What is not here (ports, peers) may be long, and says more about people than about keys.
_LOOKED = ("source", "sockets", "states", "time_wait", "orphans", "memory", "keepalive", "negotiated", "findings",
           "unknown")  # fmt: skip
IN_REPORTS = ("states", "time_wait", "keepalive")  # of these a report has all, or no sockets
_LISTENER = ("address", "port", "program", "unit", "queue", "backlog", "drops", "cause", "detail")
_DONE = ("key", "value", "status", "reason", "detail")


RETURN = "return"  # the verdict on a key that an earlier run set, and this one takes back


class Planned(NamedTuple):
    """One key of a plan."""

    key: str
    verdict: str  # apply, return or skip
    reason: str  # a code; "" where it is set
    detail: str
    target: str  # "" where a key returns to what only root can see
    drift: Tuple[str, ...]  # of running and boot, where the target does not stand
    differs: str  # what stands there instead, for people; "" without drift
    overridden: bool  # something sets the key otherwise after the drop-in
    advice: Tuple[Tuple[str, str], ...]  # code and message
    text: str  # all of it as JSON


class Done(NamedTuple):
    """What sysctl_profile did with one key."""

    key: str
    status: str  # applied, unchanged or skipped
    reason: str
    detail: str
    text: str  # all of it as JSON


class Word(NamedTuple):
    """The last word on a key."""

    planned: Optional[Planned]  # None where no plan has the key, as in a rollback
    done: Optional[Done]  # None where sysctl_profile did not come to it
    outcome: Code


def as_json(value: Any) -> str:
    """JSON in ASCII, so that a name with half of a surrogate pair is written like any other."""
    return json.dumps(value, ensure_ascii=True)


def only(names: Iterable[str], row: Mapping[str, Any]) -> Dict[str, Any]:
    """The fields of a row that have these names, in the order of the names."""
    return {name: row[name] for name in names if name in row}


def planned_text(setting: Mapping[str, Any]) -> str:
    """What is kept of a row of a plan, as JSON."""
    return as_json(only(_PLANNED, setting))


def planned_row(setting: Mapping[str, Any], text: str) -> Planned:
    """A row of a plan, as sysctl_profile_info returns it. text: of planned_text()."""
    advice = tuple((str(each["code"]), printable(each["message"])) for each in setting["advice"])
    return Planned(
        key=str(setting["key"]),
        verdict=str(setting["verdict"]),
        reason=str(setting["reason"] or ""),
        detail=printable(setting["detail"]),
        target=str(setting["target"] or ""),
        drift=tuple(map(str, setting["drift"])),
        differs=_differs(setting) if setting["drift"] else "",
        overridden=any(code in (OVERRIDDEN_AT_BOOT, NOT_READ_AT_BOOT) for code, _message in advice),
        advice=advice,
        text=text,
    )


def done_text(row: Mapping[str, Any]) -> str:
    """What is kept of a row of sysctl_profile, as JSON."""
    return as_json(only(_DONE, row))


def done_row(row: Mapping[str, Any], text: str) -> Done:
    """A row of what sysctl_profile returns. text: of done_text()."""
    reason, detail = str(row.get("reason") or ""), printable(row.get("detail") or "")
    return Done(str(row["key"]), str(row["status"]), reason, detail, text)


def looked_text(seen: Mapping[str, Any]) -> str:
    """What is kept of a look at the sockets, as JSON: of listeners those that have to be restarted."""
    listeners = [only(_LISTENER, one) for one in seen.get("listeners", ()) if one.get("cause") == RESTART]
    return as_json({**only(_LOOKED, seen), "listeners": listeners})


def _differs(setting: Mapping[str, Any]) -> str:
    """What stands instead of the target: now, where that differs, else after a reboot."""
    boot, running = setting["boot"], setting["running"]
    if "running" not in setting["drift"]:
        found = "%s by %s" % (boot["value"], boot["source"]) if boot else "no file sets it"
    else:
        found = "unreadable" if running is None else running or "empty"
    if setting["target"] is None:
        return printable("%s; goes back to what it was before" % found)
    return printable("%s; wanted %s" % (found, setting["target"] or "empty"))
