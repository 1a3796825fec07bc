# Private to this collection. Lists of ports, such as the value of ip_local_reserved_ports: 8080,9000-9010. Pure.

from __future__ import annotations

import re
from typing import Tuple

_PORT = r"[1-9][0-9]{0,4}"  # the kernel would take 010 for port 8
_PORTS = re.compile(r"%s(?:-%s)?(?:,%s(?:-%s)?)*" % (_PORT, _PORT, _PORT, _PORT))

Ranges = Tuple[Tuple[int, int], ...]


def is_ports(text: str) -> bool:
    """Whether a text has the form of a list of ports; an empty one is a list without ports."""
    return not text.strip() or bool(_PORTS.fullmatch(text.strip()))


def are_good(text: str | None) -> bool:
    """Whether the kernel takes a text, without blanks around it, as a list of ports: 1 to 65535, ranges ascending."""
    if text is None or text and not _PORTS.fullmatch(text):
        return False
    return all(0 < low <= high <= 65535 for low, high in map(_range, text.split(",") if text else ()))


def ranges(text: str) -> Ranges:
    """First and last port of each range, as the kernel merges them. text: of the right form, see is_ports()."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(_range(part) for part in text.strip().split(",") if part):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = merged[-1][0], max(merged[-1][1], high)
        else:
            merged.append((low, high))
    return tuple(merged)


def _range(part: str) -> tuple[int, int]:
    low, _dash, high = part.partition("-")
    return int(low), int(high or low)


def reserves(text: str | None, port: int) -> bool:
    """Whether a list holds a port; a text that is no list holds none."""
    return text is not None and is_ports(text) and any(low <= port <= high for low, high in ranges(text))


def less(text: str, other: str) -> str:
    """The ports of a list that are not in another one, as the kernel prints them."""
    taken: set[int] = set()
    for low, high in ranges(other) if is_ports(other) else ():
        taken.update(range(low, high + 1))
    found = [port for low, high in (ranges(text) if is_ports(text) else ()) for port in range(low, high + 1)]
    return listed(ranges(",".join(str(port) for port in found if port not in taken)))


def listed(found: Ranges) -> str:
    """Ranges as the kernel prints them."""
    return ",".join(str(low) if low == high else "%d-%d" % (low, high) for low, high in found)
