# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. The shape of one row of the catalog: what each field means and how to write it.

from __future__ import annotations

from typing import NamedTuple

SOURCES = "kernel sources 2.6.12 to 7.3; measured on 5.10, 6.1, 6.12, 6.18 and 7.2"


class Key(NamedTuple):
    """What is known about one sysctl key.

    A fact that changed over the years is a history: (marker, value) pairs, oldest first. A marker is an upstream
    version ("4.12"), a stable release ("5.10.262": from there on in 5.10.y only), a vendor's branch ("el6" to "el10", "amzn")
    or a build of it ("el8-477" is 4.18.0-477.el8). Where the kernel's own branch has markers, only these count.
    Several markers in one string are separated by blanks, the mainline version first.
    """

    name: str
    meaning: str  # one line, without a full stop; the unit is in `unit`
    kind: str = "int"  # int: numbers; word: a name such as cubic; ports: a list such as 8080,9000-9010
    unit: str = ""  # bytes, pages, seconds, milliseconds, packets, connections, ports, probes; "" where there is none
    arity: int = 1  # how many numbers the key holds
    bounds: tuple[tuple[str, tuple[int, int]], ...] = (("0", (0, 2147483647)),)  # history: lowest and highest of each number
    default: tuple[tuple[str, str], ...] = ()  # history: the kernel's built-in value; words see _catalog.py, _FORMULAS
    document: str = ""  # the document's default, where it lists the key
    introduced: str = "0"  # markers; "0" is 2.6.12 or before, the oldest tree that was read
    removed: str = ""  # marker of the first kernel without it
    no_effect: str = ""  # marker of the first kernel on which it is accepted and does nothing
    per_namespace: tuple[tuple[str, bool], ...] = ()  # history: whether each network namespace has its own value
    visible_in_child: str = ""  # marker: from here on a host-wide key is shown, read-only, in other namespaces
    inherited: bool = False  # a new namespace copies the first one's value instead of starting at the default
    needs: str = ""  # the build option without which the key is absent
    hazards: tuple[str, ...] = ()  # sentences for the documentation, the most important first
    commits: tuple[tuple[str, str], ...] = ()  # (version, upstream commit) of the changes above; 12 digits: from memory
    sources: str = SOURCES  # where the facts come from, in short

    @property
    def numeric(self) -> bool:
        """True for a key that holds numbers."""
        return self.kind == "int"
