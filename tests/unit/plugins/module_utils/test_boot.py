# Tests of what systemd-sysctl leaves at boot, worked out from the text of the files.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""resolve(), put(), assignments() and strays(): precedence of folders and names, globs, bare "-key", spelling of lines."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot import FOLDERS, Assignment, File, in_order, put, resolve
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._conf import assignments, strays

ETC, RUN, LOCAL, USR, LIB = FOLDERS
KEY = "net.ipv4.tcp_fin_timeout"


def left_at_boot(*files, key=KEY):
    """The value that stands after boot, None where nothing sets it."""
    found = resolve([File(*file) for file in files], [key])
    return found[key].value if key in found else None


def one_line(text, key=KEY):
    return left_at_boot((ETC, "10.conf", text), key=key)


OURS = (ETC, "90-tcp.conf", KEY + " = 11\n")

# Measured on systemd 252 with net.ipv4.tcp_fin_timeout: the files, and the value that a boot left. /etc/sysctl.conf is
# read only where 99-sysctl.conf links to it.
MEASURED = {
    "alone, sysctl.conf not linked": ([(ETC, "99-tcp.conf", KEY + "=11")], "11"),
    "99-sysctl.conf sorts before 99-tcp.conf": ([(ETC, "99-tcp.conf", KEY + "=11"), (ETC, "99-sysctl.conf", KEY + "=22")], "11"),
    "99-sysctl.conf sorts after 90-tcp.conf": ([OURS, (ETC, "99-sysctl.conf", KEY + "=22")], "22"),
    "a later name of the vendor wins": ([OURS, (USR, "99-vendor.conf", KEY + "=33")], "33"),
    "etc masks the same name in run": ([OURS, (RUN, "90-tcp.conf", KEY + "=33")], "11"),
    "slashes": ([OURS, (ETC, "95-x.conf", "net/ipv4/tcp_fin_timeout = 44")], "44"),
    "explicit beats a later glob": ([OURS, (ETC, "95-x.conf", "net.ipv4.tcp_fin_* = 44")], "11"),
    "a dash that forgives errors": ([OURS, (ETC, "95-x.conf", "-net.ipv4.tcp_fin_timeout = 44")], "44"),
    "a bare dash takes it out": ([OURS, (ETC, "95-x.conf", "-net.ipv4.tcp_fin_timeout")], None),
    "a link to /dev/null masks": ([(ETC, "99-vendor.conf", ""), (USR, "99-vendor.conf", KEY + "=33")], None),
}


@pytest.mark.parametrize("name", MEASURED)
def test_as_measured(name):
    files, expected = MEASURED[name]
    assert left_at_boot(*files) == expected
    assert left_at_boot(*reversed(files)) == expected


@pytest.mark.parametrize("place", range(1, len(FOLDERS)))
def test_a_folder_masks_a_name_in_every_later_one(place):
    files = [(folder, "50-x.conf", "%s = %d" % (KEY, number)) for number, folder in enumerate(FOLDERS)]
    assert left_at_boot(*files[place - 1:]) == str(place - 1)
    assert left_at_boot(*files[place:], (FOLDERS[place - 1], "50-x.conf", "# nothing")) is None
    assert left_at_boot(*files[place:], (FOLDERS[place - 1], "50-x.conf", None)) is None, "a file that cannot be read masks as well"


def test_names_are_ordered_by_their_bytes_over_all_folders():
    names = ["9-x.conf", "10-x.conf", "A.conf", "_.conf", "a.conf", "90-x.conf", "\u00e9.conf", "99-tcp.conf", "99-sysctl.conf", "99.conf"]
    files = [File(FOLDERS[number % 5], name, "") for number, name in enumerate(names)]
    expected = sorted(name.encode() for name in names)
    assert [file.name.encode() for file in in_order(files)] == expected
    assert expected.index(b"10-x.conf") < expected.index(b"9-x.conf")


def test_only_names_that_end_in_conf_count():
    for name in ("90-tcp.conf.bak", "90-tcp.conf~", "README", "conf", "90-tcp.CONF", ".conf.rpmsave"):
        assert left_at_boot((ETC, name, KEY + "=1")) is None
    assert left_at_boot((ETC, ".conf", KEY + "=1")) == "1"


@pytest.mark.parametrize("text, expected", [
    (KEY + "=5", "5"), (KEY + " = 5\n", "5"), ("\t " + KEY + "\t=\t5 \r\n", "5"), (KEY + "=5\r\n# x\r\n", "5"), ("\n\n" + KEY + "=5", "5"),
    ("# " + KEY + "=5", None), ("; " + KEY + "=5", None), (" #" + KEY + "=5", None), (KEY + "=5 # kept", "5 # kept"), (KEY + "==5", "=5"), (KEY + "=", ""),
    (KEY, None), (KEY + " 5", None), ("=", None), ("==", None), ("= 5", None), ("-", None), ("-=", None), ("", None), ("\x00", None), (".", None), ("/=", None),
    ("- " + KEY + " = 5", "5"), ("--" + KEY + "=5", None), ("-" + KEY, None), (KEY + "=4\n" + KEY + "=5", "5"), (KEY + "=5\n-" + KEY, None),
    ("-" + KEY + "\n" + KEY + "=5", "5"), (KEY + "=4\n-" + KEY + "\n" + KEY + "=5", "5"), ("net.ipv4.tcp_fin_timeou=5", None),
    ("/net/ipv4/tcp_fin_timeout=5", "5"), ("net//ipv4/./tcp_fin_timeout=5", "5"), ("net..ipv4.tcp_fin_timeout=5", "5"), (".net.ipv4.tcp_fin_timeout=5", "5"),
    ("net.ipv4/tcp_fin_timeout=5", None), ("net/ipv4.tcp_fin_timeout=5", None), ("\u00a0" + KEY + "=5", None),
    # every kind of line end that systemd's read_line() knows
    ("# x\r" + KEY + "=5", "5"), ("# x\x00" + KEY + "=5", "5"), (KEY + "=4\r" + KEY + "=5", "5"), ("# x\n\r" + KEY + "=5", "5"),
])  # fmt: skip
def test_lines(text, expected):
    assert one_line(text) == expected


@pytest.mark.parametrize("line", [
    "net/ipv4/conf/eth0.100/rp_filter=2", "net.ipv4.conf.eth0/100.rp_filter=2", "-net/ipv4/conf/eth0.100/rp_filter=2", "/net/ipv4/conf/eth0.100/rp_filter=2",
])
def test_an_interface_with_a_dot_is_spelt_with_slashes_or_the_other_way_round(line):
    assert assignments(line) == {"net.ipv4.conf.eth0/100.rp_filter": "2"}
    assert one_line(line, key="net.ipv4.conf.eth0.100.rp_filter") is None


@pytest.mark.parametrize("pattern, hit", [
    ("net.ipv4.tcp_*", True), ("net.ipv4.*", True), ("net.*.tcp_fin_timeout", True), ("*.*.*", True), ("net/ipv4/tcp_fin_*", True),
    ("net.ipv4.tcp_fin_timeou?", True), ("net.ipv4.tcp_[a-f]in_timeout", True), ("net.ipv4.tcp_[^x]in_timeout", True), ("net.ipv4.tcp_[!x]in_timeout", True),
    ("net.*", False), ("*", False), ("net.ipv4.tcp_[!f]in_timeout", False), ("net.ipv4.tcp_[^f]in_timeout", False), ("net.ipv4.*.*", False),
    ("net.ipv4.TCP_*", False), ("net.ipv4.tcp_[f-a]in_timeout", False), ("net.ipv4.[z-a]*", False), ("net.ipv4.tcp_[fin_timeout", False),
    ("net.ipv4.[[]*", False), ("net.ipv4.[a&&b||c--d~~e]*", False),
])  # fmt: skip
def test_globs_stay_within_a_component(pattern, hit):
    assert one_line(pattern + " = 7") == ("7" if hit else None)


def test_globs_against_explicit_settings():
    glob, explicit, bare = "net.ipv4.tcp_fin_* = 44", KEY + " = 11", "-" + KEY
    for first, second in ((glob, explicit), (explicit, glob)):
        assert left_at_boot((ETC, "10.conf", first), (ETC, "20.conf", second)) == "11"
        assert one_line(first + "\n" + second) == "11"
    for first, second in ((glob, bare), (bare, glob)):
        assert left_at_boot((ETC, "10.conf", first), (ETC, "20.conf", second)) is None
    assert one_line(glob + "\n-net.ipv4.tcp_fin_*") is None, "a bare dash takes a glob out too"
    assert one_line(glob + "\n-net.ipv4.tcp_*") == "44", "but only the very same glob"
    assert one_line("-" + KEY + "\n" + glob + "\n" + explicit) == "11"


def test_of_two_globs_the_later_wins_unless_it_stood_there_before():
    wide, narrow = "net.ipv4.* = 1", "net.ipv4.tcp_fin_* = 2"
    assert one_line(wide + "\n" + narrow) == "2"
    assert one_line(narrow + "\n" + wide) == "1"
    # systemd leaves an equal assignment where it was, and moves a different one to the end
    assert one_line("\n".join([wide, narrow, wide])) == "2"
    assert one_line("\n".join([wide.replace("1", "3"), narrow, wide])) == "1"


def test_the_source_is_the_line_that_decides():
    text = "# one\r\n\r\n%s = 1\r\n%s = 2\r\n%s = 2\r\n" % (KEY, KEY, KEY)
    assert resolve([File(USR, "50-x.conf", text)], [KEY]) == {KEY: Assignment("2", USR + "/50-x.conf:4")}
    files = [File(ETC, "10.conf", KEY + "=1"), File(RUN, "20.conf", "\n" + KEY + "=1"), File(LIB, "30.conf", "\n\nnet.ipv4.*=9")]
    assert resolve(files, [KEY])[KEY].source == ETC + "/10.conf:1"
    assert resolve(files, ["net.ipv4.tcp_sack"])["net.ipv4.tcp_sack"] == Assignment("9", LIB + "/30.conf:3")
    assert resolve([File(ETC, "1.conf", "a=1\rb=2\r\nc=3\n\r" + KEY + "=4")], [KEY])[KEY].source.endswith(":4")


def test_put():
    files = [File(ETC, "10.conf", "a=1"), File(RUN, "10.conf", "a=2"), File(ETC, "20.conf", "a=3")]
    assert set(put(files, ETC + "/10.conf", "new")) == {File(ETC, "10.conf", "new"), *files[1:]}
    assert set(put(files, USR + "/10.conf", "new")) == {*files, File(USR, "10.conf", "new")}
    for path in ("/etc/sysctl.conf", "/opt/sysctl.d/10.conf", "/etc/sysctl.d/sub/10.conf", "10.conf", "/10.conf", "/"):
        assert put(files, path, "new") == files
    assert files[0].text == "a=1", "the list that was handed in stays"


def test_assignments_are_the_explicit_ones_by_dotted_key():
    text = "a.b = 1\n-c/d = 2 3\ne.f*=4\n-g.h\na.b=5\n# i.j=6\nk.l=\n"
    assert assignments(text) == {"a.b": "5", "c.d": "2 3", "k.l": ""}


LINE = st.one_of(
    st.text("net.ipv4/*?[]!^-=#; \t\r\x00a~&|\\", max_size=24),
    st.tuples(st.sampled_from(["", "-", " ", "#"]), st.sampled_from([KEY, "net.ipv4.*", "net/ipv4/tcp_sack", "net.ipv4.tcp_[s-a]*", ""]),
              st.sampled_from(["", "=", " = 1", "=2\r"])).map("".join),
    st.text(max_size=12),
)
FILE = st.builds(File, st.sampled_from(FOLDERS), st.sampled_from(["10.conf", "90-tcp.conf", "99.conf", "x"]),
                 st.one_of(st.none(), st.lists(LINE, max_size=6).map("\n".join)))


@given(st.lists(FILE, max_size=4))
@settings(max_examples=300)
def test_no_text_is_too_odd(files):
    found = resolve(files, [KEY, "net.ipv4.tcp_sack"])
    for assignment in found.values():
        path, _colon, number = assignment.source.rpartition(":")
        text = next(file.text for file in in_order(files) if "%s/%s" % (file.folder, file.name) == path)
        assert assignment.value in text and int(number) <= len(text) + 1
    for file in files:
        assignments(file.text or "")
        strays(file.text or "", {KEY: "1"})


@given(st.lists(st.tuples(st.sampled_from(FOLDERS), st.integers(10, 14), st.lists(st.integers(0, 9), max_size=3)), max_size=8,
                unique_by=lambda one: one[:2]))
def test_the_last_assignment_of_the_last_name_wins(specs):
    files = [File(folder, "%d.conf" % name, "".join("%s=%d\n" % (KEY, value) for value in found)) for folder, name, found in specs]
    standing = {}
    for _folder, name, found in sorted(specs, key=lambda one: -FOLDERS.index(one[0])):
        standing[name] = found
    expected = [value for name in sorted(standing) for value in standing[name]]
    assert left_at_boot(*files) == (str(expected[-1]) if expected else None)


TARGETS = st.dictionaries(st.sampled_from(["net.ipv4.k%d" % number for number in range(6)]), st.sampled_from(["1", "2", "4096 131072 6291456", ""]), min_size=1)


def rendered(targets):
    return "".join("# about %s\n%s = %s\n" % (key, key, value) for key, value in targets.items())


@given(TARGETS, st.data())
def test_a_faithful_drop_in_has_no_strays_and_every_change_to_it_is_found(targets, data):
    text = rendered(targets)
    assert strays(text, targets) == []
    assert strays(text.replace("\n", "\r\n").replace(" = ", "="), targets) == []
    key = data.draw(st.sampled_from(list(targets)))
    line = "%s = %s\n" % (key, targets[key])
    change, expected = data.draw(st.sampled_from([
        (text.replace(line, ""), key + " is in the plan, and missing in the file"),
        (text.replace(line, "# " + line), key + " is in the plan, and missing in the file"),
        (text.replace(line, key + " = 77\n"), "%s is 77 in the file and %s in the plan" % (key, targets[key])),
        (text + key + " = 77", "%s is 77 in the file and %s in the plan" % (key, targets[key])),
        (text.replace(line, "-%s\n" % key), "sets %s, which the plan does not apply" % key),
        (text + "-" + key, "sets %s, which the plan does not apply" % key),
        (text + "net.ipv4.other = 1", "sets net.ipv4.other, which the plan does not apply"),
        (text + "-kernel/core_pattern = |/x", "sets kernel.core_pattern, which the plan does not apply"),
        (text + "net.ipv4.k* = 1", "sets net.ipv4.k*, which the plan does not apply"),
        (text + "-net.ipv4.other", "sets net.ipv4.other, which the plan does not apply"),
        (text + "# x\rkernel.core_pattern = |/x", "sets kernel.core_pattern, which the plan does not apply"),
    ]))  # fmt: skip
    found = strays(change, targets)
    assert len(found) == 1 and found[0].endswith(expected), found


def test_strays_name_their_line():
    assert strays("\n\nnet.ipv4.x = 1\n", {}) == ["line 3 sets net.ipv4.x, which the plan does not apply"]
