# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Strict mode fails the host, names every key, and writes nothing: test_untouched.py, which comes after this, looks."""

from __future__ import annotations

from collections.abc import Callable

from hardened import DOCUMENT, Played, Run


def test_it_fails_and_names_every_key(playbook: Callable[..., Played], runs: Callable[[], list[Run]]) -> None:
    played = playbook("harden", "-e", '{"tcp_hardening_strict": true}')
    assert played.code == 2
    (strict,) = runs()
    (message,) = strict.errors
    assert message.startswith("tcp_hardening_strict: ") and "nothing was changed" in message
    assert [key for key in DOCUMENT if key not in message] == []
    assert strict.plan is not None and strict.applied is None
