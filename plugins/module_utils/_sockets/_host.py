# Private to this collection. Reads from a host what its sockets are held against: the values of keys now and before,
# the kernel's own, counters, and when the drop-in was changed.

from __future__ import annotations

import functools
import json
import os
from typing import Collection, Dict, Iterable, List, Mapping, Tuple

from .._host._proc import STATE_FOLDER, kept_as, read_key, read_text
from ._counters import COUNTERS, counters, numbers, sockstat
from ._sums import Limits, scale_of

SOMAXCONN, RMEM, WMEM, RMEM_MAX = "net.core.somaxconn", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem", "net.core.rmem_max"
KEEPALIVE_TIME = "net.ipv4.tcp_keepalive_time"
_RANGE, _MODERATE = "net.ipv4.ip_local_port_range", "net.ipv4.tcp_moderate_rcvbuf"
# The keys whose running values are returned: the document's, and others that limit sockets.
KEYS = tuple(COUNTERS) + (
    _MODERATE,
    "net.ipv4.tcp_max_tw_buckets",
    "net.ipv4.tcp_max_orphans",
    "net.ipv4.ip_local_reserved_ports",
)

# The place of the number that sockets begin with, and the largest that it is on any kernel where nobody sets it.
LARGEST_OWN = {SOMAXCONN: (0, 4096), RMEM: (1, 131072), WMEM: (1, 20480)}

# The numbers that keys had before a change, by key.
Former = Dict[str, List[Tuple[int, ...]]]


def running(keys: Iterable[str] = KEYS) -> dict[str, str | None]:
    """The values of keys as they are, with single blanks; None for a key that is not here."""
    texts = ((key, read_key(key).text) for key in keys)
    return {key: None if text is None else " ".join(text.split()) for key, text in texts}


@functools.lru_cache(maxsize=None)
def own(key: str, release: str) -> tuple[int, ...]:
    """The numbers that a key has on this kernel where nobody sets it; none where that is not known.

    The last number of tcp_rmem and tcp_wmem depends on the memory, which is not looked up: nobody here asks for it.
    """
    # Only here: most looks need nothing of the catalog, and it takes 4 ms to load.
    from .._data import Kernel
    from .._kernel._builtin import builtin

    return tuple(one.value for one in builtin(key, Kernel(release, memory_mb=0)) or ())


class Before:
    """What one number of a key may have been before a change: what is known of that, or the kernel's own.

    The catalog is asked for the kernel's own only where a number may be that: no kernel begins with a larger one.
    """

    def __init__(self, key: str, release: str, known: Collection[int]) -> None:
        """key: one of LARGEST_OWN; release: of this kernel; known: what the number was, as far as that is known."""
        self._key, self._release, self._known = key, release, known

    def __contains__(self, number: object) -> bool:
        place, largest = LARGEST_OWN[self._key]
        if number in self._known:
            return True
        return isinstance(number, int) and number <= largest and number in own(self._key, self._release)[place:][:1]


def former(given: Mapping[str, object], path: str) -> Former:
    """What keys had before a change: as the caller says, then as the snapshot of the drop-in has it (root only).

    given: values by key; path: of the drop-in. A value without numbers is left out, and a damaged snapshot too.
    """
    texts = [(key, str(value)) for key, value in given.items()]
    try:
        texts += json.loads(read_text("%s/%s.json" % (STATE_FOLDER, kept_as(path))) or "{}").get("live", {}).items()
    except (ValueError, AttributeError):
        pass  # the snapshot is damaged; the module that needs it says so
    found: Former = {}
    for key, text in texts:
        value = numbers(str(text))
        if value:
            found.setdefault(key, []).append(value)
    return found


def limits(keys: Mapping[str, str | None], before: Former, release: str) -> Limits:
    """What sockets are held against, out of the values of keys now and before."""
    rmem, wmem, ends = (numbers(keys.get(key)) for key in (RMEM, WMEM, _RANGE))
    rmem_max, keepalive = (numbers(keys.get(key)) for key in (RMEM_MAX, KEEPALIVE_TIME))
    triplets = {key: [value for value in before.get(key, ()) if len(value) == 3] for key in (RMEM, WMEM)}
    old_rmem, old_wmem = (Before(key, release, {value[1] for value in triplets[key]}) for key in (RMEM, WMEM))
    maxima = [value[0] for value in before.get(RMEM_MAX, [])] + ([rmem_max[0]] if rmem_max else [])
    return Limits(
        ports=(ends[0], ends[1]) if ends and len(ends) == 2 else None,
        rmem=(rmem[1], rmem[2]) if rmem and len(rmem) == 3 else None,
        wmem=(wmem[1], wmem[2]) if wmem and len(wmem) == 3 else None,
        rmem_max=rmem_max[0] if rmem_max else None,
        autotuning=keys.get(_MODERATE) != "0",
        keepalive_time=keepalive[0] if keepalive else None,
        old_rmem=old_rmem,
        old_wmem=old_wmem,
        old_scales=frozenset(scale_of(max(value[2], other)) for value in triplets[RMEM] for other in maxima),
    )


def changed_at(path: str) -> int | None:
    """When the drop-in was last changed, in seconds since 1970; None where there is none."""
    try:
        return int(os.stat(path).st_mtime)
    except (OSError, ValueError):
        return None


def read_counters() -> dict[str, int | None]:
    """Every counter that belongs to a key; None for one that this kernel does not have."""
    return counters(*(read_text("/proc/net/" + name) for name in ("snmp", "netstat", "softnet_stat")))


def read_sockstat() -> dict[str, int]:
    """How many sockets and pages TCP has; empty where that cannot be read."""
    return sockstat(read_text("/proc/net/sockstat"))
