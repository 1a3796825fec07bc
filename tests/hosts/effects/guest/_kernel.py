# The guest's kernel: mounts, modules, network namespaces, keys and counters.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Only for the first process of a throwaway kernel."""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

_NEW_NETWORK = 0x40000000
_NAMES = Path("/run/netns")

_libc = ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: object) -> None:
    """Call a function of the C library that returns 0 when it succeeded."""
    if getattr(_libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def prepare() -> None:
    """Mount what tools expect, bring up the first namespace's loopback, and let a busy machine not look like a busy
    wire."""
    for kind, place in ((b"proc", b"/proc"), (b"sysfs", b"/sys"), (b"tmpfs", b"/run"), (b"tmpfs", b"/tmp")):
        _call("mount", kind, place, kind, 0, None)
    # A shell would have set it.
    os.environ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
    tool("ip", "link", "set", "lo", "up")
    # It ends slow start where round trips get longer, which they also do when this kernel has to wait for its turn.
    Path("/sys/module/tcp_cubic/parameters/hystart").write_text("0", encoding="ascii")


def tool(*command: str, text: str = "") -> str:
    """What a command prints. Raises RuntimeError with what it complained of."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def load(*modules: str) -> None:
    """Load modules of the kernel, which lie beside this program."""
    tool("modprobe", "--all", "--dirname", str(Path(__file__).parent), *modules)


class Namespace:
    """A network namespace."""

    def __init__(self, name: str) -> None:
        """Take hold of one that is there, by its name."""
        self._handle = os.open(_NAMES / name, os.O_RDONLY)

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        """Be in it for a while: what is opened there stays there."""
        first = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        try:
            _call("setns", self._handle, _NEW_NETWORK)
            yield
        finally:
            _call("setns", first, _NEW_NETWORK)
            os.close(first)

    def close(self) -> None:
        """Let go of it."""
        os.close(self._handle)


def _path(key: str) -> Path:
    return Path("/proc/sys") / key.replace(".", "/")


def read(key: str) -> str:
    """The value with single blanks, in the present namespace. Raises OSError where it is not there."""
    return " ".join(_path(key).read_text(encoding="ascii").split())


def _write(key: str, text: str) -> None:
    # Not write_text(): an error has to come from the write, not from the flush of a file that is being closed.
    handle = os.open(_path(key), os.O_WRONLY)
    try:
        os.write(handle, text.encode("ascii"))
    finally:
        os.close(handle)


@contextlib.contextmanager
def values(wanted: Mapping[str, str], *places: Namespace) -> Iterator[None]:
    """Set values in namespaces, and those of the whole kernel in the first one; these are put back afterwards.

    Without a namespace, all are set in the first one. Raises OSError where the kernel refuses one, or has no such key.
    """
    whole: dict[str, str] = {} if places else dict(wanted)
    for place in places:
        with place.inside():
            for key, text in wanted.items():
                try:
                    _write(key, text)
                except OSError:
                    whole[key] = text
    before = {key: read(key) for key in whole}
    try:
        for key, text in whole.items():
            _write(key, text)
        yield
    finally:
        for key, text in before.items():
            _write(key, text)


def counter(name: str) -> int:
    """A counter of the present namespace by its name in the kernel, such as TcpExtListenOverflows."""
    for path in ("/proc/thread-self/net/netstat", "/proc/thread-self/net/snmp"):
        lines = Path(path).read_text(encoding="ascii").splitlines()
        for titles, numbers in zip(lines[::2], lines[1::2]):
            group = titles.partition(":")[0]
            for title, number in zip(titles.split()[1:], numbers.split()[1:]):
                if group + title == name:
                    return int(number)
    raise KeyError(name)
