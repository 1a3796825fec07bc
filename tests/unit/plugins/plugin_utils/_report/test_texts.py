# Tests of a fleet as CSV, JUnit, Prometheus and page: whatever a host is called and says, it stays text.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Each form read back with a parser of its own, over random and hostile texts."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._report import _data as packing
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._report import _texts as texts
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._report._changes import Former, former_of
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._report._fleet import Fleet
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._text import printable
from ansible_collections.fleetnet.linux_tcp.tests.unit.plugins.plugin_utils.junit import complaints
from ansible_collections.fleetnet.linux_tcp.tests.unit.plugins.plugin_utils.reports import (
    SOCKETS,
    report,
    setting,
    valid,
)

# With halves of surrogate pairs and control characters, which st.text() leaves out.
ANYTHING = st.text(st.characters(blacklist_categories=()), min_size=1, max_size=40)
HOSTILE = [
    "=cmd|' /C calc'!A0",
    "@x",
    "+1",
    "-x",
    "\t=1",
    "</script><script>",
    'a"b\\c\nd',
    "]]>",
    "\x00",
    "\ud800",
    "\uff1dx",
    "{}",
    "-1",
    "<!--",
]


def fleet_of(name, said):
    """A host with a key that drifted and one that is skipped, and one that could not be reached."""
    drifted = setting(running=said, default=None, target=said, boot=None, detail=said, drift=["running", "boot"],
                      advice=[{"code": "weaker_than_default", "message": said}], outcome="drifted")  # fmt: skip
    skipped = {**drifted, "key": "net.ipv4.tcp_fack", "reason": "absent", "drift": [], "outcome": "skipped"}
    sockets = {**SOCKETS, "findings": [{"code": "restart", "subject": said, "message": said}]}
    good = report(name, settings=[drifted, skipped], kernel=said or "x", playbook=said, sockets=sockets)
    good["host"]["groups"] = [said]
    fleet = Fleet()
    fleet.add("p", good)
    fleet.add("q", report(name + "2", settings=[], status="unreachable", kernel="", message=said))
    return fleet


def hostile(test):
    for each in HOSTILE:
        test = example(each, each)(test)
    return given(ANYTHING, ANYTHING)(test)


@hostile
def test_csv_has_a_line_for_each_key_and_no_formula(name, said):
    text = "".join(texts.csv_text(fleet_of(name, said)))
    text.encode("utf-8")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len(rows) == 4 and {len(row) for row in rows} == {len(rows[0])}
    for cell in (cell for row in rows for cell in row):
        assert not re.match(r"\s*[=+@\t\r\uff1d\uff0b\uff20]", cell) and (
            cell[:1] != "-" or re.match(r"-[0-9]+\Z", cell)
        ), cell


def test_csv_has_its_columns_by_name():
    first, second = list(csv.DictReader(io.StringIO("".join(texts.csv_text(fleet_of("web1", "4096"))), newline="")))[:2]
    assert list(first) == [name for name, _told in texts.csv_head()]
    assert first["host"] == "web1" and first["key"] == "net.core.somaxconn" and first["outcome"] == "drifted"
    assert (first["running"], first["after_reboot"], first["advice"]) == ("4096", "", "weaker_than_default")
    assert (second["reason"], second["default_estimated"]) == ("absent", "")


def test_csv_keeps_numbers_and_plain_texts():
    assert [texts.csv_cell(value) for value in ("-1", "4096 1 2", "a=b", None, "=1")] == [
        "-1",
        "4096 1 2",
        "a=b",
        "",
        "'=1",
    ]


@hostile
def test_junit_is_xml_with_the_right_counts(name, said):
    text = "".join(texts.junit_text(fleet_of(name, said)))
    root = ElementTree.fromstring(text.encode("utf-8"))
    assert complaints(root) == []
    assert {kind: int(root.get(kind)) for kind in ("tests", "failures", "errors")} == {
        "tests": 4,
        "failures": 1,
        "errors": 1,
    }
    assert sum(int(suite.get("skipped")) for suite in root) == 1
    assert [len(root.findall(".//" + kind)) for kind in ("testcase", "failure", "error", "skipped")] == [4, 1, 1, 1]
    for suite in root:
        assert int(suite.get("tests")) == len(suite)


def going_back(target):
    """A host with a key that an earlier run set and that is to go back; to what, the plan may not see."""
    row = setting(verdict="return", reason="left_profile", target=target, drift=["running"], outcome="drifted",
                  detail="it goes back", then={"reason": "", "detail": ""})  # fmt: skip
    fleet = Fleet()
    fleet.add("p", valid(report(settings=[row])))
    return fleet


@pytest.mark.parametrize("target, cell, told", [("60", "60", "60"), (None, "", "what was before")])
def test_a_key_that_goes_back_in_every_form(target, cell, told):
    fleet = going_back(target)
    (row,) = csv.DictReader(io.StringIO("".join(texts.csv_text(fleet)), newline=""))
    assert (row["target"], row["reason"], row["outcome"]) == (cell, "left_profile", "drifted")
    failure = ElementTree.fromstring("".join(texts.junit_text(fleet)).encode()).find(".//failure")
    assert failure.get("message") == "it goes back" and failure.text.startswith("wanted %s; running 2048;" % told)
    assert 'linux_tcp_key_hosts{key="net.core.somaxconn",outcome="drifted"} 1' in "".join(texts.prometheus_text(fleet))
    packed = packing.pack(fleet, "now", "1", [], former_of(going_back("50")))
    assert ("left_profile" in [name for name, _when in packed["codes"]["reason"]]) and None not in packed["texts"]
    assert packed["changes"]["rows"] == [
        ["net.core.somaxconn", "to be 50", "to be 60" if target else "to be as before", 1, ["h"]]
    ]


SAMPLE = re.compile(
    r'linux_tcp_[a-z_]+\{[a-z]+="(?:[^"\\\n]|\\[\\"n])*"(?:,[a-z]+="(?:[^"\\\n]|\\[\\"n])*")*\} -?[0-9.]+\Z'
)


@hostile
def test_prometheus_lines_are_samples_of_gauges_once_each(name, said):
    text = "".join(texts.prometheus_text(fleet_of(name, said)))
    text.encode("utf-8")
    lines = text.split("\n")
    assert lines.pop() == ""
    samples = [line for line in lines if not line.startswith("# ")]
    assert all(SAMPLE.match(line) for line in samples) and len(samples) == len(
        {line.rsplit(" ", 1)[0] for line in samples}
    )
    assert {line.split("{")[0] for line in samples} <= {line.split()[2] for line in lines if line.startswith("# TYPE ")}
    assert 'linux_tcp_hosts{result="unreachable"} 1' in samples


class Elements(HTMLParser):
    """The elements of a page, and the text of the one that carries the data."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags, self.data, self._inside = [], "", False

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self._inside = dict(attrs).get("id") == "data"

    def handle_endtag(self, tag):
        self._inside = False

    def handle_data(self, data):
        self.data += data if self._inside else ""


@hostile
def test_the_page_has_the_same_elements_whatever_hosts_say(name, said):
    pytest.importorskip("jinja2")
    from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._report._page import page

    def read(*arguments):
        data = packing.pack(
            fleet_of(*arguments), arguments[0], arguments[1], [(arguments[0], arguments[1])], Former((), {})
        )
        found = Elements()
        text = page(data)
        text.encode("utf-8")
        found.feed(text)
        return found

    plain, found = read("a", "b"), read(name, said)
    assert found.tags == plain.tags and plain.tags.count("script") == 2
    data = json.loads(found.data)
    assert sorted(data["hosts"]["name"]) == sorted({printable(name), printable(name + "2")})
    assert not re.search("[<>&\u2028\u2029]", found.data)


def test_the_page_asks_for_nothing_from_outside():
    pytest.importorskip("jinja2")
    from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._report._page import page

    text = page(packing.pack(fleet_of("a", "b"), "now", "1", [], None))
    assert "default-src 'none'" in text and "unsafe" not in text
    assert re.findall(r"(?:src|href)=\"?([^\s\">]+)", text) == ["data:,"]
    # The only address is the name of a namespace, which nobody fetches.
    assert set(re.findall(r"https?://[^\s\"']+", text)) == {"http://www.w3.org/2000/svg"}
