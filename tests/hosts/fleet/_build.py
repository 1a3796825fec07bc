# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Build a folder in ``.cache/roots`` once, and only once at a time (private to tests/hosts/fleet)."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from _machine import Refusal, check_machine, interrupt_once

REPOSITORY = Path(__file__).resolve().parents[3]
ROOTS = REPOSITORY / ".cache" / "roots"

_BUILD_SECONDS = 900
# Namespaces of its own, so that a build which is killed leaves no mount and no process.
_FENCE = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def choose_mirror(rows: list[tuple[str, str, str]]) -> str | None:
    """Choose the Debian mirror among (origin, label, address) rows of this machine's apt.

    Before the first ``apt-get update`` apt knows no origin or label; then the usual last
    word of a Debian address decides.
    """
    for origin, label, address in rows:
        if origin == label == "Debian":
            return address
    for origin, _label, address in rows:
        if not origin and address.rstrip("/").endswith("/debian"):
            return address
    return None


def mirror() -> str:
    """Return this machine's Debian mirror, or where none is set Debian's own address."""
    # apt leaves a name that it does not know as it stands: $(ORIGIN).
    answer = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(REPO_URI)", "Created-By: Packages"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    rows = []
    for line in answer.stdout.splitlines():
        origin, label, address = (re.sub(r"^\$\(.*\)$", "", word) for word in line.split("|", 2))
        rows.append((origin, label, address))
    return choose_mirror(rows) or "http://deb.debian.org/debian"


def check_suite(suite: str) -> None:
    """Raise Refusal for a word that cannot be the name of a Debian suite."""
    if not re.fullmatch(r"[a-z]+", suite):
        raise Refusal(f"{suite!r} is not the name of a Debian suite. What to do: name one, such as bookworm.")


@contextlib.contextmanager
def _lock(name: str) -> Iterator[int]:
    """Hold the lock of one build; a second caller waits here for the first."""
    ROOTS.mkdir(parents=True, exist_ok=True)
    with open(ROOTS / f"{name}.lock", "w", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say(f"{name}: another build of this runs; waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle.fileno()


def _run(command: Sequence[str], log: Path, lock: int) -> int:
    """Run the build, its output in a file. The build keeps the lock for as long as it lives."""
    with open(log, "wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, pass_fds=(lock,)
        )
        try:
            return process.wait(timeout=_BUILD_SECONDS)
        finally:
            # On a timeout, Ctrl-C or SIGTERM. The fence ends with this process, and all that is inside with it.
            if process.poll() is None:
                process.kill()
                process.wait()


def _build(name: str, what: str, command: Callable[[Path], list[str]], lock: int) -> None:
    part, log = ROOTS / f"{name}.part", ROOTS / f"{name}.log"
    _say(f"{name}: building the {what} (about half a minute, longer when several build at once)")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    began = time.monotonic()
    try:
        code = _run([*_FENCE, *command(part)], log, lock)
    except subprocess.TimeoutExpired:
        code = -1
        _say(f"{name}: stopped, since it took more than {_BUILD_SECONDS} seconds")
    if code != 0:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise Refusal(
            f"{name}: the {what} could not be built. The end of its log ({log}):\n{tail}\n"
            "What to do: see whether 'apt-get update' works on this machine and whether its mirror has this\n"
            "suite; a suite newer than debian-archive-keyring needs a newer debian-archive-keyring."
        )
    shutil.rmtree(ROOTS / name, ignore_errors=True)
    part.rename(ROOTS / name)
    _say(f"{name}: {what} ready after {time.monotonic() - began:.0f} s")


def made(name: str, what: str, recipe: Sequence[str], command: Callable[[Path], list[str]]) -> Path:
    """Return the folder of that name; build it when it is missing, or was built by another recipe.

    what: the words for it in messages. recipe: everything that decides what comes out.
    command: given the empty folder, the command that fills it.
    """
    folder, stamp = ROOTS / name, ROOTS / f"{name}.recipe"
    digest = hashlib.sha256("\n".join(recipe).encode()).hexdigest()[:16]

    def finished() -> bool:
        # The recipe is written last, and a folder appears under its name only when whole.
        return folder.is_dir() and stamp.is_file() and stamp.read_text() == digest

    if finished():
        return folder
    check_machine()
    with _lock(name) as lock:
        if not finished():
            stamp.unlink(missing_ok=True)
            _build(name, what, command, lock)
            stamp.write_text(digest)
    return folder


def main(find: Callable[[str], Path], suite: str) -> int:
    """Print the path that a command line asked for; return the exit status."""
    interrupt_once()
    try:
        print(find(suite))
    except Refusal as refusal:
        _say(str(refusal))
        return 1
    except KeyboardInterrupt:
        _say(f"{suite}: stopped; nothing half-built is used later")
        return 130
    return 0
