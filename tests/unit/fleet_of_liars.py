# The two entrances with liars among good hosts: the callback, and the report. For unit tests and `make reliability`.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""through_callback() and through_report(); each gives what broke a promise, in sentences."""

from __future__ import annotations

import csv
import json
import os
import random
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

from ansible import context

from ansible_collections.fleetnet.linux_tcp.plugins.action import tcp_report
from ansible_collections.fleetnet.linux_tcp.plugins.callback import closing_table
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._report import _files
from ansible_collections.fleetnet.linux_tcp.tests.unit.hostile import EVALUATED, broken, broken_text
from ansible_collections.fleetnet.linux_tcp.tests.unit.plugins.plugin_utils.junit import complaints
from ansible_collections.fleetnet.linux_tcp.tests.unit.plugins.plugin_utils.reports import SOCKETS, report, setting
from ansible_collections.fleetnet.linux_tcp.tests.unit.plugins.plugin_utils.runs import planned, result

GOOD = 20
_STEP, _INFO, _APPLY, _SOCKETS = (
    "fleetnet.linux_tcp." + name
    for name in ("tcp_hardening", "sysctl_profile_info", "sysctl_profile", "tcp_socket_info")
)
_SET_FACT = "ansible.builtin.set_fact"
_PLAN = {**planned(drop_in=False), "root": True, "drop_in": "", "refused": ""}
_DONE = {**result(_PLAN, messages=["so it is"]), "changed": True}
_LOOK = {
    **SOCKETS,
    "unknown": ["x"],
    "source": "sock_diag",
    "uptime_s": 5.0,
    "counters": {"Tcp.OutSegs": 5, "TcpExt.PAWSEstab": None},
    "running": {"net.core.somaxconn": "5"},
}
_NEXT = {"release": "7.2", "changes": [{"key": "net.core.somaxconn", "code": "absent", "message": "m"}]}
# What a task of each kind returns: the module, how it ended, and the result that is broken.
ANSWERS: tuple[tuple[str, str, Any], ...] = (
    (_INFO, "ok", _PLAN),
    (_APPLY, "ok", _DONE),
    (_SOCKETS, "ok", _LOOK),
    (_STEP, "ok", {"changed": True, "to_do": True, "plan": _PLAN, "applied": _DONE, "msg": "x"}),
    (_STEP, "failed", {"msg": "x", "invocation": {"module_args": {}, "plan": _PLAN}}),
    (_INFO, "failed", {"msg": "x", "module_stderr": "y", "module_stdout": "z"}),
    (_INFO, "unreachable", {"msg": "x"}),
    (_SET_FACT, "ok", {"ansible_facts": {"__tcp_hardening_next": _NEXT}}),
    (_SET_FACT, "ok", {"ansible_facts": {"__tcp_hardening_verdict": {"breaches": [], "unknown": ["a"], "rates": {}}}}),
)


class _Screen:
    """What would be on the terminal."""

    columns = 120

    def __init__(self) -> None:
        self.lines: list[str] = []

    def display(self, line: str, **_options: Any) -> None:
        self.lines.append(line)

    warning = display


def _task(name: str, action: str, data: Any) -> Any:
    host = SimpleNamespace(get_name=lambda: name, get_groups=list)
    return SimpleNamespace(
        host=host,
        task=SimpleNamespace(resolved_action=action, args={}, vars={}),
        result=data if isinstance(data, dict) else {},
    )


def _callback(folder: Path, names: list[str]) -> tuple[Any, _Screen]:
    context.CLIARGS = {"check": False}  # type: ignore[assignment]
    callback: Any = closing_table.CallbackModule()
    screen = callback._display = _Screen()
    inventory = SimpleNamespace(
        get_hosts=lambda _pattern, **_options: [SimpleNamespace(get_name=lambda name=name: name) for name in names],
        _sources=[],
    )
    loader = SimpleNamespace(get_basedir=lambda: str(folder))
    manager = SimpleNamespace(_inventory=inventory, _loader=loader)
    callback._writer._wished = lambda _play: (str(folder), "0600")
    callback.v2_playbook_on_start(SimpleNamespace(_file_name="harden.yml"))
    play = SimpleNamespace(get_variable_manager=lambda: manager, hosts="all", serial=[], _uuid="x")
    callback.v2_playbook_on_play_start(play)
    return callback, screen


def through_callback(seeds: list[str], folder: Path) -> list[str]:
    """A run over GOOD good hosts, and one liar for each seed, whose results come between theirs."""
    good = ["good%02d" % number for number in range(GOOD)]
    liars = ["liar%05d" % number for number in range(len(seeds))]
    callback, screen = _callback(folder, good + liars)
    # Ansible catches what a callback raises; then the result is lost, and at the end the whole table.
    for number, name in enumerate(liars):
        chance = random.Random(seeds[number])
        if number < GOOD:
            callback.v2_runner_on_ok(_task(good[number], _INFO, _PLAN))
        for action, way, data in chance.choices(ANSWERS, k=3):
            getattr(callback, "v2_runner_on_" + way)(_task(name, action, broken(data, chance)))
    for name in good[len(liars) :]:
        callback.v2_runner_on_ok(_task(name, _INFO, _PLAN))
    for name in good:
        callback.v2_runner_on_ok(_task(name, _APPLY, _DONE))
    callback.v2_playbook_on_stats(None)
    return [*_of_screen(screen.lines, good, len(liars)), *_of_reports(folder, good)]


def _of_screen(lines: list[str], good: list[str], liars: int) -> list[str]:
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]
    found = ["not printable: %r" % line[:200] for line in plain if not line.isprintable()]
    found += ["evaluated: %r" % line[:200] for line in plain if EVALUATED in line]
    found += ["a line of %d characters" % len(line) for line in plain if len(line) > 10_000]
    most = 200 + 1100 * liars if len(good) + liars < 30 else 100
    if len(lines) > most:
        found.append("%d lines" % len(lines))
    if len(good) + liars < 30:
        # What stands behind these numbers depends on whether a liar failed.
        wanted = [_PLAN["kernel"]["release"], "2", "0", "1", "0", "0"]
        rows = Counter(line.split()[0] for line in plain if line.split()[1:7] == wanted)
        found += ["%d rows of %s" % (rows[name], name) for name in good if rows[name] != 1]
    return found


def _of_reports(folder: Path, good: list[str]) -> list[str]:
    found = []
    for path in _files.found(str(folder)):
        fleet = tcp_report.Fleet()
        try:
            fleet.add(path, _files.load(path))
        except ValueError as error:
            found.append("%s, which this run wrote: %s" % (os.path.basename(path), error))
    for name in good:
        one = json.loads((folder / (name + ".tcp.json")).read_text(encoding="utf-8"))
        outcomes = Counter(row["outcome"] for row in one["settings"])
        if one["result"]["status"] != "ok" or outcomes != {"applied": 2, "skipped": 1}:
            found.append("the report of %s: %r %r" % (name, one["result"], outcomes))
    return found


_ROW = {
    "key": "net.ipv4.tcp_sack",
    "value": "1",
    "status": "applied",
    "reason": None,
    "detail": "",
    "outcome": "applied",
}
WHOLE = report(
    settings=[
        setting(advice=[{"code": "parity", "message": "m"}], drift=["boot"], outcome="boot"),
        setting(key="net.ipv4.tcp_sack"),
    ],
    applied={"state": "present", "messages": ["a"], "settings": [_ROW]},
    sockets={**SOCKETS, "findings": [{"code": "restart", "subject": "s", "message": "m"}]},
    namespaces={"count": 2, "complete": True, "without": ["net.ipv4.tcp_sack"]},
)


def write_reports(seeds: list[str], folder: Path) -> None:
    """GOOD good reports, and one broken file for each seed."""
    for number in range(GOOD):
        one = {**WHOLE, "host": {"name": "good%02d" % number, "groups": ["g"]}}
        (folder / ("good%02d.tcp.json" % number)).write_text(json.dumps(one), encoding="utf-8")
    for number, seed in enumerate(seeds):
        one = {**WHOLE, "host": {"name": "liar%05d" % number, "groups": ["g"]}}
        (folder / ("liar%05d.tcp.json" % number)).write_bytes(broken_text(one, random.Random(seed)))


class _Data(HTMLParser):
    """The data of a page, and the elements beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.data = ""
        self._in = False

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags[tag] += 1
        self._in = tag == "script" and dict(attrs).get("type") == "application/json"

    def handle_data(self, data: str) -> None:
        self.data += data if self._in else ""


def through_report(folder: Path, to: Path, now: float) -> tuple[int, list[str]]:
    """Make a report of a folder of write_reports(); how many hosts it has, and what broke a promise."""
    fleet, unread = tcp_report._read([str(folder)], now)
    data = tcp_report.packing.pack(fleet, "2026-01-02T00:00:00Z", "1.0.0", tcp_report._named(unread), None)
    tcp_report._write(str(to), fleet, data, "0600")
    good = ["good%02d" % number for number in range(GOOD)]
    texts = {path.name: path.read_text(encoding="utf-8") for path in to.iterdir()}
    found = ["%s: evaluated" % name for name, text in texts.items() if EVALUATED in text]
    allowed = {
        "report.html": "\n",
        "report.json": "\n",
        "report.csv": "\n\r",
        "report.junit.xml": "\n",
        "report.prom": "\n",
    }
    for name, text in texts.items():
        odd = {one for one in text if not one.isprintable()} - set(allowed[name])
        found += ["%s: %r" % (name, sorted(odd)[:5])] if odd else []
    for name, check in (("html", _of_page), ("csv", _of_csv), ("junit.xml", _of_junit), ("prom", _of_metrics)):
        found += ["report.%s: %s" % (name, said) for said in check(texts["report." + name], good)]
    # As large as if all were good ones, with some room for texts that are long and differ.
    honest = 6000 * len(fleet.hosts) + 200 * len(unread) + 200_000
    found += ["%s: %d bytes" % (name, len(text)) for name, text in texts.items() if len(text) > 4 * honest]
    return len(fleet.hosts), found


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _of_page(text: str, good: list[str]) -> list[str]:
    page = _Data()
    page.feed(text)
    data = json.loads(page.data, parse_constant=_no_constant)
    names = data["hosts"]["name"]
    cells = {
        name: [data["cells"][column[names.index(name)]][0] for column in data["hosts"]["cells"][:2]] for name in good
    }
    found = [] if page.tags["script"] == 2 else ["%d scripts" % page.tags["script"]]
    if {tuple(data["texts"][number] for number in row) for row in cells.values()} != {("boot", "unchanged")}:
        found.append("the cells of the good hosts: %r" % cells)
    return found


def _of_csv(text: str, good: list[str]) -> list[str]:
    rows = list(csv.reader(text.splitlines()))
    mine = Counter(row[0] for row in rows if row[0] in good)
    found = [] if mine == dict.fromkeys(good, 2) else ["lines of the good hosts: %r" % mine]
    formula = re.compile(r"\s*[=+@]|\s*-(?![0-9]+\Z)")
    return found + ["a formula: %r" % cell[:50] for row in rows for cell in row if formula.match(cell)][:3]


def _of_junit(text: str, good: list[str]) -> list[str]:
    root = ElementTree.fromstring(text.encode("utf-8"))
    mine = {suite.get("name"): suite for suite in root if suite.get("name") in good}
    found = complaints(root)[:5]
    if {(suite.get("tests"), suite.get("failures"), suite.get("errors")) for suite in mine.values()} != {
        ("3", "1", "0")
    }:
        found.append("the suites of the good hosts")
    return found if len(mine) == len(good) else [*found, "%d suites of the good hosts" % len(mine)]


_SAMPLE = re.compile(r'([a-z_]+)(\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*\}) (-?[0-9.]+(?:e[+-]?[0-9]+)?)')


def _of_metrics(text: str, good: list[str]) -> list[str]:
    samples = [line for line in text.splitlines() if not line.startswith("#")]
    found = ["no sample: %r" % line[:100] for line in samples if not _SAMPLE.fullmatch(line)][:3]
    twice = [name for name, count in Counter(line.rpartition(" ")[0] for line in samples).items() if count > 1]
    found += ["twice: %s" % name[:100] for name in twice[:3]]
    mine = ['linux_tcp_host_ok{host="%s"} 1' % name for name in good]
    return found + ["missing: %s" % line for line in mine if line not in samples][:3]
