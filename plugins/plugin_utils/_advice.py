# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. What a person should know about a setting of a plan beside its verdict; given on the controller, so that
# its texts do not travel. Pure.

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Optional, Tuple

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils import _catalog as catalog
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils import _values as values
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot import LAST, Assignment, modified
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel import Kernel, Reading, parse_release, since
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._verdict import Host, size
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._what_if import builtin_text

_SHOWN_PORTS = 8
# Who else writes such files, by a part of their paths, as those projects have them.
_WRITERS = (
    ("-dev-sec.conf", "dev-sec os_hardening"),
    ("/zz-hardening.conf", "konstruktoid hardening"),
    ("/zz-main-hardening.conf", "konstruktoid hardening"),
    ("/60-netipv4_sysctl.conf", "a CIS role"),
    ("/60-kernel_sysctl.conf", "a CIS role"),
    ("cloudimg", "cloud image"),
    ("gce-network-security.conf", "Google Cloud image"),
)
# A name for the drop-in that is read after those of most others.
_LAST_NAME = "zz-tcp-hardening.conf"

Advice = Tuple[str, str]  # code and message


def advised(plan: Dict[str, Any]) -> Dict[str, Any]:
    """The plan as sysctl_profile_info sends it, with the advice on each setting in place of what was `seen` for it."""
    plan = dict(plan)
    seen = plan.pop("seen")
    after = {key: Assignment(*one) for key, one in seen["after"].items()}
    keys = {key: Reading(True, True, text) for key, text in seen["context"].items()}
    host = Host(Kernel(**plan["kernel"]), keys, ports=seen["ports"], after=after, unread=seen["unread"], namespaces=seen["namespaces"])
    targets = {setting["key"]: setting["target"] for setting in plan["settings"] if setting["verdict"] == "apply"}
    plan["settings"] = [dict(setting, advice=_advise(setting, targets, host)) for setting in plan["settings"]]
    plan["namespaces"] = None
    if host.namespaces:
        plan["namespaces"] = dict(zip(("count", "complete"), host.namespaces), keys=[setting["key"] for setting in plan["settings"] if _apart(setting, host)])
    return plan


def _advise(setting: Dict[str, Any], targets: Dict[str, str], host: Host) -> List[Dict[str, str]]:
    """None on a skipped setting. targets: what the plan sets, by key."""
    if setting["verdict"] != "apply":
        return []
    found: List[Advice] = list(_lowering(setting))
    found += _kernel_ignores(setting, targets, host)
    found += _companions(setting, targets, host)
    found += _scope(setting, host)
    found += _overridden(setting, host)
    return [{"code": code, "message": message} for code, message in found]


def _below(left: Optional[str], right: Optional[str]) -> bool:
    """True where an element of the left value is below its counterpart."""
    one, other = values.numbers(left), values.numbers(right)
    return one is not None and other is not None and any(a < b for a, b in zip(one, other))


def _lowering(setting: Dict[str, Any]) -> Iterator[Advice]:
    target, running, default = setting["target"], setting["running"], setting["default"]
    if _below(target, default):
        about = "about " if setting["default_estimated"] else ""
        yield "lowers_default", "%s; the kernel's own is %s%s (raise_only keeps it)" % (target, about, default)
    if _below(target, running) and not values.same(setting["key"], running, default):
        yield "lowers_running", "%s; the host now has %s (raise_only keeps it)" % (target, running)


def _kernel_ignores(setting: Dict[str, Any], targets: Dict[str, str], host: Host) -> Iterator[Advice]:
    key = setting["key"]
    version = catalog.no_effect(key, host.kernel)
    if version:
        yield "no_effect", "accepted, and without effect from %s" % version
    if key == "net.ipv4.tcp_max_syn_backlog" and since("4.3", parse_release(host.kernel.release)):
        if _effective("net.ipv4.tcp_syncookies", targets, host) != "0":
            yield "no_effect", "without effect while tcp_syncookies is on; the listen backlog (somaxconn) is the limit"


def _companions(setting: Dict[str, Any], targets: Dict[str, str], host: Host) -> Iterator[Advice]:
    """What a value does to, or needs from, its neighbours."""
    key, target = setting["key"], setting["target"]
    on = target != "0"
    if key == "net.ipv4.tcp_tw_recycle" and on:
        yield "nat_hazard", "drops connections from hosts that share one NAT address; set it to 0 or exclude it"
    if key == "net.ipv4.tcp_tw_reuse" and on and _effective("net.ipv4.tcp_timestamps", targets, host) == "0":
        yield "needs_timestamps", "without effect while tcp_timestamps is 0"
    if key == "net.ipv4.ip_local_port_range":
        low, high = values.numbers(target) or (1, 0)
        if low % 2 == high % 2 and since("4.2 el7", parse_release(host.kernel.release)):
            yield "parity", "%d and %d: the kernel wants one even and one odd, such as %d %d" % (low, high, low, _odd_one_out(high))
        yield from _overlap(low, high, targets, host)
    if key == "net.core.somaxconn" and not values.same(key, setting["running"] or setting["default"], target):
        yield "restart_listeners", "taken at listen(): running services keep the old limit until they are restarted"
    if key == "net.ipv4.tcp_mem" and host.kernel.page_size != 4096:
        high = (values.numbers(target) or (0,))[-1] * host.kernel.page_size
        page = host.kernel.page_size // 1024
        yield "page_size", "counted in pages, here of %d KiB: the high limit means %s" % (page, size(high))


def _odd_one_out(high: int) -> int:
    """The nearest end of the other parity that is still a port."""
    return high + 1 if high < 65535 else high - 1


def _overlap(low: int, high: int, targets: Dict[str, str], host: Host) -> Iterator[Advice]:
    """Services on ports that the kernel may hand to an outgoing connection first."""
    kept = _effective("net.ipv4.ip_local_reserved_ports", targets, host)
    inside = [port for port in host.ports if low <= port <= high and not values.reserved(kept, port)]
    if inside:
        listed = ", ".join(map(str, inside[:_SHOWN_PORTS]))
        more = " and %d more" % (len(inside) - _SHOWN_PORTS) if len(inside) > _SHOWN_PORTS else ""
        yield "port_overlap", "in use by services: %s%s; reserve them in net.ipv4.ip_local_reserved_ports" % (listed, more)


def _scope(setting: Dict[str, Any], host: Host) -> Iterator[Advice]:
    if _apart(setting, host):
        count, complete = host.namespaces or (0, True)
        here = "; %s%d other network namespaces live here" % ("" if complete else "at least ", count) if count else ""
        yield "not_inherited_by_containers", "containers start at the kernel's own value, not at this one" + here


def _apart(setting: Dict[str, Any], host: Host) -> bool:
    """Whether a value that is set on the host does not reach the other network namespaces."""
    row = catalog.CATALOG.get(setting["key"])
    where = host.kernel.namespace == "host" and setting["verdict"] == "apply"
    return bool(where and row and not row.inherited and catalog.per_namespace(row.name, host.kernel))


def _overridden(setting: Dict[str, Any], host: Host) -> Iterator[Advice]:
    key, target = setting["key"], setting["target"]
    later = host.after.get(key)
    if later is None:
        message, value = host.unread, setting["default"]
    else:
        source, value = values.plain(later.source), setting["default"]
        name = later.source.rpartition("/")[2].rpartition(":")[0]
        what, todo = "keeps the key from being set", "change it there"
        if later.value is not None:
            value = modified(later.value, target)
            what = "sets %s after the drop-in" % values.plain(value or "")
            value = target if value is None else values.as_kernel_reads(key, value)
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
    if message and not values.same(key, value, target):
        yield "overridden_at_boot", message


def _effective(key: str, targets: Dict[str, str], host: Host) -> Optional[str]:
    """The value of a neighbouring key once the plan is carried out."""
    if key in targets:
        return targets[key]
    text = host.reading(key).text
    if text is not None:
        return text.strip()
    return builtin_text(key, host.kernel)
