# Private to this collection. Where the facts of vendors' kernels come from: for docs/keys.md and the tests. No module
# takes it along to a host. Pure.

from __future__ import annotations

from typing import Dict, NamedTuple, Tuple


class Source(NamedTuple):
    """Where facts of one key on some kernels were read."""

    markers: str  # of the catalog, separated by blanks
    place: str  # repository, tag or commit, file and line
    read: bool = True  # False: a third party says so, and nobody read it in a source


_ALMA = "mkuron/almalinux-kernel "
_BOBO = "bobolopolis/linux-el "
_RHEL6 = "ziozzang/rhel6-kernel-src "
_RHEL7 = (
    "Shun-Hao/linux-3.10.0-514.el7 3b214f030a87 and dcui/RHEL77 3.10.0-1062 2a8bfb46c6c2: net/ipv4/sysctl_net_ipv4.c"
)
_SPEC7 = "MafSam/centos af80da7: SPECS/kernel.spec, changelog of "
_SUSE = "openSUSE/kernel-source "
_CVE = "the announcement of CVE-2019-11479"
_KEEPALIVE = (Source("el7-1062", _RHEL7 + "; global in 514, per namespace in 1062"),)

_BUFFERS6 = Source(
    "el6", _RHEL6 + "8 builds, and " + _BOBO + "2.6.32-754.35.1: net/core/sysctl_net_core.c, proc_dointvec"
)
_HASH6 = (
    Source("el6", _RHEL6 + "2.6.32-220 91995786: net/ipv4/tcp.c; what a host with much memory has", read=False),
    Source("el6-279", _RHEL6 + "2.6.32-279 d69d9f8b: net/ipv4/tcp.c"),
)
_LARGEST6 = Source(
    "el6-358 el6-431",
    _RHEL6 + "2.6.32-358 1352db64, 2.6.32-431 43fbacaf: net/core/sock.c, SK_RMEM_MAX; the number follows from a struct",
    False,
)
_TENCENT = Source("tencent4.14", "lihonglin2007/TencentOS-kernel 4.14.105-19-0013 and 0020: net/ipv4/sysctl_net_ipv4.c")
_BUSY = (
    Source("el6-504", _RHEL6 + "2.6.32-431 43fbacaf and 2.6.32-504 614321d3: net/core/sysctl_net_core.c"),
    Source("el7", _RHEL7.replace("net/ipv4/sysctl_net_ipv4.c", "net/core/sysctl_net_core.c")),
)

VENDOR_SOURCES: Dict[str, Tuple[Source, ...]] = {
    "net.core.rmem_default": (_BUFFERS6,),
    "net.core.wmem_default": (_BUFFERS6,),
    "net.core.wmem_max": (_BUFFERS6, _LARGEST6),
    "net.core.rmem_max": (
        _BUFFERS6,
        _LARGEST6,
        Source("el9 el10", _ALMA + "64 tags of el9 and 6 of el10: net/core/sock.c:273 (5.14.0-70.13.1) to :284"),
    ),
    "net.core.somaxconn": (
        _TENCENT,
        Source("el6", _RHEL6 + "2.6.32-71 and " + _BOBO + "2.6.32-754.35.1: net/core/sysctl_net_core.c, proc_dointvec"),
        Source("el8", _BOBO + "4.18.0-80 and " + _ALMA + "69 tags of el8: include/linux/socket.h:265"),
        Source("el9", _ALMA + "64 tags of el9: include/linux/socket.h"),
    ),
    "net.core.busy_poll": _BUSY,
    "net.core.busy_read": _BUSY,
    "net.ipv4.tcp_max_orphans": (
        *_HASH6,
        _TENCENT,
        Source(
            "tencent5.4", "lihonglin2007/TencentOS-kernel 5.4.32-19-0003 to 5.4.109-19-0005: net/ipv4/sysctl_net_ipv4.c"
        ),
    ),
    "net.ipv4.tcp_max_tw_buckets": _HASH6,
    "net.ipv4.tcp_dma_copybreak": (Source("el7-514", _RHEL7),),
    "net.ipv4.tcp_mem": (
        Source("el6", _RHEL6 + "8 builds: net/ipv4/sysctl_net_ipv4.c, proc_dointvec"),
        Source("el7", _BOBO + "3.10.0-1160.59.1: net/ipv4/sysctl_net_ipv4.c"),
    ),
    "net.ipv4.tcp_rmem": (
        _TENCENT,
        Source("el6", _RHEL6 + "8 builds: net/ipv4/sysctl_net_ipv4.c, proc_dointvec"),
        Source(
            "4.19.86", "HengBu/linux-4.19.79 33b1cc079b4e, EVAcacia/linux-4.19.90_not_move d949296e70c3: net/ipv4/tcp.c"
        ),
        Source("el9 el9-194", _ALMA + "5.14.0-162.6.1 and 5.14.0-284.11.1: net/ipv4/tcp.c:4539, :4742"),
    ),
    "net.ipv4.tcp_wmem": (
        _TENCENT,
        Source("el6", _RHEL6 + "8 builds: net/ipv4/sysctl_net_ipv4.c, proc_dointvec"),
        Source("el9 el9-194", _ALMA + "5.14.0-284.11.1: net/ipv4/tcp.c:4738"),
        Source("amzn", "bottlerocket-os/bottlerocket, issue 1349", read=False),
    ),
    "net.ipv4.tcp_keepalive_time": _KEEPALIVE,
    "net.ipv4.tcp_keepalive_intvl": _KEEPALIVE,
    "net.ipv4.tcp_keepalive_probes": _KEEPALIVE,
    "net.ipv4.tcp_tw_reuse": (Source("el8", _BOBO + "4.18.0-80: net/ipv4/tcp_ipv4.c:2548"),),
    "net.ipv4.ip_local_port_range": (
        Source(
            "el6 el6-754",
            _RHEL6 + "2.6.32-504.16.2 and " + _BOBO + "2.6.32-754.35.1: net/ipv4/inet_connection_sock.c:37",
        ),
        Source("el7 el7-236 el7-359", _SPEC7 + "3.10.0-236 and 3.10.0-359"),
    ),
    "net.ipv4.tcp_max_syn_backlog": (
        *_HASH6,
        Source(
            "sle5.3",
            _SUSE + "8e80a5934fbd: patches.suse/tcp-increase-tcp_max_syn_backlog-max-value.patch; branch inferred",
            read=False,
        ),
    ),
    "net.ipv4.tcp_syn_retries": (
        Source("el6 el6-504", _RHEL6 + "2.6.32-431 and 2.6.32-504: net/ipv4/sysctl_net_ipv4.c"),
    ),
    "net.core.default_qdisc": (
        Source("el6-642 el7", _BOBO + "2.6.32-754.35.1, 3.10.0-1160.59.1: net/core/sysctl_net_core.c"),
        Source("el9 el10", _ALMA + "70 tags: redhat/configs/rhel/generic/CONFIG_DEFAULT_NET_SCH"),
    ),
    "net.ipv4.tcp_notsent_lowat": (Source("el7", _BOBO + "3.10.0-1160.59.1: net/ipv4/sysctl_net_ipv4.c"),),
    "net.ipv4.tcp_challenge_ack_limit": (
        Source("el6-431 el6-754", _RHEL6 + "2.6.32-504.16.2 and " + _BOBO + "2.6.32-754.35.1: net/ipv4/tcp_input.c:86"),
        Source("el7 el7-475", _SPEC7 + "3.10.0-475; Shun-Hao/linux-3.10.0-514.el7: net/ipv4/tcp_input.c:89"),
    ),
    "net.ipv4.ip_local_reserved_ports": (
        Source("el6-71", _RHEL6 + "2.6.32-71 cda29a801909: net/ipv4/sysctl_net_ipv4.c:403"),
    ),
    "net.ipv4.tcp_ecn": (
        Source(
            "5.15.100",
            "yhuan416/linux-5.15.24 0ea83df25009, zcjie1/linux-5.15.100 52bed7a9a5ad: net/ipv4/sysctl_net_ipv4.c",
        ),
        Source("el9 el9-231", _ALMA + "5.14.0-162.23.1 and 5.14.0-284.11.1: net/ipv4/sysctl_net_ipv4.c:679"),
        Source(
            "sle5.14 sle5.14-150500",
            _SUSE + "349df746f254: patches.suse/tcp-Fix-data-races-around-sysctl_tcp_ecn.patch; branch inferred",
            read=False,
        ),
    ),
    "net.ipv4.tcp_min_snd_mss": (
        _TENCENT,
        Source("4.4.182 4.9.182 4.14.127 4.19.52 5.1.11 el7-957.21.3", _CVE, read=False),
        Source("el6 el6-754", _BOBO + "2.6.32-754.35.1: net/ipv4/sysctl_net_ipv4.c:885"),
        Source("el8-80.4.2", _BOBO + "4.18.0-80.1.2 and 4.18.0-80.4.2: net/ipv4/sysctl_net_ipv4.c"),
    ),
}
