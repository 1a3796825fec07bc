# Private to this collection. The catalog: one row for each key, first the document's 23 in its order, then the related
# ones. How to add one stands in plugin_utils/_catalog_notes.py, which does not travel. Below the table: look-ups, key
# by key.

from __future__ import annotations

from typing import NamedTuple

from ._history import Kernel, at, parse_release, since

# Bounds: lowest and highest number that are let through. Two more are the kernel's own, where it takes more than a host
# needs or survives; None where that differs from kernel to kernel.
_ANY = (0, 2147483647, -2147483648, 2147483647)


class Key(NamedTuple):
    """A fact that changed over the years is a history: (marker, value) pairs, oldest first. A marker is an upstream
    version ("4.12"), a stable release ("5.10.262", in 5.10.y only), a vendor's branch ("el8", "amzn") or a build of it
    ("el8-477").
    """

    name: str
    kind: str = "int"  # int: numbers; word: a name such as cubic; ports: a list such as 8080,9000-9010
    unit: str = ""  # bytes, pages, seconds, milliseconds, packets, connections, ports, probes; "" where there is none
    arity: int = 1  # how many numbers the key holds
    bounds: tuple[tuple[str, tuple[int | None, ...]], ...] = (
        ("0", _ANY),
    )  # history: lowest and highest of each number, see _ANY
    default: tuple[tuple[str, str], ...] = ()  # history: the kernel's built-in value; words see _what_if.py, _FORMULAS
    introduced: str = "0"  # markers; "0" is 2.6.12 or before, the oldest tree that was read
    removed: str = ""  # marker of the first kernel without it
    no_effect: str = ""  # marker of the first kernel on which it is accepted and does nothing
    per_namespace: tuple[tuple[str, bool], ...] = ()  # history: whether each network namespace has its own value
    visible_in_child: str = ""  # marker: from here on a host-wide key is shown, read-only, in other namespaces
    inherited: bool = False  # a new namespace copies the first one's value instead of starting at the default
    needs: str = ""  # the build option without which the key is absent

    @property
    def numeric(self) -> bool:
        """True for a key that holds numbers."""
        return self.kind == "int"


_U8 = (("0", _ANY), ("5.10.178", (0, 255)), ("5.13", (0, 255)))
_SECONDS = (
    ("0", (1, 21474836, None, 21474836)),
)  # INT_MAX / HZ at HZ=100; a kernel with a higher HZ refuses more by itself
_RECEIVE = (("0", (1, 2147483647)), ("4.0", (2304, 2147483647)))
_SEND = (("0", (1, 2147483647)), ("4.0", (4608, 2147483647)))
_4096 = (4096, 2147483647)
_PAGES = (
    ("0", (1, 140737488355327, 0, 18446744073709551615)),
)  # times the largest page, 65536 bytes, this still fits into 64 bits

# Since when each network namespace has its own value.
_ALWAYS = (("0", True),)
_KEEPALIVE = (("4.5", True), ("el7", True))
_4_6 = (("4.6", True),)
_4_11 = (("4.11", True),)
_4_13 = (("4.13", True),)
_4_15 = (("4.15", True),)

KEYS = (
    Key(
        "net.core.rmem_default",
        unit="bytes",
        bounds=_RECEIVE,
        default=(("3.10", "212992"),),
        visible_in_child="6.10",
    ),
    Key(
        "net.core.rmem_max",
        unit="bytes",
        bounds=_RECEIVE,
        default=(("0", "131071"), ("3.10", "212992"), ("6.18", "4194304"), ("el9", "2097152"), ("el10", "2097152")),
        visible_in_child="6.10",
    ),
    Key(
        "net.core.wmem_default",
        unit="bytes",
        bounds=_SEND,
        default=(("3.10", "212992"),),
        visible_in_child="6.10",
    ),
    Key(
        "net.core.wmem_max",
        unit="bytes",
        bounds=_SEND,
        default=(("0", "131071"), ("3.10", "212992"), ("6.18", "4194304")),
        visible_in_child="6.10",
    ),
    Key(
        "net.core.netdev_max_backlog",
        unit="packets",
        bounds=(("0", (1, 2147483647, -2147483648, 2147483647)),),
        default=(("0", "1000"),),
    ),
    Key(
        "net.core.somaxconn",
        unit="connections",
        bounds=(("0", (0, 65535)), ("4.1", (0, 2147483647))),
        default=(("0", "128"), ("5.4", "4096"), ("el8", "128"), ("el8-477", "2048"), ("el9", "4096")),
        per_namespace=_ALWAYS,
    ),
    Key(
        "net.core.optmem_max",
        unit="bytes",
        bounds=(("0", _ANY), ("6.8", (0, 2147483647))),
        default=(("0", "20480"), ("6.8", "131072")),
        per_namespace=(("6.8", True),),
    ),
    Key(
        "net.ipv4.tcp_mem",
        unit="pages",
        arity=3,
        bounds=_PAGES,
        default=(("3.0", "low/8 pressure/8 high/8"), ("4.2", "low/16 pressure/16 high/16")),
        per_namespace=(("3.3", True), ("3.13", False), ("el7", True)),
    ),
    Key(
        "net.ipv4.tcp_rmem",
        unit="bytes",
        arity=3,
        # The kernel refuses since 7.2.8. 7.2.0 to 7.2.7 take less, and are held to what their next update refuses.
        bounds=(
            ("0", (1, 2147483647)),
            ("6.1.189", _4096),
            ("6.6.158", _4096),
            ("6.12.112", _4096),
            ("6.18.54", _4096),
            ("7.2", (4096, 2147483647, 1, 2147483647)),
            ("7.2.8", _4096),
            ("7.3", _4096),
        ),
        default=(
            ("0", "page_size 87380 rmem<=4MiB"),
            ("3.4", "page_size 87380 rmem<=6MiB"),
            ("4.10", "4096 87380 rmem<=6MiB"),
            ("4.20", "4096 131072 rmem<=6MiB"),
            ("6.0", "page_size 131072 rmem<=6MiB"),
            ("6.16", "page_size 131072 rmem<=32MiB"),
        ),
        per_namespace=_4_15,
        inherited=True,
    ),
    Key(
        "net.ipv4.tcp_wmem",
        unit="bytes",
        arity=3,
        bounds=(("0", (1, 2147483647)),),
        default=(
            ("0", "page_size 16384 wmem<=4MiB"),
            ("4.10", "4096 16384 wmem<=4MiB"),
            ("6.0", "page_size 16384 wmem<=4MiB"),
            ("amzn", "4096 20480 wmem<=4MiB"),
        ),
        per_namespace=_4_15,
        inherited=True,
    ),
    Key(
        "net.ipv4.tcp_keepalive_time",
        unit="seconds",
        bounds=_SECONDS,
        default=(("0", "7200"),),
        per_namespace=_KEEPALIVE,
    ),
    Key(
        "net.ipv4.tcp_keepalive_intvl",
        unit="seconds",
        bounds=_SECONDS,
        default=(("0", "75"),),
        per_namespace=_KEEPALIVE,
    ),
    Key(
        "net.ipv4.tcp_keepalive_probes",
        unit="probes",
        bounds=_U8,
        default=(("0", "9"),),
        per_namespace=_KEEPALIVE,
    ),
    Key(
        "net.ipv4.tcp_sack",
        bounds=_U8,
        default=(("0", "1"),),
        per_namespace=_4_13,
    ),
    Key(
        "net.ipv4.tcp_fack",
        bounds=_U8,
        default=(("0", "1"), ("4.15", "0")),
        no_effect="4.15",
        per_namespace=_4_15,
    ),
    Key(
        "net.ipv4.tcp_timestamps",
        bounds=_U8,
        default=(("0", "1"),),
        per_namespace=_4_13,
    ),
    Key(
        "net.ipv4.tcp_window_scaling",
        bounds=_U8,
        default=(("0", "1"),),
        per_namespace=_4_13,
    ),
    Key(
        "net.ipv4.tcp_syncookies",
        bounds=_U8,
        default=(("0", "0"), ("3.0", "1")),
        per_namespace=_4_6,
        needs="CONFIG_SYN_COOKIES",
    ),
    Key(
        "net.ipv4.tcp_tw_reuse",
        bounds=(("0", _ANY), ("4.19", (0, 2)), ("el8", (0, 2))),
        default=(("0", "0"), ("4.19", "2"), ("el8", "2")),
        per_namespace=(("4.10", True),),
    ),
    Key(
        "net.ipv4.tcp_tw_recycle",
        default=(("0", "0"),),
        removed="4.12",
        per_namespace=_4_11,
    ),
    Key(
        "net.ipv4.tcp_fin_timeout",
        unit="seconds",
        bounds=(("0", (0, 21474836, None, 21474836)),),
        default=(("0", "60"),),
        per_namespace=_4_6,
    ),
    Key(
        "net.ipv4.ip_local_port_range",
        unit="ports",
        arity=2,
        bounds=(("0", (1, 65535)),),
        default=(("0", "32768 61000"), ("4.2", "32768 60999"), ("el7", "32768 60999")),
        per_namespace=(("3.13", True), ("el7", True)),
    ),
    Key(
        "net.ipv4.tcp_max_syn_backlog",
        unit="connections",
        default=(("0", "ehash/256"), ("5.4", "ehash/128")),
        per_namespace=_4_11,
    ),
    # Related keys: nothing sets them by default; they may be added to the profile.
    Key(
        "net.ipv4.tcp_rfc1337",
        bounds=_U8,
        default=(("0", "0"),),
        per_namespace=_4_15,
    ),
    Key(
        "net.ipv4.tcp_synack_retries",
        bounds=_U8,
        default=(("0", "5"),),
        per_namespace=_4_6,
    ),
    Key(
        "net.ipv4.tcp_syn_retries",
        bounds=(("0", (1, 127)),),
        default=(("0", "5"), ("3.7", "6")),
        per_namespace=_4_6,
    ),
    Key(
        "net.ipv4.tcp_retries1",
        bounds=(("0", (0, 255, -2147483648, 255)), ("5.10.178", (0, 255)), ("5.13", (0, 255))),
        default=(("0", "3"),),
        per_namespace=_4_6,
    ),
    Key(
        "net.ipv4.tcp_retries2",
        bounds=_U8,
        default=(("0", "15"),),
        per_namespace=_4_6,
    ),
    Key(
        "net.ipv4.tcp_orphan_retries",
        bounds=_U8,
        default=(("0", "0"),),
        per_namespace=_4_6,
    ),
    Key(
        "net.ipv4.tcp_max_orphans",
        unit="connections",
        default=(("0", "ehash/2"),),
    ),
    Key(
        "net.ipv4.tcp_max_tw_buckets",
        unit="connections",
        default=(("0", "ehash/2"),),
        per_namespace=_4_11,
    ),
    Key(
        "net.ipv4.tcp_slow_start_after_idle",
        bounds=_U8,
        default=(("0", "1"),),
        introduced="2.6.18",
        per_namespace=_4_15,
    ),
    Key(
        "net.ipv4.tcp_mtu_probing",
        bounds=_U8,
        default=(("0", "0"),),
        introduced="2.6.17",
        per_namespace=(("4.1", True),),
    ),
    Key(
        "net.ipv4.tcp_no_metrics_save",
        bounds=_U8,
        default=(("0", "0"),),
        per_namespace=_4_15,
    ),
    Key(
        "net.ipv4.tcp_fastopen",
        default=(("0", "0"), ("3.13", "1")),
        introduced="3.6",
        per_namespace=_4_15,
    ),
    Key(
        "net.ipv4.tcp_congestion_control",
        kind="word",
        default=(("0", "cubic"),),
        introduced="2.6.13",
        per_namespace=_4_15,
        inherited=True,
    ),
    Key(
        "net.core.default_qdisc",
        kind="word",
        default=(("0", "pfifo_fast"),),
        introduced="3.12 el6-642 el7",
        needs="CONFIG_NET_SCHED",
    ),
    Key(
        "net.ipv4.tcp_notsent_lowat",
        unit="bytes",
        bounds=(("0", (0, 2147483647)), ("4.9", (0, 4294967295))),
        default=(("0", "-1"), ("4.9", "4294967295")),
        introduced="3.12 el7",
        per_namespace=_4_6,
    ),
    Key(
        "net.ipv4.tcp_abort_on_overflow",
        bounds=_U8,
        default=(("0", "0"),),
        per_namespace=_4_15,
    ),
    Key(
        "net.ipv4.tcp_challenge_ack_limit",
        default=(("0", "100"), ("4.4", "1000"), ("6.0", "2147483647"), ("el6", "1000"), ("el7", "1000")),
        introduced="3.6 el6-642",
        per_namespace=_4_15,
    ),
    Key(
        "net.ipv4.tcp_tw_reuse_delay",
        unit="milliseconds",
        bounds=(("0", (1, 60000)),),
        default=(("0", "1000"),),
        introduced="6.14",
        per_namespace=_ALWAYS,
    ),
    Key(
        "net.ipv4.ip_local_reserved_ports",
        kind="ports",
        default=(("0", ""),),
        introduced="2.6.35 el6-642",
        per_namespace=(("3.16", True),),
    ),
    Key(
        "net.ipv4.ip_unprivileged_port_start",
        bounds=(("0", (0, 65535)),),
        default=(("0", "1024"),),
        introduced="4.11",
        per_namespace=_ALWAYS,
    ),
    Key(
        "net.ipv4.tcp_dsack",
        bounds=_U8,
        default=(("0", "1"),),
        per_namespace=_4_15,
    ),
    Key(
        "net.ipv4.tcp_moderate_rcvbuf",
        bounds=_U8,
        default=(("0", "1"),),
        per_namespace=_4_15,
    ),
    Key(
        "net.ipv4.tcp_ecn",
        bounds=_U8 + (("6.0", (0, 2)), ("7.0", (0, 5))),
        default=(("0", "2"),),
        per_namespace=(("3.10", True),),
    ),
    Key(
        "net.ipv4.tcp_min_snd_mss",
        unit="bytes",
        bounds=(("0", (48, 65535)),),
        default=(("0", "48"),),
        introduced="5.2 4.14.177 4.19.72 el7-1062 el8",
        per_namespace=_ALWAYS,
    ),
    Key(
        "net.ipv4.tcp_rto_max_ms",
        unit="milliseconds",
        bounds=(("0", (1000, 120000)),),
        default=(("0", "120000"),),
        introduced="6.15",
        per_namespace=_ALWAYS,
    ),
    Key(
        "net.ipv4.tcp_syn_linear_timeouts",
        bounds=(("0", (0, 127)),),
        default=(("0", "4"),),
        introduced="6.5",
        per_namespace=_ALWAYS,
    ),
    Key(
        "net.ipv4.ip_local_port_step_width",
        unit="ports",
        bounds=(("0", (0, 4294967295)),),
        default=(("0", "0"),),
        introduced="7.1",
        per_namespace=_ALWAYS,
    ),
    Key(
        "net.ipv4.tcp_low_latency",
        default=(("0", "0"),),
        no_effect="4.14",
    ),
)

CATALOG: dict[str, Key] = {row.name: row for row in KEYS}


def bounds(key: str, kernel: Kernel) -> tuple[int, int] | None:
    """Lowest and highest accepted number of each element; None for a key without numbers or without an entry."""
    row = CATALOG.get(key)
    return at(row.bounds, parse_release(kernel.release))[:2] if row and row.numeric else None


def removed_in(key: str, kernel: Kernel) -> str:
    """The version that dropped the key, where this kernel no longer has it; else ""."""
    row = CATALOG.get(key)
    return row.removed if row and row.removed and since(row.removed, parse_release(kernel.release)) else ""


def exists(key: str, kernel: Kernel) -> bool:
    """Whether the catalog says that this kernel has the key somewhere, in the first namespace at least."""
    row = CATALOG.get(key)
    return bool(row) and since(row.introduced, parse_release(kernel.release)) and not removed_in(key, kernel)


def per_namespace(key: str, kernel: Kernel) -> bool:
    """Whether each network namespace has its own value on this kernel; True for a key that the catalog does not know."""
    row = CATALOG.get(key)
    return bool(at(row.per_namespace, parse_release(kernel.release), False)) if row else True


def no_effect(key: str, kernel: Kernel) -> str:
    """The version from which the key is accepted and does nothing, where this kernel is as new; else ""."""
    row = CATALOG.get(key)
    return row.no_effect if row and row.no_effect and since(row.no_effect, parse_release(kernel.release)) else ""
