# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""After a real reboot every key has the value that `boot` foretold before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hardened import DOCUMENT, DROP_IN, Run, live

_SITE = {
    "net.ipv4.tcp_retries1": ("4", "kernel command line"),
    "net.ipv4.tcp_retries2": ("9", "/etc/sysctl.d/10-site.conf:2"),
    "net.ipv4.tcp_syn_retries": ("4", "/etc/sysctl.d/99-site.conf:1"),
    "net.ipv4.tcp_synack_retries": ("3", "/etc/sysctl.d/10-site.conf:3"),
    "net.ipv4.tcp_max_tw_buckets": ("30000", "/etc/sysctl.d/98-site.conf:1"),
    "net.ipv4.tcp_slow_start_after_idle": ("0", "/etc/sysctl.d/99-site.conf:3"),
}
_KEPT_FROM_BEING_SET = ("net.ipv4.tcp_mtu_probing", "net.ipv4.tcp_no_metrics_save")
_LIVE_ONLY = "net.ipv4.tcp_rfc1337"


@pytest.fixture
def foretold(runs: Callable[[], list[Run]]) -> dict[str, dict[str, Any]]:
    """Key to its row of the plan that was made just before the reboot, for the keys that this kernel has."""
    (run,) = [run for run in runs() if run.playbook == "reboot.yml"]
    assert run.plan is not None
    return {setting["key"]: setting for setting in run.plan["settings"] if setting["running"] is not None}


def test_the_value_and_its_source_were_named(foretold: dict[str, dict[str, Any]]) -> None:
    ours = [key for key in DOCUMENT if key in foretold]
    assert len(ours) == 22
    assert {key: foretold[key]["boot"]["value"] for key in ours} == {key: DOCUMENT[key] for key in ours}
    assert {foretold[key]["boot"]["source"].rpartition(":")[0] for key in ours} == {DROP_IN}
    assert {key: (foretold[key]["boot"]["value"], foretold[key]["boot"]["source"]) for key in _SITE} == _SITE
    assert [foretold[key]["boot"] for key in _KEPT_FROM_BEING_SET] == [None, None]


def test_every_key_has_the_foretold_value(host: Any, foretold: dict[str, dict[str, Any]]) -> None:
    # What no file sets is the kernel's own after a reboot.
    expected = {
        key: setting["boot"]["value"] if setting["boot"] else setting["default"] for key, setting in foretold.items()
    }
    assert len(expected) == 32
    assert live(host, expected) == expected


def test_it_was_a_reboot(host: Any, foretold: dict[str, dict[str, Any]]) -> None:
    """What was set live, and is in no file, is gone."""
    assert (foretold[_LIVE_ONLY]["running"], foretold[_LIVE_ONLY]["boot"]) == ("1", None)
    assert live(host, [_LIVE_ONLY]) == {_LIVE_ONLY: "0"}
