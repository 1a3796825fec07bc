# Private to this collection. What the catalog alone says of a kernel: its own value of a key, and a whole host for
# what-if. Pure.

from __future__ import annotations

import functools
from typing import Any, Iterable, NamedTuple

from .._kernel._catalog import CATALOG, exists, per_namespace
from .._kernel._history import MISSING, Kernel, Reading, at, parse_release, since
from ._verdict import Host

_MIB = 1 << 20


class Builtin(NamedTuple):
    """Not exact: computed from the memory, of which the kernel first takes its reserve (docs/guarantees.md)."""

    value: int
    exact: bool


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


# What a default in the table may hold beside numbers.
_FORMULAS = {
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


def builtin(key: str, kernel: Kernel) -> list[Builtin] | None:
    """Of a numeric key; None where it is not known."""
    row = CATALOG.get(key)
    words = (
        (at(row.default, parse_release(kernel.release)) or "").split()
        if row and row.numeric and exists(key, kernel)
        else []
    )
    if not words or kernel.memory_mb is None and _NEEDS_MEMORY.intersection(words):
        return None
    return [_FORMULAS[word](kernel) if word in _FORMULAS else Builtin(int(word), True) for word in words]


def builtin_text(found: list[Builtin] | None) -> str | None:
    return " ".join(str(element.value) for element in found) if found else None


def imagine(kernel: Kernel, keys: Iterable[str]) -> Host:
    """A host of that kernel, of which nothing but its keys is known."""
    return Host(kernel, {key: _imagined(key, kernel) for key in keys}, at_hand=False)


def _imagined(key: str, kernel: Kernel) -> Reading:
    if not exists(key, kernel):
        return MISSING
    if kernel.namespace == "host" or per_namespace(key, kernel):
        return Reading(True, writable=True)
    visible = CATALOG[key].visible_in_child
    return Reading(bool(visible) and since(visible, parse_release(kernel.release)))


def at_boot(host: Host) -> Host:
    """Only the next boot counts: of a container, that of the machine for which it is an image."""
    if host.kernel.namespace == "container":
        kernel = host.kernel._replace(namespace="host")
        keys = {key: _imagined(key, kernel) if key in CATALOG else one for key, one in host.keys.items()}
        host = host._replace(kernel=kernel, keys=keys)
    return host._replace(live=False)


def kernel_from(options: dict[str, Any]) -> Kernel:
    """The option `kernel`; ValueError for a release or a size that is none."""
    kernel = Kernel(options["release"], options["memory_mb"], options["page_size"], options["namespace"])
    parse_release(kernel.release)
    for name in ("memory_mb", "page_size"):
        if options[name] is not None and options[name] <= 0:
            raise ValueError("%s: %d is refused; expected a number above 0" % (name, options[name]))
    return kernel
