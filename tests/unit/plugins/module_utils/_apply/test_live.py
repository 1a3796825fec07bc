# Tests of writing live values, against the real kernel: its refusals, half-written triplets, and keys that depend on
# each other.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""What is not accepted is as it was; what was accepted before stays, for the caller to undo (_transaction.py)."""

from __future__ import annotations

import os
import subprocess

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply import _live as live
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host._proc import Refused, read_value
from ansible_collections.fleetnet.linux_tcp.tests.unit import namespace
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import CONGESTION, FIN, RANGE, RESERVED, RMEM, START
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import get, isolated, put


def path(key: str) -> str:
    return "/proc/sys/" + key.replace(".", "/")


def write_all(wanted):
    live.write_all([live.Write(key, read_value(key), text) for key, text in wanted.items()])


def refusal(wanted):
    with pytest.raises(Refused) as caught:
        write_all(wanted)
    return str(caught.value)


@isolated
def test_values_are_set():
    write_all({FIN: "30", RMEM: "8760 256960 4088000", RESERVED: "8080,9000-9010"})
    assert (get(FIN), get(RMEM), get(RESERVED)) == ("30", "8760 256960 4088000", "8080,9000-9010")


@isolated
def test_an_empty_value_empties_a_port_list():
    put({RESERVED: "8080"})
    write_all({RESERVED: ""})
    assert get(RESERVED) == ""


@isolated
def test_a_value_that_the_kernel_takes_and_shows_in_another_form_is_accepted():
    write_all({RESERVED: "9001,8080,9000"})
    assert get(RESERVED) == "8080,9000-9001"


@isolated
def test_a_list_that_is_longer_than_a_page_is_written_whole():
    ports = ",".join(map(str, range(1025, 1025 + 2 * 2400, 2)))
    write_all({RESERVED: ports})
    assert len(ports) > 11_000 and read_value(RESERVED) == ports


@isolated
def test_the_key_of_an_interface_with_a_dot_is_set():
    subprocess.run(["ip", "link", "set", "dev", "lo", "name", "eth0.100"], check=True)
    key = "net.ipv4.conf.eth0/100.rp_filter"
    write_all({key: "2"})
    with open("/proc/sys/net/ipv4/conf/eth0.100/rp_filter", encoding="ascii") as stream:
        assert stream.read() == "2\n" and read_value(key) == "2"


@isolated
def test_the_kernel_half_writes_a_refused_triplet():
    """The fact that the next test rests on (kernel-facts: a failed vector write is half applied)."""
    before = get(RMEM)
    with pytest.raises(OSError):
        put({RMEM: "9999 0 4088000"})
    assert get(RMEM) != before


@isolated
@pytest.mark.parametrize("value", ["9999 0 4088000", "9999 256960 0", "0 256960 4088000", "9999 x 4088000"])
def test_a_refused_triplet_is_whole_again(value):
    put({RMEM: "5000 200000 3000000"})
    said = refusal({RMEM: value})
    assert get(RMEM) == "5000 200000 3000000"
    assert RMEM in said and repr(value) in said and "Invalid argument (EINVAL)" in said and "exclude the key" in said


@isolated
@pytest.mark.parametrize(
    "key, value, answer",
    [
        (FIN, "nonsense", "EINVAL"),
        (FIN, "99999999999", "EINVAL"),
        (RANGE, "2000 1000", "EINVAL"),
        (CONGESTION, "no_such_algorithm", "ENOENT"),
        ("net.ipv4.tcp_no_such_key", "1", "ENOENT"),
        ("net.ipv4.tcp_available_congestion_control", "reno", "EACCES"),
    ],
)
def test_a_refusal_names_key_value_and_answer_and_changes_nothing(key, value, answer):
    before = namespace.sysctls()
    said = refusal({key: value})
    assert namespace.sysctls() == before
    assert said.startswith(key + ": ") and repr(value) in said and "(%s); " % answer in said and "exclude" in said


@isolated
def test_a_key_below_a_read_only_mount():
    namespace.read_only(path(FIN))
    assert "Read-only file system (EROFS)" in refusal({FIN: "30"})
    assert get(FIN) == "60"


@isolated
def test_what_comes_before_the_refused_key_stays_for_the_caller_to_undo():
    refusal({FIN: "30", RMEM: "9999 0 4088000", START: "1000"})
    assert (get(FIN), get(START)) == ("30", "1000")


@isolated
@pytest.mark.parametrize("order", [(START, RANGE), (RANGE, START)])
def test_keys_that_depend_on_each_other_are_set_in_either_order(order):
    """Down, the first port must go first; up, the range must."""
    low, high = {START: "500", RANGE: "600 65001"}, {START: "2000", RANGE: "3000 65000"}
    for wanted in (low, high, low):
        write_all({key: wanted[key] for key in order})
        assert {key: get(key) for key in order} == wanted


@isolated
def test_the_message_of_dependent_keys_names_the_one_that_is_at_fault():
    """The range is refused because the first port is; whoever reads only of the range looks in the wrong place."""
    said = refusal({RANGE: "600 65001", START: "70000"})
    assert START in said and "'70000'" in said and RANGE in said
    assert (get(RANGE), get(START)) == ("32768 60999", "1024")


@isolated
def test_a_value_that_reads_back_differently_is_refused():
    """The kernel drops words in excess without saying so (kernel-facts 3.4)."""
    before = get(RMEM)
    said = refusal({RMEM: "8760 256960 4088000 1"})
    assert "was accepted, but reads back as" in said and RMEM in said
    assert get(RMEM) == before


@isolated
def test_a_value_that_the_kernel_ignores_is_refused(monkeypatch):
    monkeypatch.setattr(os, "write", lambda _descriptor, data: len(data))
    assert "'30' was accepted, but reads back as '60'" in refusal({FIN: "30"})
