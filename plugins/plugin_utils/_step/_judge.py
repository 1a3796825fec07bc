# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. Whether a host's plan is accepted: why it is refused before anything is written. Pure.

from __future__ import annotations

from typing import Any, List, Mapping

from ...module_utils._codes import NOT_READ_AT_BOOT, OVERRIDDEN_AT_BOOT


def refusal(plan: Mapping[str, Any], strict: bool, boot_conflict: str) -> str:
    """Why a plan is refused, for people; "" where it is accepted.

    plan: as sysctl_profile_info returns it. strict: a skipped key that nobody asked to skip is refused. boot_conflict:
    `fail` where a key that something sets otherwise after the drop-in is refused.
    """
    said = []
    unasked = plan["summary"]["unasked"] if strict else []
    if unasked:
        said.append(
            "tcp_hardening_strict: %s cannot be set here; nothing was changed. Exclude them (tcp_hardening_exclude), "
            "or set tcp_hardening_strict to false." % ", ".join(unasked)
        )
    conflicts = _conflicts(plan) if boot_conflict == "fail" else []
    if conflicts:
        said.append("tcp_hardening_boot_conflict: nothing was changed. %s." % "; ".join(conflicts))
    return " ".join(said)


def _conflicts(plan: Mapping[str, Any]) -> List[str]:
    return [
        "%s: %s" % (setting["key"], advice["message"])
        for setting in plan["settings"]
        for advice in setting["advice"]
        if advice["code"] in (OVERRIDDEN_AT_BOOT, NOT_READ_AT_BOOT)
    ]
