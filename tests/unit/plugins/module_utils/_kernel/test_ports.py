# Tests of lists of ports, as people write them and as the kernel merges them.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Forms that are accepted and refused, what is the same, and which ports a list holds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel import _ports as ports
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel import _values as values
from ansible_collections.fleetnet.linux_tcp.tests.unit.refused import KERNEL, refusal

PORTS = "net.ipv4.ip_local_reserved_ports"


def text(numbers):
    return " ".join(map(str, numbers))


@pytest.mark.parametrize(
    "raw", ["8080", "1", "65535", "8080,9000-9010", "9000-9010,8080", "8080-8080", "", " ", " 8080 ", 8080]
)
def test_port_lists_are_accepted(raw):
    assert values.canonical(PORTS, raw, KERNEL, None).text == str(raw).strip()


def test_a_yaml_list_of_ports_is_one():
    assert values.canonical(PORTS, [8080, "9000-9010"], KERNEL, None).text == "8080,9000-9010"


def test_a_list_that_is_too_long_for_one_write_is_refused():
    ports = [*range(1025, 1025 + 2 * 819, 2)]
    assert len(values.canonical(PORTS, ports, KERNEL, None).text) == 4094
    assert "at most 4095 characters" in refusal(PORTS, [*ports, 2**14], longest=320)


@pytest.mark.parametrize("raw", [
    "0", "65536", "99999", "123456", "5-3", "0-5", "1-65536", "8080,", ",8080", "8080,,9000", "8080, 9000",
    "8080 9000", "8080 - 9000", "-5",
    "5-", "1-2-3", "http", "8080\n", "8080;9000", "0x50", "010", "08080", "8080,010", "1-010", "\u0668\u0660", "*",
    True, None, 1.5, [], [8080, 0],
    [[8080]], {}, 0, -1, 65536,
])  # fmt: skip
def test_bad_port_lists_are_refused_with_an_example(raw):
    message = refusal(PORTS, raw, longest=220)
    assert "ports from 1 to 65535 such as 8080,9000-9010" in message


SPAN = st.tuples(st.integers(1, 40), st.integers(0, 6)).map(lambda pair: (pair[0], pair[0] + pair[1]))


def spelt(spans):
    return ",".join(str(low) if low == high else "%d-%d" % (low, high) for low, high in spans)


def members(spans):
    return {port for low, high in spans for port in range(low, high + 1)}


@given(st.lists(SPAN, max_size=5), st.lists(SPAN, max_size=5))
@settings(max_examples=300)
def test_port_lists_are_the_same_where_they_hold_the_same_ports(one, other):
    assert values.same(PORTS, spelt(one), spelt(other)) is (members(one) == members(other))
    single = spelt([(port, port) for port in sorted(members(one), reverse=True)])
    assert values.same(PORTS, spelt(one), single)
    assert {port for port in range(60) if ports.reserves(spelt(one), port)} == members(one)


def test_nothing_is_reserved_where_the_list_is_unknown_or_strange():
    assert not ports.reserves(None, 80) and not ports.reserves("", 80) and not ports.reserves("all of them", 80)
