# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. Names of hosts in an order for people, long lists of them in short, and numbers with their
# noun. Pure.

from __future__ import annotations

import re
from typing import Any, Iterable, List

from ._text import printable

NAMES_SHOWN = 3
_LONGEST = 500  # characters


def natural(name: str) -> List[Any]:
    """A sort key that puts web2 before web10: text and numbers in turn.

    Numbers are compared as text, the shorter first, since int() refuses very long ones.
    """
    parts = re.split(r"([0-9]+)", name)
    return [(len(part.lstrip("0")), part.lstrip("0"), part) if place % 2 else part for place, part in enumerate(parts)]


def shown(name: str) -> str:
    """A host's name for a line: an inventory may have any text there."""
    return printable(name, _LONGEST)


def some(names: Iterable[str], most: int = NAMES_SHOWN) -> str:
    """The first names in natural order, and how many more there are: `web1, web2 and 118 more`."""
    ordered = sorted(names, key=natural)
    more = " and %d more" % (len(ordered) - most) if len(ordered) > most else ""
    return ", ".join(map(shown, ordered[:most])) + more


def plural(count: int, noun: str) -> str:
    """`1 host`, `2 hosts`."""
    return "%d %s%s" % (count, noun, "" if count == 1 else "s")
