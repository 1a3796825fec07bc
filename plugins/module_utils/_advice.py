# Private to this collection. What a person should know about a setting of the plan beside its verdict. Pure.

from __future__ import annotations

from typing import Any, Iterator

from . import _catalog as catalog
from . import _values as values
from ._boot import LAST, modified
from ._kernel import parse_release, since
from ._verdict import Host, size
from ._what_if import builtin_text

_SHOWN_PORTS = 8
# Keys that the advice on other keys depends on; the host is asked for them whether the profile names them or not.
CONTEXT = (
    "net.ipv4.tcp_timestamps",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ip_local_reserved_ports",
)

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

Advice = tuple  # of code and message


def advise(setting: dict[str, Any], targets: dict[str, str], host: Host) -> list[dict[str, str]]:
    """The advice on one setting that is to be applied; none on a skipped one. targets: what the plan sets, by key."""
    if setting["verdict"] != "apply":
        return []
    found: list[Advice] = list(_lowering(setting))
    found += _kernel_ignores(setting, targets, host)
    found += _companions(setting, targets, host)
    found += _scope(setting, host)
    found += _overridden(setting, host)
    return [{"code": code, "message": message} for code, message in found]


def _below(left: str | None, right: str | None) -> bool:
    """True where an element of the left value is below its counterpart."""
    one, other = values.numbers(left), values.numbers(right)
    return one is not None and other is not None and any(a < b for a, b in zip(one, other))


def _lowering(setting: dict[str, Any]) -> Iterator[Advice]:
    target, running, default = setting["target"], setting["running"], setting["default"]
    if _below(target, default):
        about = "about " if setting["default_estimated"] else ""
        yield "lowers_default", "%s; the kernel's own is %s%s (raise_only keeps it)" % (target, about, default)
    if _below(target, running) and not values.same(setting["key"], running, default):
        yield "lowers_running", "%s; the host now has %s (raise_only keeps it)" % (target, running)


def _kernel_ignores(setting: dict[str, Any], targets: dict[str, str], host: Host) -> Iterator[Advice]:
    key = setting["key"]
    version = catalog.no_effect(key, host.kernel)
    if version:
        yield "no_effect", "accepted, and without effect from %s" % version
    if key == "net.ipv4.tcp_max_syn_backlog" and since("4.3", parse_release(host.kernel.release)):
        if _effective("net.ipv4.tcp_syncookies", targets, host) != "0":
            yield "no_effect", "without effect while tcp_syncookies is on; the listen backlog (somaxconn) is the limit"


def _companions(setting: dict[str, Any], targets: dict[str, str], host: Host) -> Iterator[Advice]:
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


def _overlap(low: int, high: int, targets: dict[str, str], host: Host) -> Iterator[Advice]:
    """Services on ports that the kernel may hand to an outgoing connection first."""
    kept = _effective("net.ipv4.ip_local_reserved_ports", targets, host)
    inside = [port for port in host.ports if low <= port <= high and not values.reserved(kept, port)]
    if inside:
        listed = ", ".join(map(str, inside[:_SHOWN_PORTS]))
        more = " and %d more" % (len(inside) - _SHOWN_PORTS) if len(inside) > _SHOWN_PORTS else ""
        yield "port_overlap", "in use by services: %s%s; reserve them in net.ipv4.ip_local_reserved_ports" % (listed, more)


def _scope(setting: dict[str, Any], host: Host) -> Iterator[Advice]:
    row = catalog.CATALOG.get(setting["key"])
    if host.kernel.namespace == "host" and row and not row.inherited and catalog.per_namespace(row.name, host.kernel):
        count, complete = host.namespaces or (0, True)
        here = "; %s%d other network namespaces live here" % ("" if complete else "at least ", count) if count else ""
        yield "not_inherited_by_containers", "containers start at the kernel's own value, not at this one" + here


def _overridden(setting: dict[str, Any], host: Host) -> Iterator[Advice]:
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


def _effective(key: str, targets: dict[str, str], host: Host) -> str | None:
    """The value of a neighbouring key once the plan is carried out."""
    if key in targets:
        return targets[key]
    text = host.reading(key).text
    if text is not None:
        return text.strip()
    return builtin_text(key, host.kernel)
