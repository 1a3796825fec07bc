# Which figure stands for each key of the document in docs/effects.md, and what to set instead; how two figures compare.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Shared by the page and its pictures. Pure but for reading benchmarks/effects.json."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "tests" / "hosts" / "effects" / "guest")]

from _effect import HIGHER  # noqa: E402  (beside this repository's other scripts)
from _effects_record import FILE, Record, median, read  # noqa: E402

__all__ = ["FILE", "ROWS", "Row", "medians", "read", "series", "verdict"]

# Less than that is nothing that people feel, and no more than what two measurements of the same differ.
_NOISE = 0.1


@dataclass(frozen=True)
class Row:
    """One key of the document.

    effect and case: the names of the figure that says the most about it; "" where there is nothing to measure, and
    unmeasured says why, with the source. instead: what to set, for people. off: the case with the switch off. price:
    effect and case of what gets worse with it.
    """

    key: str
    effect: str = ""
    case: str = ""
    instead: str = ""
    unmeasured: str = ""
    off: str = ""
    price: tuple[str, str] = ("", "")


ROWS = (
    Row("net.core.rmem_default", "datagrams that wait", "default buffer", "the document's, or more for programs that"
        " get bursts over UDP"),
    Row("net.core.rmem_max", "datagrams that wait", "8 MiB asked for", "the kernel's own, or 16 MiB, where it is more"),
    Row("net.core.wmem_default", "datagrams handed over", "default buffer", "the document's, or more for programs that"
        " send bursts over UDP"),
    Row("net.core.wmem_max", "datagrams handed over", "8 MiB asked for", "the kernel's own, or 16 MiB, where it is"
        " more"),
    Row("net.core.netdev_max_backlog", "packets of a burst", "3,000 packets", "the document's; more at 10 Gbit/s and"
        " above"),
    Row("net.core.somaxconn", "connections of a burst", "5,000 connections", "4096, the kernel's own from 5.4 on, or"
        " more"),
    Row("net.core.optmem_max", "sends without a copy", "at once", "131072, the kernel's own from 6.8 on"),
    Row("net.ipv4.tcp_mem", "memory of the whole stack", "as much as there is", "the document's only where half of the"
        " memory is more than 2 GiB; the collection holds to that"),
    Row("net.ipv4.tcp_rmem", "upload to the host", "100 ms, 1 Gbit/s", "the third number at least the kernel's own;"
        " 33554432 (32 MiB) for long distances"),
    Row("net.ipv4.tcp_wmem", "download from the host", "100 ms, 1 Gbit/s", "the third number at least the kernel's own;"
        " 33554432 (32 MiB) for long distances"),
    Row("net.ipv4.tcp_keepalive_time", "a dead peer is found", "as set, computed", "the document's"),
    Row("net.ipv4.tcp_keepalive_intvl", "a dead peer is found", "as set, computed", "the document's"),
    Row("net.ipv4.tcp_keepalive_probes", "a dead peer is found", "as set, computed", "the document's"),
    Row("net.ipv4.tcp_sack", "transfer with loss", "0.1 % loss, SACK as set", "nothing: the kernel's own is the same",
        off="0.1 % loss, SACK off"),
    Row("net.ipv4.tcp_fack", instead="nothing", unmeasured="takes a value and does nothing from 4.15 on (commit"
        " 713bafea9292); every kernel here is newer"),
    Row("net.ipv4.tcp_timestamps", "transfer without timestamps", "timestamps as set", "nothing: the kernel's own is"
        " the same", off="timestamps off"),
    Row("net.ipv4.tcp_window_scaling", "transfer without window scaling", "scaling as set", "nothing: the kernel's own"
        " is the same", off="scaling off"),
    Row("net.ipv4.tcp_syncookies", "clients during a SYN flood", "5,000 SYNs, cookies as set", "nothing: the kernel's"
        " own is the same", off="5,000 SYNs, cookies off"),
    Row("net.ipv4.tcp_tw_reuse", "connections in a row", "2,000 ports", "the document's"),
    Row("net.ipv4.tcp_tw_recycle", instead="never 1", unmeasured="there is no such key from 4.12 on (commit"
        " 4396e46187ca); before, it drops clients behind one address"),
    Row("net.ipv4.tcp_fin_timeout", "half-closed connections", "FIN-WAIT-2", "the document's"),
    Row("net.ipv4.ip_local_port_range", "connections to one destination", "at once", "the document's only with"
        " net.ipv4.ip_local_reserved_ports for the ports of services; or 16000 64999",
        price=("services without their port", "no port reserved")),
    Row("net.ipv4.tcp_max_syn_backlog", "clients during a SYN flood", "1,000 SYNs, cookies off", "the document's; it"
        " counts only with cookies off"),
)  # fmt: skip


def verdict(own: float, found: float, better: str) -> str:
    """How a figure stands to the kernel's own: better, same or worse. better: HIGHER or LOWER."""
    if abs(found - own) <= _NOISE * max(abs(own), abs(found)):
        return "same"
    return "better" if (found > own) == (better == HIGHER) else "worse"


def series(record: Record) -> list[str]:
    """The kernels of a record, the oldest first."""
    return sorted(record["kernels"], key=lambda name: [int(number) for number in name.split(".")])


def medians(record: Record, effect: str, case: str, name: str) -> dict[str, float]:
    """The medians of a set by kernel, of those where it was measured."""
    found = {kernel: median(record, kernel, effect, case, name) for kernel in series(record)}
    return {kernel: value for kernel, value in found.items() if value is not None}
