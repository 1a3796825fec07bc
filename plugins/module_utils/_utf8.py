# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. What a module says, in UTF-8: names of files and processes may hold any byte, and Ansible
# refuses an answer with a text that is no UTF-8, all of it. Pure.

from __future__ import annotations

import re
from typing import Any


def utf8(value: Any) -> Any:
    """The same JSON value. Bytes that are no UTF-8, which Python has as halves of surrogate pairs, stand as \\xff."""
    if isinstance(value, str):
        try:
            value.encode("utf-8")
            return value
        except UnicodeEncodeError:
            text = re.sub("[\udc80-\udcff]", lambda found: "\\x%02x" % (ord(found.group()) - 0xDC00), value)
            return text.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {utf8(name): utf8(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [utf8(part) for part in value]
    return value
