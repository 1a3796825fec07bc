# Tests of examples/verify: what it reads out of a drop-in and of the files that count at boot. The scenarios run it on
# real hosts.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""A drop-in as the role writes it has no faults, and each fault is named."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

if sys.version_info < (3, 11):
    pytest.skip("it runs on the control node", allow_module_level=True)

SOURCE = Path(__file__).resolve().parents[3] / "examples" / "verify" / "test_hardened_host.py"
SPEC = importlib.util.spec_from_file_location("hardened_host_checks", SOURCE)
checks = importlib.util.module_from_spec(SPEC)
sys.modules[SPEC.name] = checks
SPEC.loader.exec_module(checks)

DROP_IN = """# Written by the role.

# the longest listen queue (document's default: 256)
net.core.somaxconn = 2048

# the memory of all sockets, in pages
# skipped (memory): the high limit is over 50 % of 479 MiB
# net.ipv4.tcp_mem = 131072 262144 524288

net.ipv4.tcp_rmem = 8760\t256960 4088000
"""


def test_settings_and_skipped_keys_are_told_apart():
    read = checks.read_drop_in(DROP_IN)
    assert read.settings == {"net.core.somaxconn": "2048", "net.ipv4.tcp_rmem": "8760 256960 4088000"}
    assert read.skipped == {"net.ipv4.tcp_mem": checks.Skipped("memory", "the high limit is over 50 % of 479 MiB")}
    assert read.faults == []


@pytest.mark.parametrize(
    "old, new, fault",
    [
        (
            "# skipped (memory): the high limit is over 50 % of 479 MiB\n",
            "",
            "net.ipv4.tcp_mem is a comment, and nothing says why",
        ),
        ("# net.ipv4.tcp_mem = 131072 262144 524288\n", "", "a key is missing after: the high limit"),
        ("# net.ipv4.tcp_mem =", "net.ipv4.tcp_mem =", "a key is missing after: the high limit"),
        ("net.ipv4.tcp_rmem", "net.core.somaxconn", "net.core.somaxconn stands there twice"),
        ("net.core.somaxconn = 2048", "somaxconn: 2048", "not a setting: somaxconn: 2048"),
    ],
)
def test_a_fault_is_named(old, new, fault):
    assert any(said.startswith(fault) for said in checks.read_drop_in(DROP_IN.replace(old, new)).faults)


def test_a_drop_in_that_is_cut_short_is_seen():
    assert checks.read_drop_in(DROP_IN[: DROP_IN.index("# net.ipv4.tcp_mem")]).faults


@pytest.mark.parametrize(
    "line, value",
    [
        ("net.core.somaxconn = 99", "99"),
        ("-net/core/somaxconn=1\t2", "1 2"),
        ("-net.core.somaxconn", None),
        ("; net.core.somaxconn = 99", "2048"),
    ],
)
def test_the_last_word_at_boot_counts(line, value):
    assert checks.boot_values(
        f"# /etc/sysctl.d/90.conf\nnet.core.somaxconn = 2048\n# /etc/sysctl.d/99.conf\n{line}\n"
    ) == {"net.core.somaxconn": value}
