# Private to this collection. What a person should know of a key that a plan sets. Pure.

from __future__ import annotations

from typing import Callable, Iterator, Mapping, NamedTuple, Tuple

from .._codes import (
    LOST_AT_BOOT,
    NAT_HAZARD,
    NEEDS_TIMESTAMPS,
    NO_EFFECT,
    NOT_INHERITED_BY_CONTAINERS,
    PAGE_SIZE,
    PARITY,
    PORT_OVERLAP,
    RESTART_LISTENERS,
    Code,
)
from .._data import Advice, Host, Setting, Value
from .._kernel._catalog import no_effect, per_namespace, row_of
from .._kernel._direction import is_weaker
from .._kernel._history import release_of, since
from ._refusals import RANGE, effective
from ._verdict import size

_SHOWN_PORTS = 8
# Keys that the advice on other keys depends on.
CONTEXT = (
    "net.ipv4.tcp_timestamps",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ip_local_reserved_ports",
)

_Found = Iterator[Tuple[Code, str]]


class _Case(NamedTuple):
    """A key that is set, on its host, beside everything else that the plan sets."""

    setting: Setting
    targets: Mapping[str, str]
    host: Host

    def since(self, markers: str) -> bool:
        """Whether the host's kernel has reached one of the markers."""
        return since(markers, release_of(self.host.kernel))

    def effective(self, key: str) -> str | None:
        """What another key will be."""
        return effective(key, self.targets, self.host)


def advise(setting: Setting, targets: Mapping[str, str], host: Host, exact: bool) -> Tuple[Advice, ...]:
    """Everything that is to be said of a key that is set. targets: what the plan sets, by key. exact: its policy."""
    case = _Case(setting, targets, host)
    own = _OF_A_KEY.get(setting.key)
    found = list(_implausible(setting))
    if exact:
        from ._weaker import weaker

        found += weaker(setting, targets, host)
    found += [*_ignored(case), *(own(case) if own else ()), *_scope(case)]
    if setting.key in host.after or host.unread:
        from ._override import overridden

        found += overridden(setting, host)
    return tuple(Advice(code, message) for code, message in found)


def advise_better(setting: Setting, boot: Value | None, host: Host) -> Tuple[Advice, ...]:
    """What is to be said of a key that the host has better. boot: what another file sets at boot."""
    found = list(_implausible(setting._replace(target=setting.wanted)))
    after = boot or setting.default
    if host.live and host.at_hand and after is not None and is_weaker(setting.key, after, setting.wanted):
        about = "about " if boot is None and setting.default_estimated else ""
        message = "nothing sets %s at boot; %s%s stands then"
        found.append((LOST_AT_BOOT, message % (setting.target.text, about, after.text)))
    return tuple(Advice(code, message) for code, message in found)


def _implausible(setting: Setting) -> _Found:
    row = row_of(setting.key)
    numbers = (setting.wanted.numbers or ()) + (setting.target.numbers or ())
    if row and row.sane and numbers and (min(numbers) < row.sane[0] or max(numbers) > row.sane[1]):
        from ._rare import outside

        yield from outside(setting, row)


def _ignored(case: _Case) -> _Found:
    version = no_effect(case.setting.key, case.host.kernel)
    if version:
        yield NO_EFFECT, "accepted, and without effect from %s" % version


def _syn_backlog(case: _Case) -> _Found:
    if case.since("4.3") and case.effective("net.ipv4.tcp_syncookies") != "0":
        yield NO_EFFECT, "without effect while tcp_syncookies is on; the listen backlog (somaxconn) is the limit"


def _recycle(case: _Case) -> _Found:
    if case.setting.target.text != "0":
        yield NAT_HAZARD, "drops connections from hosts that share one NAT address; set it to 0 or exclude it"


def _reuse(case: _Case) -> _Found:
    if case.setting.target.text != "0" and case.effective("net.ipv4.tcp_timestamps") == "0":
        yield NEEDS_TIMESTAMPS, "without effect while tcp_timestamps is 0"


def _port_range(case: _Case) -> _Found:
    low, high = case.setting.target.numbers or (1, 0)
    if high - low < 999:
        from ._rare import few_ports

        yield few_ports(high - low + 1)
    if low % 2 == high % 2 and case.since("4.2 el7-359 el6-754"):
        better = high + 1 if high < 65535 else high - 1
        message = "%d and %d: the kernel wants one even and one odd, such as %d %d"
        yield PARITY, message % (low, high, low, better)
    kept = case.effective("net.ipv4.ip_local_reserved_ports")
    inside = [port for port in case.host.ports if low <= port <= high]
    if inside and kept:
        from .._kernel._ports import reserves

        inside = [port for port in inside if not reserves(kept, port)]
    if inside:
        listed = ", ".join(map(str, inside[:_SHOWN_PORTS]))
        more = " and %d more" % (len(inside) - _SHOWN_PORTS) if len(inside) > _SHOWN_PORTS else ""
        message = "in use by services: %s%s; reserve them in net.ipv4.ip_local_reserved_ports"
        yield PORT_OVERLAP, message % (listed, more)


def _backlog(case: _Case) -> _Found:
    setting = case.setting
    if not setting.target.same(setting.running or setting.default):
        yield RESTART_LISTENERS, "taken at listen(): running services keep the old limit until they are restarted"


def _memory(case: _Case) -> _Found:
    page = case.host.kernel.page_size
    if page != 4096:
        high = (case.setting.target.numbers or (0,))[-1] * page
        yield PAGE_SIZE, "counted in pages, here of %d KiB: the high limit means %s" % (page // 1024, size(high))


def _name(case: _Case) -> _Found:
    found = case.host.available.get(case.setting.key)
    if found:
        from ._rare import doubtful

        yield from doubtful(case.setting.target.text, found)


# What concerns one key alone.
_OF_A_KEY: Mapping[str, Callable[[_Case], _Found]] = {
    "net.core.default_qdisc": _name,
    "net.core.somaxconn": _backlog,
    RANGE: _port_range,
    "net.ipv4.tcp_congestion_control": _name,
    "net.ipv4.tcp_max_syn_backlog": _syn_backlog,
    "net.ipv4.tcp_mem": _memory,
    "net.ipv4.tcp_tw_recycle": _recycle,
    "net.ipv4.tcp_tw_reuse": _reuse,
}


def _scope(case: _Case) -> _Found:
    row, host = row_of(case.setting.key), case.host
    if host.kernel.namespace == "host" and row and not row.inherited and per_namespace(row.name, host.kernel):
        here = ""
        if host.namespaces and host.namespaces.others:
            least = "" if host.namespaces.complete else "at least "
            here = "; %s%d other network namespaces live here" % (least, host.namespaces.others)
        message = "containers start at the kernel's own value, not at this one" + here
        yield NOT_INHERITED_BY_CONTAINERS, message
