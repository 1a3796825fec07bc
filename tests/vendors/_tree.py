# A kernel's source tree, as a folder or as a revision of a git repository.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Reads the few files that hold the sysctls of TCP. Nothing of a tree is kept, run or built."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

TABLES = ("net/ipv4/sysctl_net_ipv4.c", "net/core/sysctl_net_core.c")
# Where values are set, in the order in which they count: what runs at boot comes before what is only declared.
CODE = (
    "net/ipv4/tcp_ipv4.c",
    "net/ipv4/tcp.c",
    "net/ipv4/af_inet.c",
    "net/core/net_namespace.c",
    "net/core/sysctl_net_core.c",
    "net/core/sock.c",
    "net/core/dev.c",
    "net/core/hotdata.c",
    "net/ipv4/tcp_input.c",
    "net/ipv4/tcp_output.c",
    "net/ipv4/tcp_timer.c",
    "net/ipv4/tcp_minisocks.c",
    "net/ipv4/tcp_metrics.c",
    "net/ipv4/tcp_fastopen.c",
    "net/ipv4/inet_connection_sock.c",
    "net/ipv4/syncookies.c",
    "net/ipv4/route.c",
    "net/ipv4/sysctl_net_ipv4.c",
    "net/core/request_sock.c",
    "net/core/user_dma.c",
    "net/socket.c",
    "net/ipv4/tcp_cong.c",
)
HEADERS = (
    "include/net/tcp.h",
    "include/linux/tcp.h",
    "include/linux/socket.h",
    "include/net/sock.h",
    "include/net/inet_timewait_sock.h",
    "include/linux/uio.h",
    "include/uapi/linux/uio.h",
)
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)


@dataclass
class Tree:
    """One tree.

    release: as uname would print it on a kernel that is built from it. place: a folder, or REPOSITORY@REVISION.
    """

    release: str
    place: str
    _read: dict[str, str] = field(default_factory=dict)

    def text(self, path: str) -> str:
        """A file without its comments; "" where the tree has none."""
        if path not in self._read:
            self._read[path] = _COMMENT.sub(" ", self._raw(path))
        return self._read[path]

    def code(self) -> str:
        """All the files that set values, one behind the other."""
        return "\n".join(self.text(path) for path in CODE)

    def headers(self) -> str:
        """All the headers that name values."""
        return "\n".join(self.text(path) for path in HEADERS)

    def _raw(self, path: str) -> str:
        folder, at, revision = self.place.rpartition("@")
        if not at:
            file = Path(self.place, path)
            return file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
        done = subprocess.run(
            ["git", "-C", folder, "show", f"{revision}:{path}"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""
