# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Tabs, several blanks, slashes and quotes of the kernel or of an editor are no drift."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hardened import DROP_IN, Played, proc

RMEM = "net.ipv4.tcp_rmem"


def test_the_kernel_has_tabs(host: Any, applied: dict[str, str]) -> None:
    """Guards the test below: its value is one that the kernel spells otherwise than the profile."""
    assert applied[RMEM].startswith("8760 256960 ")
    assert host.check_output("cat %s", proc(RMEM)) == applied[RMEM].replace(" ", "\t")


def test_other_blanks_in_the_file_are_no_drift(
    host: Any, playbook: Callable[..., Played], applied: dict[str, str]
) -> None:
    good = host.file(DROP_IN).content_string
    low, middle, high = applied[RMEM].split()
    spelled = good.replace(f"{RMEM} = {applied[RMEM]}", f"net/ipv4/tcp_rmem\t={low}\t\t{middle}    {high} ")
    spelled = spelled.replace("net.ipv4.tcp_fin_timeout = 30", " net.ipv4.tcp_fin_timeout=30")
    assert spelled.count("\t") == 3 and spelled != good
    host.run_expect([0], "printf %%s %s > %s", spelled, DROP_IN)
    audit = playbook("audit")
    assert (audit.code, audit.drifted()) == (0, {})
    assert host.file(DROP_IN).content_string == spelled, "the audit wrote"
