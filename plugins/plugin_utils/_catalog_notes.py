# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. What people are told of each key beyond the catalog's facts: its meaning, the document's
# default, hazards, upstream commits, sources. It stands beside the catalog (module_utils/_catalog.py), and not in it,
# so that it does not travel to every host with every run.
#
# To add a key: a row in KEYS of the catalog (what each field means stands in Key there), a note here, `make docs`, and
# a try on the kernels that have it (`make kernels ARGS='-k 7.2'`). Of markers: "5.10.262" holds from there on in 5.10.y
# only; el6 to el10 are Red Hat's kernels and rebuilds, el8-477 is 4.18.0-477.el8; amzn is Amazon's. Where a kernel's
# own branch has markers, only these count. Several markers in one string are separated by blanks, the mainline version
# first.

from __future__ import annotations

from typing import Dict, NamedTuple, Tuple

from ..module_utils._kernel._catalog import CATALOG

SOURCES = "kernel sources 2.6.12 to 7.3; measured on 5.10 to 7.3, see kernels.md"


class Note(NamedTuple):
    """What is said of one key. A version is an upstream one, such as 4.12."""

    meaning: str  # one line, without a full stop; the unit is in the catalog
    document: str = ""  # the document's default, where it lists the key
    hazards: Tuple[str, ...] = ()  # sentences, the most important first
    commits: Tuple[
        Tuple[str, str], ...
    ] = ()  # (version, upstream commit) of the changes in the catalog; 12 digits: from memory
    sources: str = SOURCES  # where the facts come from, in short


_C_U8 = ("5.13", "4ecc1baf362c")
_C_CORE = (("6.10", "19249c0724f2"),)
_C_CORE_MAX = (("6.18", "a6d4f25888b83b8300aef28d9ee22765c1cc9b34"), ("6.10", "19249c0724f2"))
_C_BUFFERS = ("4.15", "356d1833b638")
_C_TIME_WAIT = ("4.11", "1946e672c173")

NOTES: Dict[str, Note] = {
    "net.core.rmem_default": Note(
        "default receive buffer",
        document="229376",
        hazards=(
            "not for TCP, which takes the second number of tcp_rmem; UDP, raw and unix sockets use it",
            "its default depends on how the kernel was built; before 3.10 it is not known here",
        ),
        commits=_C_CORE,
    ),
    "net.core.rmem_max": Note(
        "largest receive buffer",
        document="131071",
        hazards=(
            (
                "caps what an application asks for with SO_RCVBUF; the autotuning of TCP ends at the third number of"
                " tcp_rmem"
            ),
            "the window scale of a new connection follows the larger of this and the third number of tcp_rmem",
        ),
        commits=_C_CORE_MAX,
        sources=SOURCES + "; RHEL 9 and 10 from xcat2/confluent#243",
    ),
    "net.core.wmem_default": Note(
        "default send buffer",
        document="229376",
        hazards=(
            "not for TCP, which takes the second number of tcp_wmem; UDP, raw and unix sockets use it",
            "its default depends on how the kernel was built; before 3.10 it is not known here",
        ),
        commits=_C_CORE,
    ),
    "net.core.wmem_max": Note(
        "largest send buffer",
        document="131071",
        hazards=(
            (
                "caps what an application asks for with SO_SNDBUF; the autotuning of TCP ends at the third number of"
                " tcp_wmem"
            ),
        ),
        commits=_C_CORE_MAX,
    ),
    "net.core.netdev_max_backlog": Note(
        "packets queued when they arrive faster than the kernel handles them",
        document="1000",
        hazards=(
            "the kernel takes 0 and negative numbers too and then drops every packet of this queue",
            "one queue per CPU, for packet steering (RPS), loopback, veth and old drivers",
        ),
    ),
    "net.core.somaxconn": Note(
        "longest listen queue of one port",
        document="128",
        hazards=(
            "taken at listen(): a running service keeps its old queue until it is restarted",
            "since 4.3 it bounds the queue of half-open connections too, see tcp_max_syn_backlog",
            "before 6.8 hidden in a network namespace that belongs to a user namespace",
        ),
        commits=(
            ("5.4", "19f92a030ca6d772ab44b22ee6a01378a8cb32d4"),
            ("4.1", "becb74f0acca19b5abfcb24dc602530f3deea66a"),
        ),
        sources=SOURCES + "; RHEL 8.8 and 9 from sap-linuxlab/community.sap_install#782",
    ),
    "net.core.optmem_max": Note(
        "largest ancillary buffer of one socket",
        document="20480",
        hazards=("bounds zero-copy sending too", "the default of a 32-bit kernel before 6.8 is half as large"),
        commits=(("6.8", "f5769faeec36"), ("6.8", "4944566706b2")),
    ),
    "net.ipv4.tcp_mem": Note(
        "memory of the whole TCP stack: low, pressure, high",
        document="94011 125351 188022",
        hazards=(
            "counts pages: with pages of 64 KiB the same numbers mean sixteen times the memory of pages of 4 KiB",
            "a high limit above the host's memory switches the protection off, and TCP can use up all memory",
        ),
    ),
    "net.ipv4.tcp_rmem": Note(
        "receive buffer autotuning: min, default, max",
        document="4096 87380 4011232",
        hazards=(
            "a smaller maximum means a smaller window scale and less throughput over long distances",
            "open connections keep their buffer; only new ones take the new numbers",
            "an application that sets SO_RCVBUF switches the autotuning off and is bounded by rmem_max instead",
            "a refused write may leave its first numbers behind",
            "since 2026 stable updates refuse numbers below 4096, see accepted; 7.2.0 to 7.2.7 would still take them",
        ),
        commits=(
            ("4.20", "a337531b942bd8a03e7052444d7e36972aac2d92"),
            ("6.16", "572be9bf9d0d"),
            _C_BUFFERS,
            ("7.3", "83a945a529d6e002dd7339c532288a931f463dba"),
        ),
    ),
    "net.ipv4.tcp_wmem": Note(
        "send buffer autotuning: min, default, max",
        document="4096 16384 4011232",
        hazards=(
            "a larger second number costs memory on every connection and counts against tcp_mem",
            "open connections keep their buffer; only new ones take the new numbers",
            "a refused write may leave its first numbers behind",
        ),
        commits=(_C_BUFFERS,),
        sources=SOURCES + "; Amazon Linux from bottlerocket#1349",
    ),
    "net.ipv4.tcp_keepalive_time": Note(
        "idle time before the first keepalive probe",
        document="7200",
        hazards=(
            "only for sockets with SO_KEEPALIVE; TCP_KEEPIDLE of a socket goes before it",
            "a timer that runs already keeps its old deadline",
        ),
        commits=(("4.5", "13b287e8d1cad951634389f85b8c9b816bd3bb1e"),),
    ),
    "net.ipv4.tcp_keepalive_intvl": Note(
        "time between unanswered probes",
        document="75",
        hazards=("only for sockets with SO_KEEPALIVE; TCP_KEEPINTVL of a socket goes before it",),
    ),
    "net.ipv4.tcp_keepalive_probes": Note(
        "probes before the connection is given up",
        document="9",
        hazards=("only for sockets with SO_KEEPALIVE; TCP_KEEPCNT of a socket goes before it",),
        commits=(_C_U8,),
    ),
    "net.ipv4.tcp_sack": Note(
        "selective acknowledgement",
        document="1",
        commits=(_C_U8,),
    ),
    "net.ipv4.tcp_fack": Note(
        "forward acknowledgement",
        document="1",
        hazards=("still there and writable on new kernels, where nothing reads it",),
        commits=(("4.15", "713bafea92920103cd3d361657406cf04d0e22dd"), _C_U8),
    ),
    "net.ipv4.tcp_timestamps": Note(
        "timestamps (RTT, PAWS): 0 off, 1 on, 2 on without a random offset (4.10 and newer)",
        document="1",
        hazards=("0 takes the protection against old segments away and makes tcp_tw_reuse ineffective",),
        commits=(_C_U8,),
    ),
    "net.ipv4.tcp_window_scaling": Note(
        "windows larger than 64 KB",
        document="1",
        commits=(_C_U8,),
    ),
    "net.ipv4.tcp_syncookies": Note(
        "SYN cookies against overload: 0 off, 1 when the queue is full, 2 always",
        document="1",
        hazards=("while it is on, tcp_max_syn_backlog is not looked at (4.3 and newer)", "2 is for tests only"),
        commits=(_C_U8,),
    ),
    "net.ipv4.tcp_tw_reuse": Note(
        "reuse TIME-WAIT sockets for new outgoing connections: 0 off, 1 on, 2 on loopback only",
        document="0",
        hazards=(
            "outgoing connections only, and only with timestamps on both ends",
            "waits one second before it reuses a socket; tcp_tw_reuse_delay sets that since 6.14",
        ),
        commits=(("4.19", "79e9fed460385a3d8ba0b5782e9e74405cb199b1"),),
    ),
    "net.ipv4.tcp_tw_recycle": Note(
        "fast recycling of TIME-WAIT sockets",
        document="0",
        hazards=(
            "drops connections from several hosts behind one NAT address, as long as tcp_timestamps is on",
            "on 4.10 and 4.11 it drops good connections without any NAT, since timestamps got a random offset",
        ),
        commits=(("4.12", "4396e46187ca5070219b81773c4e65088dac50cc"), _C_TIME_WAIT),
    ),
    "net.ipv4.tcp_fin_timeout": Note(
        "how long FIN-WAIT-2 is held",
        document="60",
        hazards=(
            "only for FIN-WAIT-2 sockets that no process holds any more; TIME-WAIT always lasts 60 seconds",
            "never shorter than three and a half retransmission timeouts",
        ),
    ),
    "net.ipv4.ip_local_port_range": Note(
        "local ports for outgoing connections: lowest, highest",
        document="32768 61000",
        hazards=(
            (
                "an outgoing connection can take the port of a service that is not up yet: list such ports in"
                " ip_local_reserved_ports"
            ),
            "two even or two odd numbers make the kernel log `prefer different parity` (4.2 and newer, RHEL 7)",
            "refused where the lowest port is below ip_unprivileged_port_start (4.11 and newer)",
        ),
        commits=(
            ("4.2", "07f4c90062f8fc7c8c26f8f95324cbe8fa3145a5"),
            ("4.11", "4548b683b78137f8eadeb312b94e20bb0d4a7141"),
        ),
    ),
    "net.ipv4.tcp_max_syn_backlog": Note(
        "connection requests waiting for their ACK",
        document="2048",
        hazards=(
            "since 4.3 only looked at while tcp_syncookies is 0; else the listen queue is the limit, see somaxconn",
        ),
    ),
    "net.ipv4.tcp_rfc1337": Note(
        "ignore a RST in TIME-WAIT",
        commits=(_C_U8,),
    ),
    "net.ipv4.tcp_synack_retries": Note(
        "how often a SYN-ACK is sent again",
        commits=(_C_U8,),
    ),
    "net.ipv4.tcp_syn_retries": Note("how often a SYN is sent again"),
    "net.ipv4.tcp_retries1": Note(
        "retransmissions before the route is questioned",
        commits=(_C_U8,),
    ),
    "net.ipv4.tcp_retries2": Note(
        "retransmissions before the connection is given up",
        commits=(_C_U8,),
    ),
    "net.ipv4.tcp_orphan_retries": Note(
        "retransmissions for a connection that no process holds any more; 0 means 8",
        commits=(_C_U8,),
    ),
    "net.ipv4.tcp_max_orphans": Note(
        "connections that no process holds any more",
        hazards=("above the limit such a connection is reset at once",),
    ),
    "net.ipv4.tcp_max_tw_buckets": Note(
        "sockets in TIME-WAIT at one time",
        hazards=("above the limit TIME-WAIT is skipped; the counter TCPTimeWaitOverflow tells",),
        commits=(_C_TIME_WAIT,),
    ),
    "net.ipv4.tcp_slow_start_after_idle": Note(
        "begin slowly again after an idle time",
        commits=(_C_U8,),
    ),
    "net.ipv4.tcp_mtu_probing": Note(
        "search for the path MTU: 0 off, 1 after a black hole, 2 always",
        commits=(_C_U8,),
    ),
    "net.ipv4.tcp_no_metrics_save": Note(
        "forget a connection's measurements when it closes",
        commits=(_C_U8,),
    ),
    "net.ipv4.tcp_fastopen": Note("data in the SYN, a bit mask: 1 as client, 2 as server"),
    "net.ipv4.tcp_congestion_control": Note(
        "congestion control of new connections",
        hazards=(
            "the default is a choice of the kernel's build (CONFIG_DEFAULT_TCP_CONG)",
            "in a container, restricted names are not permitted",
        ),
    ),
    "net.core.default_qdisc": Note(
        "queueing discipline of a new network interface",
        hazards=(
            "interfaces that are up keep theirs",
            "the default is a choice of the kernel's build; Debian's is fq_codel",
        ),
    ),
    "net.ipv4.tcp_notsent_lowat": Note(
        "unsent data above which a socket does not count as writable",
        hazards=("the default means no limit; kernels before 4.9 show it as -1",),
    ),
    "net.ipv4.tcp_abort_on_overflow": Note(
        "answer with a RST when the listen queue is full",
        commits=(_C_U8,),
    ),
    "net.ipv4.tcp_challenge_ack_limit": Note(
        "challenge ACKs in one second",
        hazards=("a low limit lets a stranger guess a connection's numbers, as in CVE-2016-5696",),
    ),
    "net.ipv4.tcp_tw_reuse_delay": Note("wait before a TIME-WAIT socket may be reused"),
    "net.ipv4.ip_local_reserved_ports": Note(
        "ports that outgoing connections do not take by themselves",
        hazards=("a write replaces the whole list", "with every local port reserved, connect() fails"),
    ),
    "net.ipv4.ip_unprivileged_port_start": Note(
        "first port that needs no privilege",
        hazards=("refused above the lowest port of ip_local_port_range: the order of the two writes matters",),
        commits=(("4.11", "4548b683b78137f8eadeb312b94e20bb0d4a7141"),),
    ),
    "net.ipv4.tcp_dsack": Note(
        "tell the sender about segments that came twice",
        commits=(_C_U8,),
    ),
    "net.ipv4.tcp_moderate_rcvbuf": Note(
        "let the receive buffer grow by itself",
        commits=(_C_U8,),
    ),
    "net.ipv4.tcp_ecn": Note(
        "explicit congestion notification: 0 off, 1 on, 2 when the other side asks; 3 to 5 AccECN (7.x)",
        commits=(_C_U8, ("7.0", "8ae3e8e6ceedfb3cf74ca18169c942e073586a39")),
    ),
    "net.ipv4.tcp_min_snd_mss": Note("smallest segment that is sent"),
    "net.ipv4.tcp_rto_max_ms": Note("longest retransmission timeout"),
    "net.ipv4.tcp_syn_linear_timeouts": Note("first SYN retransmissions without growing timeouts"),
    "net.ipv4.ip_local_port_step_width": Note(
        "longest random step in the search for a local port; 0 off",
        commits=(("7.1", "7da62262ec96a4b345d207b6bcd2ddf5231b7f7d"),),
    ),
    "net.ipv4.tcp_low_latency": Note(
        "prefer latency to throughput",
        hazards=("still there and writable on new kernels, where nothing reads it",),
        sources=SOURCES + "; that its effect ended with 4.14 is from memory",
    ),
}


def told(key: str) -> Dict[str, str]:
    """What stands beside a key where people read it: meaning, unit and document_default, each "" where there is none."""
    row, note = CATALOG.get(key), NOTES.get(key)
    return {
        "meaning": note.meaning if note else "",
        "unit": row.unit if row else "",
        "document_default": note.document if note else "",
    }
