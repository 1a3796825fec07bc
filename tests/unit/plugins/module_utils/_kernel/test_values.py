# Tests of keys and values as people write them: what is refused, with which words, and what the rest becomes.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""canonical(), check_key(), same(), value_read(), lists of ports; every refusal on every number key of the catalog."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import Kernel
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel import _values as values
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._catalog import bounds, every_row
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._history import at, release_of
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import MEM
from ansible_collections.fleetnet.linux_tcp.tests.unit.refused import KERNEL, refusal

CATALOG = {row.name: row for row in every_row()}

KERNELS = [KERNEL, Kernel("3.10.0-1160.el7.x86_64", 8192), Kernel("4.9.0", 512), Kernel("7.3.4", None, 65536)]
NUMBERS = [key for key, row in CATALOG.items() if row.numeric]
VECTORS = ["net.ipv4.tcp_mem", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem", "net.ipv4.ip_local_port_range"]
PORTS = "net.ipv4.ip_local_reserved_ports"
CONTROL = "net.ipv4.tcp_congestion_control"
# Keys of this kernel that take more than a signed 32-bit number.
WIDE = {"net.ipv4.tcp_mem", "net.ipv4.tcp_notsent_lowat", "net.ipv4.ip_local_port_step_width"}

# One bad number, tried in each place of each key.
BAD_NUMBERS = [
    "010",
    "00",
    "0x10",
    "0b1",
    "yes",
    "true",
    "1.5",
    "1.0",
    "+5",
    "1e3",
    "1_000",
    "--1",
    "-",
    "1-",
    "x1",
    "1k",
    "$(id)",
    "'1'",
    "%d",
    "1,2",
    "1024-65000",
    "1" * 5000,
    "9" * 21,
    str(2**63),
    str(2**64),
    str(-(2**63)),
    "-1",
    "-0x1",
    "\u0663",
    "\uff11",
    "\u22125",
    "1\u00b2",
    "\u00bd",
    "1\u00a0",
    "1\x7f",
]
# Values of a type or form that no number key takes, whatever its shape.
BAD_VALUES = [
    True,
    False,
    None,
    1.5,
    1.0,
    float("nan"),
    b"1",
    [],
    (),
    {},
    {"a": 1},
    set(),
    [[1]],
    [[1], [2], [3]],
    [True],
    [None],
    [1.5],
    [{}],
    "",
    " ",
    "\t",
    " \t ",
    10**4999,
    -(10**4999),
    [10**4999],
]
# What may not follow a good value.
BAD_ENDINGS = [
    "\n",
    "\nkernel.core_pattern=|/x",
    "\r",
    "\x00",
    "\x0b",
    "\x0c",
    "\x1b[2J",
    " # comment",
    ";",
    "\u2028",
    "\x85",
    "\ud800",
]


def good(key, kernel=KERNEL):
    """An accepted value of a key, as its numbers."""
    low, high = bounds(key, kernel)
    return [low, (low + high) // 2, high][: CATALOG[key].arity]


def text(numbers):
    return " ".join(map(str, numbers))


def assert_names_what_was_expected(key, message, kernel=KERNEL):
    low, high = bounds(key, kernel)
    assert "from %d to %d" % (low, high) in message
    expected, _semicolon, more = message.rpartition("expected ")[2].partition("; ")
    assert expected.endswith(CATALOG[key].unit)
    assert not more or more == at(CATALOG[key].beyond, release_of(kernel))
    if CATALOG[key].arity > 1:
        assert "%d decimal numbers" % CATALOG[key].arity in message


@pytest.mark.parametrize("key", NUMBERS)
def test_a_bad_number_is_refused_in_every_place(key):
    for bad in BAD_NUMBERS:
        for place in range(CATALOG[key].arity):
            parts = list(map(str, good(key)))
            parts[place] = bad
            assert_names_what_was_expected(key, refusal(key, " ".join(parts)))
            assert_names_what_was_expected(key, refusal(key, parts))


@pytest.mark.parametrize("key", NUMBERS)
def test_a_value_of_another_type_or_form_is_refused(key):
    for bad in BAD_VALUES:
        assert_names_what_was_expected(key, refusal(key, bad))
    for ending in BAD_ENDINGS:
        assert_names_what_was_expected(key, refusal(key, text(good(key)) + ending))
        assert_names_what_was_expected(key, refusal(key, good(key)[:-1] + [str(good(key)[-1]) + ending]))


@pytest.mark.parametrize("key", NUMBERS)
def test_one_number_too_many_or_too_few_is_refused(key):
    assert_names_what_was_expected(key, refusal(key, good(key) + [good(key)[-1]]))
    assert_names_what_was_expected(key, refusal(key, text(good(key) + [good(key)[-1]])))
    if key in VECTORS:
        assert_names_what_was_expected(key, refusal(key, text(good(key)[:-1])))
        assert_names_what_was_expected(key, refusal(key, good(key)[0]))


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.release)
@pytest.mark.parametrize("key", NUMBERS)
def test_the_bounds_are_accepted_and_the_numbers_next_to_them_are_not(key, kernel):
    low, high = bounds(key, kernel)
    arity = CATALOG[key].arity
    assert values.canonical(key, [low] * arity, kernel, None).text == text([low] * arity)
    assert values.canonical(key, [high] * arity, kernel, None).text == text([high] * arity)
    for place in range(arity):
        below, above = [low] * arity, [high] * arity
        below[place], above[place] = low - 1, high + 1
        assert_names_what_was_expected(key, refusal(key, below, kernel), kernel)
        assert_names_what_was_expected(key, refusal(key, above, kernel), kernel)


@pytest.mark.parametrize("key", NUMBERS)
def test_numbers_beyond_the_key_are_refused_as_numbers_too(key):
    others = [bounds(key, KERNEL)[0]] * (CATALOG[key].arity - 1)
    for number in (-1, 2**63, 2**64, -(2**63)):
        refusal(key, others + [number])
    if key in WIDE:
        assert values.canonical(key, others + [2**31], KERNEL, None).text == text(others + [2**31])
    else:
        refusal(key, others + [2**31])


@pytest.mark.parametrize("key", VECTORS)
def test_numbers_that_do_not_ascend_are_refused_and_told_so(key):
    message = refusal(key, text(reversed(good(key))))
    assert "do not ascend" in message
    assert_names_what_was_expected(key, message)
    low, high = bounds(key, KERNEL)
    for place in range(len(good(key)) - 1):
        parts = [low + 1] * len(good(key))
        parts[place + 1] = low
        assert "do not ascend" in refusal(key, parts)


def test_examples_of_messages():
    assert (
        refusal("net.ipv4.tcp_keepalive_intvl", "30\nkernel.core_pattern=|/x")
        == r"'30\nkernel.core_pattern=|/x' is refused; expected one decimal number from 1 to 21474836 seconds"
    )
    assert (
        refusal("net.ipv4.tcp_rmem", "8760 256960", Kernel("7.2.0"))
        == "'8760 256960' is refused; expected 3 decimal numbers, ascending, each from 4096 to 2147483647 bytes"
    )
    assert refusal("net.ipv4.tcp_sack", True) == "True is refused; expected one decimal number from 0 to 255"
    assert "..." in refusal("net.ipv4.tcp_sack", "1" * 5000)
    assert r"\x1b" in refusal("net.ipv4.tcp_sack", "\x1b[31m1")
    assert r"\x00" in refusal("net.ipv4.tcp_sack", "1\x00")


@given(st.data())
def test_every_spelling_of_good_numbers_gives_one_form(data):
    key, kernel = data.draw(st.sampled_from(NUMBERS)), data.draw(st.sampled_from(KERNELS))
    low, high = bounds(key, kernel)
    arity = CATALOG[key].arity
    numbers = sorted(data.draw(st.lists(st.integers(low, high), min_size=arity, max_size=arity)))
    blank = st.text(" \t", min_size=1, max_size=3)
    edge = st.text(" \t", max_size=2)
    spaced = (
        data.draw(edge)
        + "".join(str(number) + data.draw(blank) for number in numbers[:-1])
        + str(numbers[-1])
        + data.draw(edge)
    )
    spellings = [numbers, tuple(numbers), list(map(str, numbers)), text(numbers), "\t".join(map(str, numbers)), spaced]
    spellings += numbers if arity == 1 else []
    assert {values.canonical(key, spelling, kernel, None).text for spelling in spellings} == {text(numbers)}


SCRAPS = st.text("0123456789 \t-+x.,en\n\u0663", max_size=24)
ANYTHING = st.one_of(
    st.integers(),
    st.integers(-2, 300),
    st.text(max_size=20),
    SCRAPS,
    st.booleans(),
    st.none(),
    st.floats(),
    st.lists(st.one_of(st.integers(-2, 100000), SCRAPS), max_size=4),
    st.lists(st.integers(0, 70000), min_size=2, max_size=3).map(text),
)


@given(st.sampled_from(NUMBERS), st.sampled_from(KERNELS), ANYTHING)
@settings(max_examples=400)
def test_whatever_is_accepted_is_plain_numbers_within_bounds(key, kernel, raw):
    low, high = bounds(key, kernel)
    try:
        found = values.canonical(key, raw, kernel, None).text
    except ValueError as exc:
        assert str(exc).isprintable()
        assert_names_what_was_expected(key, str(exc), kernel)
        return
    given_numbers = [int(word) for word in (str(raw) if isinstance(raw, (int, str)) else text(raw)).split()]
    assert [int(word) for word in found.split(" ")] == given_numbers == sorted(given_numbers)
    assert found == text(given_numbers)
    assert found.isascii() and len(given_numbers) == CATALOG[key].arity
    assert all(low <= number <= high for number in given_numbers)
    assert values.canonical(key, found, kernel, None).text == found


@pytest.mark.parametrize("raw", ["cubic", "bbr", "fq_codel", "tcp-illinois", "x" * 64, " cubic\t"])
def test_words_are_accepted(raw):
    assert values.canonical(CONTROL, raw, KERNEL, None).text == raw.strip()


@pytest.mark.parametrize("raw", [
    "", " ", "cubic;rm", "cubic rm", "../x", "a/b", "cubic\n", "cubic\x00", "cubic\nnet.ipv4.ip_forward=1", "$(id)",
    "|/x", "`id`", "caf\u00e9",
    "x" * 65, "a=b", "*", True, None, [], ["cubic", "reno"], {}, 1.5, "#cubic",
])  # fmt: skip
def test_bad_words_are_refused(raw):
    assert "a name of letters, digits" in refusal(CONTROL, raw)


@pytest.mark.parametrize("running, raw, expected", [
    ("1\n", 5, "5"), ("1", "-5", "-5"), ("1\t2\t3\n", "3 2 1", "3 2 1"), ("1 2", [7, 8], "7 8"),
    ("0", 2**63 - 1, str(2**63 - 1)),
    ("fq_codel\n", "pfifo", "pfifo"), ("fq_codel", "7", "7"), (None, "reno", "reno"),
])  # fmt: skip
def test_a_key_outside_the_catalog_takes_the_shape_of_its_running_value(running, raw, expected):
    assert values.canonical("net.ipv4.new_key", raw, KERNEL, running).text == expected


@pytest.mark.parametrize("running, raw, expected", [
    ("1", "x", "one decimal number"), ("1", "1 2", "one decimal number"), ("1 2 3", "1 2", "3 decimal numbers"),
    ("1", 2**63, "one decimal number"),
    ("1", -(2**63) - 1, "to 9223372036854775807"), ("1", "010", "one decimal number"),
    ("1", True, "one decimal number"),
    ("1", "1\n2", "one decimal number"), ("cubic", "a b", "as the host has now"),
    ("cubic", "a\nb", "as the host has now"), (None, "a b", "a name"),
])  # fmt: skip
def test_a_key_outside_the_catalog_refuses_another_shape(running, raw, expected):
    assert expected in refusal("net.ipv4.new_key", raw, KERNEL, running)


GOOD_KEYS = [
    "net.core.somaxconn",
    "net.ipv4.tcp_rmem",
    "net.ipv4.conf.all.rp_filter",
    "net.ipv4.neigh.br-lan.gc_stale_time",
    "net.ipv4.conf.eth0_1.x",
]
BAD_KEYS = [
    "", "net", "net.core", "net.ipv4", "net.core.", "net.ipv4.tcp_rmem.", ".net.ipv4.tcp_rmem", "net.ipv4..tcp_rmem",
    "net.ipv4...", "net.ipv4.*",
    "net.ipv4.tcp_?mem", "net.ipv4.tcp_[rw]mem", "net/ipv4/tcp_rmem", "net.ipv4./etc/passwd", "net.ipv4.../x",
    "net.core.../../kernel.x", "kernel.core_pattern",
    "vm.swappiness", "net.ipv6.conf.all.forwarding", "net.netfilter.nf_conntrack_max", "xnet.ipv4.x", "net.ipv4x.y",
    "netxcore.y", "NET.ipv4.tcp_rmem",
    "net.ipv4.tcp_rmem\n", "net.ipv4.tcp_rmem\nkernel.x", "\nnet.ipv4.tcp_rmem", "net.ipv4.tcp_rmem\x00",
    "net.ipv4.tcp rmem", " net.ipv4.tcp_rmem",
    "net.ipv4.tcp_rmem=1", "-net.ipv4.tcp_rmem", "net.ipv4.tcp_rmem#", "net.ipv4.tcp_\u0663", "net.ipv4.caf\u00e9",
    "net.ipv4.\ud800",
    "net.ipv4." + "x" * 5000 + "/", None, True, 5, 1.5, ("net.core.somaxconn",),
]  # fmt: skip


@pytest.mark.parametrize("key", GOOD_KEYS + list(CATALOG))
def test_good_keys_are_accepted(key):
    assert values.check_key(key) == ""


@pytest.mark.parametrize("key", BAD_KEYS, ids=lambda key: ascii(key)[:40])
def test_bad_keys_are_refused_and_named(key):
    message = values.check_key(key)
    assert message.startswith(values.shown(key)) and "expected net.core.NAME or net.ipv4.NAME" in message
    assert message.isprintable() and len(message) < 250


@given(st.text("net.corip4_-/*[\n\x00 =", max_size=30).map("net.ipv4.".__add__))
def test_an_accepted_key_is_a_path_below_net_and_nothing_else(key):
    if not values.check_key(key):
        parts = key.split(".")
        assert all(parts) and not set(key) & set("/*[\n\x00 =")


@pytest.mark.parametrize("text_in_file, expected", [
    ("010", "8"), ("0x10", "16"), ("0X1f", "31"), ("0", "0"), ("00", "0"), ("-010", "-8"), ("-0x10", "-16"),
    ("-1", "-1"), ("1\t2  3", "1 2 3"),
    (" 4096\t0x20000 06 ", "4096 131072 6"), ("08", "08"), ("1 08", "1 08"), ("cubic", "cubic"), ("+5", "+5"),
    ("1.5", "1.5"), ("", ""), (" ", ""),
    ("8080,9000-9010", "8080,9000-9010"), ("--1", "--1"), ("0x", "0x"), ("-", "-"), ("\u0663", "\u0663"),
])  # fmt: skip
def test_values_in_files_are_read_as_the_kernel_reads_them(text_in_file, expected):
    assert values.value_read("net.ipv4.new", text_in_file).text == expected


@pytest.mark.parametrize("key, text_in_file, expected", [
    ("net.ipv4.tcp_sack", "1 # on", "1"), ("net.ipv4.tcp_rmem", "1 2 3 4", "1 2 3"),
    ("net.ipv4.tcp_rmem", "1 2", "1 2"), ("net.ipv4.tcp_sack", "", ""),
    ("net.ipv4.tcp_sack", "on 1", "on"), (CONTROL, "cubic reno", "cubic reno"), ("net.ipv4.new", "1 # on", "1 # on"),
])  # fmt: skip
def test_words_behind_the_last_number_are_dropped(key, text_in_file, expected):
    assert values.value_read(key, text_in_file).text == expected


@pytest.mark.parametrize("key, text_in_file, expected", [
    ("net.ipv4.tcp_fin_timeout", "30", True), ("net.ipv4.tcp_fin_timeout", "\v 0x1e\n", True),
    ("net.ipv4.tcp_fin_timeout", "-1", True),
    ("net.ipv4.tcp_fin_timeout", "036 x", True), ("net.ipv4.tcp_fin_timeout", "", False),
    ("net.ipv4.tcp_fin_timeout", "30s", False),
    ("net.ipv4.tcp_fin_timeout", "30\v", False), ("net.ipv4.tcp_fin_timeout", "30,40", False),
    ("net.ipv4.tcp_fin_timeout", "99999999999", False),
    ("net.ipv4.tcp_sack", "255", True), ("net.ipv4.tcp_sack", "256", False), ("net.ipv4.tcp_rmem", "4096 x", True),
    ("net.ipv4.tcp_rmem", "x 4096", False),
    (CONTROL, "no such", True), (PORTS, "", True), ("net.ipv4.new", "what", True),
])  # fmt: skip
def test_what_the_kernel_takes_at_all(key, text_in_file, expected):
    assert values.taken(Kernel("6.12.101"), key, text_in_file) is expected


@given(st.lists(st.integers(0, 2**40), min_size=1, max_size=3), st.data())
def test_decimal_octal_and_hex_are_one_number(numbers, data):
    forms = ["%d", "0%o", "0x%x", "0X%X"]
    written = "\t".join(data.draw(st.sampled_from(forms)) % number for number in numbers)
    assert values.value_read("net.ipv4.new", written).text == text(numbers)


@given(st.text())
def test_reading_a_value_as_the_kernel_does_never_fails_and_ends(raw):
    once = values.value_read("net.ipv4.new", raw).text
    assert values.value_read("net.ipv4.new", once).text == once or not once.isascii()


@pytest.mark.parametrize("key, left, right, expected", [
    ("net.ipv4.tcp_rmem", "1 2 3", "1\t2\t3\n", True), ("net.ipv4.tcp_rmem", "1 2 3", "1 2", False),
    ("net.ipv4.tcp_rmem", "1 2 3", "1 2 4", False),
    ("net.ipv4.tcp_sack", "1", "1\n", True), ("net.ipv4.tcp_sack", "1", None, False),
    ("net.ipv4.tcp_sack", None, "1", False),
    ("net.ipv4.tcp_sack", None, None, True), ("net.ipv4.tcp_sack", "", None, False),
    (CONTROL, "cubic", "cubic\n", True), (CONTROL, "cubic", "reno", False),
    ("net.ipv4.new_key", "8080,8081", "8080-8081", False),
    (PORTS, "8080,9000-9010", "9000-9010,8080", True), (PORTS, "8080,8081,8082", "8080-8082\n", True),
    (PORTS, "1-5,4-9", "1-9", True),
    (PORTS, "8080", "8081", False), (PORTS, "", "\n", True), (PORTS, "", "8080", False),
    (PORTS, "8080-8082", "8080,8082", False), (PORTS, None, "", False),
])  # fmt: skip
def test_same(key, left, right, expected):
    for one, other in ((left, right), (right, left)):
        assert values.same(key, one, other) is expected


@pytest.mark.parametrize("key, why", [
    ("net.ipv4.tcp_fastopen_key", "it holds a secret"), ("net.ipv4.route.flush", "it is a command")])  # fmt: skip
def test_what_is_no_setting_is_refused_by_name(key, why):
    assert values.check_key(key).startswith("%s is refused: %s" % (key, why))


TICKS = "this kernel counts ticks, and more than 2147483 s may wrap without an error"
WRAPS = "this kernel may wrap what is more than 64 bits hold, without an error"
TIME = "net.ipv4.tcp_keepalive_time"


@pytest.mark.parametrize(
    ("key", "raw", "release", "reason"),
    [
        (TIME, 2147484, "4.11.0", TICKS),
        (TIME, 2147484, "3.10.0-1160.el7.x86_64", TICKS),
        ("net.ipv4.tcp_keepalive_intvl", 2147484, "4.9.115", TICKS),
        ("net.ipv4.tcp_fin_timeout", 8589935, "4.4.60", TICKS),
        (TIME, 21474837, "4.12.0", ""),
        (TIME, 0, "4.11.0", ""),
        (TIME, "x", "4.11.0", ""),
        (MEM, "1 2 18446744073709551616", "4.12.0", WRAPS),
        (MEM, "1 2 18446744073709551616", "4.13.0", ""),
        (MEM, "0 2 3", "4.12.0", ""),
    ],
)
def test_a_value_that_would_wrap_is_refused_with_the_true_reason(key, raw, release, reason):
    message = refusal(key, raw, Kernel(release))
    assert message.partition("; expected ")[2].partition("; ")[2] == reason


@pytest.mark.parametrize(("release", "taken"), [("4.4.60", True), ("4.8.17", True), ("4.9", False), ("6.12", False)])
def test_the_own_value_of_tcp_notsent_lowat_is_taken_until_4_8(release, taken):
    key = "net.ipv4.tcp_notsent_lowat"
    assert values.taken(Kernel(release), key, "-1") is taken
    if taken:
        assert values.canonical(key, -1, Kernel(release), "-1").text == "-1"
    else:
        assert "expected one decimal number from 0 to 4294967295" in refusal(key, -1, Kernel(release))
