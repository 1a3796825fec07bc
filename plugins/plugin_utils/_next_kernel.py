# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. What another kernel changes for a host that was planned: out of its plan and the catalog.
# Pure.

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, Optional, Tuple

from ..module_utils._kernel._history import MISSING, Kernel, Reading
from ..module_utils._kernel._values import canonical, numbers
from ..module_utils._plan._make import UNASKED, make_plan
from ..module_utils._plan._verdict import Host, Profile
from ..module_utils._plan._what_if import imagine

_RELEASE = re.compile(r"[2-9][0-9]?(\.[0-9]{1,3}){1,2}([-+~._][A-Za-z0-9-+~._]*)?")
# Why a key is not there to be set.
_GONE = ("removed", "absent", "other_namespace")
# The advice that comes from the kernel alone; the rest depends on what runs on the host.
_OF_THE_KERNEL = ("no_effect", "nat_hazard", "parity", "not_inherited_by_containers")


def changes(plan: Dict[str, Any], release: Any, **options: Any) -> List[Dict[str, str]]:
    """What becomes different on a host with another kernel: key, code and message, in the order of the profile.

    plan: as sysctl_profile_info returns it; options: policy, policies and memory_percent, as for the plan. Memory, page
    size, namespace
    and running values stay; keys come and go as the catalog has it. ValueError where the release is none.
    """
    if not isinstance(release, str) or not _RELEASE.fullmatch(release):
        raise ValueError(
            "%r is not a kernel release; expected one such as 7.2 or 6.12.101-1-amd64, in quotes where it stands in a"
            " file" % (release,)
        )
    kernel = Kernel(**plan["kernel"])
    then = kernel._replace(release=release)
    rows = [setting for setting in plan["settings"] if setting["reason"] != "excluded"]
    keys = [setting["key"] for setting in rows]
    readings = {setting["key"]: _reading(setting) for setting in rows}
    before, after = imagine(kernel, keys).keys, imagine(then, keys).keys
    later = {
        key: one if before[key] == after[key] else after[key]._replace(text=one.text) for key, one in readings.items()
    }
    profile = Profile({setting["key"]: setting["wanted"] for setting in rows}, **options)
    refused = dict(_refused(profile, Host(then, later)))
    old = make_plan(profile, Host(kernel, readings))["settings"]
    new = make_plan(profile._replace(exclude=list(refused)), Host(then, later))["settings"]
    return [
        {"key": one["key"], "code": code, "message": message}
        for one, other in zip(old, new)
        for code, message in ([("refused", refused[one["key"]])] if one["key"] in refused else _differences(one, other))
    ]


def _reading(setting: Dict[str, Any]) -> Reading:
    """A key as the host had it, told from its row in the plan."""
    if setting["reason"] in _GONE and setting["running"] is None:
        return MISSING
    return Reading(True, setting["reason"] not in (*_GONE, "read_only"), setting["running"])


def _refused(profile: Profile, host: Host) -> Iterator[Tuple[str, str]]:
    """The keys whose value the kernel refuses, each with what it expects."""
    for key, value in profile.values.items():
        if host.reading(key).present:
            try:
                canonical(key, value, host.kernel, host.reading(key).text)
            except ValueError as error:
                yield key, str(error)


def _rises(old: Optional[str], new: Optional[str]) -> bool:
    return any(after > before for before, after in zip(numbers(old) or (), numbers(new) or ()))


def _differences(old: Dict[str, Any], new: Dict[str, Any]) -> Iterator[Tuple[str, str]]:
    """(code, message) for what becomes different for a key."""
    if new["reason"] in UNASKED and old["reason"] not in UNASKED:
        yield new["reason"], new["detail"]
    if old["reason"] in _GONE and new["verdict"] == "apply":
        yield "appears", "can be set from then on"
    said = {advice["code"] for advice in old["advice"]}
    for advice in new["advice"]:
        code = advice["code"]
        if code == "lowers_default" and (code not in said or _rises(old["default"], new["default"])):
            about = "about " if new["default_estimated"] else ""
            yield (
                code,
                "%s; the kernel's own, now %s, becomes %s%s"
                % (new["target"], old["default"] or "unknown", about, new["default"]),
            )
        elif code in _OF_THE_KERNEL and code not in said and old["verdict"] == "apply":
            yield code, advice["message"]
