# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. Where the hosts' profiles come from, for the head of the table: a run that did not see
# somebody's overrides looks well otherwise. Pure.

from __future__ import annotations

import json
from typing import Any, Dict, Iterable, Mapping, Tuple

from ...module_utils._codes import EXCLUDED
from .._run._record import Run
from .._run._rows import Planned


def origin(run: Run, own: Mapping[str, Any]) -> str:
    """Such as `23 values, all the collection's own; 0 overrides, 0 excludes`; "" where no host has a profile.

    own: the values of the collection's own profile. A value that is not among them counts as an override.
    """
    counted: Dict[int, Tuple[int, int, int]] = {}
    texts = {key: _text(value) for key, value in own.items()}
    for host in run.hosts.values():
        # Alike hosts share one plan.
        if host.turn.plan and id(host.turn.plan) not in counted:
            counted[id(host.turn.plan)] = _counts(host.turn.plan, texts)
    values, owned, excluded = zip(*counted.values()) if counted else ((0,), (0,), (0,))
    if not max(values):
        return ""
    if min(values) == max(values) and values == owned:
        whose = "all the collection's own"
    else:
        whose = "%s the collection's own" % _span(owned)
    others = [all_values - own_values for all_values, own_values in zip(values, owned)]
    told = (_span(values, "value"), whose, _span(others, "override"), _span(excluded, "exclude"))
    return "%s, %s; %s, %s" % told


def _counts(plan: Iterable[Planned], own: Mapping[str, str]) -> Tuple[int, int, int]:
    """The values of a plan, those of them that are the collection's own, and the keys that are excluded."""
    values = owned = excluded = 0
    for one in plan:
        wanted = json.loads(one.text).get("wanted")
        values += wanted is not None
        owned += wanted is not None and _text(wanted) == own.get(one.key)
        excluded += one.reason == EXCLUDED
    return values, owned, excluded


def _text(value: Any) -> str:
    parts = value if isinstance(value, (list, tuple)) else str(value).split()
    return " ".join(map(str, parts))


def _span(numbers: Iterable[int], noun: str = "") -> str:
    """`2 values`, `2 to 5 values`."""
    ordered = sorted(numbers)
    low, high = ordered[0], ordered[-1]
    text = str(low) if low == high else "%d to %d" % (low, high)
    return "%s %s%s" % (text, noun, "" if high == 1 else "s") if noun else text
