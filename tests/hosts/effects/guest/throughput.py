# How fast a large transfer is: against round trip, rate and loss, in both directions.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""One process sends and reads: the guest has one processor, so that a second one would only wait for the first."""

from __future__ import annotations

import contextlib
import select
import socket
import time

from _effect import HIGHER, Case, Effect, Values, case
from _kernel import values
from _links import HERE, pair
from _sockets import connected
from buffers import LARGE

_PORT = 5001
_BLOCK = 1 << 20
_RATES = {"100 Mbit/s": 100.0, "1 Gbit/s": 1000.0}
_FAMILY = "throughput"
RMEM, WMEM = "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"
SACK, SCALING, STAMPS = "net.ipv4.tcp_sack", "net.ipv4.tcp_window_scaling", "net.ipv4.tcp_timestamps"
_NOTHING: Values = {}
# A peer that never is the limit, so that the host alone is measured.
_GENEROUS = {RMEM: "4096 131072 67108864", WMEM: "4096 65536 67108864"}


def transfer(sender: socket.socket, receiver: socket.socket, seconds: float) -> float:
    """The rate that is received in the second half of so many seconds, in Mbit/s."""
    for end in (sender, receiver):
        end.setblocking(False)
    block, room, waiting = bytes(_BLOCK), bytearray(_BLOCK), select.epoll()
    waiting.register(sender, select.EPOLLOUT)
    waiting.register(receiver, select.EPOLLIN)
    start = time.monotonic()
    received, at_half = 0, None
    while True:
        for file, _event in waiting.poll(0.01):
            try:
                if file == sender.fileno():
                    sender.send(block)
                else:
                    # Counted and thrown away: the bytes need not be copied.
                    received += receiver.recv_into(room, _BLOCK, socket.MSG_TRUNC)
            except BlockingIOError:
                pass
        now = time.monotonic()
        if at_half is None and now - start >= seconds / 2:
            at_half = (now, received)
        # Half of the time at least, also where the machine stood still meanwhile.
        if at_half is not None and now - at_half[0] >= seconds / 2:
            waiting.close()
            return (received - at_half[1]) * 8 / (now - at_half[0]) / 1e6


def _moved(
    wanted: Values,
    upload: bool,
    rtt: float,
    rate: float,
    loss: float = 0,
    both: bool = False,
    peer: Values = _NOTHING,
    also: Values = _NOTHING,
    buffer: int = 0,
    seconds: float = 0,
) -> float:
    """The rate of a transfer, in Mbit/s; in an upload the host receives, in a download it sends.

    rtt: in ms. rate: in Mbit/s. loss: in percent, each way. both: whether the peer gets the values too. peer: its
    values otherwise. also: the host's, beside those that are wanted. buffer: bytes that the host's program asks for
    with SO_RCVBUF or SO_SNDBUF; 0 for a program that leaves this to the kernel. seconds: of the transfer; 0 for as many
    as a window of its full size takes to grow, twenty round trips and some more.
    """
    with pair(rtt, rate, loss) as ends, contextlib.ExitStack() as stack:
        stack.enter_context(values(peer, ends.peer))
        stack.enter_context(values({**wanted, **also}, *(ends if both else ends[:1])))
        far, near = connected(ends.peer, ends.host, HERE, _PORT, buffer)
        with far, near:
            sender, receiver = (far, near) if upload else (near, far)
            return transfer(sender, receiver, seconds or 1.5 + 0.02 * rtt)


def _lines(*names: str, upload: bool, keys: tuple[str, ...], **parameters: object) -> tuple[Case, ...]:
    """A case for each name such as `100 ms, 1 Gbit/s`."""
    return tuple(
        case(name, *keys, upload=upload, rtt=float(name.split()[0]), rate=_RATES[name.split(", ")[1]], **parameters)
        for name in names
    )


EFFECTS = (
    Effect(
        "transfer, both ends set",
        _FAMILY,
        "how fast a large transfer is between two hosts that have the profile",
        "Mbit/s",
        HIGHER,
        _moved,
        _lines(
            "1 ms, 1 Gbit/s",
            "20 ms, 1 Gbit/s",
            "100 ms, 1 Gbit/s",
            "200 ms, 1 Gbit/s",
            "20 ms, 100 Mbit/s",
            "200 ms, 100 Mbit/s",
            upload=False,
            keys=(),
            both=True,
        ),
    ),
    Effect(
        "upload to the host",
        _FAMILY,
        "how fast a peer that is never the limit sends to the host",
        "Mbit/s",
        HIGHER,
        _moved,
        _lines("20 ms, 1 Gbit/s", "100 ms, 1 Gbit/s", "200 ms, 1 Gbit/s", upload=True, keys=(RMEM,), peer=_GENEROUS),
    ),
    Effect(
        "download from the host",
        _FAMILY,
        "how fast a peer that is never the limit receives from the host",
        "Mbit/s",
        HIGHER,
        _moved,
        _lines("20 ms, 1 Gbit/s", "100 ms, 1 Gbit/s", "200 ms, 1 Gbit/s", upload=False, keys=(WMEM,), peer=_GENEROUS),
    ),
    Effect(
        "upload to the host alone set",
        _FAMILY,
        "how fast a peer with the kernel's own values sends to a host that has the profile",
        "Mbit/s",
        HIGHER,
        _moved,
        _lines("100 ms, 1 Gbit/s", upload=True, keys=()),
    ),
    Effect(
        "download from the host alone set",
        _FAMILY,
        "how fast a peer with the kernel's own values receives from a host that has the profile",
        "Mbit/s",
        HIGHER,
        _moved,
        _lines("100 ms, 1 Gbit/s", upload=False, keys=()),
    ),
    Effect(
        "upload, large buffer asked for",
        _FAMILY,
        "the same, to a program that asks for a receive buffer of 8 MiB",
        "Mbit/s",
        HIGHER,
        _moved,
        _lines(
            "20 ms, 1 Gbit/s",
            "100 ms, 1 Gbit/s",
            upload=True,
            keys=("net.core.rmem_max",),
            peer=_GENEROUS,
            buffer=LARGE,
        ),
    ),
    Effect(
        "download, large buffer asked for",
        _FAMILY,
        "the same, from a program that asks for a send buffer of 8 MiB",
        "Mbit/s",
        HIGHER,
        _moved,
        _lines(
            "20 ms, 1 Gbit/s",
            "100 ms, 1 Gbit/s",
            upload=False,
            keys=("net.core.wmem_max",),
            peer=_GENEROUS,
            buffer=LARGE,
        ),
    ),
    Effect(
        "transfer with loss",
        _FAMILY,
        "how fast a download is where packets are lost, at 20 ms and 100 Mbit/s",
        "Mbit/s",
        HIGHER,
        _moved,
        tuple(
            case(f"{loss} % loss, SACK {words}", SACK, upload=False, rtt=20, rate=100, loss=loss, also=also, seconds=5)
            for loss in (0.1, 1)
            for words, also in (("as set", {}), ("off", {SACK: "0"}))
        ),
    ),
    Effect(
        "transfer without window scaling",
        _FAMILY,
        "how fast a download is at 100 ms and 1 Gbit/s",
        "Mbit/s",
        HIGHER,
        _moved,
        (
            case("scaling as set", SCALING, upload=False, rtt=100, rate=1000),
            case("scaling off", SCALING, upload=False, rtt=100, rate=1000, also={SCALING: "0"}),
        ),
    ),
    Effect(
        "transfer without timestamps",
        _FAMILY,
        "how fast a download is at 20 ms and 1 Gbit/s",
        "Mbit/s",
        HIGHER,
        _moved,
        (
            case("timestamps as set", STAMPS, upload=False, rtt=20, rate=1000),
            case("timestamps off", STAMPS, upload=False, rtt=20, rate=1000, also={STAMPS: "0"}),
        ),
    ),
)
