# Tests of reading sockets out of /proc/net/tcp: lines that are whole, and broken ones.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Pure; a host where the kernel refuses sock_diag is in ../../modules/test_tcp_socket_info.py."""

from __future__ import annotations

import struct

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets import _procfs as procfs
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets import _rows as rows
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets._procfs import from_proc

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
LISTENS = "0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000        0 4711 2 0 100 0 0 10 0"
CONNECTED = (
    "0100007F:1F90 0700007F:C350 01 00000005:00000006 02:000A8F10 00000000    33        0 4712 2 0 20 4 30 10 -1"
)
WAITS = "0100007F:1F90 0700007F:C351 06 00000000:00000000 03:00000F00 00000000     0        0 0 3 0000000000000000"
LINES = ["%4d: %s" % line for line in enumerate((LISTENS, CONNECTED, WAITS))]


@pytest.mark.skipif(struct.pack("=H", 1)[0] == 0, reason="the lines are from a machine with the little end first")
def test_lines_of_proc():
    listener, connected, waiting = from_proc(rows.IPV4, LINES)
    assert (listener.state, listener.port, listener.received, listener.sent, listener.uid, listener.inode) == (
        rows.LISTEN,
        8080,
        3,
        None,
        1000,
        4711,
    )
    assert (rows.spelt(connected.local), rows.spelt(connected.peer), connected.peer_port) == (
        "127.0.0.1",
        "127.0.0.7",
        50000,
    )
    assert (connected.timer, connected.expires, connected.sent, connected.received) == (2, 6919840, 5, 6)
    assert (waiting.state, waiting.rcvbuf, waiting.drops) == (rows.TIME_WAIT, None, None)
    six = (
        "   0: B80D0120000000000000000001000000:0050 0000000000000000FFFF0000070200C0:C350 01 "
        + LINES[1].split(" 01 ", 1)[1]
    )
    (found,) = from_proc(rows.IPV6, [six])
    assert (rows.spelt(found.local), rows.spelt(found.peer), found.port) == ("2001:db8::1", "192.0.2.7", 80)


@pytest.mark.parametrize(
    "line",
    [
        "",
        HEAD,
        LINES[0][:60],
        LINES[0].replace("0A", "0F"),
        LINES[0].replace("4711", "x"),
        LINES[0].replace(":1F90", ""),
    ],
)
def test_half_a_line_is_left_out(line):
    assert [row.inode for row in from_proc(rows.IPV4, [line, LINES[1]])] == [4712]


def test_a_long_file_comes_in_batches_and_one_that_is_not_there_is_left_out(tmp_path, monkeypatch):
    path = tmp_path / "tcp"
    path.write_text("\n".join([HEAD, *[LINES[1]] * 1201]) + "\n")
    monkeypatch.setattr(procfs, "_TABLES", {rows.IPV6: str(tmp_path / "tcp6"), rows.IPV4: str(path)})
    assert [len(batch) for batch in procfs.batches()] == [500, 500, 201]
