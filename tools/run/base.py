# Paths, messages and child processes that the scripts in this folder share.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Paths, messages and child processes; standard library only, because it runs before any venv exists."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"
LOGS = CACHE / "log"
COLLECTIONS = CACHE / "collections"
COLLECTION = "fleetnet.linux_tcp"

# How long an ended child may take to clean up after itself; the containers' engine needs the most.
GRACE = 90.0

_children: set[subprocess.Popen[bytes]] = set()
_ending = threading.Event()


class Problem(Exception):
    """Something a person has to know about; the message says what went wrong and what to do."""


def say(text: str) -> None:
    """Print at once, so that lines of children and of this script stay in order."""
    print(text, flush=True)


@contextlib.contextmanager
def step(title: str) -> Iterator[None]:
    """Announce a long step, then say how long it took."""
    say(f"==> {title}")
    start = time.monotonic()
    yield
    say(f"    done in {time.monotonic() - start:.1f} s")


@contextlib.contextmanager
def locked(name: str) -> Iterator[None]:
    """Let only one process at a time prepare the same thing; another one waits."""
    CACHE.mkdir(exist_ok=True)
    with open(CACHE / f"{name}.lock", "w", encoding="utf-8") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def is_root() -> bool:
    """Whether this process may do everything."""
    return os.geteuid() == 0


def as_root(command: Sequence[str]) -> list[str]:
    """The command itself for root, through sudo for everybody else."""
    return list(command) if is_root() else ["sudo", *command]


def spawn(command: Sequence[str], **options: object) -> subprocess.Popen[bytes]:
    """Start a child in a process group of its own; stop_children() ends all of these, with their own children."""
    if _ending.is_set():
        raise Problem("interrupted")
    # Not so for sudo: it asks for the password on the terminal, which only the foreground group may read.
    child: subprocess.Popen[bytes] = subprocess.Popen(  # type: ignore[call-overload]
        list(command), stdin=subprocess.DEVNULL, start_new_session=command[0] != "sudo", **options
    )
    _children.add(child)
    return child


def wait(child: subprocess.Popen[bytes], timeout: float | None = None) -> int:
    """Wait for a child of spawn(); past the timeout its whole group is ended and 124 returned."""
    try:
        return child.wait(timeout)
    except subprocess.TimeoutExpired:
        stop(child)
        return 124
    except BaseException:
        # Interrupted: the child goes first, then whatever it used is taken down by the callers.
        stop(child)
        raise
    finally:
        if child.poll() is not None:
            _children.discard(child)


def stop(child: subprocess.Popen[bytes], ask: bool = True) -> None:
    """End a child and its group: ask first, so that it can clean up, then insist."""
    if ask:
        _signal_group(child, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(GRACE)
    # Also after a peaceful end: something of its group may have outlived it.
    _signal_group(child, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(10)
    _children.discard(child)


def _signal_group(child: subprocess.Popen[bytes], number: int) -> None:
    try:
        os.killpg(child.pid, number)
    except (ProcessLookupError, PermissionError):
        child.send_signal(number)


def ending() -> bool:
    """Whether this script is on its way out, so that its threads start nothing more."""
    return _ending.is_set()


def stop_children() -> None:
    """End all of them at once, and let none be started any more."""
    _ending.set()
    left = [child for child in list(_children) if child.poll() is None]
    for child in left:
        _signal_group(child, signal.SIGTERM)
    for child in left:
        stop(child, ask=False)


def run(
    command: Sequence[str],
    log: str | None = None,
    timeout: float = 900,
    env: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
    check: bool = True,
) -> int:
    """Run a command to its end: on the screen, or into a log that is shown if it fails."""
    if log is None:
        code = wait(spawn(command, env=env, cwd=cwd), timeout)
    else:
        LOGS.mkdir(parents=True, exist_ok=True)
        path = LOGS / f"{log}.log"
        with open(path, "wb") as handle:
            code = wait(spawn(command, env=env, cwd=cwd, stdout=handle, stderr=subprocess.STDOUT), timeout)
        if code and check:
            tail = path.read_text(encoding="utf-8", errors="replace").splitlines()[-30:]
            say("\n".join(tail))
    if code and check:
        why = f"took longer than {timeout:.0f} s" if code == 124 else f"ended with {code}"
        raise Problem(f"'{shlex.join(map(str, command))}' {why}")
    return code


def output(command: Sequence[str], timeout: float = 60, env: Mapping[str, str] | None = None) -> str:
    """Standard output of a command that must succeed."""
    done = subprocess.run(
        list(command),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        env=env,
        cwd=ROOT,
        check=False,
    )
    if done.returncode:
        raise Problem(f"'{shlex.join(map(str, command))}' ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def listed(path: Path) -> list[str]:
    """The entries of a list file, one a line, without comments and blank lines."""
    if not path.exists():
        return []
    lines = (line.split("#", 1)[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line]


def _ended(number: int, _frame: FrameType | None) -> None:
    # Ignored from here on: a second Ctrl-C must not interrupt the cleaning up.
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    raise SystemExit(128 + number)


def main(entry: Callable[[], int]) -> None:
    """Run a script's entry; problems become one line, and no child outlives the script."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _ended)
    code = 1
    try:
        code = entry()
    except Problem as problem:
        print(f"error: {problem}", file=sys.stderr, flush=True)
        code = 2
    except BrokenPipeError:
        code = 1
    finally:
        stop_children()
    sys.exit(code)
