# Private to this collection. The kernel's counters: which of them belong to which key, and how they are read out of its
# files. A counter that this kernel does not have is None, never 0. Pure.

from __future__ import annotations

from typing import Dict, Mapping, NamedTuple, Tuple

from ._seen import Memory, Orphans, TimeWait

# The document's keys in its order, each with the counters that tell something about it; some have none. A name is
# FILE.COUNTER: Tcp of /proc/net/snmp, TcpExt of /proc/net/netstat, softnet of /proc/net/softnet_stat.
COUNTERS: Dict[str, Tuple[str, ...]] = {
    "net.core.rmem_default": (),
    "net.core.rmem_max": (),
    "net.core.wmem_default": (),
    "net.core.wmem_max": (),
    "net.core.netdev_max_backlog": ("softnet.dropped",),
    "net.core.somaxconn": (
        "TcpExt.ListenOverflows",
        "TcpExt.ListenDrops",
        "TcpExt.TCPReqQFullDoCookies",
        "TcpExt.TCPReqQFullDrop",
    ),
    "net.core.optmem_max": (),
    "net.ipv4.tcp_mem": ("TcpExt.TCPMemoryPressures", "TcpExt.TCPMemoryPressuresChrono", "TcpExt.TCPAbortOnMemory"),
    "net.ipv4.tcp_rmem": (
        "TcpExt.PruneCalled",
        "TcpExt.RcvPruned",
        "TcpExt.OfoPruned",
        "TcpExt.TCPRcvCollapsed",
        "TcpExt.TCPRcvQDrop",
        "TcpExt.TCPBacklogDrop",
        "TcpExt.TCPZeroWindowDrop",
        "TcpExt.TCPToZeroWindowAdv",
    ),
    "net.ipv4.tcp_wmem": ("TcpExt.TCPWqueueTooBig",),
    "net.ipv4.tcp_keepalive_time": ("TcpExt.TCPKeepAlive",),
    "net.ipv4.tcp_keepalive_intvl": ("TcpExt.TCPKeepAlive",),
    "net.ipv4.tcp_keepalive_probes": ("TcpExt.TCPAbortOnTimeout",),
    "net.ipv4.tcp_sack": (
        "TcpExt.TCPSackRecovery",
        "TcpExt.TCPSackFailures",
        "TcpExt.TCPSACKReneging",
        "Tcp.RetransSegs",
    ),
    "net.ipv4.tcp_fack": ("TcpExt.TCPFACKReorder",),
    "net.ipv4.tcp_timestamps": ("TcpExt.PAWSActive", "TcpExt.PAWSEstab"),
    "net.ipv4.tcp_window_scaling": (),
    "net.ipv4.tcp_syncookies": (
        "TcpExt.SyncookiesSent",
        "TcpExt.SyncookiesRecv",
        "TcpExt.SyncookiesFailed",
        "TcpExt.TCPReqQFullDoCookies",
    ),
    "net.ipv4.tcp_tw_reuse": ("TcpExt.TWRecycled",),
    "net.ipv4.tcp_tw_recycle": ("TcpExt.PAWSPassive", "TcpExt.TWKilled"),
    "net.ipv4.tcp_fin_timeout": ("TcpExt.TW", "TcpExt.TCPTimeWaitOverflow"),
    "net.ipv4.ip_local_port_range": ("Tcp.ActiveOpens",),
    "net.ipv4.tcp_max_syn_backlog": ("TcpExt.TCPReqQFullDrop",),
}
# Counters of all traffic, against which those of the keys are large or small.
_GENERAL = (
    "Tcp.ActiveOpens",
    "Tcp.PassiveOpens",
    "Tcp.AttemptFails",
    "Tcp.EstabResets",
    "Tcp.InSegs",
    "Tcp.OutSegs",
    "Tcp.RetransSegs",
    "Tcp.InErrs",
    "Tcp.OutRsts",
)
NAMES = tuple(dict.fromkeys(_GENERAL + tuple(name for names in COUNTERS.values() for name in names)))


def counters(snmp: str | None, netstat: str | None, softnet: str | None) -> dict[str, int | None]:
    """Every counter of NAMES, out of the texts of /proc/net/snmp, netstat and softnet_stat.

    A text is None where the file cannot be read, and a counter where this kernel does not have it.
    """
    found = {**_pairs(snmp, "Tcp"), **_pairs(netstat, "TcpExt"), **_softnet(softnet)}
    return {name: found.get(name) for name in NAMES}


def _pairs(text: str | None, prefix: str) -> dict[str, int]:
    """The counters of the two lines that begin with a word: the first has their names, the second the numbers."""
    lines = [line.split()[1:] for line in (text or "").splitlines() if line.startswith(prefix + ":")]
    return {"%s.%s" % (prefix, name): int(number) for name, number in zip(*lines[:2])} if len(lines) >= 2 else {}


def _softnet(text: str | None) -> dict[str, int]:
    """The file has a line of hexadecimal numbers for each CPU; the second counts packets that found a full backlog."""
    rows = [line.split() for line in (text or "").splitlines()]
    if not rows or any(len(row) < 2 for row in rows):
        return {}
    return {"softnet.dropped": sum(int(row[1], 16) for row in rows)}


def sockstat(text: str | None) -> dict[str, int]:
    """The line TCP of /proc/net/sockstat: inuse, orphan, tw and alloc (sockets), and mem (pages). Empty without it."""
    for line in (text or "").splitlines():
        name, _colon, rest = line.partition(":")
        if name == "TCP":
            words = rest.split()
            return dict(zip(words[::2], map(int, words[1::2])))
    return {}


def numbers(text: str | None) -> tuple[int, ...] | None:
    """The numbers of a key's value; None where it has none."""
    try:
        return tuple(int(word) for word in (text or "").split()) or None
    except ValueError:
        return None


def reserved(text: str | None, low: int, high: int) -> int:
    """How many ports from `low` to `high` a value of ip_local_reserved_ports holds, such as 8080,9000-9010."""
    count = 0
    for part in (text or "").split(","):
        first, _dash, last = part.strip().partition("-")
        if first.isdigit():
            begin, end = int(first), int(last or first)
            count += max(0, min(end, high) - max(begin, low) + 1)
    return count


def percent(part: int | None, whole: int | None) -> float | None:
    """A share in percent, to a tenth; None where either number is not known, or the whole is 0."""
    return round(100.0 * part / whole, 1) if part is not None and whole else None


class Pressure(NamedTuple):
    """What TCP sockets take, against its limits."""

    time_wait: TimeWait
    orphans: Orphans
    memory: Memory


def pressure(
    time_wait: TimeWait, stat: Mapping[str, int], running: Mapping[str, str | None], page_size: int
) -> Pressure:
    """TIME-WAIT, orphans and memory against their limits.

    time_wait: still without limits; stat: as sockstat() gives it; running: the values of keys, None where they cannot
    be read; page_size: bytes.
    """
    ends = numbers(running.get("net.ipv4.ip_local_port_range"))
    ports = None
    if ends and len(ends) == 2:
        ports = ends[1] - ends[0] + 1 - reserved(running.get("net.ipv4.ip_local_reserved_ports"), *ends)
    buckets = _first(running.get("net.ipv4.tcp_max_tw_buckets"))
    orphans, most_orphans = stat.get("orphan"), _first(running.get("net.ipv4.tcp_max_orphans"))
    pages, mem = stat.get("mem"), numbers(running.get("net.ipv4.tcp_mem"))
    low, middle, high = mem if mem and len(mem) == 3 else (None, None, None)
    return Pressure(
        time_wait._replace(
            ports=ports,
            percent_of_ports=percent(time_wait.busiest.sockets if time_wait.busiest else 0, ports),
            max_buckets=buckets,
            percent_of_buckets=percent(time_wait.sockets, buckets),
        ),
        Orphans(orphans, most_orphans, percent(orphans, most_orphans)),
        Memory(pages, page_size, low, middle, high, percent(pages, high)),
    )


def _first(text: str | None) -> int | None:
    found = numbers(text)
    return found[0] if found else None
