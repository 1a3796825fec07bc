# Private to this collection. Sentences for values that few profiles have: what a host cannot take (ports, names of
# congestion controls and queueing disciplines), what it may not have, and what hardly anybody means. Imported where
# there is such a value. Pure.

from __future__ import annotations

from typing import Iterator, Tuple

from .._codes import IMPLAUSIBLE, VALUE_NOT_AVAILABLE, Code
from .._data import Available, Setting
from .._kernel._key import Key

FEWEST_PORTS = 1000  # of a local port range that makes sense
_MOST = 12  # names in a message


def ports(wanted: str, start: int) -> str:
    """The lowest port of a range is below the unprivileged ports."""
    return (
        "net.ipv4.ip_local_port_range: %s is refused: the kernel takes no port below ip_unprivileged_port_start, which "
        "is %d here; begin at %d or above, or lower that key too" % (wanted, start, start)
    )


def start_of_ports(start: int, low: int) -> str:
    """The unprivileged ports are to begin above the lowest port of the range."""
    return (
        "net.ipv4.ip_unprivileged_port_start: %d is refused: it may not be above the lowest port of "
        "ip_local_port_range, which is %d here; raise that port too" % (start, low)
    )


def name(key: str, wanted: str, found: Available) -> str:
    """A name of which it is known that the host cannot have it; "" for any other."""
    if wanted in found.barred:
        return "%s: %s is refused: a container may not use it; see tcp_allowed_congestion_control on the host" % (
            key,
            wanted,
        )
    if not found.complete or wanted in found.names:
        return ""
    return "%s: %s is refused: this kernel does not have it, nor a module of that name; it has %s" % (
        key,
        wanted,
        _listed(found),
    )


def _listed(found: Available) -> str:
    more = " and %d more" % (len(found.names) - _MOST) if len(found.names) > _MOST else ""
    return ", ".join(found.names[:_MOST]) + more


def outside(setting: Setting, row: Key) -> Iterator[Tuple[Code, str]]:
    """A wanted value, or else the one that is set, outside the window of its row. The kernel's own is always meant."""
    for value in (setting.wanted, setting.target):
        numbers = value.numbers or ()
        if value.same(setting.default) or all(row.sane[0] <= number <= row.sane[1] for number in numbers):
            continue
        unit = (" " + row.unit if row.unit else "") + (", each number" if row.arity > 1 else "")
        low, high = row.sane
        yield IMPLAUSIBLE, "%s is hardly meant; what makes sense is %d to %d%s" % (value.text, low, high, unit)
        return


def few_ports(count: int) -> Tuple[Code, str]:
    """A local port range with so few ports."""
    return IMPLAUSIBLE, "%d ports are hardly meant; what makes sense is %d or more" % (count, FEWEST_PORTS)


def doubtful(wanted: str, found: Available) -> Iterator[Tuple[Code, str]]:
    """A name of which it is not known whether the host can have it."""
    if not found.complete and wanted not in found.names:
        seen = "it has %s loaded" % _listed(found) if found.names else "what is loaded cannot be seen either"
        message = "the kernel may not have %s: its modules cannot be seen here, and %s"
        yield VALUE_NOT_AVAILABLE, message % (wanted, seen)
