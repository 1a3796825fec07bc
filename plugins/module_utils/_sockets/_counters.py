# Private to this collection. The kernel's counters: which of them belong to which key, and how the files are read that
# hold them. A counter that this kernel does not have is None, never 0. Pure.

from __future__ import annotations

from typing import Any

# The document's keys in its order, each with the counters that tell something about it; some have none. A name is
# FILE.COUNTER: Tcp of /proc/net/snmp, TcpExt of /proc/net/netstat, softnet of /proc/net/softnet_stat.
COUNTERS = {
    "net.core.rmem_default": (),
    "net.core.rmem_max": (),
    "net.core.wmem_default": (),
    "net.core.wmem_max": (),
    "net.core.netdev_max_backlog": ("softnet.dropped",),
    "net.core.somaxconn": ("TcpExt.ListenOverflows", "TcpExt.ListenDrops", "TcpExt.TCPReqQFullDoCookies", "TcpExt.TCPReqQFullDrop"),
    "net.core.optmem_max": (),
    "net.ipv4.tcp_mem": ("TcpExt.TCPMemoryPressures", "TcpExt.TCPMemoryPressuresChrono", "TcpExt.TCPAbortOnMemory"),
    "net.ipv4.tcp_rmem": (
        "TcpExt.PruneCalled", "TcpExt.RcvPruned", "TcpExt.OfoPruned", "TcpExt.TCPRcvCollapsed", "TcpExt.TCPRcvQDrop",
        "TcpExt.TCPBacklogDrop", "TcpExt.TCPZeroWindowDrop", "TcpExt.TCPToZeroWindowAdv",
    ),
    "net.ipv4.tcp_wmem": ("TcpExt.TCPWqueueTooBig",),
    "net.ipv4.tcp_keepalive_time": ("TcpExt.TCPKeepAlive",),
    "net.ipv4.tcp_keepalive_intvl": ("TcpExt.TCPKeepAlive",),
    "net.ipv4.tcp_keepalive_probes": ("TcpExt.TCPAbortOnTimeout",),
    "net.ipv4.tcp_sack": ("TcpExt.TCPSackRecovery", "TcpExt.TCPSackFailures", "TcpExt.TCPSACKReneging", "Tcp.RetransSegs"),
    "net.ipv4.tcp_fack": ("TcpExt.TCPFACKReorder",),
    "net.ipv4.tcp_timestamps": ("TcpExt.PAWSActive", "TcpExt.PAWSEstab"),
    "net.ipv4.tcp_window_scaling": (),
    "net.ipv4.tcp_syncookies": ("TcpExt.SyncookiesSent", "TcpExt.SyncookiesRecv", "TcpExt.SyncookiesFailed", "TcpExt.TCPReqQFullDoCookies"),
    "net.ipv4.tcp_tw_reuse": ("TcpExt.TWRecycled",),
    "net.ipv4.tcp_tw_recycle": ("TcpExt.PAWSPassive", "TcpExt.TWKilled"),
    "net.ipv4.tcp_fin_timeout": ("TcpExt.TW", "TcpExt.TCPTimeWaitOverflow"),
    "net.ipv4.ip_local_port_range": ("Tcp.ActiveOpens",),
    "net.ipv4.tcp_max_syn_backlog": ("TcpExt.TCPReqQFullDrop",),
}  # fmt: skip
# What puts the others into proportion.
_GENERAL = ("Tcp.ActiveOpens", "Tcp.PassiveOpens", "Tcp.AttemptFails", "Tcp.EstabResets", "Tcp.InSegs", "Tcp.OutSegs", "Tcp.RetransSegs",
            "Tcp.InErrs", "Tcp.OutRsts")  # fmt: skip
NAMES = tuple(dict.fromkeys(_GENERAL + tuple(name for names in COUNTERS.values() for name in names)))


def counters(snmp: str | None, netstat: str | None, softnet: str | None) -> dict[str, int | None]:
    """Every counter of NAMES out of the texts of the three files; a text is None where the file cannot be read."""
    found = {**_pairs(snmp, "Tcp"), **_pairs(netstat, "TcpExt"), **_softnet(softnet)}
    return {name: found.get(name) for name in NAMES}


def _pairs(text: str | None, prefix: str) -> dict[str, int]:
    """Two lines that begin with the same word: names, and numbers."""
    lines = [line.split()[1:] for line in (text or "").splitlines() if line.startswith(prefix + ":")]
    return {"%s.%s" % (prefix, name): int(number) for name, number in zip(*lines[:2])} if len(lines) >= 2 else {}


def _softnet(text: str | None) -> dict[str, int]:
    """A line for each CPU, hexadecimal; the second number counts packets that found the backlog full."""
    rows = [line.split() for line in (text or "").splitlines()]
    return (
        {"softnet.dropped": sum(int(row[1], 16) for row in rows)} if rows and all(len(row) > 1 for row in rows) else {}
    )


def sockstat(text: str | None) -> dict[str, int]:
    """The numbers of the line TCP in /proc/net/sockstat: inuse, orphan, tw, alloc, mem. Empty where it is not there."""
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
    """How many ports between two are kept out of ip_local_reserved_ports (8080,9000-9010)."""
    count = 0
    for part in (text or "").split(","):
        first, _dash, last = part.strip().partition("-")
        if first.isdigit():
            begin, end = int(first), int(last or first)
            count += max(0, min(end, high) - max(begin, low) + 1)
    return count


def percent(part: int | None, whole: int | None) -> float | None:
    """A share in percent, to a tenth."""
    return round(100.0 * part / whole, 1) if part is not None and whole else None


def pressure(
    time_wait: dict[str, Any], stat: dict[str, int], running: dict[str, str | None], page_size: int
) -> dict[str, Any]:
    """TIME-WAIT, orphans and memory against their limits.

    running: the values of keys, None where they cannot be read.
    """
    ends = numbers(running.get("net.ipv4.ip_local_port_range"))
    ports = None
    if ends and len(ends) == 2:
        ports = ends[1] - ends[0] + 1 - reserved(running.get("net.ipv4.ip_local_reserved_ports"), *ends)
    busiest = time_wait["busiest"]
    most = busiest["sockets"] if busiest else 0
    orphans, pages = stat.get("orphan"), stat.get("mem")
    most_orphans = _first(running.get("net.ipv4.tcp_max_orphans"))
    memory = numbers(running.get("net.ipv4.tcp_mem")) or (None, None, None)
    buckets = _first(running.get("net.ipv4.tcp_max_tw_buckets"))
    return {
        "time_wait": dict(
            time_wait, ports=ports, percent_of_ports=percent(most, ports),
            max_buckets=buckets, percent_of_buckets=percent(time_wait["sockets"], buckets),
        ),
        "orphans": {"sockets": orphans, "max": most_orphans, "percent": percent(orphans, most_orphans)},
        "memory": {
            "pages": pages, "page_size": page_size, "low": memory[0], "pressure": memory[1], "high": memory[2],
            "percent": percent(pages, memory[2]),
        },
    }  # fmt: skip


def _first(text: str | None) -> int | None:
    found = numbers(text)
    return found[0] if found else None
