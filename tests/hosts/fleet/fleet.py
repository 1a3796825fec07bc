#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Start, list, reboot and remove throwaway fleets: real Linux kernels to try playbooks on.

Each host is a User-Mode Linux kernel, which is one ordinary process with a Debian root folder
of its own. It has every kernel setting, can reboot, and touches nothing of the machine it runs
on. ``up`` writes an ssh configuration and an Ansible inventory into ``.cache/fleet``, for the
fleet NAME into ``.cache/fleet-NAME``. The tables of hosts are in ``_hosts.py``.
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
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import _guest
import _halt
import _login
import _network
import _process
import kernels
from _hosts import FLEETS, Fleet, Host
from _machine import Refusal, check_machine, interrupt_once

_LEAST_MEMORY = 256
_BOOT_SECONDS = 180
# Longer than the 90 s that systemd gives a service to stop: past it, the host hangs, not one of its services.
_HALT_SECONDS = 120
_TAIL_LINES = 30


def _say(text: str) -> None:
    print(text, flush=True)


@contextlib.contextmanager
def _alone() -> Iterator[int]:
    """Let one command that changes a fleet of this checkout work at a time."""
    # The folder of all fleets itself is the lock: there is no lock file to leave behind.
    folder = FLEETS["default"].state.parent
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("another command is at work on a fleet of this checkout; waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)


def _side_by_side(script: str, suites: Iterable[str]) -> None:
    """Let a script of this folder make what is missing for some suites, all at the same time."""
    command = [sys.executable, str(Path(__file__).with_name(script))]
    builds = [
        subprocess.Popen([*command, suite], stdout=subprocess.DEVNULL, start_new_session=True)
        for suite in sorted(set(suites))
    ]
    try:
        codes = [build.wait() for build in builds]
    finally:
        for build in builds:
            if build.poll() is None:
                build.terminate()
        for build in builds:
            build.wait()
    if any(codes):
        raise Refusal("What the hosts are made of could not be built (see above); no host was started.")


def _build_what_is_missing(fleet: Fleet) -> None:
    own = [host.kernel_suite for host in fleet.hosts]
    _side_by_side("roots.py", [host.suite for host in fleet.hosts] + [kernels.library_suite(suite) for suite in own])
    _side_by_side("kernels.py", own)


def _check_memory(fleet: Fleet, memory: int | None) -> None:
    """Refuse to leave a host running with less or more memory than was asked for."""
    if memory is None:
        return
    if memory < _LEAST_MEMORY:
        raise Refusal(f"A host needs at least {_LEAST_MEMORY} MiB of memory, not {memory}.")
    for host in fleet.hosts:
        pids = _process.find(host)
        if pids and (running := _process.memory_of(pids[0])) != memory:
            raise Refusal(
                f"{host.name} already runs, with {running} MiB of memory, not with {memory}.\nWhat to do:"
                f" '{sys.argv[0]} down' first."
            )


def _console(host: Host) -> str:
    """What the host has printed since it was started; empty: it never was."""
    try:
        return host.console.read_text(errors="replace")
    except FileNotFoundError:
        return ""


def _console_tail(host: Host) -> str:
    lines = _console(host).splitlines()[-_TAIL_LINES:]
    return "\n".join(f"  {host.name}| {line.rstrip()}" for line in lines)


def _start(host: Host, memory: int, lock: int, halt: threading.Event) -> None:
    _guest.make_guest(host, lock)
    if halt.is_set():
        return
    _process.start(host, memory)
    _say(f"{host.name}: booting (Debian {host.suite}, kernel of {_guest.kernel_of(host)}, {memory} MiB of memory)")


def _wait_for(host: Host, halt: threading.Event) -> None:
    """Wait until ssh answers on a host; bounded."""
    began = time.monotonic()
    problem = f"ssh did not answer within {_BOOT_SECONDS} s"
    watch = _halt.Watch(lambda: _console(host))
    while time.monotonic() - began < _BOOT_SECONDS:
        if halt.wait(0.2):
            return
        kernel = _login.ask(host, "uname -r")
        if kernel is not None:
            _say(f"{host.name}: answers, kernel {kernel} ({time.monotonic() - began:.1f} s)")
            return
        if not _process.find(host):
            problem = "its kernel process ended"
            break
        if watch.hangs():
            problem = "its kernel ended, and its process hangs"
            break
    raise Refusal(
        f"{host.name} did not come up: {problem}. The end of its console log:\n{_console_tail(host)}\n"
        "What to do: look at the last lines above. Not enough free memory on this machine shows as a kernel\n"
        f"that ends early; a changed or broken root folder is made anew by '{sys.argv[0]} down' and 'up'."
    )


def _for_each(hosts: Iterable[Host], work: Callable[[Host, threading.Event], None]) -> None:
    """Do something for several hosts, side by side.

    The event tells the others that one failed, or that it was Ctrl-C.
    """
    hosts, halt = list(hosts), threading.Event()
    with ThreadPoolExecutor(len(hosts)) as pool:
        try:
            for done in as_completed([pool.submit(work, host, halt) for host in hosts]):
                done.result()
        finally:
            halt.set()


def _up(fleet: Fleet, memory: int | None, lock: int) -> None:
    _check_memory(fleet, memory)
    running = {host.name for host in fleet.hosts if _process.find(host)}
    began = time.monotonic()

    def work(host: Host, halt: threading.Event) -> None:
        if host.name not in running:
            _start(host, memory or host.memory, lock, halt)
        _wait_for(host, halt)

    try:
        if len(running) < len(fleet.hosts):
            _build_what_is_missing(fleet)
            _guest.make_keys(fleet)
            _network.make_network(fleet)
            # A connection kept open to the earlier life of a host would never answer again.
            _login.close_shared_connections(fleet)
            _login.write_login_files(fleet)
        _for_each(fleet.hosts, work)
    except BaseException:
        # Also Ctrl-C and SIGTERM: what this call started does not stay behind.
        _say("stopping what was started")
        if running:
            for host in fleet.hosts:
                if host.name not in running:
                    _process.stop(host)
        else:
            _remove_everything(fleet)
        raise
    _say(f"the fleet is up after {time.monotonic() - began:.1f} s")
    _say(f"  log in:   {_login.login_command(fleet.hosts[0])}")
    _say(f"  Ansible:  ansible -i {fleet.inventory} throwaway -m ansible.builtin.ping")


def _shut_down(host: Host, halt: threading.Event) -> None:
    """Shut a host down in order, so that everything it wrote is in its root folder."""
    heard = _login.ask(host, "systemctl --no-block poweroff") is not None
    began = time.monotonic()
    watch = _halt.Watch(lambda: _console(host))
    while _process.find(host):
        if watch.hangs():
            # It has written everything: that is the last thing a kernel says.
            _say(f"{host.name}: halted, but its process hangs; ending it")
            _process.stop(host)
            return
        if time.monotonic() - began > _HALT_SECONDS:
            raise Refusal(
                f"{host.name} did not shut down within {_HALT_SECONDS} s"
                f"{'' if heard else ', and ssh did not answer when it was told to'}. The end of its console"
                f" log:\n{_console_tail(host)}\nWhat to do: '{sys.argv[0]} down' and 'up' make it anew."
            )
        if halt.wait(0.1):
            return


def _reboot(fleet: Fleet, names: list[str], kernel: str | None, lock: int) -> None:
    unknown = sorted(set(names) - {host.name for host in fleet.hosts})
    if unknown:
        raise Refusal(
            f"No host {', '.join(unknown)} in this fleet; there are {', '.join(host.name for host in fleet.hosts)}."
        )
    hosts = [host for host in fleet.hosts if host.name in names or not names]
    memory = {host.name: _process.memory_of(pids[0]) for host in hosts if (pids := _process.find(host))}
    if off := [host.name for host in hosts if host.name not in memory]:
        raise Refusal(f"{', '.join(off)}: off.\nWhat to do: '{sys.argv[0]} up' first.")
    if kernel:
        _side_by_side("kernels.py", [kernel])
    _login.close_shared_connections(fleet)

    def work(host: Host, halt: threading.Event) -> None:
        _shut_down(host, halt)
        if halt.is_set():
            return
        if kernel:
            _guest.put_kernel(host, kernel, lock)
        _start(host, memory[host.name], lock, halt)
        _wait_for(host, halt)

    _for_each(hosts, work)


def _remove_everything(fleet: Fleet) -> bool:
    """End every host of a fleet and remove all that 'up' made but the base root folders."""
    stopped = [host.name for host in fleet.hosts if _process.stop(host)]
    _login.close_shared_connections(fleet)
    _network.remove_network(fleet)
    for folder in (fleet.state, fleet.run):
        if folder.exists():
            shutil.rmtree(folder)
    return bool(stopped)


def _down(fleets: Iterable[Fleet]) -> None:
    stopped = [fleet.name for fleet in fleets if _remove_everything(fleet)]
    _say("the fleet is down" if stopped else "no host ran; nothing is left")


def _list(fleet: Fleet) -> None:
    def describe(host: Host) -> tuple[str, ...]:
        pids = _process.find(host)
        if not pids:
            return (host.name, "-", "off", "-", "-", "-")
        kernel = _login.ask(host, "uname -r", seconds=5)
        state = "up" if kernel else "no answer"
        return (host.name, kernel or "-", state, host.address, str(pids[0]), _login.login_command(host))

    with ThreadPoolExecutor(len(fleet.hosts)) as pool:
        rows = [("NAME", "KERNEL", "STATE", "ADDRESS", "PID", "LOG IN"), *pool.map(describe, fleet.hosts)]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    for row in rows:
        _say("  ".join([*(word.ljust(width) for word, width in zip(row, widths, strict=False)), row[5]]))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Throwaway hosts with real Linux kernels, on this machine alone.",
        epilog="Needs root on Debian or Ubuntu, x86-64. The machine's own network and settings stay as they are.",
    )
    parser.add_argument(
        "--fleet",
        choices=list(FLEETS),
        default="default",
        help="which fleet (default: %(default)s); 'kernels' and 'upgrade' are for tests",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="{up,list,reboot,down}")
    up = commands.add_parser("up", help="start the hosts that do not run, and wait until all answer")
    up.add_argument(
        "--memory",
        type=int,
        metavar="MIB",
        help="memory of each host that is started, in MiB (default: as in the table, 512 for people)",
    )
    commands.add_parser("list", help="show every host: kernel, state, address, pid, how to log in")
    reboot = commands.add_parser(
        "reboot", help="shut hosts down, start them again on the same root folders, and wait until they answer"
    )
    reboot.add_argument("hosts", nargs="*", metavar="HOST", help="which ones (default: all)")
    reboot.add_argument(
        "--kernel", metavar="SUITE", help="the Debian suite whose kernel they boot from now on, such as trixie"
    )
    down = commands.add_parser("down", help="end every host and remove all but the cached root folders and kernels")
    down.add_argument("--all", action="store_true", help="of every fleet of this checkout")
    return parser.parse_args()


def _do(arguments: argparse.Namespace) -> None:
    fleet = FLEETS[arguments.fleet]
    if arguments.command == "list":
        _list(fleet)
        return
    with _alone() as lock:
        if arguments.command == "up":
            _up(fleet, arguments.memory, lock)
        elif arguments.command == "reboot":
            _reboot(fleet, arguments.hosts, arguments.kernel, lock)
        else:
            _down(FLEETS.values() if arguments.all else [fleet])


def main() -> int:
    """Do what the command line says."""
    arguments = _arguments()
    interrupt_once()
    try:
        check_machine()
        _do(arguments)
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
