#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Start, list and remove the throwaway fleet: real Linux kernels to try playbooks on.

Each host is a User-Mode Linux kernel, which is one ordinary process with a Debian root folder
of its own. It has every kernel setting, can reboot, and touches nothing of the machine it runs
on. ``up`` writes an ssh configuration and an Ansible inventory into ``.cache/fleet``.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import _guest
import _login
import _network
import _process
from _hosts import HOSTS, RUN, STATE, Host
from _machine import Refusal, check_machine, interrupt_once

_DEFAULT_MEMORY = 512
_LEAST_MEMORY = 256
_BOOT_SECONDS = 180
_TAIL_LINES = 30


def _say(text: str) -> None:
    print(text, flush=True)


@contextlib.contextmanager
def _alone() -> Iterator[int]:
    """Let one 'up' or 'down' of this checkout work at a time."""
    STATE.parent.mkdir(parents=True, exist_ok=True)
    # The folder itself is the lock: there is no lock file to leave behind.
    handle = os.open(STATE.parent, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("another 'up' or 'down' of this fleet is at work; waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)


def _build_base_roots() -> None:
    """Build the base root folders that are missing, all at the same time."""
    suites = sorted({suite for host in HOSTS for suite in (host.suite, host.kernel_suite)})
    roots = str(Path(__file__).with_name("roots.py"))
    builds = [subprocess.Popen([sys.executable, roots, suite], stdout=subprocess.DEVNULL, start_new_session=True) for suite in suites]
    try:
        codes = [build.wait() for build in builds]
    finally:
        for build in builds:
            if build.poll() is None:
                build.terminate()
        for build in builds:
            build.wait()
    if any(codes):
        raise Refusal("A base root folder could not be built (see above); no host was started.")


def _check_memory(memory: int | None) -> None:
    """Refuse to leave a host running with less or more memory than was asked for."""
    if memory is None:
        return
    if memory < _LEAST_MEMORY:
        raise Refusal(f"A host needs at least {_LEAST_MEMORY} MiB of memory, not {memory}.")
    for host in HOSTS:
        pids = _process.find(host)
        if pids and (running := _process.memory_of(pids[0])) != memory:
            raise Refusal(f"{host.name} already runs, with {running} MiB of memory, not with {memory}.\nWhat to do: '{sys.argv[0]} down' first.")


def _console_tail(host: Host) -> str:
    try:
        lines = host.console.read_text(errors="replace").splitlines()[-_TAIL_LINES:]
    except FileNotFoundError:
        lines = []
    return "\n".join(f"  {host.name}| {line.rstrip()}" for line in lines)


def _start(host: Host, memory: int, lock: int, halt: threading.Event) -> None:
    _guest.make_guest(host, lock)
    if halt.is_set():
        return
    _process.start(host, memory)
    _say(f"{host.name}: booting (Debian {host.suite}, {memory} MiB of memory)")


def _wait_for(host: Host, halt: threading.Event) -> None:
    """Wait until ssh answers on a host; bounded."""
    began = time.monotonic()
    problem = f"ssh did not answer within {_BOOT_SECONDS} s"
    while time.monotonic() - began < _BOOT_SECONDS:
        if halt.wait(0.2):
            return
        kernel = _login.ask(host.name, "uname -r")
        if kernel is not None:
            _say(f"{host.name}: answers, kernel {kernel} ({time.monotonic() - began:.1f} s)")
            return
        if not _process.find(host):
            problem = "its kernel process ended"
            break
    raise Refusal(
        f"{host.name} did not come up: {problem}. The end of its console log:\n{_console_tail(host)}\n"
        f"What to do: look at the last lines above. Not enough free memory on this machine shows as a kernel\n"
        f"that ends early; a changed or broken root folder is made anew by '{sys.argv[0]} down' and 'up'."
    )


def _start_and_wait(missing: list[Host], memory: int, lock: int) -> None:
    """Start the missing hosts and wait for all hosts, side by side."""
    halt = threading.Event()

    def work(host: Host) -> None:
        if host in missing:
            _start(host, memory, lock, halt)
        _wait_for(host, halt)

    with ThreadPoolExecutor(len(HOSTS)) as pool:
        try:
            for done in as_completed([pool.submit(work, host) for host in HOSTS]):
                done.result()
        finally:
            # One host failed, or Ctrl-C: the others are not waited for.
            halt.set()


def _up(memory: int | None, lock: int) -> None:
    _check_memory(memory)
    running = {host.name for host in HOSTS if _process.find(host)}
    began = time.monotonic()
    try:
        missing = [host for host in HOSTS if host.name not in running]
        if missing:
            _build_base_roots()
            _guest.make_keys(HOSTS)
            _network.make_network()
            # A connection kept open to the earlier life of a host would never answer again.
            _login.close_shared_connections()
            _login.write_login_files()
        _start_and_wait(missing, memory or _DEFAULT_MEMORY, lock)
    except BaseException:
        # Also Ctrl-C and SIGTERM: what this call started does not stay behind.
        _say("stopping what was started")
        if running:
            for host in HOSTS:
                if host.name not in running:
                    _process.stop(host)
        else:
            _remove_everything()
        raise
    _say(f"the fleet is up after {time.monotonic() - began:.1f} s")
    _say(f"  log in:   {_login.login_command(HOSTS[0].name)}")
    _say(f"  Ansible:  ansible -i {_login.INVENTORY} throwaway -m ansible.builtin.ping")


def _remove_everything() -> bool:
    """End every host and remove all that 'up' made but the base root folders."""
    stopped = [host.name for host in HOSTS if _process.stop(host)]
    _login.close_shared_connections()
    _network.remove_network()
    for folder in (STATE, RUN):
        if folder.exists():
            shutil.rmtree(folder)
    return bool(stopped)


def _list() -> None:
    def describe(host: Host) -> tuple[str, ...]:
        pids = _process.find(host)
        if not pids:
            return (host.name, "-", "off", "-", "-", "-")
        kernel = _login.ask(host.name, "uname -r", seconds=5)
        state = "up" if kernel else "no answer"
        login = _login.login_command(host.name)
        return (host.name, kernel or "-", state, host.address, str(pids[0]), login)

    with ThreadPoolExecutor(len(HOSTS)) as pool:
        rows = [("NAME", "KERNEL", "STATE", "ADDRESS", "PID", "LOG IN"), *pool.map(describe, HOSTS)]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    for row in rows:
        _say("  ".join([*(word.ljust(width) for word, width in zip(row, widths, strict=False)), row[5]]))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Throwaway hosts with real Linux kernels, on this machine alone.",
        epilog="Needs root on Debian or Ubuntu, x86-64. The machine's own network and settings stay as they are.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="{up,list,down}")
    up = commands.add_parser("up", help="start the hosts that do not run, and wait until all answer")
    up.add_argument(
        "--memory",
        type=int,
        metavar="MIB",
        help=f"memory of each host that is started, in MiB (default {_DEFAULT_MEMORY})",
    )
    commands.add_parser("list", help="show every host: kernel, state, address, pid, how to log in")
    commands.add_parser("down", help="end every host and remove all but the cached base root folders")
    return parser.parse_args()


def main() -> int:
    """Do what the command line says."""
    arguments = _arguments()
    interrupt_once()
    try:
        check_machine()
        if arguments.command == "list":
            _list()
        else:
            with _alone() as lock:
                if arguments.command == "up":
                    _up(arguments.memory, lock)
                else:
                    _say("the fleet is down" if _remove_everything() else "no host ran; nothing is left")
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
