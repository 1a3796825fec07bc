# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Lines that were changed, or taken out, in the drop-in: the running kernel is right, the next boot would not be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hardened import DOCUMENT, DROP_IN, Played, live

ALIVE, FIN = "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout"


def test_audit_finds_them_and_harden_repairs_them(host: Any, playbook: Callable[..., Played]) -> None:
    good = host.file(DROP_IN).content_string
    host.check_output("sed -i -e 's/^%s = .*/%s = 42/' -e '/^%s = /d' %s" % (ALIVE, ALIVE, FIN, DROP_IN))
    spoiled = host.file(DROP_IN).content_string
    assert good != spoiled
    line = 1 + spoiled.splitlines().index(f"{ALIVE} = 42")

    audit = playbook("audit")
    assert audit.code == 2
    assert audit.drifted() == {
        ALIVE: f"after reboot: 42 by {DROP_IN}:{line}; wanted {DOCUMENT[ALIVE]}",
        FIN: f"after reboot: no file sets it; wanted {DOCUMENT[FIN]}",
    }
    assert audit.counts(host)["drifted"] == 2
    assert host.file(DROP_IN).content_string == spoiled, "the audit wrote"

    harden = playbook("harden")
    assert harden.code == 0
    assert harden.counts(host)["applied"] == 2
    assert host.file(DROP_IN).content_string == good
    assert live(host, [ALIVE, FIN]) == {key: DOCUMENT[key] for key in (ALIVE, FIN)}
