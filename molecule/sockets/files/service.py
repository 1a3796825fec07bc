# A service: listens on a port with a backlog and a receive buffer (0: the kernel's), and keeps two connections to
# itself, one of them with keepalive.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Takes port, backlog and buffer; makes /run/service.PORT when it is ready."""

import socket
import sys
import time

port, backlog, buffer = map(int, sys.argv[1:])
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
if buffer:
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
listener.bind(("127.0.0.1", port))
listener.listen(backlog)
kept = []
for keepalive in (0, 1):
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, keepalive)
    client.connect(listener.getsockname())
    kept += [client, listener.accept()[0]]
open(f"/run/service.{port}", "w").close()
while True:
    time.sleep(3600)
