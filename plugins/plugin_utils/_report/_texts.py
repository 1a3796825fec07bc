# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. A fleet as CSV, as JUnit and for Prometheus. Nothing in a report is trusted: host names,
# values and messages come from inventories and hosts. Pure; each function gives its text in pieces.

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from typing import Any, Dict, Iterator, List, Optional, Tuple
from xml.sax.saxutils import escape, quoteattr

from ._fleet import (
    STATES,
    STATUSES,
    Cell,
    Fleet,
    Host,
    seconds,
)

# A spreadsheet takes a cell for a formula that begins with one of these, also after blanks, also as their wide forms.
_FORMULA = re.compile(r"\s*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"-?[0-9]+\Z")
# What XML 1.0 cannot say, not even escaped, and halves of surrogate pairs.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")

_CSV = ("host", "groups", "kernel", "time", "result", "message", "key", "state", "wanted", "running", "default", "after_reboot", "decided_by",
        "target", "reason", "status", "detail", "advice")  # fmt: skip
# States that a test run counts as a failure.
_FAILURES = ("failed", "drift", "boot", "unfinished")


def csv_text(fleet: Fleet) -> Iterator[str]:
    """A line for each key of each host, and one for a host without a plan."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(_CSV)
    for host in fleet.sorted():
        start = [host.name, " ".join(host.groups), host.kernel, host.time, host.status, host.message]
        for key, cell in host.cells.items():
            codes = " ".join(code for code, _message in cell.advice)
            row = [*start, key, cell.state, cell.wanted, cell.running, cell.default, cell.boot, cell.source, cell.target, cell.reason, cell.status,
                   cell.detail, codes]  # fmt: skip
            writer.writerow([csv_cell(value) for value in row])
        if not host.cells:
            writer.writerow([csv_cell(value) for value in start] + [""] * (len(_CSV) - len(start)))
        yield _emptied(buffer)


def csv_cell(value: Optional[str]) -> str:
    """A value that no spreadsheet takes for a formula; plain numbers stay numbers."""
    text = _NO_TEXT.sub("\ufffd", value or "")
    return "'" + text if _FORMULA.match(text) and not _NUMBER.match(text) else text


def junit_text(fleet: Fleet) -> Iterator[str]:
    """A suite for each host, a case for each key and one for the host itself."""
    hosts = fleet.sorted()
    totals = [_counted(host) for host in hosts]
    sums = [sum(column) for column in zip(*totals)] or [0, 0, 0, 0]
    yield "<?xml version='1.0' encoding='utf-8'?>\n<testsuites name=\"fleetnet.linux_tcp\"%s>\n" % _counts(sums)
    for host, counts in zip(hosts, totals):
        yield "<testsuite name=%s%s timestamp=%s>\n" % (
            xml_attribute(host.name),
            _counts(counts),
            xml_attribute(host.time.rstrip("Z")),
        )
        if host.status == "ok":
            yield _case(host.name, "host", "")
        else:
            yield _case(
                host.name,
                "host",
                "<error type=%s message=%s/>" % (xml_attribute(host.status), xml_attribute(host.message)),
            )
        for key, cell in host.cells.items():
            yield _case(host.name, key, _outcome(cell))
        yield "</testsuite>\n"
    yield "</testsuites>\n"


def xml_attribute(value: str) -> str:
    """A value in quotes, for any text."""
    return quoteattr(_NO_XML.sub("\ufffd", value))


def prometheus_text(fleet: Fleet) -> Iterator[str]:
    """Gauges for the text file collector: by host what it takes to alert, by key and kernel only sums."""
    hosts = fleet.sorted()
    by_key: Counter = Counter((key, cell.state) for host in hosts for key, cell in host.cells.items())
    by_kernel: Counter = Counter(host.kernel or "unknown" for host in hosts)
    by_status: Counter = Counter(host.status for host in hosts)
    seen = [host for host in hosts if host.sockets]
    yield from _gauge(
        "hosts",
        "Hosts by result of their newest run.",
        [({"result": status}, by_status[status]) for status in STATUSES],
    )
    yield from _gauge(
        "kernel_hosts", "Hosts by kernel.", [({"kernel": name}, count) for name, count in sorted(by_kernel.items())]
    )
    yield from _gauge(
        "key_hosts",
        "Hosts by key and state of the key.",
        [
            ({"key": key, "state": state}, by_key[key, state])
            for key in fleet.keys
            for state in STATES
            if by_key[key, state]
        ],
    )
    yield from _gauge(
        "host_ok",
        "1 if the newest run on the host ended well.",
        [({"host": host.name}, int(host.status == "ok")) for host in hosts],
    )
    yield from _gauge(
        "host_time_seconds", "When that run was.", [({"host": host.name}, seconds(host.time)) for host in hosts]
    )
    rows = [({"host": host.name, "state": state}, count) for host in hosts for state, count in _states(host).items()]
    yield from _gauge("host_keys", "Keys by state.", rows)
    if seen:
        yield from _gauge(
            "host_time_wait_sockets",
            "Sockets in TIME-WAIT.",
            [({"host": host.name}, host.sockets.time_wait) for host in seen],
        )
        known = [({"host": host.name}, host.sockets.percent) for host in seen if host.sockets.percent is not None]
        yield from _gauge(
            "host_time_wait_port_percent", "How much of the local ports the busiest way out has in TIME-WAIT.", known
        )
        yield from _gauge(
            "host_connections", "TCP connections.", [({"host": host.name}, host.sockets.connections) for host in seen]
        )
        yield from _gauge(
            "host_keepalive_connections",
            "Those with keepalive.",
            [({"host": host.name}, host.sockets.keepalive) for host in seen],
        )
        stale = [({"host": host.name}, len(host.sockets.restarts)) for host in seen]
        yield from _gauge(
            "host_services_to_restart", "Services that keep what was before until they are restarted.", stale
        )


def label(value: str) -> str:
    """A label's value in quotes, for any text."""
    text = _NO_TEXT.sub("\ufffd", value)
    return '"%s"' % text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _gauge(name: str, told: str, rows: List[Tuple[Dict[str, str], Any]]) -> Iterator[str]:
    full = "linux_tcp_" + name
    yield "# HELP %s %s\n# TYPE %s gauge\n" % (full, told, full)
    for labels, value in rows:
        yield "%s{%s} %s\n" % (full, ",".join("%s=%s" % (key, label(text)) for key, text in labels.items()), value)


def _states(host: Host) -> Dict[str, int]:
    found = Counter(cell.state for cell in host.cells.values())
    return {state: found[state] for state in STATES}


def _counted(host: Host) -> List[int]:
    """Cases, failures, errors, skipped."""
    states = _states(host)
    return [len(host.cells) + 1, sum(states[state] for state in _FAILURES), int(host.status != "ok"), states["skipped"]]


def _counts(numbers: List[int]) -> str:
    return ' tests="%d" failures="%d" errors="%d" skipped="%d"' % tuple(numbers)


def _case(host: str, name: str, inside: str) -> str:
    return "<testcase classname=%s name=%s>%s</testcase>\n" % (xml_attribute(host), xml_attribute(name), inside)


def _outcome(cell: Cell) -> str:
    if cell.state == "skipped":
        return "<skipped message=%s/>" % xml_attribute("%s: %s" % (cell.reason, cell.detail))
    if cell.state not in _FAILURES:
        return ""
    values = "wanted %s; running %s; after reboot %s" % (
        cell.target,
        cell.running,
        "%s by %s" % (cell.boot, cell.source) if cell.source else cell.boot,
    )
    return "<failure type=%s message=%s>%s</failure>" % (
        xml_attribute(cell.state),
        xml_attribute(cell.detail),
        escape(_NO_XML.sub("\ufffd", values)),
    )


def _emptied(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
