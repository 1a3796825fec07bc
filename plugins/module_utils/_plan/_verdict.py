# Private to this collection. Whether a key of a profile is set on a host, and why not. Pure: all it knows of the host
# was read before.

from __future__ import annotations

from typing import Optional, Tuple

from .._codes import ABSENT, EXCLUDED, MEMORY, OTHER_NAMESPACE, READ_ONLY, REMOVED, Code
from .._data import Host, Kernel, Profile, Reading, Value
from .._kernel._catalog import exists, per_namespace, removed_in, row_of
from .._kernel._history import release_of, since

# Why a key is left alone, and a sentence about it; None and "" where it is set.
Verdict = Tuple[Optional[Code], str]


def skip(key: str, target: Value, profile: Profile, host: Host) -> Verdict:
    """Whether a key is left alone whatever the policy says, and why."""
    reading = host.reading(key)
    if key in profile.exclude:
        return EXCLUDED, "left alone on request"
    if not reading.present:
        return _why_missing(key, host.kernel)
    if host.kernel.namespace == "container" and _leaks(key, host.kernel):
        return OTHER_NAMESPACE, "writing it here would change the whole host; set it there"
    if not reading.writable:
        return READ_ONLY, _why_read_only(key, reading)
    if key == "net.ipv4.tcp_mem":
        return _guard(target, profile.memory_percent, host.kernel)
    return None, ""


def _why_missing(key: str, kernel: Kernel) -> Verdict:
    removed = removed_in(key, kernel)
    if removed:
        return REMOVED, "the kernel dropped it in %s" % removed
    row = row_of(key)
    if not exists(key, kernel):
        came = "with %s" % row.introduced.split()[0] if row else "later"
        return ABSENT, "this kernel is too old: the key came %s" % came
    if kernel.namespace == "container" and not per_namespace(key, kernel):
        return OTHER_NAMESPACE, "it belongs to the whole host; set it there"
    if row and row.needs:
        return ABSENT, "this kernel was built without %s" % row.needs
    return ABSENT, "this kernel does not have it: a build option, or a module that is not loaded"


def _leaks(key: str, kernel: Kernel) -> bool:
    """Before 3.5 a child namespace could write the host-wide net.ipv4 keys (sysctl_net_ipv4.c)."""
    return not since("3.5", release_of(kernel)) and not per_namespace(key, kernel)


def _why_read_only(key: str, reading: Reading) -> str:
    if reading.mount_read_only:
        return "/proc/sys is mounted read-only here"
    row = row_of(key)
    if row and row.visible_in_child:
        return "it belongs to the whole host, which shows it here read-only"
    return "the kernel offers it for reading only"


def size(count: int) -> str:
    """So many bytes, for people: MiB, or GiB from 1024 MiB on."""
    mib = count / (1 << 20)
    return "%.1f GiB" % (mib / 1024) if mib >= 1024 else "%d MiB" % round(mib)


def _guard(target: Value, percent: int, kernel: Kernel) -> Verdict:
    """tcp_mem's high limit, in pages, against a share of the memory."""
    if not percent or kernel.memory_mb is None or target.numbers is None:
        return None, ""
    high = target.numbers[-1] * kernel.page_size
    if high * 100 <= kernel.memory_mb * (1 << 20) * percent:
        return None, ""
    return MEMORY, "the high limit, %s, is over %d %% of %s" % (size(high), percent, size(kernel.memory_mb << 20))
