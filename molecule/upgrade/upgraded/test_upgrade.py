# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""After a boot with a newer kernel the audit names what is no longer as it should be, and nothing else; harden
converges."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hardened import DROP_IN, STATE, Played, live

# Key to (what the drop-in of the older kernel left, what this kernel should have).
_CHANGED = {
    "6.12.": {
        "net.ipv4.tcp_syn_linear_timeouts": ("4", "2"),  # new in 6.5
    },
    "7.": {
        "net.ipv4.tcp_rmem": ("8760 256960 6291456", "8760 256960 33554432"),  # its own ends at 32 MiB from 6.16 on
        "net.ipv4.tcp_rto_max_ms": ("120000", "60000"),  # new in 6.15
    },
}
# The same, for keys of which this kernel has more by itself, so that they are set no more.
_GIVEN_BACK = {
    "6.12.": {"net.core.optmem_max": ("81920", "131072")},  # its own is 131072 from 6.8 on
    "7.": {"net.core.rmem_max": ("513920", "4194304"), "net.core.wmem_max": ("513920", "4194304")},  # from 6.18 on
}
_SAME_ON_BOTH = {
    "net.core.somaxconn": "4096",
    "net.ipv4.tcp_wmem": "8760 256960 4194304",
    "net.ipv4.tcp_fin_timeout": "30",
}


@pytest.fixture(scope="module")
def of_this_kernel(host: Any) -> Callable[[dict[str, Any]], Any]:
    """What a table has for the kernel that runs."""
    release = host.check_output("uname -r")

    def _found(table: dict[str, Any]) -> Any:
        (found,) = [row for version, row in table.items() if release.startswith(version)]
        return found

    return _found


@pytest.fixture(scope="module")
def changed(of_this_kernel: Callable[[dict[str, Any]], Any]) -> dict[str, tuple[str, str]]:
    return of_this_kernel(_CHANGED)


@pytest.fixture(scope="module")
def given_back(of_this_kernel: Callable[[dict[str, Any]], Any]) -> dict[str, tuple[str, str]]:
    return of_this_kernel(_GIVEN_BACK)


def test_audit_then_harden_then_nothing(
    host: Any,
    playbook: Callable[..., Played],
    changed: dict[str, tuple[str, str]],
    given_back: dict[str, tuple[str, str]],
) -> None:
    """One test: each step begins where the one before it ended."""
    both = {**changed, **given_back}
    assert live(host, both) == {key: found for key, (found, _wanted) in both.items()}, "what the boot left"

    audit = playbook("audit")
    assert audit.code != 0
    assert audit.drifted() == {
        key: f"now and after reboot: {found}; wanted {wanted}" for key, (found, wanted) in changed.items()
    }

    back = dict(re.findall(r"^(?:back)? +(net\.\S+) +left_profile +1 host .+ goes back to (.+)$", audit.output, re.M))
    assert back == {key: own for key, (_found, own) in given_back.items()}

    first = playbook("harden")
    assert (first.code, first.counts(host)["applied"], first.counts(host)["drifted"]) == (0, len(both), 0)
    assert live(host, both) == {key: wanted for key, (_found, wanted) in both.items()}
    lines = host.file(DROP_IN).content_string.splitlines()
    assert {line.split(" = ")[0] for line in lines} & both.keys() == changed.keys()

    second = playbook("harden")
    assert (second.code, second.counts(host)["applied"], second.counts(host)["drifted"]) == (0, 0, 0)
    again = playbook("audit")
    assert (again.code, again.drifted()) == (0, {})


def test_what_did_not_change_still_stands(host: Any) -> None:
    assert live(host, _SAME_ON_BOTH) == _SAME_ON_BOTH


def test_nothing_waits_to_be_undone(host: Any) -> None:
    assert sorted(host.file(STATE).listdir()) == ["90-tcp-hardening.json", "lock"]


def test_no_file_is_left_over(changed_files: set[str]) -> None:
    assert changed_files == {DROP_IN}
