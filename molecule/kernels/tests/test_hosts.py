# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The four kernels are there, each with enough memory for every value, and each is the first namespace of a machine of
its own."""

from __future__ import annotations

from typing import Any

_KERNELS = {"bullseye": "5.10.", "bookworm": "6.1.", "trixie": "6.12.", "forky": "7."}


def test_it_is_the_kernel_of_its_name(host: Any) -> None:
    assert host.check_output("uname -r").startswith(_KERNELS[host.backend.get_hostname()])
    assert host.check_output(
        "cat /sys/class/dmi/id/product_name /proc/cpuinfo 2>/dev/null | grep -m1 'User Mode Linux'"
    )


def test_it_has_6_gib(host: Any) -> None:
    total_kib = int(host.check_output("awk '/^MemTotal:/ {print $2}' /proc/meminfo"))
    assert 5.8 < total_kib / 2**20 < 6
