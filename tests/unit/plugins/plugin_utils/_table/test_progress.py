# Tests of the lines that say how far a long run is.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Progress, on a clock of the test's own: few hosts, batches, silence, failures."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._run._intake import DONE, ENDED, NOWHERE, PLANNED
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._table._progress import FEWEST, Progress, batches


def names(count):
    return ["h%d" % number for number in range(count)]


def test_few_hosts_make_no_line():
    progress = Progress()
    progress.targets(names(FEWEST - 1), 0.0)
    for name in names(FEWEST - 1):
        progress.came(name, DONE)
        assert progress.line(1000.0) == ""


def test_a_line_for_each_tenth_over_all_batches():
    progress, lines = Progress(), []
    for number in range(4):
        batch, now = number * 50, number * 9.0
        # Each batch says the whole target again, as with serial.
        progress.targets(names(200), now)
        for name in names(200)[batch : batch + 50]:
            progress.came(name, PLANNED)
            lines.append(progress.line(now))
        for name in names(200)[batch : batch + 50]:
            progress.came(name, ENDED) if name == "h7" else progress.came(name, DONE)
            lines.append(progress.line(now))
    said = [line for line in lines if line]
    assert len(said) == 10
    assert said[0] == "progress   0 of 200 hosts done, 0 failed, 200 left, 40 of them planned   0 s"
    assert said[-1] == "progress   199 of 200 hosts done, 1 failed, 0 left   27 s"


def test_a_slow_run_speaks_after_thirty_seconds():
    progress = Progress()
    progress.targets(names(1000), 100.0)
    progress.came("h1", DONE)
    assert progress.line(129.0) == ""
    assert progress.line(130.0) == "progress   1 of 1000 hosts done, 0 failed, 999 left   30 s"
    assert progress.line(131.0) == ""
    progress.came("h2", DONE)
    assert progress.line(100.0 + 3661).endswith("2 of 1000 hosts done, 0 failed, 998 left   1 h 01 min")


def test_a_host_of_another_play_does_not_count():
    progress = Progress()
    progress.targets(names(30), 0.0)
    progress.came("elsewhere", DONE)
    progress.came("elsewhere", ENDED)
    assert progress.line(31.0) == "progress   0 of 30 hosts done, 0 failed, 30 left   31 s"


def test_a_host_that_fails_after_it_was_done_is_failed():
    progress = Progress()
    progress.targets(names(30), 0.0)
    progress.came("h1", DONE)
    progress.came("h1", ENDED)
    assert progress.line(31.0) == "progress   0 of 30 hosts done, 1 failed, 29 left   31 s"


def test_a_host_never_goes_back():
    progress = Progress()
    progress.targets(names(30), 0.0)
    for how_far in (PLANNED, ENDED, DONE, PLANNED, NOWHERE):
        progress.came("h1", how_far)
    assert progress.line(31.0) == "progress   0 of 30 hosts done, 1 failed, 29 left   31 s"


def test_it_says_which_batch_it_is():
    progress = Progress()
    progress.targets(names(30), 0.0)
    for play, count, said in (
        ("plan", 1, ""),
        ("roll out", 3, "batch 1 of 3   "),
        ("roll out", 3, "batch 2 of 3   "),
        ("roll out", 3, "batch 3 of 3   "),
        ("other", 2, "batch 1 of 2   "),
    ):
        progress.batch(play, count)
        progress._said = -100.0
        assert progress.line(0.0).startswith("progress   %s0 of 30 hosts done" % said)


def test_it_estimates_the_rest_when_a_tenth_of_the_hosts_is_known():
    progress = Progress()
    progress.targets(names(40), 0.0)
    for name in names(3):
        progress.came(name, PLANNED)
    assert progress.line(30.0).endswith("   30 s")
    for name in names(20):
        progress.came(name, DONE)
    assert progress.line(60.0).endswith("20 left   1 min 00 s, about 1 min 00 s left")
    for name in names(30):
        progress.came(name, DONE)
    assert progress.line(90.0).endswith("10 left   1 min 30 s, about 30 s left")
    for name in names(40):
        progress.came(name, DONE)
    assert progress.line(100.0).endswith("0 left   1 min 40 s")


def test_a_short_run_is_not_estimated():
    progress = Progress()
    progress.targets(names(40), 0.0)
    for name in names(20):
        progress.came(name, DONE)
    assert progress.line(9.0).endswith("20 left   9 s")


@pytest.mark.parametrize(
    "serial",
    [[], [1], [7], ["10%"], [1, "10%", "100%"], ["1", "5"], [0], [-1], [1, 0], ["1%"], [3, "50%", 2], [500]],
)
@pytest.mark.parametrize("count", [0, 1, 2, 9, 10, 11, 200])
def test_batches_are_counted_as_ansible_does(serial, count):
    executor = pytest.importorskip("ansible.executor.playbook_executor").PlaybookExecutor
    asked = SimpleNamespace(_inventory=SimpleNamespace(get_hosts=lambda _hosts, order: names(count)))
    play = SimpleNamespace(hosts="all", order=None, serial=serial)
    assert batches(serial, count) == len(executor._get_serialized_batches(asked, play))
