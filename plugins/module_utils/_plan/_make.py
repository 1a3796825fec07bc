# Private to this collection. The plan, a profile held against one host, with advice beside its verdicts. Pure: all it
# knows was read before (_host.py), or comes from the catalog (_what_if.py).

from __future__ import annotations

from itertools import accumulate
from typing import Any, Iterator

from .._boot._conf import assignments
from .._boot._forecast import LAST, modified
from .._kernel._catalog import CATALOG, no_effect, per_namespace
from .._kernel._history import Kernel, at, parse_release, since
from .._kernel._values import as_kernel_reads, numbers, plain, reserved, same
from ._verdict import Host, Profile, size, skip, verdict, wanted_values
from ._what_if import Builtin, builtin, builtin_text

# Skips that nobody asked for; the role's strict mode fails on these.
UNASKED = ("removed", "absent", "other_namespace", "read_only", "memory")
_SHOWN_PORTS = 8
# Keys that the advice on other keys depends on.
CONTEXT = (
    "net.ipv4.tcp_timestamps",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ip_local_reserved_ports",
)

# Who else writes such files, by a part of their paths.
_WRITERS = (
    ("-dev-sec.conf", "dev-sec os_hardening"),
    ("/zz-hardening.conf", "konstruktoid hardening"),
    ("/zz-main-hardening.conf", "konstruktoid hardening"),
    ("/60-netipv4_sysctl.conf", "a CIS role"),
    ("cloudimg", "cloud image"),
    ("gce-network-security.conf", "Google Cloud image"),
)
_LAST_NAME = "zz-tcp-hardening.conf"

Advice = tuple  # of code and message


def make_plan(profile: Profile, host: Host) -> dict[str, Any]:
    """What `sysctl_profile_info` returns, as plain data; ProfileError where a key or value cannot be right."""
    wanted = wanted_values(profile, host)
    own = assignments(host.drop_in)
    settings = [_setting(key, text, profile, host, own.get(key)) for key, text in wanted.items()]
    targets = {setting["key"]: setting["target"] for setting in settings if setting["verdict"] == "apply"}
    for setting in settings:
        setting["advice"] = _advise(setting, targets, host)
        setting["drift"] = _drift(setting, host.live) if host.at_hand else []
    drifted = sum(bool(setting["drift"]) for setting in settings)
    return {
        "kernel": host.kernel._asdict(),
        "settings": settings,
        "compliant": not drifted if host.at_hand else None,
        "summary": _summary(settings, drifted),
        "namespaces": host.namespaces
        and dict(zip(("count", "complete"), host.namespaces), without=_told("not_inherited_by_containers", settings)),
    }


def _told(code: str, settings: list[dict[str, Any]]) -> list[str]:
    return [setting["key"] for setting in settings if any(advice["code"] == code for advice in setting["advice"])]


def _setting(key: str, wanted: str, profile: Profile, host: Host, own: str | None) -> dict[str, Any]:
    """own: what our drop-in sets."""
    row = CATALOG.get(key)
    reading = host.reading(key)
    running = None if reading.text is None else " ".join(reading.text.split())
    own_default = builtin(key, host.kernel)
    default = builtin_text(own_default) or _worded_default(key, host.kernel)
    now = running if host.at_hand else default
    target = wanted
    if profile.policy_of(key) == "raise_only":
        target = _raised(wanted, running, own_default)
        if row and (not same(key, target, now) or same(key, now, own)):
            target = _ascending(target)
    reason, detail = skip(key, target, profile, host)
    if reason and own is not None:
        # It leaves the drop-in: as the next run has it.
        return _setting(key, wanted, profile, host, None)
    if (
        reason in ("", "memory")
        and not same(key, target, wanted)
        and same(key, target, now)
        and not same(key, now, own)
    ):
        reason, detail = "lower", "raise_only: the %s already has %s" % ("host" if host.at_hand else "kernel", now)
    if not reason:
        detail = _step(key, running, target)
    setting = {
        "key": key,
        "wanted": wanted,
        "running": running,
        "default": default,
        "default_estimated": bool(own_default) and not all(element.exact for element in own_default or []),
        "boot": _shown(host.boot.get(key), default),
        "target": target,
    }
    return dict(setting, **verdict(reason, detail))


def _shown(found: Any, default: str | None) -> dict[str, str | None] | None:
    value = found and modified(found.value, default)
    return None if value is None else {"value": plain(value), "source": plain(found.source), "loader": found.loader}


def _worded_default(key: str, kernel: Kernel) -> str | None:
    row = CATALOG.get(key)
    return at(row.default, parse_release(kernel.release)) if row and not row.numeric else None


def _raised(wanted: str, running: str | None, own_default: list[Builtin] | None) -> str:
    """No number below the running or the built-in one, but an estimate."""
    elements = numbers(wanted)
    if elements is None:
        return wanted
    floors = [numbers(running) or (), tuple(element.value if element.exact else 0 for element in own_default or ())]
    for floor in floors:
        if len(floor) == len(elements):
            elements = tuple(map(max, elements, floor))
    return " ".join(str(element) for element in elements)


def _ascending(target: str) -> str:
    elements = numbers(target)
    return target if elements is None else " ".join(map(str, accumulate(elements, max)))


def _step(key: str, running: str | None, target: str) -> str:
    if running is None:
        return "becomes %s" % target
    return (
        "already %s" % target
        if same(key, running, target)
        else "%s becomes %s" % (running or "empty", target or "empty")
    )


def _drift(setting: dict[str, Any], live: bool) -> list[str]:
    if setting["verdict"] != "apply":
        return []
    key, target = setting["key"], setting["target"]
    drift = ["running"] if live and not same(key, setting["running"], target) else []
    after = as_kernel_reads(key, setting["boot"]["value"]) if setting["boot"] else setting["default"]
    return drift if same(key, after, target) else drift + ["boot"]


def _summary(settings: list[dict[str, Any]], drifted: int) -> dict[str, Any]:
    reasons: dict[str, int] = {}
    for setting in settings:
        if setting["reason"]:
            reasons[setting["reason"]] = reasons.get(setting["reason"], 0) + 1
    skipped = sum(reasons.values())
    unasked = [setting["key"] for setting in settings if setting["reason"] in UNASKED]
    return {
        "total": len(settings),
        "apply": len(settings) - skipped,
        "skip": skipped,
        "drifted": drifted,
        "reasons": reasons,
        "unasked": unasked,
    }


def _advise(setting: dict[str, Any], targets: dict[str, str], host: Host) -> list[dict[str, str]]:
    """targets: what the plan sets, by key."""
    if setting["verdict"] != "apply":
        return []
    found: list[Advice] = list(_lowering(setting))
    found += _kernel_ignores(setting, targets, host)
    found += _companions(setting, targets, host)
    found += _scope(setting, host)
    found += _overridden(setting, host)
    return [{"code": code, "message": message} for code, message in found]


def _below(left: str | None, right: str | None) -> bool:
    one, other = numbers(left), numbers(right)
    return one is not None and other is not None and any(a < b for a, b in zip(one, other))


def _lowering(setting: dict[str, Any]) -> Iterator[Advice]:
    target, running, default = setting["target"], setting["running"], setting["default"]
    if _below(target, default):
        about = "about " if setting["default_estimated"] else ""
        yield "lowers_default", "%s; the kernel's own is %s%s (raise_only keeps it)" % (target, about, default)
    if _below(target, running) and not same(setting["key"], running, default):
        yield "lowers_running", "%s; the host now has %s (raise_only keeps it)" % (target, running)


def _kernel_ignores(setting: dict[str, Any], targets: dict[str, str], host: Host) -> Iterator[Advice]:
    key = setting["key"]
    version = no_effect(key, host.kernel)
    if version:
        yield "no_effect", "accepted, and without effect from %s" % version
    if key == "net.ipv4.tcp_max_syn_backlog" and since("4.3", parse_release(host.kernel.release)):
        if _effective("net.ipv4.tcp_syncookies", targets, host) != "0":
            yield "no_effect", "without effect while tcp_syncookies is on; the listen backlog (somaxconn) is the limit"


def _companions(setting: dict[str, Any], targets: dict[str, str], host: Host) -> Iterator[Advice]:
    key, target = setting["key"], setting["target"]
    on = target != "0"
    if key == "net.ipv4.tcp_tw_recycle" and on:
        yield "nat_hazard", "drops connections from hosts that share one NAT address; set it to 0 or exclude it"
    if key == "net.ipv4.tcp_tw_reuse" and on and _effective("net.ipv4.tcp_timestamps", targets, host) == "0":
        yield "needs_timestamps", "without effect while tcp_timestamps is 0"
    if key == "net.ipv4.ip_local_port_range":
        low, high = numbers(target) or (1, 0)
        if low % 2 == high % 2 and since("4.2 el7", parse_release(host.kernel.release)):
            yield (
                "parity",
                "%d and %d: the kernel wants one even and one odd, such as %d %d"
                % (low, high, low, _odd_one_out(high)),
            )
        yield from _overlap(low, high, targets, host)
    if key == "net.core.somaxconn" and not same(key, setting["running"] or setting["default"], target):
        yield "restart_listeners", "taken at listen(): running services keep the old limit until they are restarted"
    if key == "net.ipv4.tcp_mem" and host.kernel.page_size != 4096:
        high = (numbers(target) or (0,))[-1] * host.kernel.page_size
        page = host.kernel.page_size // 1024
        yield "page_size", "counted in pages, here of %d KiB: the high limit means %s" % (page, size(high))


def _odd_one_out(high: int) -> int:
    return high + 1 if high < 65535 else high - 1


def _overlap(low: int, high: int, targets: dict[str, str], host: Host) -> Iterator[Advice]:
    kept = _effective("net.ipv4.ip_local_reserved_ports", targets, host)
    inside = [port for port in host.ports if low <= port <= high and not reserved(kept, port)]
    if inside:
        listed = ", ".join(map(str, inside[:_SHOWN_PORTS]))
        more = " and %d more" % (len(inside) - _SHOWN_PORTS) if len(inside) > _SHOWN_PORTS else ""
        yield (
            "port_overlap",
            "in use by services: %s%s; reserve them in net.ipv4.ip_local_reserved_ports" % (listed, more),
        )


def _scope(setting: dict[str, Any], host: Host) -> Iterator[Advice]:
    row = CATALOG.get(setting["key"])
    if host.kernel.namespace == "host" and row and not row.inherited and per_namespace(row.name, host.kernel):
        count, complete = host.namespaces or (0, True)
        here = "; %s%d other network namespaces live here" % ("" if complete else "at least ", count) if count else ""
        yield "not_inherited_by_containers", "containers start at the kernel's own value, not at this one" + here


def _overridden(setting: dict[str, Any], host: Host) -> Iterator[Advice]:
    key, target = setting["key"], setting["target"]
    later = host.after.get(key)
    if later is None:
        message, value = host.unread, setting["default"]
    else:
        source, value = plain(later.source), setting["default"]
        name = later.source.rpartition("/")[2].rpartition(":")[0]
        what, todo = "keeps the key from being set", "change it there"
        if later.value is not None:
            value = modified(later.value, target)
            what = "sets %s after the drop-in" % plain(value or "")
            value = target if value is None else as_kernel_reads(key, value)
        if name == "tuned.conf":
            who = "profile %s of tuned" % source.split("/")[-2]
            todo += ", or set reapply_sysctl = 1 in /etc/tuned/tuned-main.conf"
        elif later.loader == "ufw":
            who = "IPT_SYSCTL of ufw"
        else:
            who = next((who for part, who in _WRITERS if part in source), "")
            if name < _LAST_NAME and not source.startswith(LAST):
                todo += ", or set tcp_hardening_path: /etc/sysctl.d/" + _LAST_NAME
        message = "%s%s %s; %s" % (source, " (%s)" % who if who else "", what, todo)
    if message and not same(key, value, target):
        yield "overridden_at_boot", message


def _effective(key: str, targets: dict[str, str], host: Host) -> str | None:
    if key in targets:
        return targets[key]
    text = host.reading(key).text
    if text is not None:
        return text.strip()
    return builtin_text(builtin(key, host.kernel))
