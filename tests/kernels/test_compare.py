# Spoils the true answers of a kernel in one place at a time: each lie must be found, under the name of its key.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The comparison itself, so that a kernel without differences means something."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from _compare import compare, lines
from _uml import KERNELS, Uml, boot, options

KERNEL = next(kernel for kernel in KERNELS if kernel.suite == "trixie")


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    return boot(KERNEL, 512)


@pytest.fixture(scope="module")
def config() -> dict[str, str]:
    return options(KERNEL)


def spoil(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """Put a value at a path such as first/text or tries/0/error."""

    def change(answer: dict[str, Any]) -> None:
        *folders, last = path.split("/")
        for folder in folders:
            answer = answer[int(folder) if folder.isdecimal() else folder]
        assert answer[last] != value
        answer[last] = value

    return change


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("net.ipv4.tcp_sack", spoil("first", {"present": False})),
        ("net.ipv4.tcp_tw_recycle", spoil("first", {"present": True, "mode": 0o644, "opens": True, "text": "0"})),
        ("net.ipv4.tcp_sack", spoil("child", {"present": False})),
        ("net.ipv4.tcp_mem", spoil("child", {"present": True, "mode": 0o644, "opens": True, "text": "1 2 3"})),
        ("net.core.rmem_max", spoil("child/mode", 0o644)),
        ("net.core.rmem_max", spoil("child/opens", True)),
        ("net.ipv4.tcp_sack", spoil("first/mode", 0o444)),
        ("net.ipv4.tcp_sack", spoil("first/opens", False)),
        ("net.core.somaxconn", spoil("first/text", "128")),
        ("net.core.somaxconn", spoil("child/text", "128")),
        ("net.ipv4.ip_local_reserved_ports", spoil("first/text", "80")),
        ("net.ipv4.tcp_mem", spoil("first/text", "5300 7100 10600")),
        ("net.ipv4.tcp_mem", spoil("first/text", "5900 7950 11800")),
        ("net.ipv4.tcp_rmem", spoil("first/text", "4096 131072 6291456")),
        ("net.ipv4.tcp_max_orphans", spoil("first/text", "2047")),
        ("net.ipv4.tcp_sack", spoil("where", "first")),
        ("net.ipv4.tcp_sack", lambda answer: answer["apart"].update(first=answer["apart"]["child"])),
        ("net.ipv4.tcp_sack", lambda answer: answer["copied"].update(child=answer["copied"]["first"])),
        ("net.ipv4.tcp_rmem", lambda answer: answer["copied"].update(child=answer["first"]["text"])),
        (
            "net.ipv4.tcp_sack",
            lambda answer: answer.update(
                tries=[{**tried, "error": 0, "read": tried["write"]} for tried in answer["tries"]]
            ),
        ),
        (
            "net.ipv4.tcp_sack",
            lambda answer: answer.update(tries=[{**tried, "error": 22} for tried in answer["tries"]]),
        ),
        (
            "net.ipv4.tcp_sack",
            lambda answer: answer.update(tries=[{**tried, "read": "7"} for tried in answer["tries"]]),
        ),
        ("net.ipv4.tcp_sack", spoil("tries/0/restored", False)),
        ("net.ipv4.ip_local_port_range", spoil("tries/0/prepared", False)),
        (
            "net.ipv4.ip_local_reserved_ports",
            lambda answer: answer.update(tries=[{**tried, "error": 22} for tried in answer["tries"]]),
        ),
        (
            "net.ipv4.tcp_congestion_control",
            lambda answer: answer.update(
                tries=[{**tried, "error": 0, "read": tried["write"]} for tried in answer["tries"]]
            ),
        ),
    ],
)
def test_a_lie_about_one_key_is_found(
    answers: dict[str, Any], config: dict[str, str], key: str, change: Callable[[dict[str, Any]], None]
) -> None:
    spoiled = copy.deepcopy(answers)
    change(spoiled["keys"][key])
    assert {check.key for check in compare(spoiled, config).differences} == {key}


def test_the_truth_is_found_to_be_true(answers: dict[str, Any], config: dict[str, str]) -> None:
    assert compare(answers, config).differences == ()


@pytest.mark.parametrize("hz", [250, 1000])
def test_the_bound_of_seconds_follows_the_ticks(answers: dict[str, Any], config: dict[str, str], hz: int) -> None:
    spoiled = copy.deepcopy(answers)
    spoiled["kernel"]["hz"] = hz
    found = {check.key for check in compare(spoiled, config).differences}
    assert found == {"net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_fin_timeout"}


def test_a_key_may_be_absent_where_its_build_option_is_off_and_nowhere_else(
    answers: dict[str, Any], config: dict[str, str]
) -> None:
    gone = copy.deepcopy(answers)
    gone["keys"]["net.core.default_qdisc"].update(first={"present": False}, child={"present": False})
    off = {name: value for name, value in config.items() if name != "CONFIG_NET_SCHED"}
    assert compare(gone, off).differences == ()
    assert {check.key for check in compare(gone, config).differences} == {"net.core.default_qdisc"}
    assert {check.key for check in compare(answers, off).differences} == {"net.core.default_qdisc"}
    assert compare(gone, None).differences == compare(answers, None).differences == ()


def test_a_difference_names_kernel_key_expected_and_found(answers: dict[str, Any], config: dict[str, str]) -> None:
    spoiled = copy.deepcopy(answers)
    spoiled["keys"]["net.core.netdev_max_backlog"]["first"]["text"] = "300"
    verdict = compare(spoiled, config)
    assert lines(verdict.kernel.release, verdict.differences) == [
        f"{verdict.kernel.release}  net.core.netdev_max_backlog  own value in the first namespace: expected 1000,"
        " found 300"
    ]


def test_a_kernel_that_says_nothing_is_a_failure_that_shows_its_console() -> None:
    with pytest.raises(Exception, match="no answers. The end of its console"):
        boot(Uml(KERNEL.series, KERNEL.suite), 16)
