# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""A service that does badly with new values: once tcp_fin_timeout is 30, its queue of one connection overflows, over
loopback alone."""

from __future__ import annotations

import socket
import time
from pathlib import Path

VALUE = Path("/proc/sys/net/ipv4/tcp_fin_timeout")
LIFE_SECONDS = 100.0

listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(1)
end = time.monotonic() + LIFE_SECONDS
while time.monotonic() < end:
    clients = []
    for _ in range(20 if VALUE.read_text(encoding="ascii").strip() == "30" else 0):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex(listener.getsockname())
        clients.append(client)
    time.sleep(0.2)
    for client in clients:
        client.close()
