# Private to this collection. Whether a key of a profile is set on a host, and why not. Pure: all it knows of the host
# was read before.

from __future__ import annotations

from typing import Any, NamedTuple, Sequence

from .._kernel._catalog import CATALOG, exists, per_namespace, removed_in
from .._kernel._history import MISSING, Kernel, Reading, parse_release, since
from .._kernel._values import canonical, check_key, numbers, shown

POLICIES = ("exact", "raise_only")


class Host(NamedTuple):
    """drop_in: our own text, or ""; ports: that listen, ascending; at_hand: False for an imagined kernel. Of the next boot, by key
    (_boot.Assignment): boot: what stands; after: what others set after the drop-in. unread: why that is not read;
    notes: what is not
    known, in sentences. namespaces: how many others live here, and whether all were seen; None in one of them. live:
    whether running values count.
    """

    kernel: Kernel
    keys: dict[str, Reading]
    drop_in: str = ""
    ports: tuple[int, ...] = ()
    at_hand: bool = True
    boot: dict[str, Any] = {}
    after: dict[str, Any] = {}
    unread: str = ""
    notes: Sequence[str] = ()
    namespaces: tuple[int, bool] | None = None
    live: bool = True

    def reading(self, key: str) -> Reading:
        return self.keys.get(key, MISSING)


class Profile(NamedTuple):
    """values: key to value as given; memory_percent: 0 for no guard; path: the drop-in."""

    values: dict[str, Any]
    exclude: Sequence[str] = ()
    policy: str = "exact"
    policies: dict[str, str] | None = None
    memory_percent: int = 50
    path: str = "/etc/sysctl.d/90-tcp-hardening.conf"

    def policy_of(self, key: str) -> str:
        return (self.policies or {}).get(key, self.policy)

    def names(self) -> list[str]:
        """Every key that the profile names, also to exclude it; those of bad form left out."""
        named = list(self.values) + list(self.exclude) + list(self.policies or {})
        return [key for key in dict.fromkeys(named) if not check_key(key)]


class ProfileError(ValueError):
    """The profile cannot be used on this host. problems: a sentence for each fault."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = list(problems)


def _form_problems(profile: Profile) -> list[str]:
    named = list(profile.values) + list(profile.exclude) + list(profile.policies or {})
    found = [problem for problem in map(check_key, named) if problem]
    for key, policy in (profile.policies or {}).items():
        if policy not in POLICIES:
            found.append("%s: policy %s; expected one of %s" % (key, shown(policy), ", ".join(POLICIES)))
    if not 0 <= profile.memory_percent <= 100:
        found.append("memory_percent: %d is refused; expected 0 (no guard) to 100" % profile.memory_percent)
    return found


def wanted_values(profile: Profile, host: Host) -> dict[str, str]:
    """The values in canonical form; all faults at once as a ProfileError."""
    problems = _form_problems(profile)
    problems += [unknown(key, host) for key in profile.names() if not is_known(key, host)]
    wanted: dict[str, str] = {}
    for key in profile.names():
        if key in profile.values and is_known(key, host):
            faults = put_canonical(wanted, key, profile.values[key], host)
            if faults and key in profile.exclude:
                # Excluding it is the way out where the kernel refuses it.
                wanted[key] = shown(profile.values[key])
            else:
                problems += faults
    if problems:
        raise ProfileError(problems)
    return wanted


def put_canonical(wanted: dict[str, str], key: str, raw: Any, host: Host) -> list[str]:
    """Put the canonical value in its place, or say why not."""
    try:
        wanted[key] = canonical(key, raw, host.kernel, host.reading(key).text)
    except ValueError as exc:
        return ["%s: %s" % (key, exc)]
    return []


def is_known(key: str, host: Host) -> bool:
    return key in CATALOG or host.reading(key).present


def unknown(key: str, host: Host) -> str:
    return "%s: neither the catalog nor this host (%s) knows this key; check its spelling" % (key, host.kernel.release)


def skip(key: str, target: str, profile: Profile, host: Host) -> tuple[str, str]:
    """(reason, detail) where the key is left alone, but for `lower`; ("", "") where it is not."""
    reading = host.reading(key)
    if key in profile.exclude:
        return "excluded", "left alone on request"
    if not reading.present:
        return _why_missing(key, host.kernel)
    if host.kernel.namespace == "container" and _leaks(key, host.kernel):
        return "other_namespace", "writing it here would change the whole host; set it there"
    if not reading.writable:
        return "read_only", _why_read_only(key, reading)
    if key == "net.ipv4.tcp_mem":
        return _guard(target, profile.memory_percent, host.kernel)
    return "", ""


def _why_missing(key: str, kernel: Kernel) -> tuple[str, str]:
    removed = removed_in(key, kernel)
    if removed:
        return "removed", "the kernel dropped it in %s" % removed
    row = CATALOG.get(key)
    if not exists(key, kernel):
        return "absent", "this kernel is too old: the key came with %s" % (
            row.introduced.split()[0] if row else "a later one"
        )
    if kernel.namespace == "container" and not per_namespace(key, kernel):
        return "other_namespace", "it belongs to the whole host; set it there"
    if row and row.needs:
        return "absent", "this kernel was built without %s" % row.needs
    return "absent", "this kernel does not have it: a build option, or a module that is not loaded"


def _leaks(key: str, kernel: Kernel) -> bool:
    """Before 3.5 a child namespace could write the host-wide net.ipv4 keys (sysctl_net_ipv4.c)."""
    return not since("3.5", parse_release(kernel.release)) and not per_namespace(key, kernel)


def _why_read_only(key: str, reading: Reading) -> str:
    if reading.mount_read_only:
        return "/proc/sys is mounted read-only here"
    if key in CATALOG and CATALOG[key].visible_in_child:
        return "it belongs to the whole host, which shows it here read-only"
    return "the kernel offers it for reading only"


def size(count: int) -> str:
    mib = count / (1 << 20)
    return "%.1f GiB" % (mib / 1024) if mib >= 1024 else "%d MiB" % round(mib)


def _guard(target: str, percent: int, kernel: Kernel) -> tuple[str, str]:
    """tcp_mem's high limit, in pages, against a share of the memory."""
    elements = numbers(target)
    if not percent or kernel.memory_mb is None or elements is None:
        return "", ""
    high = elements[-1] * kernel.page_size
    if high * 100 <= kernel.memory_mb * (1 << 20) * percent:
        return "", ""
    return "memory", "the high limit, %s, is over %d %% of %s" % (size(high), percent, size(kernel.memory_mb << 20))


def verdict(reason: str, detail: str) -> dict[str, Any]:
    return {"verdict": "skip" if reason else "apply", "reason": reason or None, "detail": detail}
