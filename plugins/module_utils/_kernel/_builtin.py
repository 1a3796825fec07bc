# Private to this collection. A kernel's own value of a key: what stands where nobody sets it. Pure.

from __future__ import annotations

import functools
from typing import Callable, Dict, NamedTuple

from .._data import Kernel
from ._catalog import exists, row_of
from ._history import at, is_known, release_of
from ._key import ABOUT, Key

_MIB = 1 << 20


class Builtin(NamedTuple):
    """One number of a key."""

    value: int
    exact: bool  # False: computed from the memory, of which the kernel first takes its reserve (docs/guarantees.md)


def _share(kernel: Kernel, cap: int, floor: int) -> Builtin:
    """tcp_init(): RAM / 128 between a floor and a cap, in bytes; exact well above the cap."""
    share = (kernel.memory_mb or 0) * _MIB // 128
    return Builtin(max(floor, min(cap, share)), share > cap + cap // 8)


def _hash(kernel: Kernel, divisor: int, floor: int) -> Builtin:
    """A share of the connection hash: a power of two, RAM / 128 KiB, 524288 at most.

    The kernel counts a little more than it shows later.
    """
    shown = kernel.memory_mb or 0
    value, more = (
        max(floor, min(524288, 1 << max(0, memory * 8 - 1).bit_length()) // divisor)
        for memory in (shown, shown + shown // 16)
    )
    return Builtin(value, value == more)


def _pages(kernel: Kernel, divisor: int, element: int) -> Builtin:
    """tcp_init_mem(): usable pages / divisor, 128 at least; three quarters of it, itself, and 1.5 times."""
    limit = max(128, (kernel.memory_mb or 0) * _MIB // kernel.page_size // divisor)
    return Builtin((limit // 4 * 3, limit, limit // 4 * 3 * 2)[element], False)


# What a default in the catalog may hold beside numbers.
_FORMULAS: Dict[str, Callable[[Kernel], Builtin]] = {
    "page_size": lambda kernel: Builtin(kernel.page_size, True),
    "rmem<=4MiB": lambda kernel: _share(kernel, 4 * _MIB, 87380),
    "rmem<=6MiB": lambda kernel: _share(kernel, 6 * _MIB, 87380),
    "rmem<=32MiB": lambda kernel: _share(kernel, 32 * _MIB, 131072),
    "wmem<=4MiB": lambda kernel: _share(kernel, 4 * _MIB, 65536),
    "ehash/2": lambda kernel: _hash(kernel, 2, 1),
    "ehash/128": lambda kernel: _hash(kernel, 128, 128),
    "ehash/256": lambda kernel: _hash(kernel, 256, 128),
}
for _divisor in (8, 16):
    for _element, _name in enumerate(("low", "pressure", "high")):
        _FORMULAS["%s/%d" % (_name, _divisor)] = functools.partial(_pages, divisor=_divisor, element=_element)
_NEEDS_MEMORY = frozenset(_FORMULAS) - {"page_size"}


def written(row: Key, kernel: Kernel) -> str:
    """A key's default as the catalog has it for that kernel: numbers, names of _FORMULAS, or a name; "" for none."""
    text = at(row.default, release_of(kernel)) or ""
    return text[len(ABOUT) :] if text.startswith(ABOUT) else text


def is_read(key: str, kernel: Kernel) -> bool:
    """Whether a kernel's own value of a key was read in a source or seen on a kernel; else it is but likely."""
    row, release = row_of(key), release_of(kernel)
    return row is not None and is_known(row.default, release) and not (at(row.default, release) or "").startswith(ABOUT)


def builtin(key: str, kernel: Kernel) -> list[Builtin] | None:
    """The kernel's own numbers of a key; None for a key without numbers, and where they are not known."""
    row = row_of(key)
    if row is None or not row.numeric or not exists(key, kernel):
        return None
    words = written(row, kernel).split()
    if not words or kernel.memory_mb is None and _NEEDS_MEMORY.intersection(words):
        return None
    return [_FORMULAS[word](kernel) if word in _FORMULAS else Builtin(int(word), True) for word in words]


def builtin_text(found: list[Builtin] | None) -> str | None:
    """The same as the kernel shows it."""
    return " ".join(str(element.value) for element in found) if found else None


def own_text(key: str, kernel: Kernel) -> str | None:
    """The kernel's own value of a key with numbers, as the kernel shows it; None where it is not known."""
    return builtin_text(builtin(key, kernel))
