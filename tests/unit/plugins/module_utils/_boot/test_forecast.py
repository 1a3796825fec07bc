# Tests of what the loaders of sysctl.d leave at boot, worked out from the text of the files.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""forecast() and command_line().

The programs themselves are asked in ../../boot; here stands what they cannot tell, and what is easy to read.
"""

from __future__ import annotations

import functools
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot._command_line import SOURCE as COMMAND_LINE
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot._command_line import command_line
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot._conf import FOLDERS, LAST
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot._procps import Procps
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot._systemd import Systemd
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import Assignment
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._values import taken
from ansible_collections.fleetnet.linux_tcp.tests.unit.boot.files import KERNEL, OWN, foretold

KEY, OTHER = "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_sack"
SYSTEMD, OLD_SYSTEMD = Systemd(252), Systemd(239)
PROCPS_3, PROCPS_4, PROCPS_4_0_5 = Procps((3, 3, 17)), Procps((4, 0, 2)), Procps((4, 0, 5))
ALL = [SYSTEMD, OLD_SYSTEMD, PROCPS_3, PROCPS_4, PROCPS_4_0_5]
A, B = "/etc/sysctl.d/10-a.conf", "/etc/sysctl.d/20-b.conf"


def left(files, rules=SYSTEMD, key=KEY):
    """The value that stands after boot, None where nothing sets it."""
    found = foretold(files, [key], rules=rules).now.get(key)
    return found and found.value


def one(text, rules=SYSTEMD, key=KEY):
    return left({A: text}, rules, key)


@pytest.mark.parametrize("rules", ALL)
@pytest.mark.parametrize("place", range(1, len(FOLDERS)))
def test_a_folder_masks_a_name_in_every_later_one(rules, place):
    files = {folder + "/50-x.conf": "%s = %d" % (KEY, number) for number, folder in enumerate(FOLDERS)}
    later = {path: text for path, text in files.items() if path.rpartition("/")[0] in FOLDERS[place:]}
    assert left({**later, FOLDERS[place - 1] + "/50-x.conf": "%s = 99" % KEY}, rules) == "99"
    assert left({**later, FOLDERS[place - 1] + "/50-x.conf": "# nothing"}, rules) is None
    assert left(later, rules) == str(place)


@pytest.mark.parametrize("rules", ALL)
def test_names_are_ordered_by_their_bytes_over_all_folders(rules):
    names = [
        "9-x.conf",
        "10-x.conf",
        "A.conf",
        "_.conf",
        "a.conf",
        "90-x.conf",
        "\u00e9.conf",
        "\uffff.conf",
        "\udcff.conf",
        "99-tcp.conf",
        "99.conf",
    ]
    expected = sorted(names, key=lambda name: name.encode("utf-8", "surrogateescape"))
    assert expected != sorted(names), "no sorting by characters"
    for count in range(1, len(names) + 1):
        files = {
            "%s/%s" % (FOLDERS[number % 5], name): "%s=%d" % (KEY, number)
            for number, name in enumerate(names)
            if name in expected[:count]
        }
        assert left(files, rules) == str(names.index(expected[count - 1]))


@pytest.mark.parametrize("rules", ALL)
def test_only_names_that_end_in_conf_count(rules):
    for name in ("90-tcp.conf.bak", "90-tcp.conf~", "README", "conf", "90-tcp.CONF", ".conf.rpmsave"):
        assert left({"/etc/sysctl.d/" + name: KEY + "=1"}, rules) is None
    hidden = left({"/etc/sysctl.d/.conf": KEY + "=1"}, rules)
    assert hidden == ("1" if isinstance(rules, Procps) else None)


def test_procps_reads_sysctl_conf_after_all_folders():
    for rules in (PROCPS_3, PROCPS_4):
        assert (
            left(
                {LAST: KEY + "=1", "/etc/sysctl.d/zzz.conf": KEY + "=2", "/etc/sysctl.d/sysctl.conf": KEY + "=3"}, rules
            )
            == "1"
        )


@pytest.mark.parametrize("rules", ALL)
@pytest.mark.parametrize("text, expected", [
    (KEY + "=5", "5"), (KEY + " = 5\n", "5"), ("\t " + KEY + "\t=\t5 \r\n", "5"), (KEY + "=5\r\n# x\r\n", "5"),
    ("\n\n" + KEY + "=5", "5"),
    ("# " + KEY + "=5", None), ("; " + KEY + "=5", None), (" #" + KEY + "=5", None), (KEY + "=5 # kept", "5 # kept"),
    (KEY, None), (KEY + " 5", None),
    ("=", None), ("= 5", None), ("-", None), ("-=", None), ("", None), ("\x00", None), (".", None), ("/=", None),
    ("-" + KEY + "=5=6", None),
    (KEY + "=4\n" + KEY + "=5", "5"), ("net.ipv4.tcp_fin_timeou=5", None), ("/net/ipv4/tcp_fin_timeout=5", "5"),
    ("net//ipv4/./tcp_fin_timeout=5", "5"),
    (".net.ipv4.tcp_fin_timeout=5", "5"), ("net.ipv4/tcp_fin_timeout=5", None), ("net/ipv4.tcp_fin_timeout=5", None),
    ("\u00a0" + KEY + "=5", None),
    ("\ufeff" + KEY + "=5", None),
])  # fmt: skip
def test_lines_on_which_all_agree(rules, text, expected):
    assert one(text, rules) == expected


@pytest.mark.parametrize("text, systemd, old, procps_3, procps_4", [
    ("-" + KEY + "=5", "5", None, "5", "5"), ("- " + KEY + " = 5", "5", None, None, None),
    ("--" + KEY + "=5", None, None, None, "5"),
    ("==" + KEY + "=5", None, None, "5", None), ("\v" + KEY + "=5", None, None, None, "5"),
    (KEY + ".=5", "5", "5", None, None),
    ("net/ipv4/tcp_fin_timeout/.=5", "5", "5", None, None),
    ("# x\r" + KEY + "=5", "5", "5", None, None), ("# x\0" + KEY + "=5", "5", "5", None, None),
    (KEY + "=5\r# x", "5", "5", "5", None),
    (KEY + "=5\0# x", "5", "5", "5", "5"), ("net.ipv4.tcp_fin_* = 5", "5", None, None, "5"),
    ("net.ipv4.tcp_{fin_timeout,x*} = 5", "5", None, None, None),
    (KEY + "=4\n-" + KEY, None, "4", "4", "4"), ("net.ipv4.tcp_fin_* = 5\n-" + KEY, None, None, None, None),
    ("-" + KEY + "\n" + KEY + "=5", "5", "5", "5", "5"),
    (KEY + "=4\nnet.ipv4.tcp_fin_* = 5", "4", "4", "4", "4"),
    ("net//ipv4//tcp_fin_timeout=4\nnet.ipv4.tcp_fin_* = 5", "4", "4", "4", "5"),
    ("net//ipv4//tcp_fin_timeout=4\nnet//ipv4//tcp_fin_* = 5", "4", "4", "4", "4"),
    ("net.ipv4.tcp_*=4\n-net.ipv4.tcp_*", None, None, None, "4"),
])  # fmt: skip
def test_lines_on_which_they_differ(text, systemd, old, procps_3, procps_4):
    found = {
        "systemd": one(text),
        "old": one(text, OLD_SYSTEMD),
        "procps_3": one(text, PROCPS_3),
        "procps_4": one(text, PROCPS_4),
    }
    assert found == {"systemd": systemd, "old": old, "procps_3": procps_3, "procps_4": procps_4}


def test_from_4_0_5_on_procps_takes_out_by_globs_that_cross_slashes():
    for bare, expected in (
        ("net.ipv4.tcp_*", None),
        ("net.*timeout", None),
        ("*", None),
        ("net.core.*", "5"),
        ("net.ipv4.tcp_f?n_timeout", None),
    ):
        assert one("net.ipv4.tcp_f* = 5\n-" + bare, PROCPS_4_0_5) == expected
        assert one("net.ipv4.tcp_f* = 5\n-" + bare, PROCPS_4) == "5"
        assert one(KEY + " = 5\n-" + bare, PROCPS_4_0_5) == "5", "never from what names it"
    assert one("net.* = 5\n*timeout = 6", PROCPS_4_0_5) is None, "what is set is found as glob(3) does"


@pytest.mark.parametrize("pattern, hit", [
    ("net.ipv4.tcp_*", True), ("net.ipv4.*", True), ("net.*.tcp_fin_timeout", True), ("*.*.*", True),
    ("net/ipv4/tcp_fin_*", True),
    ("net.ipv4.tcp_fin_timeou?", True), ("net.ipv4.tcp_[a-f]in_timeout", True), ("net.ipv4.tcp_[^x]in_timeout", True),
    ("net.ipv4.tcp_[!x]in_timeout", True),
    ("net.ipv4.tcp_[[:alpha:]]in_timeout", True), ("net.ipv4.tcp_\\fin_*", True), ("net.ipv4.tcp_[]f]in_timeout", True),
    ("net.*", False), ("*", False), ("net.ipv4.tcp_[!f]in_timeout", False), ("net.ipv4.tcp_[^f]in_timeout", False),
    ("net.ipv4.*.*", False),
    ("net.ipv4.TCP_*", False), ("net.ipv4.tcp_[f-a]in_timeout", False), ("net.ipv4.[z-a]*", False),
    ("net.ipv4.tcp_[fin_timeout", False),
    ("net.ipv4.tcp_[[:digit:]]in_timeout", False), ("net.ipv4.\\*", False), ("net.ip[[/v.*]4.tcp_fin_timeout", False),
])  # fmt: skip
@pytest.mark.parametrize("rules", [SYSTEMD, PROCPS_4])
def test_globs_stay_within_a_component(rules, pattern, hit):
    assert one(pattern + " = 7", rules) == ("7" if hit else None)


@pytest.mark.parametrize("pattern, hit", [
    ("net.ipv4.{tcp_fin_*,x}", True), ("net.{core,ipv4}.tcp_fin_*", True), ("{a,{b,net}*}.ipv4.tcp_fin_timeout", True),
    ("net.ipv4.tcp_fin_*{}", True),
    ("net.ipv4.tcp_fin_*{a,b}", False), ("net.ipv4.tcp_fin_*{a", False), ("net.ipv4.\\{tcp_fin_*,x}", False),
    ("net.ipv4.{tcp_fin_timeout,x}", False),
    ("net.ipv4.tcp_fin_*{\\}", False),
    ("{x,y}" * 40 + "*", False),
])  # fmt: skip
def test_braces_are_systemds(pattern, hit):
    assert one(pattern + " = 7") == ("7" if hit else None)


def test_explicit_beats_globs_wherever_it_stands():
    glob, explicit = "net.ipv4.tcp_fin_* = 44", KEY + " = 11"
    for rules in (SYSTEMD, PROCPS_4):
        for first, second in ((glob, explicit), (explicit, glob)):
            assert left({A: first, B: second}, rules) == one(first + "\n" + second, rules) == "11"


def test_of_two_globs_the_later_wins_unless_it_stood_there_before():
    wide, narrow = "net.ipv4.* = 1", "net.ipv4.tcp_fin_* = 2"
    for rules in (SYSTEMD, PROCPS_4):
        assert one(wide + "\n" + narrow, rules) == "2"
        assert one(narrow + "\n" + wide, rules) == "1"
        assert one("\n".join([wide.replace("1", "3"), narrow, wide]), rules) == "1"
    # An equal assignment keeps its place for systemd. procps writes each in its turn.
    assert one("\n".join([wide, narrow, wide])) == "2"
    assert one("\n".join([wide, narrow, wide]), PROCPS_4) == "1"


@pytest.mark.parametrize("refused", ["", "abc", "5s", "-", "0x", "08", "99999999999999999999", "5\v"])
def test_a_value_that_the_kernel_refuses_does_not_stand(refused):
    """systemd-sysctl then sets nothing: not what an earlier line says, and no glob. procps has set it by then."""
    bad = "%s = %s" % (KEY, refused)
    for rules in ALL:
        assert one(bad, rules) is None or rules in (PROCPS_4, PROCPS_4_0_5) and refused == "5\v"
        assert one(bad + "\n" + KEY + " = 4", rules) == "4"
    assert one(KEY + " = 4\n" + bad) is None
    assert one(KEY + " = 4\n" + bad, PROCPS_3) == "4"
    glob = "net.ipv4.tcp_fin_* = 6"
    assert one(glob + "\n" + bad) is None
    assert (
        one("net.ipv4.tcp_* = 4\n" + glob.replace("6", "x"))
        == one("net.ipv4.tcp_* = 4\n" + glob.replace("6", "x"), PROCPS_4)
        == "4"
    )


def test_a_line_of_a_mebibyte_ends_the_file_for_systemd_alone():
    for length, ends in (((1 << 20) - 1, False), (1 << 20, True), (10 << 20, True)):
        text = "%s=1\n%s\n%s=2\n" % (KEY, "#" * length, KEY)
        assert one(text) == ("1" if ends else "2")
        assert one(text, PROCPS_4) == one(text, PROCPS_3) == "2"
    assert one("#" * (1 << 19) + "\r" + "#" * (1 << 19) + "\n" + KEY + "=2") == "2", "a CR ends the line"


@given(st.text("ab\n\r", max_size=20), st.integers(1, 5))
def test_of_a_line_in_pieces_procps_gets_the_first(text, size):
    stream = io.StringIO(text, newline="\n")
    found = [(number, line.rstrip("\n")) for number, line in PROCPS_4.lines(iter(lambda: stream.readline(size), ""))]
    expected = [(number, line[:size]) for number, line in enumerate(text.split("\n"), 1)]
    assert found == expected if not text.endswith("\n") and text else found == expected[:-1]


def test_the_source_is_the_line_that_decides():
    text = "# one\r\n\r\n%s = 1\r\n%s = 2\r\n%s = 2\r\n" % (KEY, KEY, KEY)
    for rules, number in ((SYSTEMD, 4), (PROCPS_3, 5), (PROCPS_4, 5)):
        assert foretold({A: text}, [KEY], rules=rules).now == {KEY: Assignment("2", "%s:%d" % (A, number), rules.name)}
    files = {A: KEY + "=1", B: "\n" + KEY + "=1", "/lib/sysctl.d/30.conf": "\n\nnet.ipv4.*=0"}
    found = foretold(files, [KEY, OTHER]).now
    assert found[KEY].source == A + ":1" and found[OTHER] == Assignment(
        "0", "/lib/sysctl.d/30.conf:3", "systemd-sysctl"
    )
    assert foretold({A: "a=1\rb=2\r\nc=3\n\r" + KEY + "=4"}, [KEY]).now[KEY].source == A + ":3", "as an editor counts"


def test_after_is_what_others_set_once_the_drop_in_sets_every_key():
    keys = [KEY, OTHER, "net.core.somaxconn", "net.core.rmem_max"]
    files = {
        A: KEY + "=1\n" + OTHER + "=1\nnet.core.*=7",
        "/etc/sysctl.d/99-z.conf": "\n%s=5\n-%s\nnet.core.* = 9" % (KEY, OTHER),
        OWN: KEY + " = 77",
    }
    for rules in (SYSTEMD, PROCPS_4):
        found = foretold(files, keys, rules=rules)
        expected = {KEY: Assignment("5", "/etc/sysctl.d/99-z.conf:2", rules.name)}
        if rules is SYSTEMD:
            expected[OTHER] = Assignment(None, "/etc/sysctl.d/99-z.conf:3", rules.name)
        assert found.after == expected and not found.unread
        assert foretold({path: text for path, text in files.items() if path != OWN}, keys, rules=rules) == found
    assert foretold({OWN: KEY + " = 5"}, keys).now[KEY].value == "5" and not foretold({OWN: KEY + " = 5"}, keys).after


def test_a_drop_in_that_no_loader_reads():
    masked = foretold({OWN: KEY + " = 5"}, [KEY, OTHER], own=OWN.replace("/etc", "/run"))
    assert (
        masked.unread.startswith("a file of its name masks the drop-in")
        and masked.after == masked.now
        and set(masked.now) == {KEY}
    )
    assert not foretold({OWN: KEY + " = 5"}, [KEY], own=OWN).unread
    elsewhere = foretold({A: KEY + " = 5"}, [KEY], own="/opt/x.conf")
    assert not elsewhere.unread and elsewhere.after == elsewhere.now


def test_a_long_value_is_cut_where_the_kernel_stops():
    ports = "net.ipv4.ip_local_reserved_ports"
    assert len(one(ports + " = " + "1," * 9999, key=ports)) == 4096


LINE = st.one_of(
    st.text("net.ipv4/*?[]!^-=#; \t\r\x00a~&|\\{,}", max_size=24),
    st.tuples(
        st.sampled_from(["", "-", " ", "#"]),
        st.sampled_from([KEY, "net.ipv4.*", "net/ipv4/tcp_sack", "net.ipv4.tcp_[s-a]*", ""]),
        st.sampled_from(["", "=", " = 1", "=2\r"]),
    ).map("".join),
    st.text(st.characters(max_codepoint=255), max_size=12),
)
NAMES = ("10.conf", "90-tcp-hardening.conf", "99.conf", ".conf", "x")
PATHS = st.sampled_from([LAST, OWN] + ["%s/%s" % (folder, name) for folder in FOLDERS for name in NAMES])
FILES = st.dictionaries(PATHS, st.lists(LINE, max_size=6).map("\n".join), max_size=5)


@given(FILES, st.sampled_from(ALL))
@settings(max_examples=300)
def test_no_text_is_too_odd(files, rules):
    if rules in (SYSTEMD, OLD_SYSTEMD):
        files.pop(LAST, None)
    found = foretold(files, [KEY, OTHER], rules=rules)
    for assignment in [*found.now.values(), *found.after.values()]:
        path, _colon, number = assignment.source.rpartition(":")
        line = files[path].split("\n")[int(number) - 1]
        assert (assignment.value or "") in line and assignment.loader == rules.name
    assert found.unread == "" and not any(one.source.startswith(OWN) for one in found.after.values())


@given(
    st.dictionaries(
        st.tuples(st.sampled_from(FOLDERS), st.integers(10, 14)), st.lists(st.integers(0, 9), max_size=3), max_size=8
    ),
    st.sampled_from(ALL),
)
def test_the_last_assignment_of_the_last_name_wins(specs, rules):
    files = {
        "%s/%d.conf" % place: "".join("%s=%d\n" % (KEY, value) for value in found) for place, found in specs.items()
    }
    standing = {}
    for (_folder, name), found in sorted(specs.items(), key=lambda item: -FOLDERS.index(item[0][0])):
        standing[name] = found
    expected = [value for name in sorted(standing) for value in standing[name]]
    assert left(files, rules) == (str(expected[-1]) if expected else None)


@pytest.mark.parametrize("text, expected", [
    ("quiet sysctl.net.ipv4.tcp_fin_timeout=5 ro", "5"), ("sysctl/net/ipv4/tcp_fin_timeout=5", "5"),
    ("sysctl.net/ipv4.tcp_fin_timeout=5\n", "5"),
    ("sysctl.net.ipv4.tcp_fin_timeout=5 sysctl.net.ipv4.tcp_fin_timeout=6", "6"),
    ('sysctl.net.ipv4.tcp_fin_timeout="5 6"', "5 6"),
    ('"sysctl.net.ipv4.tcp_fin_timeout=5 6" ro', "5 6"), ('a="x y" sysctl.net.ipv4.tcp_fin_timeout=5', "5"),
    ('sysctl.net.ipv4.tcp_fin_timeout="5', "5"),
    ('a="sysctl.net.ipv4.tcp_fin_timeout=5" b', None), ("sysctl.net.ipv4.tcp_fin_timeout", None),
    ("sysctl.net.ipv4.tcp_fin_timeout=", None),
    ("-- sysctl.net.ipv4.tcp_fin_timeout=5", None), ("--= sysctl.net.ipv4.tcp_fin_timeout=5", "5"),
    ("net.ipv4.tcp_fin_timeout=5", None),
    ("Sysctl.net.ipv4.tcp_fin_timeout=5", None), ("sysctl-net.ipv4.tcp_fin_timeout=5", None),
    ("sysctl.net.ipv4.tcp_fin_*=5", None), ("", None),
    ("sysctl.net.ipv4.tcp_fin_timeout=5=6", None),
    ("sysctl.net.ipv4.tcp_fin_timeout=5 sysctl.net.ipv4.tcp_fin_timeout=no", "5"),
    ("sysctl.net..ipv4.tcp_fin_timeout=5", "5"), ('sysctl.net.ipv4.tcp_fin_timeout="5"', "5"),
    ('sysctl.net.ipv4.tcp_fin_timeout=5"', None),
    ('"sysctl.net.ipv4.tcp_fin_timeout="5""', None),
    ('b="x sysctl.net.ipv4.tcp_fin_timeout=7" sysctl.net.ipv4.tcp_sack=0', None),
    ("--x sysctl.net.ipv4.tcp_fin_timeout=5", "5"), ("sysctl.net.ipv4.tcp_fin_timeout=0x20", "0x20"),
    ('sysctl.net.ipv4.tcp_fin_timeout=""', None),
    ("sysctl.net.ipv4.tcp-fin-timeout=5", None), ('x"y z"=1 sysctl.net.ipv4.tcp_fin_timeout=5', "5"),
])  # fmt: skip
def test_the_kernel_command_line(text, expected):
    """Measured on 5.10 and 6.1, where two of them met."""
    found = command_line(text, [KEY, OTHER], functools.partial(taken, KERNEL))
    found.pop(OTHER, None)
    assert found == ({} if expected is None else {KEY: Assignment(expected, COMMAND_LINE, "cmdline")})


def test_an_empty_value_on_the_command_line_sets_nothing():
    """The kernel refuses it for every key (process_sysctl_arg), also where it takes any text otherwise."""
    assert command_line('sysctl.%s= sysctl.%s=""' % (KEY, OTHER), [KEY, OTHER], lambda _key, _text: True) == {}


@given(st.text('sysctl.=" -net', max_size=60))
def test_no_command_line_is_too_odd(text):
    for found in command_line(text + " sysctl.%s=5" % KEY, [KEY], lambda _key, _text: True).values():
        assert found.value
