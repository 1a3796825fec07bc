# Boots each throwaway kernel with little and with enough memory, and holds the catalog against it, key by key.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The kernels stand in tests/hosts/kernels/_uml.py: one line there adds one."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from _compare import Verdict, compare, lines
from _console import stop
from _uml import KERNELS, Uml, boot, options

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply._movers import moves
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._catalog import every_row
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._key import MOVERS
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._values import check_key

KEYS = every_row()

MEMORY_MB = (512, 6144)
# Two at a time: each kernel keeps one core busy.
WORKERS = 2

each_kernel = pytest.mark.parametrize("kernel", KERNELS, ids=[f"{kernel.series}x" for kernel in KERNELS])
each_size = pytest.mark.parametrize("memory_mb", MEMORY_MB)


@pytest.fixture(scope="session")
def booted(request: pytest.FixtureRequest) -> Iterator[dict[tuple[Uml, int], Future[dict[str, Any]]]]:
    """The answers of every kernel that a test of this run asks for."""
    wanted = dict.fromkeys(
        (item.callspec.params["kernel"], item.callspec.params["memory_mb"])
        for item in request.session.items
        if "booted" in item.fixturenames
    )
    pool = ThreadPoolExecutor(WORKERS)
    yield {which: pool.submit(boot, *which) for which in wanted}
    stop()
    pool.shutdown(cancel_futures=True)


@pytest.fixture
def verdict(booted: dict[tuple[Uml, int], Future[dict[str, Any]]], kernel: Uml, memory_mb: int) -> Verdict:
    return compare(booted[kernel, memory_mb].result(), options(kernel))


@each_size
@each_kernel
def test_the_kernel_is_the_one_that_was_asked_for(verdict: Verdict, kernel: Uml, memory_mb: int) -> None:
    assert verdict.kernel.release.startswith(kernel.series)
    assert memory_mb * 0.9 < verdict.kernel.memory_mb <= memory_mb


@each_size
@each_kernel
def test_the_catalog_is_right(verdict: Verdict, kernel: Uml, memory_mb: int) -> None:
    found = lines(f"{verdict.kernel.release} with {memory_mb} MiB", verdict.differences)
    assert not found, "\n".join(["", *found])


@pytest.mark.parametrize("memory_mb", MEMORY_MB[:1])
@each_kernel
def test_a_key_changes_no_other_one_but_those_that_are_known(
    booted: dict[tuple[Uml, int], Future[dict[str, Any]]], kernel: Uml, memory_mb: int
) -> None:
    """Else undo would not bring the other one back. A key that has a finer name is refused."""
    found = booted[kernel, memory_mb].result()["moves"]
    assert len(found) > 100 and len(found[MOVERS[0]]) > 1
    assert not [
        (key, other)
        for key, others in found.items()
        for other in others
        if not check_key(key) and not check_key(other) and not moves(key, other)
    ]


@each_size
@each_kernel
def test_no_key_was_passed_over(verdict: Verdict, kernel: Uml, memory_mb: int) -> None:
    """Two namespaces for every key; for one that is there, its value and at least one that is taken and one that is
    refused."""
    for row in KEYS:
        checks = [check for check in verdict.checks if check.key == row.name]
        assert {check.about for check in checks} >= {"in the first namespace", "in the child namespace"}
        if checks[0].found != "absent":
            assert {check.found for check in checks if check.about.startswith("write ")} >= {
                "taken",
                "refused",
            }, row.name
    assert verdict.present > len(KEYS) * 0.8
