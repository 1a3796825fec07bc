# Which keys of /proc/sys/net change others beside themselves: tried on the kernel that runs, key by key.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""moves() is for a network namespace or a kernel that nobody needs any more: it writes every key that can be written.

It runs with the standard library alone, so that throwaway kernels can run it too.
"""

from __future__ import annotations

import os

TOP = "/proc/sys/net/"
# These say nothing about settings: a command, secrets, and what another write rewrites all the time.
_LEFT_OUT = ("/flush", "_key", "tcp_available_congestion_control", "ipv4/tcp_mem")


def _paths() -> list[str]:
    found = []
    for top in ("core", "ipv4"):
        for folder, _folders, names in os.walk(TOP + top):
            found += [os.path.join(folder, name) for name in names]
    return sorted(path for path in found if not path.endswith(_LEFT_OUT))


def _read(path: str) -> str | None:
    try:
        with open(path, encoding="ascii", errors="replace") as stream:
            return " ".join(stream.read().split())
    except OSError:
        return None


def _write(path: str, text: str) -> bool:
    try:
        descriptor = os.open(path, os.O_WRONLY)
        try:
            os.write(descriptor, (text + "\n").encode("ascii"))
        finally:
            os.close(descriptor)
    except OSError:
        return False
    return _read(path) == text


def _others(text: str) -> list[str]:
    """Values that a key may take beside the one that it has: each of its numbers one up, one down, or swapped."""
    words = text.split()
    if not words or not all(word.lstrip("-").isdigit() for word in words):
        return []
    numbers = [int(word) for word in words]
    changed = [[*numbers[:-1], numbers[-1] + step] for step in (1, -1)]
    return [" ".join(map(str, one)) for one in [*changed, [int(not numbers[0])]] if len(one) == len(numbers)]


def moves() -> dict[str, list[str]]:
    """Of each key that could be changed, the other keys that changed with it. Every value is put back."""
    paths, found = _paths(), {}
    before = {path: _read(path) for path in paths}
    for path in paths:
        text = before[path]
        if text is None or not any(_write(path, other) for other in _others(text)):
            continue
        moved = [one for one in paths if one != path and _read(one) != before[one]]
        _write(path, text)
        for one in moved:
            if before[one] is not None and _read(one) != before[one]:
                _write(one, str(before[one]))
        found[_key(path)] = [_key(one) for one in moved]
    return found


def _key(path: str) -> str:
    return path[len("/proc/sys/") :].translate({ord("/"): ".", ord("."): "/"})
