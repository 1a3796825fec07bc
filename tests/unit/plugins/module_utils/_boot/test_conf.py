# Tests of the text of sysctl.d files: what a drop-in assigns, and what in it does not belong to the plan.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""assignments(), strays() and lines(): spelling of lines, their ends, interface names with dots."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot import _conf as conf
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot._conf import assignments
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan._handed import strays


@pytest.mark.parametrize(
    "line",
    [
        "net/ipv4/conf/eth0.100/rp_filter=2",
        "net.ipv4.conf.eth0/100.rp_filter=2",
        "-net/ipv4/conf/eth0.100/rp_filter=2",
        "/net/ipv4/conf/eth0.100/rp_filter=2",
    ],
)
def test_an_interface_with_a_dot_is_spelt_with_slashes_or_the_other_way_round(line):
    assert assignments(line) == {"net.ipv4.conf.eth0/100.rp_filter": "2"}


def test_assignments_are_the_explicit_ones_by_dotted_key():
    text = "a.b = 1\n-c/d = 2 3\ne.f*=4\n-g.h\na.b=5\n# i.j=6\nk.l=\n"
    assert assignments(text) == {"a.b": "5", "c.d": "2 3", "k.l": ""}


TARGETS = st.dictionaries(
    st.sampled_from(["net.ipv4.k%d" % number for number in range(6)]),
    st.sampled_from(["1", "2", "4096 131072 6291456", ""]),
    min_size=1,
)


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


@given(st.text("ab\r\n\0", max_size=20), st.integers(1, 5))
def test_lines_end_at_every_kind_of_end_and_numbers_count_newlines(text, size):
    """The same for every size of the pieces in which a text comes."""
    stream = io.StringIO(text, newline="\n")
    found = [(number, line) for number, line in conf.lines(iter(lambda: stream.readline(size), "")) if line]
    expected = [
        (number, line)
        for number, whole in enumerate(text.split("\n"), 1)
        for line in whole.replace("\0", "\r").split("\r")
        if line
    ]
    assert found == expected


def test_a_line_that_a_loader_would_break_is_refused():
    """The rest of it would be a line of its own for one program, and none for another."""
    (said,) = strays("# short\n#%s net.ipv4.x = 1\n" % ("x" * 2**20), {})
    assert said == "line 2 has %d characters; expected at most 8192" % (2**20 + 16)
    assert strays("#%s\n" % ("x" * 8191), {}) == []
