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
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple
from xml.sax.saxutils import escape, quoteattr

from ...module_utils._codes import SKIPPED
from ._columns import ADVICE, COLUMNS, FLAG, HOST_COLUMNS, KEY, Cell
from ._fleet import AMISS, OK, OUTCOMES, STATUSES, Fleet, Host, Sockets, seconds

# A spreadsheet takes a cell for a formula that begins with one of these, also after blanks, also as their wide forms.
_FORMULA = re.compile(r"\s*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"-?[0-9]+\Z")
# What XML 1.0 cannot say, not even escaped, and halves of surrogate pairs.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


def csv_head() -> List[Tuple[str, str]]:
    """The columns of the CSV, each with what it holds."""
    hosts = [(column.name, column.told) for column in HOST_COLUMNS]
    return [*hosts, KEY, *((column.name, column.told) for column in COLUMNS)]


def csv_text(fleet: Fleet) -> Iterator[str]:
    """A line for each key of each host, and one for a host without a plan."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([name for name, _told in csv_head()])
    for host in fleet.sorted():
        start = [csv_cell(column.get(host)) for column in HOST_COLUMNS]
        for key, cell in host.cells.items():
            values = [_csv_text(column.kind, value) for column, value in zip(COLUMNS, cell)]
            writer.writerow([*start, csv_cell(key), *map(csv_cell, values)])
        if not host.cells:
            writer.writerow([*start, "", *[""] * len(COLUMNS)])
        yield _emptied(buffer)


def _csv_text(kind: str, value: Any) -> Optional[str]:
    if kind == FLAG:
        return "yes" if value else ""
    return " ".join(code for code, _message in value) if kind == ADVICE else value


def csv_cell(value: Optional[str]) -> str:
    """A value that no spreadsheet takes for a formula; plain numbers stay numbers."""
    text = _NO_TEXT.sub("\ufffd", value or "")
    return "'" + text if _FORMULA.match(text) and not _NUMBER.match(text) else text


def junit_text(fleet: Fleet) -> Iterator[str]:
    """A suite for each host, a case for each key and one for the host itself."""
    hosts = fleet.sorted()
    totals = [_counted(host) for host in hosts]
    sums = [sum(column) for column in zip(*totals)] or [0, 0, 0, 0]
    # Jenkins' schema of JUnit files has no `skipped` here, and has it in each suite.
    head = "<?xml version='1.0' encoding='utf-8'?>\n<testsuites name=\"fleetnet.linux_tcp\"%s>\n"
    yield head % _counts(sums).rpartition(" ")[0]
    for host, counts in zip(hosts, totals):
        yield "<testsuite name=%s%s timestamp=%s>\n" % (
            xml_attribute(host.name),
            _counts(counts),
            xml_attribute(host.time.rstrip("Z")),
        )
        if host.status == OK:
            yield _case(host.name, "host", "")
        else:
            yield _case(
                host.name,
                "host",
                "<error type=%s message=%s/>" % (xml_attribute(host.status), xml_attribute(host.message)),
            )
        for key, cell in host.cells.items():
            yield _case(host.name, key, _became(cell))
        yield "</testsuite>\n"
    yield "</testsuites>\n"


def xml_attribute(value: str) -> str:
    """A value in quotes, for any text."""
    return quoteattr(_NO_XML.sub("\ufffd", value))


def prometheus_text(fleet: Fleet) -> Iterator[str]:
    """Gauges for the text file collector: by host what it takes to alert, by key and kernel only sums."""
    hosts = fleet.sorted()
    by_key: Counter[Tuple[str, str]] = Counter(
        (key, cell.outcome) for host in hosts for key, cell in host.cells.items()
    )
    by_kernel: Counter[str] = Counter(host.kernel or "unknown" for host in hosts)
    by_status: Counter[str] = Counter(host.status for host in hosts)
    seen = [(host.name, host.sockets) for host in hosts if host.sockets]
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
        "Hosts by key and what became of it.",
        [
            ({"key": key, "outcome": outcome}, by_key[key, outcome])
            for key in fleet.keys
            for outcome in OUTCOMES
            if by_key[key, outcome]
        ],
    )
    yield from _gauge(
        "host_ok",
        "1 if the newest run on the host ended well.",
        [({"host": host.name}, int(host.status == OK)) for host in hosts],
    )
    yield from _gauge(
        "host_time_seconds", "When that run was.", [({"host": host.name}, seconds(host.time)) for host in hosts]
    )
    rows = [({"host": host.name, "outcome": name}, count) for host in hosts for name, count in _outcomes(host).items()]
    yield from _gauge("host_keys", "Keys by what became of them.", rows)
    for name, told, value in _OF_SOCKETS if seen else ():
        values = [(host, value(sockets)) for host, sockets in seen]
        yield from _gauge(name, told, [({"host": host}, number) for host, number in values if number is not None])


# What is known of the sockets of a host: name, meaning and value; None is not known.
_OF_SOCKETS: Tuple[Tuple[str, str, Callable[[Sockets], Optional[float]]], ...] = (
    ("host_time_wait_sockets", "Sockets in TIME-WAIT.", lambda seen: seen.time_wait),
    (
        "host_time_wait_port_percent",
        "How much of the local ports the busiest way out has in TIME-WAIT.",
        lambda seen: seen.percent,
    ),
    ("host_connections", "TCP connections.", lambda seen: seen.connections),
    ("host_keepalive_connections", "Those with keepalive.", lambda seen: seen.keepalive),
    (
        "host_services_to_restart",
        "Services that keep what was before until they are restarted.",
        lambda seen: len(seen.restarts),
    ),
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


def _outcomes(host: Host) -> Dict[str, int]:
    found = Counter(cell.outcome for cell in host.cells.values())
    return {outcome: found[outcome] for outcome in OUTCOMES}


def _counted(host: Host) -> List[int]:
    """Cases, failures, errors, skipped."""
    counts = _outcomes(host)
    return [len(host.cells) + 1, sum(counts[name] for name in AMISS), int(host.status != OK), counts[SKIPPED]]


def _counts(numbers: List[int]) -> str:
    return ' tests="%d" failures="%d" errors="%d" skipped="%d"' % tuple(numbers)


def _case(host: str, name: str, inside: str) -> str:
    return "<testcase classname=%s name=%s>%s</testcase>\n" % (xml_attribute(host), xml_attribute(name), inside)


def _became(cell: Cell) -> str:
    """What a test run says of a cell; nothing where all is well."""
    if cell.outcome == SKIPPED:
        return "<skipped message=%s/>" % xml_attribute("%s: %s" % (cell.reason, cell.detail))
    if cell.outcome not in AMISS:
        return ""
    after = "%s by %s" % (cell.after_reboot, cell.decided_by) if cell.decided_by else cell.after_reboot
    # Without root, the plan may not see to what a key goes back.
    target = "what was before" if cell.target is None else cell.target
    values = "wanted %s; running %s; after reboot %s" % (target, cell.running, after)
    told = xml_attribute(cell.outcome), xml_attribute(cell.detail), escape(_NO_XML.sub("\ufffd", values))
    return "<failure type=%s message=%s>%s</failure>" % told


def _emptied(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
