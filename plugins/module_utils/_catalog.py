# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. What is known about keys, asked key by key; the knowledge itself is _catalog_table.py.

from __future__ import annotations

from typing import NamedTuple

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._catalog_row import Key
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._catalog_table import KEYS
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel import Kernel, at, parse_release, since

CATALOG: dict[str, Key] = {row.name: row for row in KEYS}

_MIB = 1 << 20


class Builtin(NamedTuple):
    """One element of a built-in default. exact is False where it is computed from the memory size, to about 1 %."""

    value: int
    exact: bool


def _share(kernel: Kernel, cap: int, floor: int) -> Builtin:
    """tcp_init(): RAM / 128 between a floor and a cap, both in bytes. Exact once the memory is well above the cap."""
    share = (kernel.memory_mb or 0) * _MIB // 128
    return Builtin(max(floor, min(cap, share)), share > cap + cap // 8)


def _hash(kernel: Kernel, divisor: int, floor: int) -> Builtin:
    """A share of the buckets of the connection hash: a power of two, RAM / 128 KiB, 524288 at most.

    The kernel counts a little more memory than it shows later; just below a power of two that may double the number.
    """
    shown = kernel.memory_mb or 0
    value, more = (max(floor, min(524288, 1 << max(0, memory * 8 - 1).bit_length()) // divisor) for memory in (shown, shown + shown // 16))
    return Builtin(value, value == more)


def _pages(kernel: Kernel, divisor: int, element: int) -> Builtin:
    """tcp_init_mem(): limit = usable pages / divisor, 128 at least; three quarters of it, itself, and 1.5 times."""
    limit = max(128, (kernel.memory_mb or 0) * _MIB // kernel.page_size // divisor)
    return Builtin((limit // 4 * 3, limit, limit // 4 * 3 * 2)[element], False)


# The words that a default in the table may hold beside plain numbers.
_FORMULAS = {
    "page_size": lambda kernel: Builtin(kernel.page_size, True),
    "rmem<=4MiB": lambda kernel: _share(kernel, 4 * _MIB, 87380),
    "rmem<=6MiB": lambda kernel: _share(kernel, 6 * _MIB, 87380),
    "rmem<=32MiB": lambda kernel: _share(kernel, 32 * _MIB, 131072),
    "wmem<=4MiB": lambda kernel: _share(kernel, 4 * _MIB, 65536),
    "ehash/2": lambda kernel: _hash(kernel, 2, 1),
    "ehash/128": lambda kernel: _hash(kernel, 128, 128),
    "ehash/256": lambda kernel: _hash(kernel, 256, 128),
    "low/8": lambda kernel: _pages(kernel, 8, 0),
    "pressure/8": lambda kernel: _pages(kernel, 8, 1),
    "high/8": lambda kernel: _pages(kernel, 8, 2),
    "low/16": lambda kernel: _pages(kernel, 16, 0),
    "pressure/16": lambda kernel: _pages(kernel, 16, 1),
    "high/16": lambda kernel: _pages(kernel, 16, 2),
}
_NEEDS_MEMORY = frozenset(_FORMULAS) - {"page_size"}


def builtin(key: str, kernel: Kernel) -> list[Builtin] | None:
    """The kernel's own value of a numeric key before anybody sets it; None where it is not known or there is no such key."""
    row = CATALOG.get(key)
    words = (at(row.default, parse_release(kernel.release)) or "").split() if row and row.numeric and exists(key, kernel) else []
    if not words or kernel.memory_mb is None and _NEEDS_MEMORY.intersection(words):
        return None
    return [_FORMULAS[word](kernel) if word in _FORMULAS else Builtin(int(word), True) for word in words]


def bounds(key: str, kernel: Kernel) -> tuple[int, int] | None:
    """Lowest and highest accepted number of each element; None for a key without numbers or without an entry."""
    row = CATALOG.get(key)
    return at(row.bounds, parse_release(kernel.release)) if row and row.numeric else None


def removed_in(key: str, kernel: Kernel) -> str:
    """The version that dropped the key, where this kernel no longer has it; else ""."""
    row = CATALOG.get(key)
    return row.removed if row and row.removed and since(row.removed, parse_release(kernel.release)) else ""


def exists(key: str, kernel: Kernel) -> bool:
    """Whether the catalog says that this kernel has the key somewhere, in the first namespace at least."""
    row = CATALOG.get(key)
    return bool(row) and since(row.introduced, parse_release(kernel.release)) and not removed_in(key, kernel)


def per_namespace(key: str, kernel: Kernel) -> bool:
    """Whether each network namespace has its own value on this kernel; True for a key that the catalog does not know."""
    row = CATALOG.get(key)
    return bool(at(row.per_namespace, parse_release(kernel.release), False)) if row else True


def no_effect(key: str, kernel: Kernel) -> str:
    """The version from which the key is accepted and does nothing, where this kernel is as new; else ""."""
    row = CATALOG.get(key)
    return row.no_effect if row and row.no_effect and since(row.no_effect, parse_release(kernel.release)) else ""
