# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The document's values are in force in the running kernel."""

from __future__ import annotations

from conftest import DOCUMENT, Before, proc


def test_every_applied_key_has_the_documents_value(now: Before, applied: dict[str, str]) -> None:
    # The record has blanks where the kernel has tabs.
    running = {key: now.settings.get(proc(key)) for key in applied}
    assert running == applied


def test_most_of_the_document_can_be_applied(applied: dict[str, str]) -> None:
    """Guards the other tests: with nothing to apply they would all pass."""
    assert len(DOCUMENT) == 23
    assert len(applied) >= 15
    assert {"net.core.somaxconn", "net.ipv4.tcp_rmem", "net.ipv4.ip_local_port_range"} <= applied.keys()


def test_skipped_keys_keep_the_hosts_value(before: Before, now: Before, skipped: dict[str, str]) -> None:
    for key in skipped:
        assert now.settings.get(proc(key)) == before.settings.get(proc(key)), key


def test_triplets_are_whole(now: Before, before: Before) -> None:
    """No field is left from before: the host had other values in each of them."""
    for key in ("net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"):
        old, new = before.settings[proc(key)].split(), now.settings[proc(key)].split()
        assert len(new) == 3
        assert all(was != is_now for was, is_now in zip(old, new)), (key, old, new)
