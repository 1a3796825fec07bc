# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Three hosts, a batch each.

The first is hardened, the second gets worse and has its old values back, the third is not reached; the next
run goes on. Then controllers that are interrupted, or die, while the first host is on trial."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hardened import DROP_IN, STATE, Played, live

testinfra_hosts = ["ansible://linux-tcp-rollout-1"]

NAMES = [f"linux-tcp-rollout-{number}" for number in (1, 2, 3)]
FIN = "net.ipv4.tcp_fin_timeout"
KEYS = [FIN, "net.core.somaxconn", "net.ipv4.tcp_rmem"]
ALL = ("-e", "target=hardened")
WINDOW_SECONDS, CONFIRM_SECONDS = 1, 4
WAIT_SECONDS = 60.0
END_SECONDS = 15.0


@pytest.fixture
def hosts(host: Any) -> list[Any]:
    """All three; the fixture `host` is one of them."""
    return [host.get_host(f"ansible://{name}", ansible_inventory=host.backend.ansible_inventory) for name in NAMES]


@pytest.fixture
def as_they_were(hosts: list[Any], playbook: Callable[..., Played]) -> list[dict[str, str]]:
    """The values of hosts that are not hardened."""
    assert playbook("rollback", *ALL).code == 0
    return [live(each, KEYS) for each in hosts]


@pytest.fixture
def bad_service(hosts: list[Any]) -> Iterator[Any]:
    """On the second host."""
    script = (Path(__file__).parents[1] / "files" / "overflow.py").read_text(encoding="utf-8")
    pid = hosts[1].check_output("python3 -c %s >/dev/null 2>&1 & echo $!", script)
    yield
    hosts[1].run("kill %s", pid)


def left_on(host: Any) -> list[str]:
    """What the collection has on a host."""
    return ([DROP_IN] if host.file(DROP_IN).exists else []) + sorted(host.file(STATE).listdir())


def untouched(host: Any, values: dict[str, str]) -> bool:
    return live(host, KEYS) == values and left_on(host) == ["lock"]


def hardened(host: Any) -> bool:
    return live(host, [FIN]) == {FIN: "30"} and left_on(host) == [DROP_IN, "90-tcp-hardening.json", "lock"]


def test_a_host_that_gets_worse_stops_the_rollout(
    hosts: list[Any], as_they_were: list[dict[str, str]], bad_service: None, playbook: Callable[..., Played]
) -> None:
    played = playbook("harden", *ALL)
    assert played.code == 2
    assert hardened(hosts[0])
    assert untouched(hosts[1], as_they_were[1]), "it has its old values back"
    assert untouched(hosts[2], as_they_were[2]), "it was not reached"
    failed, stopped = (line for line in played.output.splitlines() if line.startswith(("failed ", "stopped ")))
    assert (
        "tcp_hardening_health: TcpExt.ListenOverflows " in failed
        and " /s after the change, 0.0 /s before it, limit 2.0 /s" in failed
    )
    assert "The host has its old values back." in failed
    assert (
        "1 host" in stopped
        and f"the rollout stopped at {NAMES[1]}; they are as they were, the next run goes on with them" in stopped
    )
    counts = [played.counts(each) for each in hosts]
    assert counts[0]["applied"] > 10 and counts[0]["failed"] == counts[0]["unfinished"] == 0
    assert counts[1]["failed"] >= 8 and counts[1]["applied"] == 0, "those that the kernel has otherwise"
    assert counts[2]["unfinished"] == counts[1]["failed"] and counts[2]["applied"] == counts[2]["failed"] == 0
    assert len({sum(each.values()) for each in counts}) == 1, "the columns add up to the number of keys"
    ends = [re.search(rf"^{name} +\S+[ \d]+(?:  ([a-z ]+))?$", played.output, re.MULTILINE)[1] for name in NAMES]
    assert ends == [None, "failed", "not reached"]


def test_the_next_run_goes_on(hosts: list[Any], playbook: Callable[..., Played]) -> None:
    assert [hardened(each) for each in hosts] == [True, False, False]
    played = playbook("harden", *ALL)
    assert played.code == 0 and all(map(hardened, hosts))
    assert "PLAY [Roll out]" in played.output and played.output.count("PLAY [Roll out]") == 2, (
        "only two hosts had something to do"
    )
    again = playbook("harden", *ALL)
    assert again.code == 0 and "changed=0" in again.output and "Pausing" not in again.output


@contextlib.contextmanager
def controller(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A rollout over all hosts that is a process group of its own.

    All that it starts ends with it, and it with this process: workers of
    Ansible have sessions of their own, and one that waits for a controller which was killed would wait for ever."""
    inventory = str(Path(os.environ["MOLECULE_INVENTORY_FILE"]).parent)
    command = [
        "setpriv",
        "--pdeathsig",
        "KILL",
        "unshare",
        "--pid",
        "--fork",
        "--kill-child",
        "--",
        "ansible-playbook",
        "fleetnet.linux_tcp.harden",
        "-i",
        inventory,
        *ALL,
        *arguments,
    ]
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def end(process: subprocess.Popen[str], how: signal.Signals) -> str:
    """Send the signal until the process has ended, as a person presses Ctrl-C again; what it said.

    Ansible waits for ever where the first one ended a worker that held the lock of its queue of results.
    """
    for _attempt in range(3):
        os.killpg(process.pid, how)  # `unshare` itself heeds no SIGINT while it waits
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.communicate(timeout=END_SECONDS)[0]
    raise AssertionError(f"the controller outlived three signals {how.name}")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_controller_that_dies_leaves_no_trial(
    how: signal.Signals, hosts: list[Any], as_they_were: list[dict[str, str]]
) -> None:
    with controller(
        "-e", f"tcp_hardening_health_window={WINDOW_SECONDS} tcp_hardening_confirm={CONFIRM_SECONDS}"
    ) as process:
        until = time.monotonic() + WAIT_SECONDS
        while live(hosts[0], [FIN]) != {FIN: "30"}:
            assert process.poll() is None and time.monotonic() < until, "the trial did not begin"
        began = time.monotonic()
        said = end(process, how)
    assert "Confirm the new values" not in said, "it ended too late to show anything"
    while not untouched(hosts[0], as_they_were[0]):
        assert time.monotonic() < began + WINDOW_SECONDS + CONFIRM_SECONDS + 3, (
            f"{live(hosts[0], KEYS)}, {left_on(hosts[0])}"
        )
        time.sleep(0.2)
    assert [untouched(each, values) for each, values in zip(hosts, as_they_were, strict=True)] == [True] * 3


def test_after_all_that_the_next_run_is_done(hosts: list[Any], playbook: Callable[..., Played]) -> None:
    assert playbook("harden", *ALL, "-e", "tcp_hardening_batches=100%").code == 0
    assert all(map(hardened, hosts))
