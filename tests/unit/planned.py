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


def host(readings, release="6.12.101", memory_mb=8192, page_size=4096, namespace="host", files=None, **more):
    """A host; of a key the running text is enough where it is present and writable.

    files: of sysctl.d, text by path.
    """
    found = {key: one if isinstance(one, Reading) else Reading(True, True, one) for key, one in readings.items()}
    kernel = Kernel(release, memory_mb, page_size, namespace)
    return Host(kernel, found, **next_boot(files or {}, readings, kernel), **more)


def plan_one(key, wanted, where, **profile):
    """The one setting of a plan for one key."""
    return make_plan(Profile({key: wanted}, **profile), where)["settings"][0]


def judged(plan):
    """Verdict and reason of each key."""
    return {setting["key"]: (setting["verdict"], setting["reason"]) for setting in plan["settings"]}


def carried_out(plan, where, files=None):
    """The host, with other people's files on it, after the plan was applied: running values as the kernel prints them,
    and the drop-in in its place."""
    targets = {setting["key"]: setting["target"] for setting in plan["settings"] if setting["verdict"] == "apply"}
    text = "".join("%s = %s\n" % item for item in targets.items())
    keys = {
        key: one._replace(text=targets[key].replace(" ", "\t") + "\n") if key in targets else one
        for key, one in where.keys.items()
    }
    return where._replace(keys=keys, drop_in=text, **next_boot({**(files or {}), OWN: text}, keys, where.kernel))
