# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Prints what a host is like, as JSON: each file outside the volatile folders, each network setting.

Runs on the test host, before and after, with whatever Python 3 is there. Files in /etc are
compared by content, the others by what changes with the content.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat

_ROOTS = ("/boot", "/etc", "/home", "/opt", "/root", "/srv", "/usr", "/var")
# What a running system, or the connection that brings this script, writes by itself.
_VOLATILE = ("/root/.ansible", "/var/cache", "/var/lib/systemd", "/var/log", "/var/tmp")
# Entropy counters and the like differ on every read.
_RESTLESS = ("/proc/sys/net/netfilter/nf_conntrack_count",)


def _describe(path: str) -> list[object]:
    about = os.lstat(path)
    facts: list[object] = [oct(about.st_mode), about.st_uid, about.st_gid]
    if stat.S_ISLNK(about.st_mode):
        facts.append(os.readlink(path))
    elif stat.S_ISREG(about.st_mode):
        if path.startswith("/etc/"):
            with open(path, "rb") as handle:
                facts.append(hashlib.sha256(handle.read()).hexdigest())
        else:
            facts.extend((about.st_size, about.st_mtime_ns))
    return facts


def _files() -> dict[str, list[object]]:
    found: dict[str, list[object]] = {}
    for root in _ROOTS:
        for folder, folders, names in os.walk(root):
            folders[:] = [
                name for name in folders if name != "__pycache__" and os.path.join(folder, name) not in _VOLATILE
            ]
            for name in folders + names:
                path = os.path.join(folder, name)
                found[path] = _describe(path)
    return found


def _settings() -> dict[str, str]:
    found: dict[str, str] = {}
    for folder, _folders, names in os.walk("/proc/sys/net"):
        for path in (os.path.join(folder, name) for name in names):
            try:
                with open(path, "rb") as handle:
                    value = handle.read().decode("ascii", "backslashreplace")
            except OSError:
                continue  # write-only, or not for us
            if path not in _RESTLESS:
                found[path] = " ".join(value.split())
    return found


print(json.dumps({"files": _files(), "settings": _settings()}))
