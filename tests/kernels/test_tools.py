# Tests of what the kernel tools decide without booting anything.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Which packages are kernels, what is asked, how answers are found on a console, what the page says."""

from __future__ import annotations

from pathlib import Path

import _console
import pytest
from _compare import Check, Verdict
from _console import BootFailure, answers, has_answers
from _debian import Package, numbers, parse
from _questions import questions
from _report import Row, page
from _uml import parse_options

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import Kernel
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._catalog import every_row

CATALOG = {row.name: row for row in every_row()}

INDEX = """\
Package: linux-image-5.10.0-30-cloud-amd64
Version: 5.10.218-1
Depends: kmod, linux-base (>= 4.3~)
Description: Linux 5.10
 Package: linux-image-9.9.9-cloud-amd64

Package: linux-image-5.10.0-30-amd64
Version: 5.10.218-1

Package: linux-image-6.12-cloud-amd64
Version: 6.12.117-1
Depends: linux-image-6.12.117+deb12-cloud-amd64 (= 6.12.117-1)

Package: linux-image-7.3-cloud-amd64
Version: 7.3~rc7-1~exp1
Depends: linux-binary-7.3-cloud-amd64 (= 7.3~rc7-1~exp1)

Package: linux-image-cloud-amd64
Version: 7.3~rc7-1~exp1
"""


def test_the_kernels_in_a_package_list() -> None:
    assert parse(INDEX, "sid") == [
        Package("sid", "5.10.0-30-cloud-amd64", "5.10.218-1"),
        Package("sid", "7.3-cloud-amd64", "7.3~rc7-1~exp1"),
    ]


def test_versions_are_sorted_as_numbers() -> None:
    assert sorted(["6.12.10-1", "7.2.1-1", "6.12.9-2", "6.12.9-1"], key=numbers) == [
        "6.12.9-1",
        "6.12.9-2",
        "6.12.10-1",
        "7.2.1-1",
    ]


def test_a_build_option_counts_only_where_it_is_on() -> None:
    assert parse_options("CONFIG_HZ=100\n# CONFIG_NET_SCHED is not set\nCONFIG_SYN_COOKIES=y\n") == {
        "CONFIG_HZ": "100",
        "CONFIG_SYN_COOKIES": "y",
    }


def test_every_key_is_asked_for() -> None:
    asked = questions()
    assert set(asked) == set(CATALOG)
    assert all(len(question["write"]) == CATALOG[key].arity for key, list_ in asked.items() for question in list_)


@pytest.mark.parametrize(
    ("key", "written"),
    [
        ("net.ipv4.tcp_sack", {"-1", "0", "255", "256", "2147483647", "2147483648", "-2147483648", "-2147483649"}),
        ("net.ipv4.tcp_tw_reuse_delay", {"0", "1", "60000", "60001"}),
        ("net.ipv4.tcp_fin_timeout", {"-1", "0", "21474836", "21474837", "8589934", "8589935", "2147483", "2147484"}),
        ("net.ipv4.tcp_congestion_control", {"reno", "no-such-name"}),
    ],
)
def test_each_bound_and_one_step_beyond_is_asked_for(key: str, written: set[str]) -> None:
    assert written <= {question["write"][0] for question in questions()[key]}


def test_each_number_of_a_triplet_is_asked_for_alone_and_with_the_others() -> None:
    asked = [question["write"] for question in questions()["net.ipv4.tcp_rmem"]]
    for words in (["4095", None, None], [None, "4095", None], [None, None, "4095"], ["4095", "4095", "4095"]):
        assert words in asked


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ('noise\nANSWERS {"kernel": 1}\nmore\n', {"kernel": 1}),
        ('\r\0ANSWERS {"kernel": 2}\r\n', None),
        ("nothing\n", None),
    ],
)
def test_answers_on_a_console(tmp_path: Path, said: str, found: dict | None) -> None:
    console = tmp_path / "console"
    console.write_text(said, encoding="utf-8")
    if found is None:
        with pytest.raises(BootFailure):
            answers(console)
    else:
        assert answers(console) == found


@pytest.mark.parametrize(
    ("printed", "whole"),
    [
        ("noise\n", False),
        ('noise\nANSWERS {"kernel": 1}\n', True),
        ('ANSWERS {"kernel": 1}\r\nreboot: System halted\n', True),
        ('ANSWERS {"kern', False),
        ('said: ANSWERS {"kernel": 1}\n', False),
    ],
)
def test_answers_are_there_when_their_line_is_whole(printed: str, whole: bool) -> None:
    assert has_answers(printed) is whole


def test_a_kernel_that_answered_and_hangs_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_console, "_GRACE_SECONDS", 0.2)
    console = tmp_path / "console"
    _console.run(["sh", "-c", "echo 'ANSWERS {}'; exec sleep 60"], console, 30)
    assert answers(console) == {}
    with pytest.raises(BootFailure, match="no end after 1 s"):
        _console.run(["sh", "-c", "exec sleep 60"], console.with_name("silent"), 1)


def test_the_page_counts_and_names_what_differs_and_what_did_not_boot() -> None:
    good, bad = (
        Check("net.ipv4.tcp_sack", "x", "a", "a", True),
        Check("net.ipv4.tcp_sack", "write '256'", "taken", "refused", False),
    )
    rows = [
        Row(
            "1-1, sid",
            "qemu",
            [Verdict(Kernel("6.12.9", 500), 47, (good, bad)), Verdict(Kernel("6.12.9", 6000), 47, (good,))],
        ),
        Row("6.12.10 2-1", failure="no answers"),
    ]
    text = page(rows, (512, 6144))
    assert "**1 kernels, 3 checks, 1 differences.**" in text
    assert "| 6.12.9 | 1-1, sid | qemu | 47 | 3 | 1 |\n" in text
    assert "- 6.12.9, 500 MiB  net.ipv4.tcp_sack  write '256': expected taken, found refused\n" in text
    assert "- 6.12.10 2-1: no answers\n" in text
