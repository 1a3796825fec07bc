# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Another file that is read after the drop-in: it wins at boot, is named, and is nobody's to change but its owner's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hardened import DOCUMENT, Played, live

ALIVE = "net.ipv4.tcp_keepalive_time"
LATER = "/etc/sysctl.d/99-zz-somebody.conf"
TEXT = "# Somebody's.\nnet/ipv4/tcp_keepalive_time = 4242"


@pytest.fixture
def later_file(host: Any) -> Iterator[None]:
    host.check_output("echo %s > %s", TEXT, LATER)
    yield
    host.check_output("rm %s", LATER)


def test_audit_names_the_file_and_harden_leaves_it(host: Any, playbook: Callable[..., Played], later_file: None) -> None:
    expected = {ALIVE: f"after reboot: 4242 by {LATER}:2; wanted {DOCUMENT[ALIVE]}"}
    audit = playbook("audit")
    assert (audit.code, audit.drifted()) == (2, expected)

    harden = playbook("harden")
    assert harden.code == 0
    assert harden.counts(host)["applied"] == 0
    assert "overridden_at_boot" in harden.output
    assert host.file(LATER).content_string == TEXT + "\n"
    assert live(host, [ALIVE]) == {ALIVE: DOCUMENT[ALIVE]}
