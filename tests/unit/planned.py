# Hosts that are plain data, and plans for them as the module returns them; and the whole catalog, by key.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The plan as plain dictionaries, which is what everybody outside of the planner sees of it."""

from __future__ import annotations

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import Host, Kernel, Profile, Reading
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._catalog import every_row
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan import _make
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan._edge import as_result
from ansible_collections.fleetnet.linux_tcp.tests.unit.boot.files import OWN, next_boot

CATALOG = {row.name: row for row in every_row()}


def make_plan(profile, host):
    """What sysctl_profile_info returns for a profile on a host; ProfileError as the planner raises it."""
    return as_result(_make.make_plan(profile, host))


def exactly(values, exclude=(), **more):
    """A profile that is set to the letter, for tests of everything but the policy."""
    return Profile(values, exclude, **{"policy": "exact", **more})


def host(readings, release="6.12.101", memory_mb=8192, page_size=4096, namespace="host", files=None, **more):
    """A host; of a key the running text is enough where it is present and writable.

    files: of sysctl.d, text by path.
    """
    found = {key: one if isinstance(one, Reading) else Reading(True, True, one) for key, one in readings.items()}
    kernel = Kernel(release, memory_mb, page_size, namespace)
    return Host(kernel, found, **next_boot(files or {}, readings, kernel), **more)


def plan_one(key, wanted, where, **profile):
    """The one setting of a plan for one key."""
    return make_plan(exactly({key: wanted}, **profile), where)["settings"][0]


def judged(plan):
    """Verdict and reason of each key."""
    return {setting["key"]: (setting["verdict"], setting["reason"]) for setting in plan["settings"]}


def settled(plan):
    """The rows of a plan as the next run will have them: what goes back is gone by then."""
    found = []
    for setting in plan["settings"]:
        then = setting["then"]
        if then is None or then["reason"]:
            found.append({**setting, **({"verdict": "skip", **then} if then else {})})
    return found


def drop_in(plan):
    """The text of the drop-in for a plan, without what is for people alone."""
    lines = []
    for setting in settled(plan):
        if setting["verdict"] == "apply" and setting["target"] != setting["wanted"]:
            lines.append("# wanted: %s = %s\n" % (setting["key"], setting["wanted"]))
        if setting["verdict"] == "apply":
            lines.append("%s = %s\n" % (setting["key"], setting["target"]))
    return "".join(lines)


def carried_out(plan, where, files=None, snapshot=None):
    """The host, with other people's files on it, after the plan was applied: running values as the kernel prints them,
    and the drop-in in its place. snapshot: what keys go back to of which the plan does not know it."""
    targets = {setting["key"]: setting["target"] for setting in plan["settings"] if setting["verdict"] != "skip"}
    targets = {key: (snapshot or {})[key] if target is None else target for key, target in targets.items()}
    text = drop_in(plan)
    keys = {
        key: one._replace(text=targets[key].replace(" ", "\t") + "\n") if key in targets else one
        for key, one in where.keys.items()
    }
    return where._replace(keys=keys, drop_in=text, **next_boot({**(files or {}), OWN: text}, keys, where.kernel))
