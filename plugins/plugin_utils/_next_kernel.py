# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. What another kernel changes for a host that was planned: out of its plan and the catalog.
# Pure.

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from ..module_utils._codes import (
    ABSENT,
    APPEARS,
    BETTER,
    EXCLUDED,
    HARMFUL,
    IGNORED,
    OTHER_NAMESPACE,
    READ_ONLY,
    REFUSED,
    REMOVED,
    WEAKER_THAN_DEFAULT,
    Code,
)
from ..module_utils._data import MISSING, Host, Kernel, Profile, Reading, Setting, Value
from ..module_utils._kernel._values import canonical
from ..module_utils._plan._make import make_plan
from ..module_utils._plan._profile import ProfileError
from ..module_utils._plan._refusals import RANGE, START, beside
from ..module_utils._plan._what_if import imagine

_RELEASE = re.compile(r"[2-9][0-9]?(\.[0-9]{1,3}){1,2}([-+~._][A-Za-z0-9-+~._]*)?")
# Why a key is not there to be set.
_GONE = (REMOVED, ABSENT, OTHER_NAMESPACE)


def changes(plan: Mapping[str, Any], release: Any, **options: Any) -> List[Dict[str, str]]:
    """What becomes different on a host with another kernel: key, code and message, in the order of the profile.

    plan: as sysctl_profile_info returns it; options: policy, policies and memory_percent, as for the plan. Memory, page
    size, namespace and running values stay; keys come and go as the catalog has it. ValueError where the release is
    none.
    """
    if not isinstance(release, str) or not _RELEASE.fullmatch(release):
        raise ValueError(
            "%r is not a kernel release; expected one such as 7.2 or 6.12.101-1-amd64, in quotes where it stands in a"
            " file" % (release,)
        )
    kernel = Kernel(**plan["kernel"])
    then = kernel._replace(release=release, stable="")
    rows = [setting for setting in plan["settings"] if _is_of_the_profile(setting)]
    keys = [setting["key"] for setting in rows]
    readings = {setting["key"]: _reading(setting) for setting in rows}
    aside = beside(keys)
    before, after = (imagine(one, [*keys, *aside]).keys for one in (kernel, then))
    later = {
        key: one if before[key] == after[key] else after[key]._replace(text=one.text) for key, one in readings.items()
    }
    # What keys beside the profile's have now is not in the plan. They count where the next kernel is the first that
    # holds them against each other: what it has now, this host takes already.
    if any(before[key].present != after[key].present for key in (RANGE, START) if key in before):
        later.update((key, after[key]) for key in aside)
    profile = Profile({setting["key"]: setting["wanted"] for setting in rows}, **options)
    # Of both kernels their own values count, and not what an earlier run set on one of them.
    old = make_plan(profile, Host(kernel, readings, at_hand=False, live=False)).settings
    new, refused = _accepted(profile, Host(then, later, at_hand=False, live=False))
    found: List[Tuple[str, Code, str]] = []
    for one, other in zip(old, new):
        if one.key in refused:
            found.append((one.key, REFUSED, refused[one.key]))
        else:
            found += [(one.key, code, message) for code, message in _differences(one, other)]
    return [{"key": key, "code": str(code), "message": message} for key, code, message in found]


def _is_of_the_profile(setting: Mapping[str, Any]) -> bool:
    """Whether a row is about a key that is wanted: not of one that is excluded, or left the profile."""
    then = setting.get("then")
    return (then["reason"] if then else setting["reason"]) not in (EXCLUDED, "")


def _reading(setting: Mapping[str, Any]) -> Reading:
    """A key as the host had it, told from its row in the plan."""
    if setting["reason"] in _GONE and setting["running"] is None:
        return MISSING
    return Reading(True, setting["reason"] not in (*_GONE, READ_ONLY), setting["running"])


def _accepted(profile: Profile, host: Host) -> Tuple[Sequence[Setting], Dict[str, str]]:
    """The plan's settings without the values that the kernel refuses; and these keys, each with what it expects."""
    refused = dict(_refused(profile, host))
    while True:
        try:
            return make_plan(profile._replace(exclude=list(refused)), host).settings, refused
        except ProfileError as error:
            # Good by themselves, and not beside each other. Each sentence begins with the key.
            found = dict(problem.split(": ", 1) for problem in error.problems)
            if found.keys() <= refused.keys():
                raise
            refused.update(found)


def _refused(profile: Profile, host: Host) -> Iterator[Tuple[str, str]]:
    """The keys whose value the kernel refuses, each with what it expects."""
    for key, value in profile.values.items():
        if host.reading(key).present:
            try:
                canonical(key, value, host.kernel, host.reading(key).text)
            except ValueError as error:
                yield key, str(error)


def _rises(old: Optional[Value], new: Optional[Value]) -> bool:
    before, after = (value.numbers or () if value else () for value in (old, new))
    return any(late > early for early, late in zip(before, after))


def _is_news(reason: Code) -> bool:
    return reason.unasked or reason in (BETTER, HARMFUL, IGNORED)


def _differences(old: Setting, new: Setting) -> Iterator[Tuple[Code, str]]:
    """What becomes different for a key."""
    if new.reason and new.reason != old.reason and _is_news(new.reason) and not (old.reason and old.reason.unasked):
        yield new.reason, new.detail
    if old.reason in _GONE and not new.reason:
        yield APPEARS, "can be set from then on"
    if not old.reason and not new.reason and _rises(old.target, new.target):
        own = new.default.text if new.default else ""
        yield BETTER, "%s is set then; the kernel's own becomes %s, and is better in part" % (new.target.text, own)
    for code, message in new.advice:
        if code == WEAKER_THAN_DEFAULT and new.default and (not old.told(code) or _rises(old.default, new.default)):
            about = "about " if new.default_estimated else ""
            was = old.default.text if old.default else "unknown"
            said = "%s; the kernel's own, now %s, becomes %s%s" % (new.target.text, was, about, new.default.text)
            yield code, said
        elif code.kernel_alone and not old.told(code) and not old.reason:
            yield code, message
