# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. What people are told of a key, out of its row in the catalog. Pure.

from __future__ import annotations

from typing import Dict

from ..module_utils._kernel._catalog import row_of


def told(key: str) -> Dict[str, str]:
    """What stands beside a key where people read it: meaning, unit, document_default; each "" where there is none."""
    row = row_of(key)
    if row is None:
        return {"meaning": "", "unit": "", "document_default": ""}
    return {"meaning": row.meaning, "unit": row.unit, "document_default": row.document}
