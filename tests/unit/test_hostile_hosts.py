# Tests of both entrances with liars among good hosts: a share of what `make reliability` tries.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The callback and the report; the good hosts come out whole, and nothing of the liars acts."""

from __future__ import annotations

import time

import pytest

pytest.importorskip("ansible.plugins.callback")

from ansible_collections.fleetnet.linux_tcp.tests.unit import fleet_of_liars as liars

NOW = 1767312000.0  # 2026-01-02


@pytest.mark.slow
def test_results_of_liars_among_those_of_good_hosts(tmp_path):
    """In a small fleet each host has a row of its own."""
    for number in range(60):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert liars.through_callback(["%d %d" % (number, part) for part in range(5)], folder) == [], number


@pytest.mark.slow
def test_results_of_a_large_fleet_of_liars(tmp_path):
    assert liars.through_callback(["large %d" % part for part in range(500)], tmp_path) == []


@pytest.mark.slow
def test_files_of_liars_among_those_of_good_hosts(tmp_path):
    folder, to = tmp_path / "from", tmp_path / "to"
    folder.mkdir()
    liars.write_reports(["file %d" % number for number in range(600)], folder)
    hosts, found = liars.through_report(folder, to, NOW)
    assert found == [] and liars.GOOD + 50 < hosts < liars.GOOD + 600, hosts


@pytest.mark.alone
def test_a_fleet_of_liars_takes_no_longer_than_one_of_good_hosts(tmp_path):
    took = {}
    for kind in ("good", "liars"):
        folder = tmp_path / kind
        folder.mkdir()
        if kind == "liars":
            liars.write_reports(["file %d" % number for number in range(480)], folder)
        else:
            for number in range(25):
                part = folder / str(number)
                part.mkdir()
                liars.write_reports([], part)
        begun = time.process_time()
        liars.through_report(folder, tmp_path / ("to-" + kind), NOW)
        took[kind] = time.process_time() - begun
    assert took["liars"] < 10 * took["good"] + 1, took
