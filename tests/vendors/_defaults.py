# The values with which a kernel begins, out of its source.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""default(): in the words of the catalog, such as "4096 131072 rmem<=6MiB" or "ehash/128"; None where it could not be
told."""

from __future__ import annotations

import re

from _tables import Entry, number
from _tree import Tree

# The largest buffers follow from the size of a struct. By how the source computes them, what x86_64 makes of it: seen
# from 3.10 on, and on RHEL 6 as people print it.
_LARGEST = (
    (r"define\s+_SK_MEM_OVERHEAD\s+SKB_TRUESIZE\(256\)", "212992"),
    (r"define\s+_SK_MEM_OVERHEAD\s+\(sizeof\(struct sk_buff\) \+ 256\)", "124928"),
)
_DECLARED = r"^(?:static\s+)?(?:unsigned\s+)?(?:int|long|u8|__u32|u32)\s+(?:__\w+\s+)*%s\b(?:\s+__\w+)*"


def default(entry: Entry, tree: Tree) -> str | None:
    """The own value of a key."""
    name = entry.key.rpartition(".")[2]
    special = _SPECIAL.get(name)
    if special:
        return special(tree)
    field = entry.data.rpartition("init_net.")[2]
    text = _assigned(field, tree) if field else None
    if text is None:
        return None
    if text in ("SK_RMEM_MAX", "SK_WMEM_MAX"):
        return next((value for pattern, value in _LARGEST if re.search(pattern, tree.headers() + tree.code())), None)
    value = number(text, tree.headers() + tree.code())
    return None if value is None else str(value)


def _assigned(field: str, tree: Tree) -> str | None:
    """What is assigned to a variable or a field of a namespace; "0" where it is only declared."""
    code, last = tree.code(), re.escape(field.rpartition(".")[2])
    patterns = []
    if "." in field or field.startswith("ipv4_"):
        patterns.append(r"(?:\bnet->|\binit_net\.|\s)%s\s*=\s*([^;=][^;]*?)\s*;" % re.escape(field))
        patterns.append(r"^\s*\.%s\s*=\s*([^,;]+?)\s*,$" % last)
    else:
        patterns.append(r"^[ \t]+%s\s*=\s*([^;]+?)\s*;" % last)
        patterns.append(_DECLARED % last + r"\s*=\s*([^;]+?)\s*;")
    for pattern in patterns:
        found = re.findall(pattern, code, re.MULTILINE)
        if found:
            return " ".join(found[-1].split())  # the last one: where the memory decides, that of a host with much
    # Memory of a namespace, and a variable that is only declared, begin as 0.
    begins = "." in field or field.startswith("ipv4_") or re.search(_DECLARED % last + r"\s*;", code, re.MULTILINE)
    return "0" if begins else None


def _buffer(name: str, tree: Tree) -> str | None:
    """tcp_rmem and tcp_wmem: three numbers, the last one a share of the memory."""
    code = tree.code()
    words = []
    for place in (0, 1):
        found = re.search(r"sysctl_tcp_%s\[%d\]\s*=\s*([^;]+);" % (name, place), code)
        if not found:
            return None
        words.append(found.group(1).strip())
    first = {"PAGE_SIZE": "page_size", "SK_MEM_QUANTUM": _quantum(tree)}.get(words[0], words[0])
    cap = re.search(r"max_%s?share\s*=\s*min\(\s*(\d+)UL?\s*\*\s*1024\s*\*\s*1024" % name[0], code)
    second = number(words[1], tree.headers())
    if cap is None or second is None or first is None:
        return None
    return f"{first} {second} {name}<={cap.group(1)}MiB"


def _quantum(tree: Tree) -> str | None:
    found = re.search(r"#define\s+SK_MEM_QUANTUM\s+(?:\(\(int\))?(PAGE_SIZE|\d+)", tree.headers())
    if not found:
        return None
    return "page_size" if found.group(1) == "PAGE_SIZE" else found.group(1)


def _pages(tree: Tree) -> str | None:
    found = re.search(r"limit\s*=\s*nr_free_buffer_pages\(\)\s*/\s*(\d+)", tree.code())
    return "low/{0} pressure/{0} high/{0}".format(found.group(1)) if found else None


def _port_range(tree: Tree) -> str | None:
    code = tree.code()
    for pattern in (
        r"local_ports(?:\.range)?\s*=\s*\{\s*(?:\.range\s*=\s*\{\s*)?(\d+)\s*,\s*(\d+)",
        r"local_ports\.range\[0\]\s*=\s*(\d+)\s*;\s*[\w>.-]+local_ports\.range\[1\]\s*=\s*(\d+)",
        r"\.range\s*=\s*\{\s*(\d+)\s*,\s*(\d+)\s*\}",
        r"sysctl_local_port_range\[0\]\s*=\s*(\d+);\s*sysctl_local_port_range\[1\]\s*=\s*(\d+)",
    ):
        found = re.search(pattern, code)
        if found:
            return f"{found.group(1)} {found.group(2)}"
    found = re.search(r"ip_local_ports\.range\s*=\s*(\d+)u?\s*<<\s*16\s*\|\s*(\d+)", code)
    return f"{found.group(2)} {found.group(1)}" if found else None


def _share_of_hash(name: str, tree: Tree) -> str | None:
    """A limit that follows from the number of buckets of the connection table."""
    least, count = r"(?:max\w*\(\s*(?:\w+,\s*)?128U?,\s*)?", r"(?:cnt \+ 1|cnt|ehash_entries|ehash_mask \+ 1)"
    found = re.search(name + r"\s*=\s*" + least + r"\(?[\w.>-]*" + count + r"\)?\s*/\s*(\d+)", tree.code())
    return "ehash/" + found.group(1) if found else None


_SPECIAL = {
    "tcp_rmem": lambda tree: _buffer("rmem", tree),
    "tcp_wmem": lambda tree: _buffer("wmem", tree),
    "tcp_mem": _pages,
    "ip_local_port_range": _port_range,
    "tcp_max_syn_backlog": lambda tree: _share_of_hash("sysctl_max_syn_backlog", tree),
    "tcp_max_tw_buckets": lambda tree: _share_of_hash("sysctl_max_tw_buckets", tree),
    "tcp_max_orphans": lambda tree: _share_of_hash("sysctl_tcp_max_orphans", tree),
    # Chosen when the kernel is built, or no number.
    "tcp_congestion_control": lambda tree: None,
    "default_qdisc": lambda tree: None,
    "ip_local_reserved_ports": lambda tree: None,
    # PROT_SOCK is the first port that needs none.
    "ip_unprivileged_port_start": lambda tree: "1024" if "PROT_SOCK" in tree.code() else None,
}
