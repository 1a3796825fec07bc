# Tests of kernel releases and of facts that changed over the years.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""parse_release on releases as real hosts print them; at() and since() on histories."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import Kernel
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._history import at, parse_release, since

RELEASES = [
    # Debian and Ubuntu; the stable release is not in the name there, but Debian's build tells it
    ("3.16.0-4-amd64", (3, 16, 0), "", 0),
    ("4.9.0-19-amd64", (4, 9, 0), "", 0),
    ("5.10.0-21-amd64", (5, 10, 0), "", 0),
    ("5.10.0-22-amd64", (5, 10, 178), "", 0),
    ("5.10.0-34-rt-amd64", (5, 10, 178), "", 0),
    ("5.10.0-30-686-pae", (5, 10, 178), "", 0),
    ("5.10.0-34-generic", (5, 10, 0), "", 0),
    ("5.10.46", (5, 10, 46), "", 0),
    ("6.1.0-53-cloud-arm64", (6, 1, 0), "", 0),
    ("6.1.0-54-cloud-arm64", (6, 1, 190), "", 0),
    ("6.1.0-0.deb11.52-amd64", (6, 1, 0), "", 0),
    ("6.1.112-60-amd64", (6, 1, 112), "", 0),
    ("6.5.0-60-amd64", (6, 5, 0), "", 0),
    ("6.12.101+deb13-amd64", (6, 12, 101), "", 0),
    ("4.4.0-21-generic", (4, 4, 0), "", 0),
    ("6.8.0-1021-aws", (6, 8, 0), "", 0),
    ("6.17.0-8-generic", (6, 17, 0), "", 0),
    # Red Hat and its rebuilds
    ("2.6.32-642.el6.x86_64", (2, 6, 32), "el6", 642),
    ("3.10.0-1160.el7.x86_64", (3, 10, 0), "el7", 1160),
    ("3.10.0-1160.119.1.el7.x86_64", (3, 10, 0), "el7", 1160),
    ("3.10.0-1160.rt56.1131.el7.x86_64", (3, 10, 0), "el7", 1160),
    ("3.10.0-957.27.2.el7.centos.plus.x86_64", (3, 10, 0), "el7", 957),
    ("4.18.0-240.el8.x86_64", (4, 18, 0), "el8", 240),
    ("4.18.0-477.10.1.el8_8.aarch64", (4, 18, 0), "el8", 477),
    ("4.18.0-553.el8_10.x86_64", (4, 18, 0), "el8", 553),
    ("5.14.0-427.13.1.el9_4.x86_64", (5, 14, 0), "el9", 427),
    ("5.14.0-427.13.1.el9_4.aarch64+64k", (5, 14, 0), "el9", 427),
    ("6.12.0-55.9.1.el10_0.x86_64", (6, 12, 0), "el10", 55),
    # these carry Red Hat's mark and follow upstream all the same: ELRepo, Oracle UEK
    ("4.18.5-1.el7.elrepo.x86_64", (4, 18, 5), "", 0),
    ("6.1.90-1.el8.elrepo.x86_64", (6, 1, 90), "", 0),
    ("5.14.0-1.el8.elrepo.x86_64", (5, 14, 0), "", 0),
    ("2.6.32-400.37.17.el6uek.x86_64", (2, 6, 32), "", 0),
    ("5.4.17-2136.315.5.el8uek.x86_64", (5, 4, 17), "", 0),
    ("5.15.0-3.60.5.1.el9uek.x86_64", (5, 15, 0), "", 0),
    # Amazon Linux has a branch of its own before 5.10
    ("4.14.355-275.570.amzn2.x86_64", (4, 14, 355), "amzn", 275),
    ("5.4.219-126.411.amzn2.aarch64", (5, 4, 219), "amzn", 126),
    ("3.14.48-33.39.amzn1.x86_64", (3, 14, 48), "amzn", 33),
    ("5.10.245-241.976.amzn2.x86_64", (5, 10, 245), "", 0),
    ("6.1.112-122.189.amzn2023.x86_64", (6, 1, 112), "", 0),
    # SUSE, Fedora, Arch, WSL, User-Mode Linux, a release candidate, a build of one's own
    ("4.12.14-122.37-default", (4, 12, 14), "", 0),
    ("6.4.0-150600.23.25-default", (6, 4, 0), "", 0),
    ("6.19.6-200.fc43.x86_64", (6, 19, 6), "", 0),
    ("6.9.1-arch1-1", (6, 9, 1), "", 0),
    ("5.15.153.1-microsoft-standard-WSL2", (5, 15, 153, 1), "", 0),
    ("5.10.262", (5, 10, 262), "", 0),
    ("7.2.0", (7, 2, 0), "", 0),
    ("7.3-rc4", (7, 3), "", 0),
    ("6.18.44-fc-v657", (6, 18, 44), "", 0),
    ("2.6.32.69+", (2, 6, 32, 69), "", 0),
]


@pytest.mark.parametrize(("text", "upstream", "branch", "build"), RELEASES)
def test_real_releases(text, upstream, branch, build):
    assert parse_release(text) == (upstream, branch, build)


@pytest.mark.parametrize(
    "text", ["", " ", "linux", "6", "v6.12", " 6.12.1", "el8", "-4.18.0", ".4.18", "\n4.12", "6.", "four.nineteen"]
)
def test_garbage_is_refused_with_the_text_in_the_message(text):
    with pytest.raises(ValueError) as refused:
        parse_release(text)
    assert repr(text) in str(refused.value)
    assert "6.12.101" in str(refused.value)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_gives_a_release_or_a_value_error(text):
    try:
        release = parse_release(text)
    except ValueError:
        return
    assert len(release.upstream) > 1
    assert all(number >= 0 for number in release.upstream)


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 9999), min_size=2, max_size=4),
    st.sampled_from(["", "-1-amd64", "-200.fc43.x86_64", "-default", "+"]),
)
def test_the_numbers_come_back(numbers, rest):
    assert parse_release(".".join(map(str, numbers)) + rest).upstream == tuple(numbers)


def value(history, release):
    return at(history, parse_release(release), "none")


HISTORY = (("2.6.35", "a"), ("4.1", "b"), ("5.10.262", "late"), ("5.13", "c"), ("el8", "d"), ("el8-477", "e"))


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ("2.6.34", "none"),
        ("2.6.35", "a"),
        ("2.6.39", "a"),
        ("3.0.27", "a"),
        ("4.0.9", "a"),
        ("4.1", "b"),
        ("4.1.0", "b"),
        ("4.18.0-240.el7.elrepo.x86_64", "b"),
        ("5.10.0-34-amd64", "b"),
        ("5.10.261", "b"),
        ("5.10.262", "late"),
        ("5.10.300", "late"),
        ("5.11.300", "b"),
        ("5.12", "b"),
        ("5.13", "c"),
        ("5.14.0-427.el9.x86_64", "c"),
        ("7.2.0", "c"),
        ("4.18.0-80.el8.x86_64", "d"),
        ("4.18.0-476.el8.x86_64", "d"),
        ("4.18.0-477.el8.x86_64", "e"),
        ("4.18.0-553.el8_10.x86_64", "e"),
    ],
)
def test_the_value_that_holds(release, expected):
    assert value(HISTORY, release) == expected


def test_a_branch_whose_own_markers_are_not_reached_has_no_value():
    history = (("2.6.35", "upstream"), ("el6-642", "backport"))
    assert value(history, "2.6.32-573.el6.x86_64") == "none"
    assert value(history, "2.6.32-642.el6.x86_64") == "backport"
    assert value(history, "3.10.0-1160.el7.x86_64") == "upstream"


def test_a_value_can_be_false():
    assert at((("3.3", True), ("3.13", False)), parse_release("3.13.0"), True) is False


@pytest.mark.parametrize(
    ("markers", "release", "reached"),
    [
        ("4.5 el7", "4.4.302", False),
        ("4.5 el7", "4.5.0", True),
        ("4.5 el7", "3.10.0-1160.el7.x86_64", True),
        ("4.5 el7", "3.10.108", False),
        ("5.2 4.14.177 4.19.72 el8", "4.14.176", False),
        ("5.2 4.14.177 4.19.72 el8", "4.14.177", True),
        ("5.2 4.14.177 4.19.72 el8", "4.15.18", False),
        ("5.2 4.14.177 4.19.72 el8", "4.19.72", True),
        ("5.2 4.14.177 4.19.72 el8", "4.20.17", False),
        ("5.2 4.14.177 4.19.72 el8", "5.2", True),
        ("5.2 4.14.177 4.19.72 el8", "4.18.0-240.el8.x86_64", True),
        ("4.12", "4.11.12", False),
        ("4.12", "4.12.14-122.37-default", True),
        ("4.12", "3.10.0-1160.el7.x86_64", False),
        ("0", "2.6.12", True),
        ("", "6.12.0", False),
    ],
)
def test_since(markers, release, reached):
    assert since(markers, parse_release(release)) is reached


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(2, 9), st.integers(0, 30)), min_size=1, max_size=6, unique=True),
    st.tuples(st.integers(2, 9), st.integers(0, 30)),
    st.integers(0, 300),
)
def test_the_last_marker_not_above_the_release_counts(points, series, patch):
    history = [("{}.{}".format(*point), point) for point in sorted(points)]
    found = value(history, f"{series[0]}.{series[1]}.{patch}")
    assert found == max((point for point in points if point <= series), default="none")


def test_a_kernel_is_a_host_with_small_pages_by_default():
    assert Kernel("6.12.101") == ("6.12.101", None, 4096, "host")
