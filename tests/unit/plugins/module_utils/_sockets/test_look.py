# Tests of what a look imports: each file that travels takes time on every host, so what is rare is imported late.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""In processes of their own, on answers that are played back; what a look finds is in ../../modules/."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

# It takes the options of the module, and the sizes of a connection's buffers. It prints what of ours was imported.
REPLAY = """
import json, sys
from ansible_collections.fleetnet.linux_tcp.tests.unit.netlink_messages import (
    INFO, SKMEMINFO, Channel, done, memory, message, tcp_info,
)
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets import _diag, _look

options, rcvbuf, sndbuf = json.loads(sys.argv[1])
attributes = [(SKMEMINFO, memory(rcvbuf, sndbuf)), (INFO, tcp_info(options=0, taken=1))]
listener = message(state=10, port=22, peer="0.0.0.0", peer_port=0, queues=(0, 1 << 20))
connection = message(port=22, timer=2, attributes=attributes)
channels = [Channel([listener, done()], [done(2)]), Channel([connection, done()], [done(2)])]
_diag._channel = lambda: channels.pop(0)
wanted = dict(per=[], top=5, listeners=False, options=False, options_limit=1, former={}, path="/nowhere.conf")
found = _look.Look(_look.Wanted(**{**wanted, **options})).result()
assert (found["sockets"], found["keepalive"]["connections"]) == (2, 1), found
start = "ansible_collections.fleetnet.linux_tcp.plugins.module_utils."
print(json.dumps([name[len(start):] for name in sys.modules if name.startswith(start) and "._" in name[len(start):]]))
"""
# Always there, where sockets are counted. _data and _codes come along with _host._proc.
COUNTS = {"_host._proc"} | {
    "_sockets." + name for name in ("_counters", "_diag", "_host", "_look", "_options", "_rows", "_seen", "_sums")
}
DESCRIBES = {"_sockets._listening", "_sockets._listeners", "_sockets._programs"}
# Sizes in bytes that no kernel begins with, and one that some do.
GROWN, ANY_KERNELS_OWN = 1 << 22, 20480


def imported(rcvbuf=GROWN, sndbuf=GROWN, **options):
    """The files that a look imports, and those of the catalog as one."""
    import ansible_collections.fleetnet.linux_tcp as collection

    root = str(Path(list(collection.__path__)[0]).parents[2])
    path = os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])
    shown = subprocess.run(
        [sys.executable, "-c", REPLAY, json.dumps([options, rcvbuf, sndbuf])],
        env=dict(os.environ, PYTHONPATH=path, PYTHONDONTWRITEBYTECODE="1"),
        stdout=subprocess.PIPE,
        check=True,
        timeout=120,
    )
    found = set(json.loads(shown.stdout.decode()))
    catalog = {name for name in found if name.startswith("_kernel.")}
    return (found - catalog) | ({"catalog"} if catalog else set())


def test_where_only_counts_are_wanted_nothing_else_is_imported():
    """As the health gate and observe look, at a host with one ordinary connection."""
    assert imported() == COUNTS | {"_sockets._findings"}


@pytest.mark.parametrize(
    "options, more",
    [
        ({"listeners": True}, DESCRIBES),
        ({"per": ["port"]}, {"_sockets._tables"}),
        ({"sndbuf": ANY_KERNELS_OWN}, {"catalog"}),
        ({"rcvbuf": ANY_KERNELS_OWN}, {"catalog"}),
    ],
    ids=str,
)
def test_what_is_asked_for_is_imported(options, more):
    assert imported(**options) == COUNTS | {"_sockets._findings"} | more


@pytest.mark.skipif(os.geteuid() != 0, reason="only root asks sockets for their options")
def test_sockets_are_asked_with_files_of_its_own():
    assert imported(options=True) == COUNTS | {"_sockets._findings", "_sockets._ask", "_sockets._programs"}
