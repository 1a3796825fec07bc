# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. The plan: a profile held against one host. Pure: it imports neither Ansible nor os, and
# everything it knows of the host was read before (_host.py) or comes from the catalog (_what_if.py).

from __future__ import annotations

from itertools import accumulate
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils import _advice as advice
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils import _boot as boot
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils import _catalog as catalog
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils import _values as values
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host_reading import Host, Reading
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel import Kernel, parse_release, since

POLICIES = ("exact", "raise_only")
# Skips that nobody asked for; the role's strict mode fails on these.
UNASKED = ("removed", "absent", "other_namespace", "read_only", "memory")


class Profile(NamedTuple):
    """What is wanted. values: key to value as given; memory_percent: 0 to 100, 0 for no guard; path: the drop-in."""

    values: Dict[str, Any]
    exclude: Sequence[str] = ()
    policy: str = "exact"
    policies: Optional[Dict[str, str]] = None
    memory_percent: int = 50
    path: str = "/etc/sysctl.d/90-tcp-hardening.conf"

    def policy_of(self, key: str) -> str:
        return (self.policies or {}).get(key, self.policy)

    def names(self) -> List[str]:
        """Every key that the profile names, also those that it only excludes, each once; those of bad form left out."""
        named = list(self.values) + list(self.exclude) + list(self.policies or {})
        return [key for key in dict.fromkeys(named) if not values.check_key(key)]


class ProfileError(ValueError):
    """The profile cannot be used on this host. problems: one sentence for each fault, all of them."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = list(problems)


def _form_problems(profile: Profile) -> List[str]:
    """What is wrong with a profile wherever it goes, found before the host is looked at: the form of its keys."""
    named = list(profile.values) + list(profile.exclude) + list(profile.policies or {})
    found = [problem for problem in map(values.check_key, named) if problem]
    for key, policy in (profile.policies or {}).items():
        if policy not in POLICIES:
            found.append("%s: policy %s; expected one of %s" % (key, values.shown(policy), ", ".join(POLICIES)))
    if not 0 <= profile.memory_percent <= 100:
        found.append("memory_percent: %d is refused; expected 0 (no guard) to 100" % profile.memory_percent)
    return found


def make_plan(profile: Profile, host: Host) -> Dict[str, Any]:
    """Hold the profile against the host; ProfileError before anything else where a key or value cannot be right.

    The result is plain data, as `sysctl_profile_info` returns it: kernel, settings, compliant, summary.
    """
    wanted = _wanted(profile, host)
    found = boot.resolve(host.files, wanted)
    own = boot.assignments(host.drop_in)
    settings = [_setting(key, text, profile, host, found.get(key), own.get(key)) for key, text in wanted.items()]
    targets = {setting["key"]: setting["target"] for setting in settings if setting["verdict"] == "apply"}
    drop_in = "".join("%s = %s\n" % item for item in targets.items())
    planned = boot.resolve(boot.put(host.files, profile.path, drop_in), targets)
    for setting in settings:
        setting["advice"] = advice.advise(setting, targets, planned, host, profile.path)
        setting["drift"] = _drift(setting) if host.at_hand else []
    drifted = sum(bool(setting["drift"]) for setting in settings)
    return {
        "kernel": host.kernel._asdict(),
        "settings": settings,
        "compliant": not drifted if host.at_hand else None,
        "summary": _summary(settings, drifted),
    }


def _wanted(profile: Profile, host: Host) -> Dict[str, str]:
    """The profile's values in canonical form; every fault at once as a ProfileError."""
    problems = _form_problems(profile)
    problems += [_unknown(key, host) for key in profile.names() if not _is_known(key, host)]
    wanted: Dict[str, str] = {}
    for key in profile.names():
        if key in profile.values and _is_known(key, host):
            faults = _put_canonical(wanted, key, profile.values[key], host)
            if faults and key in profile.exclude:
                # Excluding a key is the way out where this kernel refuses the fleet's value.
                wanted[key] = values.shown(profile.values[key])
            else:
                problems += faults
    if problems:
        raise ProfileError(problems)
    return wanted


def check_settings(settings: Sequence[Dict[str, Any]], host: Host) -> List[str]:
    """What is wrong with a plan that somebody hands in, before it is carried out: one sentence for each fault."""
    problems: List[str] = []
    seen: Dict[str, str] = {}
    for number, setting in enumerate(settings):
        key = setting.get("key")
        fault = values.check_key(key)
        if fault:
            problems.append("settings[%d]: %s" % (number, fault))
        elif key in seen:
            problems.append("%s: it stands in the settings twice" % key)
        elif setting.get("verdict") == "apply":
            seen[key] = ""
            problems += [] if _is_known(key, host) else [_unknown(key, host)]
            problems += _put_canonical(seen, key, setting.get("target"), host) if _is_known(key, host) else []
            if not problems and seen[key] != setting["target"]:
                problems.append("%s: %s is not in its plain form; expected %r" % (key, values.shown(setting["target"]), seen[key]))
        elif setting.get("verdict") == "skip":
            seen[key] = ""
        else:
            problems.append("%s: verdict %s; expected apply or skip" % (key, values.shown(setting.get("verdict"))))
    return problems


def _put_canonical(wanted: Dict[str, str], key: str, raw: Any, host: Host) -> List[str]:
    """Put the canonical value in its place, or return why there is none."""
    try:
        wanted[key] = values.canonical(key, raw, host.kernel, host.reading(key).text)
    except ValueError as exc:
        return ["%s: %s" % (key, exc)]
    return []


def _is_known(key: str, host: Host) -> bool:
    return key in catalog.CATALOG or host.reading(key).present


def _unknown(key: str, host: Host) -> str:
    return "%s: neither the catalog nor this host (%s) knows this key; check its spelling" % (key, host.kernel.release)


def _setting(
    key: str, wanted: str, profile: Profile, host: Host, found: Optional[boot.Assignment], own: Optional[str]
) -> Dict[str, Any]:
    """One row of the plan, all but its advice and drift. found: what the files set now; own: what our drop-in does."""
    row = catalog.CATALOG.get(key)
    reading = host.reading(key)
    running = None if reading.text is None else " ".join(reading.text.split())
    builtin = catalog.builtin(key, host.kernel)
    default = " ".join(str(element.value) for element in builtin) if builtin else _worded_default(key, host.kernel)
    now = running if host.at_hand else default
    target = wanted
    if profile.policy_of(key) == "raise_only":
        target = _raised(wanted, running, builtin)
        if row and (not values.same(key, target, now) or values.same(key, now, own)):
            target = _ascending(target)
    reason, detail = _skip(key, target, profile, host)
    if not reason and not values.same(key, target, wanted) and values.same(key, target, now) and not values.same(key, now, own):
        reason, detail = "lower", "raise_only: the %s already has %s" % ("host" if host.at_hand else "kernel", now)
    if not reason:
        detail = _step(key, running, target)
    return {
        "key": key,
        "meaning": row.meaning if row else "",
        "unit": row.unit if row else "",
        "document_default": row.document if row else "",
        "wanted": wanted,
        "running": running,
        "default": default,
        "default_estimated": bool(builtin) and not all(element.exact for element in builtin or []),
        "boot": None if found is None else {"value": " ".join(found.value.split()), "source": found.source},
        "target": target,
        "verdict": "skip" if reason else "apply",
        "reason": reason or None,
        "detail": detail,
    }


def _worded_default(key: str, kernel: Kernel) -> Optional[str]:
    """The built-in value of a key that holds a word or a list of ports; None where it is not known."""
    row = catalog.CATALOG.get(key)
    return catalog.at(row.default, parse_release(kernel.release)) if row and not row.numeric else None


def _raised(wanted: str, running: Optional[str], builtin: Optional[List[catalog.Builtin]]) -> str:
    """The wanted value, no element of it below the running or the built-in one; an estimate does not count.

    Words and port lists have no order: they stay as wanted.
    """
    elements = values.numbers(wanted)
    if elements is None:
        return wanted
    floors = [values.numbers(running) or (), tuple(element.value if element.exact else 0 for element in builtin or ())]
    for floor in floors:
        if len(floor) == len(elements):
            elements = tuple(map(max, elements, floor))
    return " ".join(str(element) for element in elements)


def _ascending(target: str) -> str:
    """A raised value in the order that the catalog asks for; the running one, which it comes from, may be out of it."""
    elements = values.numbers(target)
    return target if elements is None else " ".join(map(str, accumulate(elements, max)))


def _skip(key: str, target: str, profile: Profile, host: Host) -> Tuple[str, str]:
    """(reason, detail) where the key is left alone for a cause other than `lower`; ("", "") where it is not."""
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


def _why_missing(key: str, kernel: Kernel) -> Tuple[str, str]:
    removed = catalog.removed_in(key, kernel)
    if removed:
        return "removed", "the kernel dropped it in %s" % removed
    row = catalog.CATALOG.get(key)
    if not catalog.exists(key, kernel):
        return "absent", "this kernel is too old: the key came with %s" % (row.introduced.split()[0] if row else "a later one")
    if kernel.namespace == "container" and not catalog.per_namespace(key, kernel):
        return "other_namespace", "it belongs to the whole host; set it there"
    if row and row.needs:
        return "absent", "this kernel was built without %s" % row.needs
    return "absent", "this kernel does not have it: a build option, or a module that is not loaded"


def _leaks(key: str, kernel: Kernel) -> bool:
    """Before 3.5 a child namespace saw the host-wide net.ipv4 keys, writable (sysctl_net_ipv4.c of 2.6.32 and 3.0)."""
    return not since("3.5", parse_release(kernel.release)) and not catalog.per_namespace(key, kernel)


def _why_read_only(key: str, reading: Reading) -> str:
    if reading.mount_read_only:
        return "/proc/sys is mounted read-only here"
    if key in catalog.CATALOG and catalog.CATALOG[key].visible_in_child:
        return "it belongs to the whole host, which shows it here read-only"
    return "the kernel offers it for reading only"


def _guard(target: str, percent: int, kernel: Kernel) -> Tuple[str, str]:
    """The memory guard for tcp_mem: its high limit, in pages, against a share of the host's memory."""
    elements = values.numbers(target)
    if not percent or kernel.memory_mb is None or elements is None:
        return "", ""
    high = elements[-1] * kernel.page_size
    if high * 100 <= kernel.memory_mb * (1 << 20) * percent:
        return "", ""
    return "memory", "the high limit, %s, is over %d %% of %s" % (advice.size(high), percent, advice.size(kernel.memory_mb << 20))


def _step(key: str, running: Optional[str], target: str) -> str:
    if running is None:
        return "becomes %s" % target
    return "already %s" % target if values.same(key, running, target) else "%s becomes %s" % (running or "empty", target or "empty")


def _drift(setting: Dict[str, Any]) -> List[str]:
    """Where a key that should be set is not: "running" now, "boot" after the next one."""
    if setting["verdict"] != "apply":
        return []
    key, target = setting["key"], setting["target"]
    drift = [] if values.same(key, setting["running"], target) else ["running"]
    after = values.as_kernel_reads(setting["boot"]["value"]) if setting["boot"] else setting["default"]
    return drift if values.same(key, after, target) else drift + ["boot"]


def _summary(settings: List[Dict[str, Any]], drifted: int) -> Dict[str, Any]:
    """Counts of keys: in all, to apply, skipped, drifted, and skipped by reason."""
    reasons: Dict[str, int] = {}
    for setting in settings:
        if setting["reason"]:
            reasons[setting["reason"]] = reasons.get(setting["reason"], 0) + 1
    skipped = sum(reasons.values())
    unasked = [setting["key"] for setting in settings if setting["reason"] in UNASKED]
    return {
        "keys": len(settings),
        "apply": len(settings) - skipped,
        "skip": skipped,
        "drifted": drifted,
        "reasons": reasons,
        "unasked": unasked,
    }
