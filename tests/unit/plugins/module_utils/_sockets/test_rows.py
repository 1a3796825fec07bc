# Tests of reading sockets: messages of sock_diag, whole and broken.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Pure; what a real kernel answers is in ../../modules/test_tcp_socket_info.py."""

from __future__ import annotations

import errno
import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets import _rows as rows
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._sockets._procfs import from_proc
from ansible_collections.fleetnet.linux_tcp.tests.unit.netlink_messages import (
    CGROUP_ID,
    DONE,
    ERROR,
    INFO,
    SHUTDOWN,
    SKMEMINFO,
    connection,
    done,
    memory,
    message,
    tcp_info,
)


def one(**fields):
    found, last = rows.parse(message(**fields), 1)
    assert not last and len(found) == 1
    return found[0]


def test_a_request_is_what_the_kernel_expects():
    found = rows.request(rows.IPV6, rows.LISTENING, 7)
    assert struct.unpack("=IHHII", found[:16]) == (len(found), 20, 0x301, 7, 0) and len(found) == 16 + 56
    assert struct.unpack("=BBBxI", found[16:24]) == (10, 6, 1 << 1 | 1 << 6, 1 << 10) and not any(found[24:])
    assert (
        sum(1 << state for state in range(1, 14)) == rows.LISTENING | rows.ALL_OTHERS
        and not rows.LISTENING & rows.ALL_OTHERS
    )


def test_a_connection():
    found = one(
        attributes=connection(taken=99, receive_scale=10, send_scale=3, options=5),
        timer=2,
        expires=1799000,
        queues=(5, 6),
        uid=33,
        inode=77,
    )
    assert found == rows.Row(
        rows.IPV4,
        1,
        2,
        socket.inet_aton("192.0.2.1"),
        443,
        socket.inet_aton("192.0.2.7"),
        51034,
        1799000,
        5,
        6,
        33,
        77,
        131072,
        87040,
        0,
        5,
        10,
        99,
        4711,
    )


def test_a_listener_of_ipv6():
    attributes = [(SKMEMINFO, memory(drops=9)), (CGROUP_ID, b"\1" + b"\0" * 7)]
    found = one(local="2001:db8::1", peer="::", peer_port=0, state=10, queues=(3, 128), attributes=attributes)
    assert (found.family, found.state, found.received, found.sent, found.drops) == (rows.IPV6, rows.LISTEN, 3, 128, 9)
    assert rows.spelt(found.local) == "2001:db8::1" and found.negotiated is None


@pytest.mark.parametrize(
    "inside, outside",
    [(12, "SYN_RECV"), (3, "SYN_RECV"), (13, "CLOSE"), (7, "CLOSE"), (6, "TIME_WAIT"), (11, "CLOSING")],
)
def test_states_that_only_the_kernel_knows_count_as_what_they_are(inside, outside):
    assert rows.STATES[one(state=inside).state] == outside
    line = "   0: 0100007F:1F90 0700007F:C350 %02X 00000000:00000000 00:00000000 00000000     0        0 7 1 0" % inside
    assert [rows.STATES[row.state] for row in from_proc(rows.IPV4, [line])] == [outside]


def test_the_eleven_states_and_their_numbers():
    assert {
        rows.STATES[number]: number
        for number in (rows.ESTABLISHED, rows.SYN_RECV, rows.TIME_WAIT, rows.CLOSE, rows.CLOSE_WAIT, rows.LISTEN)
    } == {"ESTABLISHED": 1, "SYN_RECV": 3, "TIME_WAIT": 6, "CLOSE": 7, "CLOSE_WAIT": 8, "LISTEN": 10}
    assert len(rows.STATES) == 12


def test_many_sockets_in_one_answer_keep_their_own_numbers():
    answer = b"".join(
        message(inode=number, attributes=[(SKMEMINFO, memory(number, 2 * number)), (INFO, tcp_info(taken=3 * number))])
        for number in range(50)
    )
    found, last = rows.parse(answer + done(), 1)
    assert last and [(row.inode, row.rcvbuf, row.sndbuf, row.taken) for row in found] == [
        (number, number, 2 * number, 3 * number) for number in range(50)
    ]


def test_messages_of_one_length_may_be_laid_out_in_two_ways():
    """The place of an attribute is remembered by the length of the message; it has to be looked at all the same."""
    usual = [(SKMEMINFO, memory(1)), (INFO, tcp_info(taken=2))]
    other = [(INFO, tcp_info(taken=4)), (SKMEMINFO, memory(3))]
    found, _last = rows.parse(
        b"".join(message(attributes=attributes) for attributes in (usual, other, usual, other)), 1
    )
    assert [(row.rcvbuf, row.taken) for row in found] == [(1, 2), (3, 4), (1, 2), (3, 4)]


def test_older_kernels_tell_less():
    assert one(attributes=[(SKMEMINFO, memory(5, 6, words=8))])[12:] == (5, 6, None, None, None, None, None)
    assert one(attributes=[(INFO, tcp_info(size=92))]).taken is None
    assert one(attributes=[(INFO, tcp_info(size=104, taken=8))]).taken == 8
    assert one(attributes=[(SHUTDOWN, b"\0")])[12:] == one()[12:] == (None,) * 7


def test_the_end_and_refusals():
    assert rows.parse(done(), 1) == ([], True)
    assert rows.parse(done(kind=ERROR), 1) == ([], True)
    for kind in (ERROR, DONE):
        with pytest.raises(OSError) as caught:
            rows.parse(done(code=-errno.EPERM, kind=kind), 1)
        assert caught.value.errno == errno.EPERM and caught.value.strerror


def test_answers_to_another_question_are_left_out():
    assert rows.parse(message(sequence=9) + message(kind=19) + message(inode=5), 1)[0] == [one(inode=5)]


@pytest.mark.parametrize("length", [0, 15, 300, 1 << 31])
def test_a_message_with_a_wrong_length_is_no_answer(length):
    with pytest.raises(OSError):
        rows.parse(struct.pack("=I", length) + message()[4:], 1)


@given(st.binary(max_size=400))
def test_no_answer_brings_it_down(noise):
    for answer in (noise, message()[:88] + noise, struct.pack("=I", 88 + len(noise)) + message()[4:88] + noise):
        try:
            found, _last = rows.parse(answer, 1)
        except OSError:
            continue
        assert all(row.state in range(12) for row in found)


@pytest.mark.parametrize("address", ["192.0.2.1", "::", "::1", "::ffff:192.0.2.1", "64:ff9b::1"])
def test_addresses(address):
    expected = address.replace("::ffff:", "")
    assert rows.spelt(socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)) == expected
