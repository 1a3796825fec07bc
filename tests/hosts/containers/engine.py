#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Gives the container tests an engine: the one that answers, or a private one of this checkout.

    engine.py up     prints the DOCKER_HOST to use, or an empty line if the usual one serves
    engine.py down   removes this checkout's containers and ends the engine that `up` started

The private engine lives in a network, mount and process namespace of its own, so the machine's
interfaces, routes, firewall, sysctls and mounts stay as they are, and ending the namespace's
first process ends everything in it. Its state is below .cache/docker/ of the checkout.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
# Every container of the tests carries this label (see .config/molecule/config.yml).
LABEL = f"fleetnet.linux_tcp.checkout={CHECKOUT}"

_INSIDE = Path(__file__).resolve().with_name("_inside.py")
_SOCKET_PATH_LIMIT = 100  # the kernel's is 107 bytes
_START_SECONDS = 60.0
_STOP_SECONDS = 30.0
_ASK_SECONDS = 20.0
_LOG_LINES = 15


class EngineError(Exception):
    """Something a person has to do something about; the message says what."""


@dataclass(frozen=True)
class _Places:
    """Where the private engine of one checkout keeps its things."""

    checkout: Path

    @property
    def name(self) -> str:
        digest = hashlib.sha256(str(self.checkout).encode()).hexdigest()[:10]
        return f"fleetnet-tcp-{digest}"

    @property
    def state(self) -> Path:
        return self.checkout / ".cache" / "docker"

    @property
    def record(self) -> Path:
        return self.state / "engine.json"

    @property
    def made(self) -> Path:
        """Notes the folders that _inside.py had to make on the machine, while they are there."""
        return self.state / "made"

    @property
    def log(self) -> Path:
        return self.state / "dockerd.log"

    @property
    def socket(self) -> Path:
        path = self.state / "docker.sock"
        if len(os.fsencode(path)) <= _SOCKET_PATH_LIMIT:
            return path
        return Path(tempfile.gettempdir()) / self.name / "docker.sock"

    @property
    def docker_host(self) -> str:
        return f"unix://{self.socket}"


def _say(message: str) -> None:
    print(f"engine: {message}", file=sys.stderr, flush=True)


# -- processes ---------------------------------------------------------------------------------


def _start_time(pid: int) -> int | None:
    """The moment a process began, in ticks since boot; with it a pid cannot be mistaken."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])


def _running(places: _Places) -> int | None:
    """The pid of the engine that `up` started, if that very process is still there."""
    try:
        record = json.loads(places.record.read_text(encoding="utf-8"))
        pid, started = int(record["pid"]), int(record["started"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return pid if _start_time(pid) == started else None


def _first_inside(pid: int) -> int | None:
    """The namespaces' first process: the only child of the `unshare` that we started."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    except OSError:
        return None
    return int(children[0]) if children else None


def _wait_gone(pid: int, started: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        if _start_time(pid) != started:
            return True
        time.sleep(0.1)
    return False


# -- talking to an engine ----------------------------------------------------------------------


def _answers(path: Path) -> bool:
    """Whether an engine answers on this socket."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(5)
            client.connect(str(path))
            client.sendall(b"GET /_ping HTTP/1.0\r\nHost: engine\r\n\r\n")
            return b" 200 " in client.recv(256).partition(b"\r\n")[0]
    except OSError:
        return False


def _docker(*arguments: str, host: str | None = None) -> subprocess.CompletedProcess[str] | None:
    """Run the client; None if there is no client or it does not answer in time."""
    command = ["docker", *(["--host", host] if host else []), *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=_ASK_SECONDS, check=False)
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return None


def _usual_engine_serves() -> bool:
    answer = _docker("info", "--format", "{{.ServerVersion}}")
    return answer is not None and answer.returncode == 0 and bool(answer.stdout.strip())


def _remove_containers(host: str | None, every: bool) -> None:
    listing = _docker("ps", "--all", "--quiet", *([] if every else ["--filter", f"label={LABEL}"]), host=host)
    if listing is None or listing.returncode != 0:
        return
    if found := listing.stdout.split():
        _say(f"removing {len(found)} container(s)")
        _docker("rm", "--force", "--volumes", *found, host=host)


# -- up and down -------------------------------------------------------------------------------


def _log_tail(places: _Places) -> str:
    try:
        lines = places.log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    return "\n".join(f"    {line}" for line in lines[-_LOG_LINES:]) or "    (empty)"


def _require_tools() -> None:
    if os.geteuid() != 0:
        raise EngineError("no container engine answers, and a private one needs root: start yours, or run as root")
    missing = [tool for tool in ("dockerd", "docker", "unshare", "mount") if shutil.which(tool) is None]
    if missing:
        listed = Path(__file__).with_name("packages.txt").relative_to(CHECKOUT)
        raise EngineError(f"not installed: {', '.join(missing)}. Install the packages of {listed} and try again")


def _command(places: _Places) -> list[str]:
    """dockerd in new namespaces. The bridge and firewall switches say the same thing twice:
    in a network namespace of its own the engine could not change the machine's anyway."""
    dockerd = [
        *("dockerd", "--host", places.docker_host, "--group", "root"),
        *("--config-file", str(places.state / "daemon.json")),
        *("--data-root", str(places.state / "data")),
        # Sockets and pid files go to the private /run, which ends with the mount namespace.
        *("--exec-root", "/run/docker", "--pidfile", "/run/docker.pid"),
        *("--cgroup-parent", f"/{places.name}", "--exec-opt", "native.cgroupdriver=cgroupfs"),
        *("--bridge", "none", "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false"),
    ]
    unshare = [
        "unshare",
        "--net",
        "--mount",
        "--pid",
        "--fork",
        "--kill-child",
        "--mount-proc",
        "--propagation",
        "private",
    ]
    return [*unshare, "--", sys.executable, str(_INSIDE), places.name, str(places.made), *dockerd]


@contextlib.contextmanager
def _locked(places: _Places) -> Iterator[None]:
    places.state.mkdir(parents=True, exist_ok=True)
    with open(places.state / "lock", "w", encoding="utf-8") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _require_own(places: _Places) -> None:
    """EngineError where the socket's folder, which may lie in the machine's own temporary folder, is somebody else's:
    they would hand us an engine of theirs."""
    folder = places.socket.parent
    if folder == places.state or not os.path.lexists(folder):
        return
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o077:
        raise EngineError(
            f"{folder} is not a folder of mode 0700 that belongs to user {os.geteuid()}; somebody else may have made"
            " it. Remove it, or move the checkout to a shorter path"
        )


def _start(places: _Places) -> None:
    (places.state / "daemon.json").write_text("{}\n", encoding="utf-8")
    places.socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _require_own(places)
    places.socket.unlink(missing_ok=True)
    began = time.monotonic()
    with open(places.log, "wb") as log:
        engine = subprocess.Popen(
            _command(places), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/"
        )
    record = {"pid": engine.pid, "started": _start_time(engine.pid), "docker_host": places.docker_host}
    places.record.write_text(json.dumps(record) + "\n", encoding="utf-8")
    while time.monotonic() - began < _START_SECONDS:
        if engine.poll() is not None:
            break
        if _answers(places.socket):
            _say(
                f"private engine ready after {time.monotonic() - began:.1f} s (log: {places.log.relative_to(CHECKOUT)})"
            )
            return
        time.sleep(0.1)
    cause = "ended at once" if engine.poll() is not None else f"did not answer within {_START_SECONDS:.0f} s"
    tail = _log_tail(places)
    _stop(places)
    engine.poll()
    raise EngineError(
        f"the private engine {cause}. Its log ends with:\n{tail}\n"
        "  What to do: mount or cgroup refused means that this machine may not make namespaces; "
        "use one that may, or point DOCKER_HOST at an engine that runs."
    )


def _stop(places: _Places) -> None:
    pid = _running(places)
    if pid is not None:
        started = _start_time(pid) or 0
        first = _first_inside(pid)
        os.kill(first or pid, signal.SIGTERM)
        if not _wait_gone(pid, started, _STOP_SECONDS):
            _say("it does not end by itself: killing it")
            os.kill(_first_inside(pid) or pid, signal.SIGKILL)  # the kernel ends the whole namespace
            if not _wait_gone(pid, started, _STOP_SECONDS):
                raise EngineError(f"process {pid} does not end even when killed; look at {places.log}")
    _clean_after_kill(places)
    places.record.unlink(missing_ok=True)
    places.socket.unlink(missing_ok=True)
    if places.socket.parent != places.state:
        with contextlib.suppress(OSError):
            places.socket.parent.rmdir()


def _clean_after_kill(places: _Places) -> None:
    """What _inside.py removes at its end, if it was killed before it could: empty folders only."""
    if places.made.exists():
        for name in places.made.read_text(encoding="utf-8").split():
            with contextlib.suppress(OSError):
                os.rmdir(name)
        places.made.unlink()
    for mount in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified"):
        for folder, _subfolders, _files in os.walk(f"{mount}/{places.name}", topdown=False):
            with contextlib.suppress(OSError):
                os.rmdir(folder)


def up(places: _Places) -> str:
    """Make sure that an engine answers. Returns the DOCKER_HOST to use, '' for the usual one."""
    with _locked(places):
        _require_own(places)
        if _running(places) is not None:
            if _answers(places.socket):
                return places.docker_host
            _say("the private engine hangs: starting it anew")
            _stop(places)
        if _usual_engine_serves():
            return ""
        _require_tools()
        _say("no engine answers: starting a private one")
        _start(places)
        return places.docker_host


def down(places: _Places) -> None:
    """Remove this checkout's containers; end the private engine if there is one."""
    if not places.state.exists():
        _remove_containers(None, every=False)
        return
    with _locked(places):
        if _running(places) is None:
            _remove_containers(None, every=False)
        elif _answers(places.socket):
            _remove_containers(places.docker_host, every=True)
        _stop(places)


def main(arguments: list[str] | None = None) -> int:
    """The command: start or stop the engine, or say where it is."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("action", choices=("up", "down"))
    action = parser.parse_args(arguments).action
    places = _Places(CHECKOUT)
    try:
        if action == "up":
            print(up(places))
        else:
            down(places)
    except EngineError as error:
        print(f"engine: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
