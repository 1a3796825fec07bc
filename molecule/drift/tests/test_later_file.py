# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Another file that is read after the drop-in: it wins at boot, is named, and is nobody's to change but its owner's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hardened import DOCUMENT, Played, live

ALIVE = "net.ipv4.tcp_keepalive_time"
KEYS = (ALIVE, "net.ipv4.tcp_fin_timeout")
LATER = "/etc/sysctl.d/99-zz-somebody.conf"
TEXT = "# Somebody's.\nnet/ipv4/tcp_keepalive_time = 4242"


@pytest.fixture
def later_file(host: Any) -> Iterator[None]:
    host.check_output("echo %s > %s", TEXT, LATER)
    yield
    host.check_output("rm %s", LATER)


def test_audit_names_the_file_and_harden_leaves_it(
    host: Any, playbook: Callable[..., Played], later_file: None
) -> None:
    expected = {ALIVE: f"after reboot: 4242 by {LATER}:2; wanted {DOCUMENT[ALIVE]}"}
    audit = playbook("audit")
    assert (audit.code, audit.drifted()) == (2, expected)

    harden = playbook("harden")
    assert harden.code == 0
    assert harden.counts(host)["applied"] == 0
    assert "overridden_at_boot" in harden.output
    assert host.file(LATER).content_string == TEXT + "\n"
    assert live(host, [ALIVE]) == {ALIVE: DOCUMENT[ALIVE]}


def test_a_conflict_is_refused_where_that_is_asked_for(
    host: Any, playbook: Callable[..., Played], later_file: None
) -> None:
    before = live(host, KEYS)
    refused = playbook(
        "harden",
        "-e",
        "tcp_hardening_boot_conflict=fail",
        "-e",
        '{"tcp_hardening_overrides": {"net.ipv4.tcp_fin_timeout": 31}}',
    )
    assert refused.code != 0
    assert "tcp_hardening_boot_conflict: nothing was changed." in refused.output
    assert (
        f"{ALIVE}: {LATER}:2 sets 4242 after the drop-in; change it there, or roll back and set tcp_hardening_path"
        in refused.output
    )
    both = playbook("harden", "-e", "tcp_hardening_boot_conflict=fail", "-e", "tcp_hardening_strict=true")
    assert "set tcp_hardening_strict to false. tcp_hardening_boot_conflict: nothing was changed." in both.output
    assert live(host, KEYS) == before
    assert playbook("harden", "-e", "tcp_hardening_boot_conflict=warn").code == 0


def test_a_preview_reads_only(host: Any, playbook: Callable[..., Played]) -> None:
    before = live(host, KEYS)
    shown = playbook("preview", "-e", "kernel=7.2")
    assert shown.code == 0 and "TCP preview" in shown.output and "  then  " in shown.output
    assert live(host, KEYS) == before
    assert playbook("preview", "-e", "kernel=soon").code != 0
