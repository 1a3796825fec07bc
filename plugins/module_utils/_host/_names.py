# Private to this collection. Reads which congestion controls and queueing disciplines a host can have: loaded, built
# in, or as modules that the kernel would load; and with which one its kernel begins. Imported where a profile has a key
# that holds such a name.

from __future__ import annotations

import os
import re
from typing import Iterable

from .._data import Available
from ._proc import CONGESTION, QDISC, read_text, read_value

_MODULES = "/lib/modules/%s/modules.%s"
# Part of the scheduler itself, and in no list of modules (net/sched/sch_generic.c, sch_fifo.c, sch_mq.c).
_ALWAYS = ("bfifo", "mq", "noqueue", "pfifo", "pfifo_fast", "pfifo_head_drop")
# The configuration of the kernel that runs, the first that is there.
_CONFIGS = ("/boot/config-%s", "/lib/modules/%s/config", "/usr/lib/modules/%s/config")
_PACKED = "/proc/config.gz"
_CHOICES = {CONGESTION: "CONFIG_DEFAULT_TCP_CONG", QDISC: "CONFIG_DEFAULT_NET_SCH"}
_CONFIG_LIMIT = 1 << 20  # characters
_NO_NAMES = frozenset(("diag", "probe"))  # tcp_diag and tcp_probe are something else


def names_of(keys: Iterable[str]) -> dict[str, Available]:
    """What each of the keys may hold. The value that a key has now is always among it."""
    found = {}
    for key in keys:
        running = (read_value(key) or "").split()
        if key == CONGESTION:
            loaded = read_value("net.ipv4.tcp_available_congestion_control")
            allowed = read_value("net.ipv4.tcp_allowed_congestion_control")
            names, complete = _modules("tcp")
            barred = set((loaded or "").split()) - set(allowed.split()) if allowed and _restricted() else set()
            names = {*names, *running, *(loaded or "").split()} - barred
            found[key] = Available(tuple(sorted(names)), complete and loaded is not None, tuple(sorted(barred)))
        elif key == QDISC:
            names, complete = _modules("sch")
            found[key] = Available(tuple(sorted({*names, *running, *_ALWAYS})), complete)
    if found:
        config = _config()
        found = {key: one._replace(own=_choice(config, _CHOICES[key])) for key, one in found.items()}
    return found


def _choice(config: str, option: str) -> str:
    chosen = re.search(r'^%s="([A-Za-z0-9_.-]+)"$' % option, config, re.MULTILINE)
    return chosen.group(1) if chosen else ""


def _config() -> str:
    """The configuration with which the kernel was built; "" where it cannot be read."""
    release = os.uname().release
    text = next(filter(None, (read_text(path % release) for path in _CONFIGS)), "")
    if not text:
        import gzip

        try:
            with gzip.open(_PACKED, "rt", encoding="ascii", errors="replace") as stream:
                text = stream.read(_CONFIG_LIMIT)
        except (OSError, EOFError):
            return ""
    return text


def _restricted() -> bool:
    """Whether this is a namespace in which only the allowed ones may be chosen; not so in the first."""
    from ._proc import read_kernel

    return read_kernel().namespace == "container"


def _modules(kind: str) -> tuple[set[str], bool]:
    """The names that modules of a kind, tcp or sch, offer; and whether these are all."""
    release = os.uname().release
    built_in, loadable = (read_text(_MODULES % (release, name)) for name in ("builtin", "dep"))
    complete = built_in is not None and loadable is not None
    if read_text("/proc/sys/kernel/modules_disabled", 8) == "1":
        loadable = ""
    text = "%s\n%s" % (built_in or "", loadable or "")
    found = re.findall(r"/%s_([A-Za-z0-9_-]+)\.ko(?:\.\w+)?(?::.*)?$" % kind, text, re.MULTILINE)
    return set(found) - _NO_NAMES, complete
