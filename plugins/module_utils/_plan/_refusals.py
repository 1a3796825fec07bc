# Private to this collection. What the kernel would refuse although each value by itself is good, told from what was
# read of the host. Pure.

from __future__ import annotations

from typing import Iterator, Mapping, Sequence

from .._data import Host, Value
from .._kernel._builtin import builtin, builtin_text
from .._kernel._values import value_of

RANGE, START = "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start"


def beside(keys: Sequence[str]) -> list[str]:
    """The keys that have to be read as well, to judge these."""
    pair = (RANGE, START)
    return [other for one, other in zip(pair, pair[::-1]) if one in keys and other not in keys]


def refusals(targets: Mapping[str, Value], host: Host) -> Iterator[str]:
    """A sentence for each value that the host cannot take. targets: what is to be set, by key."""
    if RANGE in targets or START in targets:
        low, start = (_first(key, targets, host) for key in (RANGE, START))
        if low is not None and start is not None and low < start:
            yield _below(targets, low, start)
    for key in host.available if host.available else ():
        if key in targets:
            from ._named import refused

            yield from refused(key, targets[key].text, host.available[key])


def _first(key: str, targets: Mapping[str, Value], host: Host) -> int | None:
    """The first number of a key as it will be: as it is set, else as it is, else the kernel's own."""
    value = targets.get(key)
    reading = host.reading(key)
    if value is None and reading.present:
        value = value_of(key, reading.text or builtin_text(builtin(key, host.kernel)) or "")
    return value.numbers[0] if value and value.numbers else None


def _below(targets: Mapping[str, Value], low: int, start: int) -> str:
    if RANGE in targets:
        return (
            "%s: %s is refused: the kernel takes no port below %s, which is %d here; begin at %d or above, or lower "
            "that key too" % (RANGE, targets[RANGE].text, START.rpartition(".")[2], start, start)
        )
    return "%s: %d is refused: it may not be above the lowest port of %s, which is %d here; raise that port too" % (
        START,
        start,
        RANGE.rpartition(".")[2],
        low,
    )
