# Two hosts on a wire: two network namespaces of the guest, joined by a veth pair with delay, rate and loss.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Each measurement gets a fresh pair, so that nothing is left of an earlier one."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Iterator
from typing import NamedTuple

from _kernel import Namespace, tool

# Of the host, and of its peer.
HERE, THERE = "10.0.0.1", "10.0.0.2"
# Packets that wait for their time, at the highest rate and the longest round trip.
_LIMIT = 100_000
# Where no packet is lost, one that is late only waits for its turn on a busy machine, and is not to be sent again.
_PATIENT = "rto_min 2s"
_CARRIER_SECONDS = 10

_numbers = itertools.count()


class Pair(NamedTuple):
    """The host that is tuned, and a peer on the other end of the wire."""

    host: Namespace
    peer: Namespace


@contextlib.contextmanager
def pair(rtt_ms: float = 0, rate_mbit: float = 0, loss_percent: float = 0) -> Iterator[Pair]:
    """Two namespaces on a wire. rtt_ms: half of it each way. rate_mbit: each way; 0 for as fast as it goes.

    loss_percent: of the packets each way.
    """
    number = next(_numbers)
    names = (f"h{number}", f"p{number}")
    tool("ip", "-batch", "-", text="".join(f"netns add {name}\n" for name in names))
    try:
        tool("ip", "-batch", "-", text=f"link add veth0 netns {names[0]} type veth peer name veth0 netns {names[1]}\n")
        wire = _wire(rtt_ms, rate_mbit, loss_percent)
        for name, address in zip(names, (HERE, THERE)):
            lines = ["link set lo up", f"address add {address}/8 dev veth0", "link set veth0 up"]
            if not loss_percent:
                lines.append(f"route change 10.0.0.0/8 dev veth0 src {address} {_PATIENT}")
            tool("ip", "-n", name, "-batch", "-", text="\n".join(lines))
            if wire:
                tool("tc", "-n", name, "qdisc", "add", "dev", "veth0", "root", "netem", *wire, "limit", str(_LIMIT))
        for name in names:
            _wait_for_carrier(name)
        both = Pair(Namespace(names[0]), Namespace(names[1]))
        try:
            yield both
        finally:
            both.host.close()
            both.peer.close()
    finally:
        tool("ip", "-batch", "-", text="".join(f"netns delete {name}\n" for name in names))


def _wait_for_carrier(name: str) -> None:
    """Wait until packets are sent: until the kernel has noticed that both ends are up, it drops them without a word,
    and a connection that begins with a lost packet is slow all along."""
    end = time.monotonic() + _CARRIER_SECONDS
    while " state UP " not in tool("ip", "-n", name, "-oneline", "link", "show", "dev", "veth0"):
        if time.monotonic() > end:
            raise RuntimeError(f"no carrier after {_CARRIER_SECONDS} s")
        time.sleep(0.02)


def _wire(rtt_ms: float, rate_mbit: float, loss_percent: float) -> list[str]:
    """The words for netem."""
    words = []
    if rtt_ms:
        words += ["delay", f"{rtt_ms / 2}ms"]
    if rate_mbit:
        words += ["rate", f"{rate_mbit}mbit"]
    if loss_percent:
        words += ["loss", f"{loss_percent}%"]
    return words
