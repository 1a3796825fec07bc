# Tests of reading all sockets: both families, answers in many pieces, and a hundred thousand sockets in bounded time
# and memory.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The reader, on answers that are played back to it; real sockets are in ../../modules/test_tcp_socket_info.py."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets import _diag as diag
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets._rows import STATES
from ansible_collections.fleetnet.linux_tcp.tests.unit.netlink_messages import Channel, done, message

LISTENER = {"state": 10, "peer": "0.0.0.0", "peer_port": 0, "queues": (0, 128)}


def played(monkeypatch, *answers):
    channels = [Channel(*answers[at : at + 2]) for at in range(0, len(answers), 2)]
    waiting = list(channels)
    monkeypatch.setattr(diag, "_channel", lambda: waiting.pop(0))
    return channels


def test_both_families_and_answers_in_pieces(monkeypatch):
    listeners, others = played(
        monkeypatch,
        [message(port=80, **LISTENER) + done()],
        [message(local="::", port=443, sequence=2, **{**LISTENER, "peer": "::"}), done(2)],
        [message() + message(state=6), message(state=8), done()],
        [message(local="::1", peer="::1", sequence=2) + done(2)],
    )
    source = diag.Source()
    assert [row.port for row in source.listeners()] == [80, 443]
    assert [[STATES[row.state] for row in batch] for batch in source.others() if batch] == [
        ["ESTABLISHED", "TIME_WAIT"],
        ["CLOSE_WAIT"],
        ["ESTABLISHED"],
    ]
    asked = [struct.unpack("=BBBxI", request[16:24]) for channel in (listeners, others) for request in channel.asked]
    assert [(family, states >> 10 & 1) for family, _protocol, _more, states in asked] == [
        (2, 1),
        (10, 1),
        (2, 0),
        (10, 0),
    ]


def test_a_kernel_that_does_not_answer_is_not_waited_for_long(monkeypatch):
    (channel,) = played(monkeypatch, [])
    channel._mine.settimeout(0.05)
    assert diag.Source().name == "procfs"


SOCKETS = 100000
# Runs in a process of its own, which imports nothing that a module does not. It prints CPU seconds, the growth of its
# resident memory in KiB, and what was counted.
REPLAY = """
import sys, time
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets import _diag, _look
from ansible_collections.fleetnet.linux_tcp.tests.unit.netlink_messages import Channel, connection, done, message

per_answer = 32768
def answers(kind, count):
    wide = [("192.0.%d.%d" % (number >> 8 & 255, number & 255)) for number in range(5000)]
    attributes = connection() if kind == 1 else ()
    line, size, datagrams = [], 0, []
    for number in range(count):
        ends = dict(port=1024 + number % 60000, peer=wide[number % 5000], peer_port=5432)
        one = message(state=kind, timer=number % 2 * 2, attributes=attributes, **ends)
        if size + len(one) > per_answer:
            datagrams.append(b"".join(line))
            line, size = [], 0
        line.append(one)
        size += len(one)
    return datagrams + [b"".join(line), done()]

channels = [Channel([done()], [done(2)]), Channel(answers(int(sys.argv[1]), int(sys.argv[2])), [done(2)])]
# Memory is measured from here on, so that the answers, which this process made itself, do not count.
def resident(name):
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(name))
before = resident("VmRSS:")
open("/proc/self/clear_refs", "w").write("5")
_diag._channel = lambda: channels.pop(0)
wanted = _look.Wanted(["port", "peer"], 50, True, False, 1, {}, "/nowhere.conf")
begun = time.thread_time()
found = _look.Look(wanted).result()
print(time.thread_time() - begun, resident("VmHWM:") - before, found["sockets"], found["states"]["ipv4"]["TIME_WAIT"])
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", [1, 6], ids=["ESTABLISHED", "TIME_WAIT"])
def test_a_hundred_thousand_sockets(kind):
    """Less than 2 s of CPU time and 60 MiB of memory, beside what Python and Ansible need themselves."""
    import ansible_collections.fleetnet.linux_tcp as collection

    root = str(Path(list(collection.__path__)[0]).parents[2])
    environment = dict(
        os.environ, PYTHONPATH=os.pathsep.join([root, os.environ.get("PYTHONPATH", "")]), PYTHONDONTWRITEBYTECODE="1"
    )
    try:
        shown = subprocess.run(
            [sys.executable, "-c", REPLAY, str(kind), str(SOCKETS)],
            env=environment,
            stdout=subprocess.PIPE,
            check=True,
            timeout=120,
        )
    except PermissionError:
        pytest.skip("/proc/self/clear_refs cannot be written here")
    seconds, kibibytes, sockets, waiting = shown.stdout.decode().split()
    assert (int(sockets), int(waiting)) == (SOCKETS, SOCKETS if kind == 6 else 0)
    assert float(seconds) < 2 and int(kibibytes) < 60 << 10, shown.stdout
