# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. The signs of the page: a shape for each outcome, since colour alone says nothing to some
# people. docs/report.md has them from here. Pure.

from __future__ import annotations

from ...module_utils._codes import APPLIED, BOOT, DRIFTED, FAILED, SKIPPED, UNCHANGED, UNFINISHED
from ...module_utils._plan._outcome import FATES
from ._fleet import AS_WANTED

SIGNS = {
    UNCHANGED: "\u25cf",
    APPLIED: "\u25b2",
    SKIPPED: "\u2013",
    DRIFTED: "\u25c6",
    BOOT: "\u25c7",
    FAILED: "\u2715",
    UNFINISHED: "\u2026",
}
_OK, _BROKEN, _UNREACHABLE, _OPEN = FATES
# What a host came to: the outcome whose sign and colour it has, and whether it is counted where no host came to it.
CONDITION_SIGNS = {
    AS_WANTED: (str(UNCHANGED), True),
    str(DRIFTED): (str(DRIFTED), True),
    _BROKEN: (str(FAILED), True),
    _UNREACHABLE: (str(FAILED), True),
    _OPEN: (str(UNFINISHED), False),
}
