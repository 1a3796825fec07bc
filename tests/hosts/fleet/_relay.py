# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Connect to a throwaway host on behalf of ssh (private to tests/hosts/fleet).

ssh starts this inside the fleet's network namespace as its ProxyCommand, with the address and
the port as arguments, and takes the connected socket over (ProxyUseFdpass): no process stays
in the way of the data.
"""

from __future__ import annotations

import socket
import sys

# A host that is still booting does not answer; ssh must not hang on it.
_CONNECT_SECONDS = 3


def _main() -> int:
    address, port = sys.argv[1:3]
    try:
        connection = socket.create_connection((address, int(port)), timeout=_CONNECT_SECONDS)
    except OSError as error:
        print(f"{address} does not answer ({error}); 'fleet.py list' shows the hosts", file=sys.stderr)
        return 1
    connection.setblocking(True)
    with socket.socket(fileno=sys.stdout.fileno()) as ssh:
        socket.send_fds(ssh, [b"\0"], [connection.fileno()])
    return 0


if __name__ == "__main__":
    sys.exit(_main())
