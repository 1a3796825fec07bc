# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. Who may read reports: the values of `tcp_hardening_report_mode`. Pure.

from __future__ import annotations

from typing import Any

from ._text import printable

# Who may read what is written, as `mode` of a file has it. A folder that is made lets the same people in.
MODES = {"0600": 0o700, "0640": 0o750, "0644": 0o755}
PRIVATE = "0600"


def mode_of(value: Any) -> str:
    """One of MODES, also where YAML took it for a number; ValueError for anything else."""
    text = "%04o" % value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else str(value)
    text = text if len(text) != 3 else "0" + text
    if text not in MODES:
        raise ValueError("%s is refused; expected %s" % (printable(repr(value), 60), ", ".join(map(repr, MODES))))
    return text
