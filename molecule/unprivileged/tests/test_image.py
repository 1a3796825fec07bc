# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Nothing can be set now: tcp_hardening_live=false writes a drop-in for the machine that this container will be."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from hardened import DOCUMENT, Before, Played, live, proc

_DROP_IN = "/etc/sysctl.d/91-image.conf"
_IMAGE = ("-e", "tcp_hardening_live=false", "-e", f"tcp_hardening_path={_DROP_IN}")
_RECYCLE, _FACK = "net.ipv4.tcp_tw_recycle", "net.ipv4.tcp_fack"
SOMAXCONN = "net.core.somaxconn"


@pytest.fixture
def is_known(monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether this kernel's own values are known. Of somebody's own build they are only likely, and decide nothing."""
    monkeypatch.syspath_prepend(os.environ["ANSIBLE_COLLECTIONS_PATH"])
    from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._history import parse_release

    return bool(parse_release(os.uname().release).read)


@pytest.fixture
def machines(before: Before, targets: dict[str, str], improve: Callable[[str], bool], is_known: bool) -> dict[str, str]:
    """What a machine with this kernel is to have set at its boot: to the letter, all that it has; else what is better
    than the kernel's own, which this container shows."""
    if not is_known:
        return {
            key: value for key, value in DOCUMENT.items() if key != _RECYCLE and not (improve(key) and key == _FACK)
        }
    return {
        key: value
        for key, value in targets.items()
        if key != _RECYCLE
        and not (improve(key) and (key == _FACK or DOCUMENT[key] != value == before.settings.get(proc(key))))
    }


def test_the_policy_makes_a_difference(
    machines: dict[str, str], improve: Callable[[str], bool], is_known: bool
) -> None:
    """Guards the test below. somaxconn is 4096 by itself since 5.4."""
    left = DOCUMENT.keys() - machines.keys()
    wanted = {_RECYCLE, _FACK, *([SOMAXCONN] if is_known else [])}
    assert left >= wanted if improve(SOMAXCONN) else left == {_RECYCLE}
    assert machines.keys() >= {"net.ipv4.tcp_mem", "net.core.netdev_max_backlog", "net.core.rmem_default"}
    assert (machines["net.ipv4.tcp_rmem"] == DOCUMENT["net.ipv4.tcp_rmem"]) is not (
        is_known and improve("net.ipv4.tcp_rmem")
    )


def test_an_image(host: Any, playbook: Callable[..., Played], machines: dict[str, str]) -> None:
    """None of the keys can be set now, and that is no drift."""
    before = live(host, [SOMAXCONN])
    harden = playbook("harden", *_IMAGE)
    try:
        assert harden.code == 0
        lines = [line for line in host.file(_DROP_IN).content_string.splitlines() if line and not line.startswith("#")]
        assert dict(line.split(" = ") for line in lines) == machines
        assert live(host, [SOMAXCONN]) == before != {SOMAXCONN: DOCUMENT[SOMAXCONN]}
        audit = playbook("audit", *_IMAGE)
        counts = audit.counts(host)
        assert (audit.code, counts["unchanged"], counts["drifted"]) == (0, len(machines), 0)
    finally:
        rollback = playbook("rollback", *_IMAGE)
    assert rollback.code == 0 and not host.file(_DROP_IN).exists
