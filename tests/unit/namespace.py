# A private host for one test: a child process with its own network and mounts, so that a test may write sysctls and
# files.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""`@isolated` runs a test in a forked child that has left the machine's network and mount namespaces.

The child has the kernel's own set of per-namespace sysctls, and empty /etc, /var/lib and sysctl.d folders. It goes on
only
when /proc says that it has really left: whatever goes wrong here, the machine's own values are never written.
"""

from __future__ import annotations

import codecs
import contextlib
import ctypes
import functools
import os
import pickle
import re
import select
import shutil
import signal
import sys
import time
import traceback
from typing import Any, Callable, Iterator

import pytest

DROP_IN = "/etc/sysctl.d/90-tcp-hardening.conf"
STATE = "/var/lib/fleetnet.linux_tcp"
SNAPSHOT = STATE + "/90-tcp-hardening.json"
JOURNAL = STATE + "/90-tcp-hardening.journal"

_LIMIT_S = 120.0
_PROC = "/proc/sys/"
_NEWNS, _NEWNET = 0x00020000, 0x40000000
_MS_RDONLY, _MS_REMOUNT, _MS_BIND, _MS_REC, _MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)
_inside = False


class Refusal(Exception):
    """The machine does not give a test namespaces of its own."""


def isolated(test: Callable[..., Any]) -> Callable[..., None]:
    """Run a test in a private host. A failure in there fails the test, with the child's traceback."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        if os.geteuid() != 0:
            pytest.skip("needs root, for namespaces of its own")
        kind, said = in_child(lambda: test(*args, **kwargs), enter)
        if kind == "refusal":
            pytest.skip(said)
        if kind == "error":
            pytest.fail(said, pytrace=False)

    return run


def in_child(function: Callable[[], Any], first: Callable[[], None] = lambda: None) -> tuple[str, Any]:
    """Call a function in a fork of this process: ("value", what it returned), ("refusal" or "error", a text)."""
    sys.stdout.flush()
    sys.stderr.flush()
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(reader)
        _leave_with(writer, first, function)
    os.close(writer)
    try:
        found = _read_all(reader, time.monotonic() + _LIMIT_S)
    finally:
        os.close(reader)
        # On every way out, also when somebody interrupts: no child outlives its test.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return pickle.loads(found) if found else ("error", "the child died, or said nothing for %d s" % _LIMIT_S)


def _leave_with(writer: int, first: Callable[[], None], function: Callable[[], Any]) -> None:
    """The child's whole life."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    sys.dont_write_bytecode = True
    try:
        first()
        answer: tuple[str, Any] = ("value", function())
    except Refusal as exc:
        answer = ("refusal", str(exc))
    except BaseException:
        answer = ("error", traceback.format_exc())
    try:
        with os.fdopen(writer, "wb") as stream:
            stream.write(pickle.dumps(answer))
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(0)


def _read_all(reader: int, end: float) -> bytes:
    found = b""
    while select.select([reader], [], [], max(0.0, end - time.monotonic()))[0]:
        part = os.read(reader, 1 << 16)
        if not part:
            return found
        found += part
    return b""


def enter() -> None:
    """Leave the machine's namespaces and mount empty folders; Refusal, before any write, where that fails."""
    global _inside
    before = _namespaces()
    if _libc.unshare(_NEWNET | _NEWNS) != 0:
        raise Refusal("unshare of network and mounts was refused: %s" % os.strerror(ctypes.get_errno()))
    after = _namespaces()
    if any(left == right for left, right in zip(before, after)):
        raise Refusal("still in the machine's own namespaces (%s, %s); no test may write there" % after)
    mount("none", "/", None, _MS_REC | _MS_PRIVATE)
    _inside = True
    tmpfs("/etc")
    tmpfs("/var/lib")
    for folder in ("/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d"):
        if os.path.isdir(folder):
            tmpfs(folder)
    os.mkdir("/etc/sysctl.d", 0o755)


def _namespaces() -> tuple[str, str]:
    return os.readlink("/proc/self/ns/net"), os.readlink("/proc/self/ns/mnt")


def mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    texts = [None if text is None else text.encode() for text in (source, target, kind)]
    if _libc.mount(texts[0], texts[1], texts[2], ctypes.c_ulong(flags), None if data is None else data.encode()) != 0:
        raise Refusal("mount on %s was refused: %s" % (target, os.strerror(ctypes.get_errno())))


def setns(descriptor: int) -> None:
    """Go over to another network namespace; only to look."""
    if _libc.setns(descriptor, _NEWNET) != 0:
        raise Refusal("setns was refused: %s" % os.strerror(ctypes.get_errno()))


def tmpfs(folder: str, options: str = "mode=755") -> None:
    """An empty folder over one that is there."""
    _require_inside()
    mount("tmpfs", folder, "tmpfs", 0, options)


def read_only(path: str) -> None:
    """A file or folder that even root cannot write."""
    _require_inside()
    mount(path, path, None, _MS_BIND)
    mount(path, path, None, _MS_REMOUNT | _MS_BIND | _MS_RDONLY)


def unmount(path: str) -> None:
    """Undo the last of read_only() and tmpfs() on a path."""
    _require_inside()
    if _libc.umount2(path.encode(), 0) != 0:
        raise OSError(ctypes.get_errno(), "umount", path)


def _require_inside() -> None:
    if not _inside:
        raise AssertionError("not in a private host: the test lacks @isolated")


def become_nobody() -> None:
    """Give up root for the rest of this child's life.

    Python itself may lie where only root can read: load the rest of it first.
    """
    _require_inside()
    for codec in ("ascii", "latin-1", "utf-8"):
        codecs.lookup(codec)
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)


def get(key: str) -> str:
    """A live value, its words separated by single blanks."""
    with open(_PROC + key.replace(".", "/"), encoding="ascii") as stream:
        return " ".join(stream.read().split())


def put(values: dict[str, str]) -> None:
    """Set live values, without the code under test."""
    _require_inside()
    for key, text in values.items():
        with open(_PROC + key.replace(".", "/"), "w", encoding="ascii") as stream:
            stream.write(text + "\n")


def write(path: str, text: str, mode: int = 0o644, uid: int = 0, gid: int = 0) -> None:
    _require_inside()
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(text)
    os.chmod(path, mode)
    os.chown(path, uid, gid)


def read(path: str) -> str:
    with open(path, encoding="utf-8", errors="surrogateescape") as stream:
        return stream.read()


def sysctls() -> dict[str, str | None]:
    """Every value under net.core and net.ipv4."""
    found: dict[str, str | None] = {}
    for top in ("core", "ipv4"):
        for folder, _folders, names in os.walk(_PROC + "net/" + top):
            for name in names:
                path = os.path.join(folder, name)
                try:
                    with open(path, "rb") as stream:
                        found[path] = stream.read().decode("ascii", "replace")
                except OSError:
                    found[path] = None
    return found


def tree(*tops: str, times: bool = False) -> dict[str, tuple[Any, ...]]:
    """Everything below some folders: mode, owner, content; with times also when it was last changed."""
    found: dict[str, tuple[Any, ...]] = {}
    for top in tops or ("/etc", "/var/lib"):
        paths = [os.path.join(folder, name) for folder, folders, names in os.walk(top) for name in folders + names]
        for path in [top] + paths:
            status = os.lstat(path)
            content = os.readlink(path) if os.path.islink(path) else read(path) if os.path.isfile(path) else ""
            when = (status.st_ino, status.st_mtime_ns, status.st_ctime_ns) if times else ()
            found[path] = (status.st_mode, status.st_uid, status.st_gid, content, *when)
    return found


def everything() -> tuple[Any, ...]:
    """The whole private host, to compare: any write leaves a trace in it."""
    return tree(times=True), sysctls()


def clear(*tops: str) -> None:
    """Empty some folders."""
    _require_inside()
    for top in tops:
        for name in os.listdir(top):
            path = os.path.join(top, name)
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path)
            else:
                os.unlink(path)


def start(run: Callable[[], Any]) -> int:
    """Run in a fork that ends with this child at the latest; its process id.

    It exits with 0 where nothing was raised.
    """
    _require_inside()
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)  # it ended before it could take this one along
    try:
        run()
        os._exit(0)
    except Exception:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(1)


# The system calls that change nothing. Before every other one a run may be killed, so that a new kind of step is walked
# by itself. Opening is heard elsewhere, since only opening for writing counts.
_LOOKS = frozenset(
    re.findall(
        r"\w+",
        """access close dup fork fspath fstat getcwd getegid geteuid getgid getpid getppid getsid getuid isatty listdir
        lseek lstat open readlink scandir stat statvfs strerror sysconf uname waitpid waitstatus_to_exitcode urandom
        WIFSIGNALED WTERMSIG""",
    )
)
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


def dies_at(number: int, run: Callable[[], Any]) -> bool:
    """Run in a fork that gets SIGKILL right before its number-th step; False where the run was done before that."""

    def counted() -> None:
        with contextlib.suppress(Exception):
            _count_down(number)
            run()
            sys.setprofile(None)

    status = os.waitpid(start(counted), 0)[1]
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def _count_down(number: int) -> None:
    left = number

    def step() -> None:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    def called(_frame: Any, event: str, function: Any) -> None:
        if event != "c_call":
            return
        owner, name = getattr(function, "__self__", None), function.__name__
        kind = type(owner).__name__
        if kind == "module":
            system = getattr(owner, "__name__", "") in ("posix", "fcntl")
            if system and name not in _LOOKS and not name.startswith("_"):
                step()
        # What is written to a text stream waits in memory until it is flushed.
        elif (kind, name) in (("BufferedWriter", "write"), ("BufferedWriter", "flush"), ("TextIOWrapper", "flush")):
            step()

    def heard(event: str, args: tuple[Any, ...]) -> None:
        if event == "open" and args[2] & _WRITES:
            step()

    sys.addaudithook(heard)
    sys.setprofile(called)


_recorders: list[list[tuple[str, Any]]] = []


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if not _recorders:
        return
    if event == "open" and isinstance(args[0], (str, bytes)) and args[2] & _WRITES:
        _recorders[-1].append(("open", os.fsdecode(args[0])))
    elif event in (
        "subprocess.Popen",
        "os.system",
        "os.posix_spawn",
        "os.exec",
        "os.fork",
        "os.forkpty",
        "socket.connect",
    ):
        _recorders[-1].append((event, args))


@contextlib.contextmanager
def recorded() -> Iterator[list[tuple[str, Any]]]:
    """What is opened for writing, ("open", path), and every program or connection that is started."""
    _require_inside()
    if not _recorders:
        sys.addaudithook(_audit)
    found: list[tuple[str, Any]] = []
    _recorders.append(found)
    try:
        yield found
    finally:
        # The hook stays for the rest of this child's life; an empty recorder takes what it hears.
        _recorders[-1] = []
