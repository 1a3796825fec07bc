# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. What stands under the closing table: every failure, reason and advice once, with how many
# hosts it concerns, the worst first. Pure.

from __future__ import annotations

import textwrap
from collections import Counter
from itertools import islice
from typing import Dict, FrozenSet, Iterator, List, NamedTuple, Optional, Tuple

from ...module_utils._codes import FAILED, SKIPPED, rank
from .._names import NAMES_SHOWN, plural, some
from .._run._record import NOT_CONFIRMED, NOT_REACHED, UNREACHABLE, Host, Run
from .._run._rows import RETURN, Word
from ._grid import REPORTS, SHARED_FROM, Paint


class _Section(NamedTuple):
    """A group of lines, in the order in which they stand."""

    name: str
    colour: str
    kinds: Tuple[str, ...] = ()  # of the codes that its lines have; lines stand in the order of the codes' ranks
    by_host: bool = False  # hosts stand where others have the key, so that each message has a line of its own


_SECTIONS = (
    _Section("failed", "red", by_host=True),
    _Section("stopped", "red"),
    _Section("changes", "yellow", ("change", "reason", "advice")),
    _Section("drifted", "yellow"),
    _Section("note", "cyan", by_host=True),
    _Section("back", "cyan", ("reason",)),
    _Section("skipped", "cyan", ("reason",)),
    _Section("advice", "blue", ("advice",)),
    _Section("sockets", "blue", ("finding",)),
)
_FAILED, _STOPPED, _CHANGES, _DRIFTED, _NOTE, _BACK, _SKIPPED, _ADVICE, _SOCKETS = range(len(_SECTIONS))

_About = Tuple[int, str, str]  # the place of a section, a key or a service, and a code
_Found = Dict[_About, Dict[str, str]]  # hosts with their messages
# In a large fleet: lines in all, and lines of one section where that is not enough for all sections.
LINES = 40
_OF_SECTION = 12
# What one host may say, so that none fills the screen. A profile of 23 keys comes to 60 at most.
_OF_HOST = 1000
_MORE = "has more to say than is shown here: %s" % REPORTS
_ALL = 1 << 30
_LABEL = 7  # columns for the name of a section
_WHERE: Dict[Tuple[str, ...], str] = {("running",): "now", ("boot",): "after reboot"}


class _Row(NamedTuple):
    """One line. hosts: whom it concerns."""

    section: int
    subject: str
    code: str
    hosts: FrozenSet[str]
    message: str


def under(run: Run, width: int, paint: Paint, preview: bool = False) -> List[str]:
    """The lines. width: columns of the terminal, 0 for none. preview: what a plan says of today stays out of it."""
    found: _Found = {}
    for name, host in run.hosts.items():
        said = list(islice(_said(run, host, preview), _OF_HOST + 1))
        for about, message in said[:_OF_HOST]:
            found.setdefault(about, {})[name] = message
        if len(said) > _OF_HOST:
            found.setdefault((_NOTE, _MORE, ""), {})[name] = _MORE
    rows = _rows(found)
    return _shown(rows, width, paint, LINES if len(run.hosts) >= SHARED_FROM else _ALL)


def _said(run: Run, host: Host, preview: bool) -> Iterator[Tuple[_About, str]]:
    """All that is to be said of a host."""
    if host.end:
        yield (_FAILED, "", UNREACHABLE if host.end == UNREACHABLE else ""), host.message
    if host.turn.waits:
        where = "stopped at %s" % some(run.stopped_at) if run.stopped_at else "was ended"
        message = "the rollout %s; they are as they were, the next run goes on with them" % where
        yield (_STOPPED, "", NOT_REACHED.replace(" ", "_")), message
    elif host.turn.trial:
        message = "lost on trial: the host takes its old values back by itself, when the time is up"
        yield (_STOPPED, "", NOT_CONFIRMED.replace(" ", "_")), message
    for note in host.notes:
        yield (_NOTE, note, ""), note
    for key, code, message in host.next[1] if host.next else ():
        yield (_CHANGES, key, code), message
    if not preview:
        for key, word in run.words(host).items():
            yield from _of_key(key, word)
    for service, code, message in host.findings:
        yield (_SOCKETS, service, code), message


def _of_key(key: str, word: Word) -> Iterator[Tuple[_About, str]]:
    planned, done = word.planned, word.done
    if word.outcome == SKIPPED:
        # What sysctl_profile says of a key is newer than the plan.
        reason = (done.reason if done else "") or (planned.reason if planned else "")
        detail = done.detail if done else planned.detail if planned else ""
        yield (_SKIPPED, key, reason), detail
    if planned and planned.verdict == RETURN and word.outcome not in (FAILED, SKIPPED):
        yield (_BACK, key, planned.reason), done.detail if done else planned.detail
    if planned:
        for code, message in planned.advice:
            yield (_ADVICE, key, code), message
        if planned.drift and not done and planned.verdict != RETURN and word.outcome not in (FAILED, SKIPPED):
            yield (_DRIFTED, key, _WHERE.get(planned.drift, "now and after reboot")), planned.differs


def _rows(found: _Found) -> List[_Row]:
    """Every reason and advice once for each key.

    Advice that many keys share to the letter is one row. Hosts that differ in the message alone share a row, which has
    the commonest message.
    """
    merged: Dict[Tuple[int, str, str, FrozenSet[str]], List[str]] = {}
    for (section, key, code), hosts in found.items():
        if _SECTIONS[section].by_host:
            for message in dict.fromkeys(hosts.values()):
                names = frozenset(name for name, said in hosts.items() if said == message)
                merged[section, code, message, names] = [some(names)]
            continue
        said = Counter(hosts.values()).most_common()
        message = said[0][0]
        if len(said) > 1:
            message += " (and %s elsewhere)" % plural(len(said) - 1, "other value")
        merged.setdefault((section, code, message, frozenset(hosts)), []).append(key)
    rows = []
    for (section, code, message, names), subjects in merged.items():
        many = section == _ADVICE and len(subjects) > NAMES_SHOWN
        shown = [plural(len(subjects), "key")] if many else subjects
        rows += [_Row(section, subject, code, names, message) for subject in shown]
    return sorted(rows, key=lambda row: (row.section, _place(row)))


def _place(row: _Row) -> Tuple[int, int]:
    """The place of a row in its section."""
    kinds = _SECTIONS[row.section].kinds
    places = [(place, rank(kind, row.code)) for place, kind in enumerate(kinds)]
    last = rank("", "")
    return min((one for one in places if one[1] < last), default=(len(kinds), last))


def _shown(rows: List[_Row], width: int, paint: Paint, most: int) -> List[str]:
    """The section is named once; messages are broken where the terminal ends. most: lines at most, without the last,
    which says how many rows are left out."""
    if not rows:
        return []
    # Twice, since only the rows that are shown are broken into lines: there may be thousands.
    kept = _fewer(rows, [1] * len(rows), most)
    cells = [(row.subject, row.code, plural(len(row.hosts), "host")) for row in kept]
    widths = [max(map(len, column)) for column in zip(*cells)]
    starts = ["  ".join(cell.ljust(length) for cell, length in zip(found, widths) if length) for found in cells]
    room = width - len(starts[0]) - _LABEL - 4
    texts = [(textwrap.wrap(row.message, room) if room >= 30 else []) or [row.message] for row in kept]
    blocks = {row: (start, parts) for row, start, parts in zip(kept, starts, texts)}
    kept = _fewer(kept, [len(parts) for parts in texts], most)
    lines = [""]
    before: Optional[int] = None
    for row in kept:
        section = _SECTIONS[row.section]
        label = (section.name if row.section != before else "").ljust(_LABEL)
        before = row.section
        start, parts = blocks[row]
        lines.append(paint(label, section.colour) + ("  %s  %s" % (start, parts[0])).rstrip())
        lines += [" " * (_LABEL + 2 + len(start) + 2) + part for part in parts[1:]]
    if len(kept) < len(rows):
        lines.append("... and %s: %s" % (plural(len(rows) - len(kept), "more line"), REPORTS))
    return lines


def _fewer(rows: List[_Row], sizes: List[int], most: int) -> List[_Row]:
    """Those that are shown of too many: the first of each section, so that a long one leaves room for the next; then
    what has room. sizes: the lines of each row."""
    if sum(sizes) <= most:
        return rows
    of_section: Counter[int] = Counter()
    first: List[int] = []
    more: List[int] = []
    for place, row in enumerate(rows):
        of_section[row.section] += sizes[place]
        (first if of_section[row.section] <= _OF_SECTION else more).append(place)
    places = []
    for place in first + more:
        if sizes[place] <= most:
            most -= sizes[place]
            places.append(place)
    return [rows[place] for place in sorted(places)]
