# Private to this collection. Reads from a host what its sockets are held against: running and former values of keys,
# counters, and when the drop-in was changed.

from __future__ import annotations

import json
import os
from typing import Any, Iterable

from .._host._proc import STATE_FOLDER, kept_as, read_key, read_text
from .._kernel._history import at, parse_release
from ._counters import (
    COUNTERS,
    counters,
    numbers,
    sockstat,
)
from ._sums import Limits, scale_of

SOMAXCONN, RMEM, WMEM, RMEM_MAX = "net.core.somaxconn", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem", "net.core.rmem_max"
_RANGE, _MODERATE, _KEEPALIVE = (
    "net.ipv4.ip_local_port_range",
    "net.ipv4.tcp_moderate_rcvbuf",
    "net.ipv4.tcp_keepalive_time",
)
# The keys whose running values belong to the picture: the document's, and what else limits sockets.
KEYS = tuple(COUNTERS) + (
    _MODERATE,
    "net.ipv4.tcp_max_tw_buckets",
    "net.ipv4.tcp_max_orphans",
    "net.ipv4.ip_local_reserved_ports",
)
# What kernels begin with, as the catalog has it (which is too large to travel along); a test holds the two together.
BUILT_IN = {
    SOMAXCONN: (("0", 128), ("5.4", 4096), ("el8", 128), ("el8-477", 2048)),
    RMEM: (("0", 87380), ("4.20", 131072)),
    WMEM: (("0", 16384), ("amzn", 20480)),
}


def running(keys: Iterable[str] = KEYS) -> dict[str, str | None]:
    """Values as they are; None for a key that is not here."""
    texts = ((key, read_key(key).text) for key in keys)
    return {key: None if text is None else " ".join(text.split()) for key, text in texts}


def former(given: dict[str, Any], path: str, release: str) -> dict[str, list[tuple[int, ...]]]:
    """What keys may have been before: as given, as in the snapshot of the drop-in (root only), and as kernels begin."""
    texts = [(key, str(value)) for key, value in given.items()]
    try:
        texts += json.loads(read_text("%s/%s.json" % (STATE_FOLDER, kept_as(path))) or "{}").get("live", {}).items()
    except (ValueError, AttributeError):
        pass  # a damaged snapshot; what needs it says so
    found: dict[str, list[tuple[int, ...]]] = {}
    for key, text in texts:
        value = numbers(str(text))
        if value:
            found.setdefault(key, []).append(value)
    found.setdefault(SOMAXCONN, []).append((at(BUILT_IN[SOMAXCONN], parse_release(release)),))
    return found


def limits(keys: dict[str, str | None], before: dict[str, list[tuple[int, ...]]], release: str) -> Limits:
    """What sockets are held against."""
    rmem, wmem, ends = (numbers(keys.get(key)) for key in (RMEM, WMEM, _RANGE))
    rmem_max, keepalive = (numbers(keys.get(key)) for key in (RMEM_MAX, _KEEPALIVE))
    defaults = {
        key: {value[1] for value in before.get(key, []) if len(value) == 3}
        | {at(BUILT_IN[key], parse_release(release))}
        for key in (RMEM, WMEM)
    }
    highest = [value[2] for value in before.get(RMEM, []) if len(value) == 3]
    maxima = [value[0] for value in before.get(RMEM_MAX, [])] + ([rmem_max[0]] if rmem_max else [])
    return Limits(
        ports=(ends[0], ends[1]) if ends and len(ends) == 2 else None,
        rmem=(rmem[1], rmem[2]) if rmem and len(rmem) == 3 else None,
        wmem=(wmem[1], wmem[2]) if wmem and len(wmem) == 3 else None,
        rmem_max=rmem_max[0] if rmem_max else None,
        autotuning=keys.get(_MODERATE) != "0",
        keepalive_time=keepalive[0] if keepalive else None,
        old_rmem=frozenset(defaults[RMEM]),
        old_wmem=frozenset(defaults[WMEM]),
        old_scales=frozenset(scale_of(max(one, other)) for one in highest for other in maxima),
    )


def changed_at(path: str) -> int | None:
    """When the drop-in was last changed, in seconds since 1970; None where there is none."""
    try:
        return int(os.stat(path).st_mtime)
    except (OSError, ValueError):
        return None


def read_counters() -> dict[str, int | None]:
    """Every counter that belongs to a key."""
    return counters(*(read_text("/proc/net/" + name) for name in ("snmp", "netstat", "softnet_stat")))


def read_sockstat() -> dict[str, int]:
    """How many sockets and pages TCP has."""
    return sockstat(read_text("/proc/net/sockstat"))
