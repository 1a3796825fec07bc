# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. Kernels that are not at hand, out of the catalog: a plan for one, and what the next one changes for a host
# that was read. Pure.

from __future__ import annotations

from typing import Any, Dict, Iterable, Iterator, List, Tuple

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot import Assignment
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._catalog import CATALOG, exists, per_namespace
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel import MISSING, Kernel, Reading, parse_release, since
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan import UNASKED, make_plan
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._values import canonical
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._verdict import Host, Profile
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._advice import advised

# Why a key cannot be set at all.
_GONE = ("removed", "absent", "other_namespace", "read_only")
# The advice that comes from the kernel alone; the rest depends on what runs on the host.
_OF_THE_KERNEL = ("no_effect", "nat_hazard", "parity", "not_inherited_by_containers")


def imagine(kernel: Kernel, keys: Iterable[str]) -> Host:
    """A host of that kernel with its keys present or not, writable or not, and nothing else known."""
    return Host(kernel, {key: _imagined(key, kernel) for key in keys}, at_hand=False)


def _imagined(key: str, kernel: Kernel) -> Reading:
    if not exists(key, kernel):
        return MISSING
    if kernel.namespace == "host" or per_namespace(key, kernel):
        return Reading(True, writable=True)
    visible = CATALOG[key].visible_in_child
    return Reading(bool(visible) and since(visible, parse_release(kernel.release)))


def kernel_from(options: Dict[str, Any]) -> Kernel:
    """The `kernel` option of sysctl_profile_info; ValueError for a release or a size that is none."""
    kernel = Kernel(options["release"], options["memory_mb"], options["page_size"], options["namespace"])
    parse_release(kernel.release)
    for name in ("memory_mb", "page_size"):
        if options[name] is not None and options[name] <= 0:
            raise ValueError("%s: %d is refused; expected a number above 0" % (name, options[name]))
    return kernel


def imagined_plan(profile: Profile, options: Dict[str, Any]) -> Dict[str, Any]:
    """The plan for the `kernel` option, like that of a host. ValueError as kernel_from(), ProfileError as make_plan()."""
    return make_plan(profile, imagine(kernel_from(options), profile.names()))


def changes(plan: Dict[str, Any], profile: Profile, release: str) -> List[Dict[str, str]]:
    """What another kernel changes for the profile on a host: key, code and message. plan: of the host, as the module sends it.

    Memory, page size, namespace and running values stay; keys come and go as the catalog has it.
    """
    kernel = Kernel(**plan["kernel"])
    later = kernel._replace(release=release)
    readings = {key: Reading(True, True, text) for key, text in plan["seen"]["context"].items()}
    for setting in plan["settings"]:
        key = setting["key"]
        there = Reading(setting["reason"] not in _GONE or setting["reason"] == "read_only", setting["reason"] not in _GONE, setting["running"])
        before, after = _imagined(key, kernel), _imagined(key, later)
        readings[key] = there if before == after else after._replace(text=there.text if after.present else None)
    seen = plan["seen"]
    host = Host(
        later, readings, ports=seen["ports"], after={key: Assignment(*one) for key, one in seen["after"].items()}, unread=seen["unread"],
        namespaces=seen["namespaces"],
    )  # fmt: skip
    refused = dict(_refused(plan["settings"], profile, host))
    then = advised(make_plan(profile._replace(exclude=[*profile.exclude, *refused]), host))
    found = []
    for old, new in zip(advised(plan)["settings"], then["settings"]):
        if old["reason"] != "excluded":
            told = [("refused", refused[old["key"]])] if old["key"] in refused else list(_differences(old, new))
            found += [{"key": old["key"], "code": code, "message": message} for code, message in told]
    return found


def _refused(settings: List[Dict[str, Any]], profile: Profile, host: Host) -> Iterator[Tuple[str, str]]:
    """Keys whose value the kernel of the host refuses, each with what it expects."""
    for setting in settings:
        key = setting["key"]
        reading = host.reading(key)
        if reading.present:
            try:
                canonical(key, profile.values[key], host.kernel, reading.text)
            except ValueError as exc:
                yield key, str(exc)


def _differences(old: Dict[str, Any], new: Dict[str, Any]) -> Iterator[Tuple[str, str]]:
    """(code, message) for what becomes different for a key."""
    if new["reason"] in UNASKED and old["reason"] not in UNASKED:
        yield new["reason"], new["detail"]
    if old["reason"] in _GONE and new["verdict"] == "apply":
        yield "appears", "%s can be set then" % new["target"]
    said = {advice["code"]: advice["message"] for advice in old["advice"]}
    for advice in new["advice"]:
        code = advice["code"]
        if code == "lowers_default" and (code not in said or old["default"] != new["default"]):
            about = "about " if new["default_estimated"] else ""
            yield code, "%s; the kernel's own, now %s, becomes %s%s" % (new["target"], old["default"], about, new["default"])
        elif code in _OF_THE_KERNEL and code not in said:
            yield code, advice["message"]
