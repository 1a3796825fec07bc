# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. What the step of a host says by itself, in anyone's playbook: one short line for a host
# that is as it should be, a few lines where something was set, left, or has to be warned of; and warnings. Pure.

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Tuple

from ...module_utils._codes import (
    APPLIED,
    NAT_HAZARD,
    OVERRIDDEN_AT_BOOT,
    PORT_OVERLAP,
    SKIPPED,
    WEAKER_THAN_DEFAULT,
    WEAKER_THAN_RUNNING,
    Code,
    rank,
)
from ...module_utils._kernel._values import plain
from .._names import plural, some

# Advice that becomes a warning, and is said of a host with its message.
_HURTS = (OVERRIDDEN_AT_BOOT, NAT_HAZARD, PORT_OVERLAP)
# Advice that becomes a warning too, and that many keys can have: of a host the keys are said.
_SHARED = (WEAKER_THAN_RUNNING, WEAKER_THAN_DEFAULT)
# In short, where the whole of what a code means is too long for a warning.
_SHORT = {OVERRIDDEN_AT_BOOT: "at boot something else sets another value after the drop-in"}
_SHOWN = 5  # keys with their values on a line
_PRESENT, _RETURN = "present", "return"


def told(
    plan: Mapping[str, Any], applied: Optional[Mapping[str, Any]], to_do: bool, state: str, check: bool = False
) -> List[str]:
    """The lines about a host, each printable and without its name.

    plan: as sysctl_profile_info returns it. applied: what sysctl_profile returned; None where it was not run. to_do:
    whether there is something to do, where it was not run. state: what the host was to be brought to. check: the run
    only foretells.
    """
    if state != _PRESENT:
        return _taken_back(applied, state, check)
    first = _counted(plan, applied, to_do, check)
    if applied is None and not to_do:
        return [first + _reasons(plan), *_warned(plan)]
    done = [*_set(plan, applied, check), *_back(plan, applied, check)]
    found = [first, *done, *_left(plan, applied), *_warned(plan)]
    return found + _messages(applied)


def warnings(plan: Mapping[str, Any]) -> List[str]:
    """What has to be warned of: a sentence for each code. It is the same for all hosts, so Ansible shows it once for
    them; keys and messages stand in each host's own lines."""
    codes = dict.fromkeys(code for code, _key, _message in _advice(plan))
    return [
        "%s: %s. It is about each host that has a line `warning: %s`." % (code, _SHORT.get(code, code.when), code)
        for code in codes
    ]


def _counted(plan: Mapping[str, Any], applied: Optional[Mapping[str, Any]], to_do: bool, check: bool) -> str:
    """How many keys were set, stood already, and were left alone."""
    skipped = plan["summary"]["skip"]
    if applied is None:
        wanted = plan["summary"]["total"] - skipped
        if not to_do:
            return "%s as wanted, %d skipped" % (plural(wanted, "key"), skipped)
        return "%d of %s not as wanted, %d skipped" % (plan["summary"]["drifted"], plural(wanted, "key"), skipped)
    returning = _returning(plan)
    done = [row["key"] in returning for row in applied["settings"] if row["status"] == APPLIED]
    back, count = sum(done), len(done) - sum(done)
    skipped = sum(row["status"] == SKIPPED for row in applied["settings"])
    rest = len(applied["settings"]) - len(done) - skipped
    # Where no key was set, its comments alone differed.
    what = plural(count or back, "key") if count or back else "drop-in"
    became = "set" if count else "gone back" if back else "rewritten" if applied["changed"] else "kept"
    became = ("would be %s" if check else "%s") % became
    trial = " on trial" if applied.get("trial") else ""
    gone_back = ", %d gone back" % back if count and back else ""
    return "%s %s%s%s, %d as wanted, %d skipped" % (what, became, trial, gone_back, rest, skipped)


def _reasons(plan: Mapping[str, Any]) -> str:
    reasons = plan["summary"]["reasons"]
    counted = ", ".join("%s %d" % (plain(name), count) for name, count in reasons.items())
    return " (%s)" % counted if counted else ""


def _set(plan: Mapping[str, Any], applied: Optional[Mapping[str, Any]], check: bool) -> List[str]:
    """The line of the keys that were set, or are to be set."""
    was = {setting["key"]: setting["running"] for setting in plan["settings"]}
    if applied is None:
        rows = [(one["key"], one["target"]) for one in plan["settings"] if one["drift"] and one["verdict"] != _RETURN]
    else:
        back = _returning(plan)
        done = [one for one in applied["settings"] if one["status"] == APPLIED]
        rows = [(one["key"], one["value"]) for one in done if one["key"] not in back]
    if not rows:
        return []
    shown = ", ".join("%s = %s%s" % (key, value, _former(was.get(key), value)) for key, value in rows[:_SHOWN])
    more = " and %d more" % (len(rows) - _SHOWN) if len(rows) > _SHOWN else ""
    return ["  " + plain("%s %s%s" % ("to set:" if applied is None or check else "set:", shown, more))]


def _former(running: Optional[str], value: str) -> str:
    return "" if running is None or running == value else " (was %s)" % (running or "empty")


def _returning(plan: Mapping[str, Any]) -> List[str]:
    return [setting["key"] for setting in plan["settings"] if setting["verdict"] == _RETURN]


def _back(plan: Mapping[str, Any], applied: Optional[Mapping[str, Any]], check: bool) -> List[str]:
    """The line of the keys that an earlier run set, and that go back to what was before."""
    back = _returning(plan)
    if applied is None:
        rows = [(one["key"], one["target"]) for one in plan["settings"] if one["key"] in back]
    else:
        done = [one for one in applied["settings"] if one["key"] in back and one["status"] == APPLIED]
        rows = [(one["key"], one["value"]) for one in done]
    if not rows:
        return []
    # Without root, the plan may not see to what.
    said = [key if value is None else "%s = %s" % (key, value) for key, value in rows]
    return ["  " + plain("%s %s" % ("to go back:" if applied is None or check else "gone back:", some(said)))]


def _left(plan: Mapping[str, Any], applied: Optional[Mapping[str, Any]]) -> List[str]:
    """The line of the keys that were left alone, by reason; of those that were to go back, what became of them."""
    stayed = [one["key"] for one in applied["settings"] if one["status"] == SKIPPED] if applied else []
    found: Dict[str, List[str]] = {}
    for setting in plan["settings"]:
        if setting["reason"] and (setting["verdict"] != _RETURN or setting["key"] in stayed):
            found.setdefault(setting["reason"], []).append(setting["key"])
    said = "; ".join("%s: %s" % (reason, some(keys)) for reason, keys in found.items())
    return ["  " + plain("left alone: " + said)] if said else []


def _warned(plan: Mapping[str, Any]) -> List[str]:
    """The lines of what is warned of: with its message what can hurt, and else the keys alone."""
    found: Dict[Tuple[Code, str], List[str]] = {}
    for code, key, message in _advice(plan):
        found.setdefault((code, ": " + message if code in _HURTS else ""), []).append(key)
    return ["  " + plain("warning: %s: %s%s" % (code, some(keys), said)) for (code, said), keys in found.items()]


def _messages(applied: Optional[Mapping[str, Any]]) -> List[str]:
    return ["  " + plain(str(message)) for message in (applied or {}).get("messages", ())]


def _taken_back(applied: Optional[Mapping[str, Any]], state: str, check: bool) -> List[str]:
    if applied is None:
        return ["to be brought to the state %s" % state]
    if not applied["changed"]:
        return ["state %s: nothing to do" % state, *_messages(applied)]
    count = sum(row["status"] == APPLIED for row in applied["settings"])
    done = "would be " if check else ""
    if state == "absent":
        return ["drop-in %sremoved, live values stay" % done, *_messages(applied)]
    return ["drop-in and %s %sput back as in the snapshot" % (plural(count, "key"), done), *_messages(applied)]


def _advice(plan: Mapping[str, Any]) -> List[Tuple[Code, str, str]]:
    """Code, key and message of what is warned of; what can hurt first."""
    found = [
        (code, setting["key"], advice["message"])
        for code in (*_HURTS, *_SHARED)
        for setting in plan["settings"]
        for advice in setting["advice"]
        if advice["code"] == code
    ]
    return sorted(found, key=lambda one: rank("advice", one[0]))
