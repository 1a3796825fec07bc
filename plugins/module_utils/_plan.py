# Private to this collection. The plan: a profile held against one host. Pure: it imports neither Ansible nor os, and
# everything it knows of the host was read before (_host.py) or comes from the catalog (_what_if.py).

from __future__ import annotations

from itertools import accumulate
from typing import Any

from ._advice import advise
from ._catalog import CATALOG
from ._conf import assignments
from ._kernel import Kernel, at, parse_release
from ._values import as_kernel_reads, numbers, plain, same
from ._verdict import Host, Profile, skip, verdict, wanted_values
from ._what_if import Builtin, builtin, builtin_text

# Skips that nobody asked for; the role's strict mode fails on these.
UNASKED = ("removed", "absent", "other_namespace", "read_only", "memory")


def make_plan(profile: Profile, host: Host) -> dict[str, Any]:
    """Hold the profile against the host; ProfileError before anything else where a key or value cannot be right.

    The result is plain data, as `sysctl_profile_info` returns it: kernel, settings, compliant, summary, namespaces.
    """
    wanted = wanted_values(profile, host)
    own = assignments(host.drop_in)
    settings = [_setting(key, text, profile, host, own.get(key)) for key, text in wanted.items()]
    targets = {setting["key"]: setting["target"] for setting in settings if setting["verdict"] == "apply"}
    for setting in settings:
        setting["advice"] = advise(setting, targets, host)
        setting["drift"] = _drift(setting) if host.at_hand else []
    drifted = sum(bool(setting["drift"]) for setting in settings)
    return {
        "kernel": host.kernel._asdict(),
        "settings": settings,
        "compliant": not drifted if host.at_hand else None,
        "summary": _summary(settings, drifted),
        "namespaces": host.namespaces and dict(zip(("count", "complete"), host.namespaces), keys=_told("not_inherited_by_containers", settings)),
    }


def _told(code: str, settings: list[dict[str, Any]]) -> list[str]:
    """The keys that an advice was given on."""
    return [setting["key"] for setting in settings if any(advice["code"] == code for advice in setting["advice"])]


def _setting(key: str, wanted: str, profile: Profile, host: Host, own: str | None) -> dict[str, Any]:
    """One row of the plan, all but its advice and drift. own: what our drop-in sets now."""
    row = CATALOG.get(key)
    reading = host.reading(key)
    running = None if reading.text is None else " ".join(reading.text.split())
    own_default = builtin(key, host.kernel)
    default = builtin_text(key, host.kernel) or _worded_default(key, host.kernel)
    now = running if host.at_hand else default
    target = wanted
    if profile.policy_of(key) == "raise_only":
        target = _raised(wanted, running, own_default)
        if row and (not same(key, target, now) or same(key, now, own)):
            target = _ascending(target)
    reason, detail = skip(key, target, profile, host)
    if reason in ("", "memory") and not same(key, target, wanted) and same(key, target, now) and not same(key, now, own):
        reason, detail = "lower", "raise_only: the %s already has %s" % ("host" if host.at_hand else "kernel", now)
    if not reason:
        detail = _step(key, running, target)
    setting = {
        "key": key,
        "wanted": wanted,
        "running": running,
        "default": default,
        "default_estimated": bool(own_default) and not all(element.exact for element in own_default or []),
        "boot": _shown(host.boot.get(key)),
        "target": target,
    }
    return dict(setting, **verdict(reason, detail))


def _shown(found: Any) -> dict[str, str | None] | None:
    """A _boot.Assignment as plain data."""
    return found and {"value": plain(found.value or ""), "source": plain(found.source), "loader": found.loader}


def _worded_default(key: str, kernel: Kernel) -> str | None:
    """The built-in value of a key that holds a word or a list of ports; None where it is not known."""
    row = CATALOG.get(key)
    return at(row.default, parse_release(kernel.release)) if row and not row.numeric else None


def _raised(wanted: str, running: str | None, own_default: list[Builtin] | None) -> str:
    """The wanted value, no element of it below the running or the built-in one; an estimate does not count.

    Words and port lists have no order: they stay as wanted.
    """
    elements = numbers(wanted)
    if elements is None:
        return wanted
    floors = [numbers(running) or (), tuple(element.value if element.exact else 0 for element in own_default or ())]
    for floor in floors:
        if len(floor) == len(elements):
            elements = tuple(map(max, elements, floor))
    return " ".join(str(element) for element in elements)


def _ascending(target: str) -> str:
    """A raised value in the order that the catalog asks for; the running one, which it comes from, may be out of it."""
    elements = numbers(target)
    return target if elements is None else " ".join(map(str, accumulate(elements, max)))


def _step(key: str, running: str | None, target: str) -> str:
    if running is None:
        return "becomes %s" % target
    return "already %s" % target if same(key, running, target) else "%s becomes %s" % (running or "empty", target or "empty")


def _drift(setting: dict[str, Any]) -> list[str]:
    """Where a key that should be set is not: "running" now, "boot" after the next one."""
    if setting["verdict"] != "apply":
        return []
    key, target = setting["key"], setting["target"]
    drift = [] if same(key, setting["running"], target) else ["running"]
    after = as_kernel_reads(key, setting["boot"]["value"]) if setting["boot"] else setting["default"]
    return drift if same(key, after, target) else drift + ["boot"]


def _summary(settings: list[dict[str, Any]], drifted: int) -> dict[str, Any]:
    """Counts of keys: in all, to apply, skipped, drifted, and skipped by reason."""
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
