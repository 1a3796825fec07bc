# Private to this collection. What the kernel would refuse although each value by itself is good, told from what was
# read of the host. Pure.

from __future__ import annotations

from typing import Iterator, Mapping, Sequence

from .._data import Host
from .._kernel._key import KEEPALIVE, MOVERS

RANGE, START = "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start"


def beside(keys: Sequence[str]) -> list[str]:
    """The keys that have to be read as well, to judge these."""
    families = [family for family in ((RANGE, START), KEEPALIVE) if any(key in keys for key in family)]
    return [key for family in families for key in family if key not in keys]


def effective(key: str, targets: Mapping[str, str], host: Host) -> str | None:
    """What a key will be: as it is set, else as it is, else the kernel's own; None where that is not known."""
    if key in targets:
        return targets[key]
    text = host.reading(key).text
    if text is None:
        from .._kernel._builtin import own_text

        return own_text(key, host.kernel)
    return text.strip()


def refusals(targets: Mapping[str, str], host: Host) -> Iterator[str]:
    """A sentence for each value that the host cannot take. targets: what is to be set, by key."""
    if RANGE in targets or START in targets:
        low, start = (_first(key, targets, host) for key in (RANGE, START))
        if low is not None and start is not None and low < start:
            from . import _rare

            range_ = targets.get(RANGE)
            yield _rare.ports(range_, start) if range_ else _rare.start_of_ports(start, low)
    one, other = (targets.get(key) for key in MOVERS)
    if one is not None and other is not None and one != other:
        yield "%s: %s is refused: it is the same switch as %s, which is to be %s; leave one out" % (
            MOVERS[0],
            one,
            MOVERS[1],
            other,
        )
    for key, found in host.available.items():
        if key in targets:
            from . import _rare

            problem = _rare.name(key, targets[key], found)
            if problem:
                yield problem


def _first(key: str, targets: Mapping[str, str], host: Host) -> int | None:
    """The first number of a key as it will be; None where the host does not have it, or it is not known."""
    if key not in targets and not host.reading(key).present:
        return None
    words = (effective(key, targets, host) or "").split()
    return int(words[0]) if words and words[0].isdigit() else None
