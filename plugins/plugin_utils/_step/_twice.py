# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. Tells whether a run uses the role twice on a host for one drop-in, with other wishes each
# time: each use then takes back what the other one set, in every run. Pure.

from __future__ import annotations

import hashlib
import json
from typing import Any, Dict, Mapping

from ._wishes import Wishes


def mark(wished: Wishes) -> Dict[str, str]:
    """What a later use is compared with: the path, and what decides its content."""
    told = [wished.values, sorted(wished.exclude), wished.policy, wished.policies, wished.memory_percent]
    text = json.dumps(told, sort_keys=True, default=str)
    return {"path": wished.path, "wishes": hashlib.sha256(text.encode()).hexdigest()[:16]}


def twice(former: Any, used: Mapping[str, str]) -> str:
    """What to say where an earlier use in this run set the same drop-in otherwise; "" where none did.

    former: the result of the earlier use, as the role registers it; anything else where there was none.
    """
    earlier = former.get("used") if isinstance(former, Mapping) else None
    if not isinstance(earlier, Mapping) or earlier.get("path") != used["path"]:
        return ""
    if earlier.get("wishes") == used["wishes"]:
        return ""
    return (
        "the role set %s before in this run, with other values, which are lost now, and come back with the next run. "
        "Give each use a path of its own (tcp_hardening_path), or lay the values over one profile "
        "(tcp_hardening_overrides_NAME)" % used["path"]
    )
