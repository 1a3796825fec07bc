# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""On every kernel the states of real sockets are counted right: each of the eleven, IPv4 and IPv6, and what ss says of
listeners."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# The program that makes them is the unit tests'; it needs Python alone.
_MAKER = Path(os.environ["MOLECULE_PROJECT_DIRECTORY"]) / "tests" / "unit" / "tcp_states.py"
_FOLDER = "/dev/shm/tcp_states"
_MAIN = """
counts, kept = {}, []
for ip in (4, 6):
    counts["ipv%d" % ip], sockets = every_state(ip)
    kept += sockets
import json, sys
print(json.dumps(counts), flush=True)
sys.stdin.read()
"""


def _look(host: Any) -> dict[str, Any]:
    result: dict[str, Any] = host.ansible("fleetnet.linux_tcp.tcp_socket_info", "options=true", check=False)
    assert "states" in result, result
    return result


@pytest.fixture(scope="module")
def looks(host: Any) -> Iterator[tuple[dict[str, Any], dict[str, dict[str, int]], dict[str, Any], str]]:
    """What the module saw before; the sockets that were made, by family and state; what it saw then; what ss said."""
    text = base64.b64encode((_MAKER.read_text(encoding="utf-8") + _MAIN).encode()).decode()
    before = _look(host)
    host.check_output(f"mkdir {_FOLDER} && cd {_FOLDER} && mkfifo end && echo {text} | base64 -d > maker.py")
    try:
        # It lives until this end of the fifo is closed, and for a minute at the longest.
        host.check_output(
            f"cd {_FOLDER}; (exec 3<>end; timeout 60 python3 maker.py <&3 >said 2>errors & echo $! >pid) >/dev/null"
            " 2>&1; for i in $(seq 100); do test -s said -o -s errors && break; sleep 0.1; done"
        )
        said = host.check_output(f"cat {_FOLDER}/errors {_FOLDER}/said")
        yield before, json.loads(said), _look(host), host.check_output("ss -Htln")
    finally:
        host.run(f"kill $(cat {_FOLDER}/pid); rm -r {_FOLDER}")


def test_all_eleven_states_are_counted(looks: tuple[Any, ...]) -> None:
    before, made, after, _ss = looks
    for family in ("ipv4", "ipv6"):
        assert len(made[family]) == 11
        for state, count in made[family].items():
            found, former = after["states"][family][state], before["states"][family][state]
            if state == "CLOSE" and found is None:
                continue  # before 6.8 the kernel lists none that were never connected, and says so below
            assert found - former == count, (family, state, former, found)


def test_closed_sockets_are_unknown_only_where_the_kernel_hides_them(host: Any, looks: tuple[Any, ...]) -> None:
    release = tuple(map(int, host.check_output("uname -r").split("-")[0].split(".")[:2]))
    assert (looks[2]["states"]["ipv4"]["CLOSE"] is None) == (release < (6, 8))


def test_listeners_are_those_of_ss(looks: tuple[Any, ...]) -> None:
    _before, _made, after, said = looks
    lines = [line.split() for line in said.splitlines()]
    theirs = sorted((int(line[3].rpartition(":")[2]), int(line[1]), int(line[2])) for line in lines)
    assert (
        theirs and sorted((entry["port"], entry["queue"], entry["backlog"]) for entry in after["listeners"]) == theirs
    )


def test_the_programs_own_sockets_can_be_asked(host: Any, looks: tuple[Any, ...]) -> None:
    """Through pidfd_getfd, which every one of these kernels has (5.6 and newer)."""
    pids = {asked["pid"] for asked in looks[2]["asked"]}
    assert any(host.run(f"grep -q maker.py /proc/{pid}/cmdline").rc == 0 for pid in pids), looks[2]["unknown"]
