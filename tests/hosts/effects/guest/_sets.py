# The values of each set: the kernel's own, and what the collection would set here by each policy.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The collection's planner runs in the guest itself, on what it reads there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from _effect import OWN, Values
from _kernel import read

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import DROP_IN, Profile
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host._read import read_host
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan._advice import CONTEXT
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan._make import make_plan
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan._profile import names
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan._refusals import beside


def planned(wanted: Mapping[str, Any], policy: str) -> dict[str, str]:
    """What the collection would change here by that policy: key and value. Present values stand for the host's."""
    profile = Profile(wanted, policy=policy)
    keys = names(profile)
    plan = make_plan(profile, read_host([*keys, *CONTEXT, *beside(keys)], DROP_IN, True))
    return {
        setting.key: setting.target.text
        for setting in plan.settings
        if setting.verdict == "apply" and not setting.target.same(setting.running)
    }


def sets(wanted: Mapping[str, Any], policies: Sequence[str]) -> dict[str, dict[str, str]]:
    """What each set changes; nothing for the kernel's own."""
    return {OWN: {}, **{policy: planned(wanted, policy) for policy in policies}}


def own(keys: Sequence[str]) -> Values:
    """The kernel's own values, of the keys that it has."""
    found = {}
    for key in keys:
        try:
            found[key] = read(key)
        except OSError:
            continue
    return found


def of_case(changed: Values, keys: Sequence[str]) -> Values:
    """What is set for a case that is about these keys; () for all."""
    return {key: text for key, text in changed.items() if not keys or key in keys}
