# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. What is known of each host of a run, and what became of each of its keys. The closing
# table and the reports are made from this record; nothing else keeps an account. _intake.py feeds it. Pure.

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Tuple

from ...module_utils._codes import APPLIED, UNCHANGED
from ...module_utils._plan._outcome import FATES, outcome
from .._text import printable
from ._rows import IN_REPORTS, Done, Planned, Word, as_json, done_row, done_text, looked_text, planned_row, planned_text

# How a host's run went, as its report has it.
OK, BROKEN, UNREACHABLE, OPEN = FATES
# How a host ended, where it did not end well. What needs a person first comes first.
NOT_CONFIRMED, NOT_REACHED = "not confirmed", "not reached"
ENDS = (BROKEN, UNREACHABLE, NOT_CONFIRMED, NOT_REACHED)
PRESENT = "present"
# The states of sysctl_profile that end a trial.
_CONFIRMED, _WITHDRAWN = "confirmed", "withdrawn"

Said = Tuple[str, str, str]  # what it is about (a key, a service), a code, and a sentence


class Change(NamedTuple):
    """What sysctl_profile did."""

    state: str  # present, absent or restored
    messages: Tuple[str, ...]
    rows: Tuple[Done, ...]


class Turn:
    """One plan of a host, and what was made of it."""

    __slots__ = ("change", "over", "plan", "trial", "waits")

    def __init__(self) -> None:
        self.plan: Tuple[Planned, ...] = ()
        self.change: Optional[Change] = None
        self.trial: Optional[Change] = None  # a change that is not confirmed yet
        self.waits = False  # for its batch in a staged rollout
        self.over = False  # nothing is to come: it was looked at only, or changed, or had nothing to do


class Host:
    """What is known of one host. What is equal, alike hosts share."""

    __slots__ = ("before", "change", "end", "findings", "groups", "kernel", "message", "namespaces", "next", "notes",
                 "release", "rolls", "sockets", "time", "turn")  # fmt: skip

    def __init__(self) -> None:
        self.release = ""  # of the kernel; "" as long as there was no plan
        self.kernel = self.namespaces = self.sockets = "null"  # as JSON, for the report
        self.groups: Tuple[str, ...] = ()
        self.time = ""  # when its last result came
        self.turn = Turn()
        self.before: Mapping[str, Word] = {}  # the last words of earlier turns
        self.change: Optional[Change] = None  # the last one that stands
        self.end = self.message = ""  # failed or unreachable, and why; "" where it ended well
        self.rolls = False  # takes part in a staged rollout
        self.notes: Tuple[str, ...] = ()  # what else people should read
        self.findings: Tuple[Said, ...] = ()  # of the last look at its sockets
        self.next: Optional[Tuple[str, Tuple[Said, ...]]] = None  # another kernel, and what it changes


class Run:
    """All hosts of a run. Fed with results, in any order of hosts; finish() comes at the end of each playbook.

    now: gives the time as a report has it. with_reports: set it where reports are asked for; else what only they need
    is not kept.
    """

    def __init__(self, now: Callable[[], str] = str) -> None:
        self.hosts: Dict[str, Host] = {}
        self.with_reports = False
        self.stopped_at: List[str] = []  # hosts of a staged rollout that failed, or were lost
        self._now = now
        self._touched: Dict[str, None] = {}
        self._once: Dict[Any, Any] = {}
        self._plans: Dict[str, Planned] = {}  # by their JSON
        self._dones: Dict[str, Done] = {}
        self._words: Dict[Tuple[int, int, bool, str], Dict[str, Word]] = {}

    def planned(self, name: str, plan: Mapping[str, Any], last: bool) -> None:
        """A host's plan, as sysctl_profile_info returns it. last: whether nothing is to follow, as in an audit."""
        host = self._touch(name)
        self._settle(host)
        if host.end:
            # It failed before, and somebody went on with it all the same.
            self._note(host, [host.message])
            host.end = host.message = ""
        host.release = self._keep(str(plan["kernel"]["release"]))
        host.kernel = self._keep(as_json(plan["kernel"]))
        host.namespaces = self._keep(as_json(plan.get("namespaces")))
        host.turn.plan = self._keep(tuple(self._planned(setting) for setting in plan["settings"]))
        host.turn.over = last

    def applied(self, name: str, result: Mapping[str, Any]) -> None:
        """What sysctl_profile did. What it did on trial counts when it is confirmed."""
        host = self._touch(name)
        messages = tuple(printable(message) for message in result["messages"])
        state = str(result["state"])
        if state == _WITHDRAWN:
            host.turn.trial, host.turn.waits = None, False
            self._note(host, messages)
        elif state == _CONFIRMED:
            change, host.turn.trial = host.turn.trial, None
            if change:
                self._changed(host, change)
            self._note(host, messages)
        else:
            if host.turn.change:
                self._settle(host)
            change = Change(state, messages, self._keep(tuple(self._done(row) for row in result["settings"])))
            host.turn.waits = False
            if result.get("trial"):
                host.turn.trial = change
            else:
                self._changed(host, change)

    def nothing_follows(self, name: str) -> None:
        """Nothing is to follow the plan: the host was only looked at, or it has nothing to do. A failure before stays
        one."""
        host = self._touch(name)
        host.turn.over = host.turn.over or not host.end

    def waits(self, name: str) -> None:
        """A host of a staged rollout that has something to do, when its batch comes."""
        host = self._touch(name)
        host.rolls = host.turn.waits = True

    def judged(self, name: str, verdict: Mapping[str, Any]) -> None:
        """What the health gate says of a host: what it does not know. A breach fails the host, and is said then."""
        told = ["tcp_hardening_health: not known of %s" % sentence for sentence in verdict["unknown"]]
        self._note(self._touch(name), told)

    def previewed(self, name: str, told: Mapping[str, Any]) -> None:
        """What the filter next_kernel made of a host's plan."""
        changes = [(str(one["key"]), str(one["code"]), printable(one["message"])) for one in told["changes"]]
        self._touch(name).next = str(told["release"]), self._keep(tuple(map(self._keep, changes)))

    def looked(self, name: str, seen: Mapping[str, Any], why: str) -> None:
        """What tcp_socket_info found out about a host's sockets. why: why it has no findings, where it has none."""
        host = self._touch(name)
        if "findings" not in seen:
            self._note(host, ["the sockets could not be looked at: %s" % why])
            return
        found = [(str(one["subject"]), str(one["code"]), printable(one["message"])) for one in seen["findings"]]
        host.findings = self._keep(tuple(map(self._keep, found)))
        if self.with_reports and all(name in seen for name in IN_REPORTS):
            host.sockets = looked_text(seen)

    def failed(self, name: str, message: str) -> None:
        """A host on which a step failed."""
        self._end(name, BROKEN, message)

    def unreachable(self, name: str, message: str) -> None:
        """A host that could not be reached."""
        self._end(name, UNREACHABLE, message)

    def grouped(self, name: str, groups: Tuple[str, ...]) -> None:
        """The groups of a host, as the inventory has them."""
        self.hosts[name].groups = self._keep(groups)

    def finish(self) -> None:
        """A playbook came to its end. Of a host that nobody was about to change, the plan was all that was wanted."""
        for name, host in self.hosts.items():
            turn = host.turn
            if not (turn.over or host.end or turn.waits or turn.trial):
                turn.over = True
                self._touched[name] = None

    def touched(self) -> List[str]:
        """The hosts of which something became known since this was asked last."""
        names = list(self._touched)
        self._touched.clear()
        return names

    def words(self, host: Host) -> Mapping[str, Word]:
        """The last word on each key of a host. Alike hosts share one mapping."""
        turn, fate = host.turn, self.fate(host)
        change = turn.change
        # Both are kept as long as the run is, so that no other object gets their numbers.
        place = (id(turn.plan), id(change.rows) if change else 0, bool(change and change.state == PRESENT), fate)
        if place not in self._words:
            self._words[place] = dict(_turn_words(turn, fate))
        words = self._words[place]
        if not host.before:
            return words
        merged = dict(host.before)
        for key, word in words.items():
            merged[key] = _last(merged.get(key), word)
        return merged

    def fate(self, host: Host) -> str:
        """How the last turn of a host went, one of FATES."""
        return OK if host.turn.over else host.end or OPEN

    def status(self, host: Host) -> str:
        """How a host's run went, one of FATES."""
        return host.end or self.fate(host)

    def ended(self, host: Host) -> str:
        """How a host ended, one of ENDS; "" where it ended well."""
        if host.end:
            return host.end
        return NOT_REACHED if host.turn.waits else NOT_CONFIRMED if host.turn.trial else ""

    def _touch(self, name: str) -> Host:
        host = self.hosts.get(name)
        if host is None:
            host = self.hosts[name] = Host()
        host.time = self._now()
        self._touched[name] = None
        return host

    def _settle(self, host: Host) -> None:
        """Another turn begins. Where nobody went on after the plan, the plan was all that was wanted."""
        if host.turn.plan or host.turn.change:
            host.turn.over = host.turn.over or not host.end
            host.before = self.words(host)
        host.turn = Turn()

    def _changed(self, host: Host, change: Change) -> None:
        self._note(host, change.messages)
        messages = (*host.change.messages, *change.messages) if host.change else change.messages
        host.turn.change, host.turn.over = change, True
        host.change = change._replace(messages=tuple(dict.fromkeys(messages)))

    def _end(self, name: str, how: str, message: str) -> None:
        host = self._touch(name)
        host.end, host.message = how, self._keep(printable(message))
        host.turn.waits = False
        if host.rolls and name not in self.stopped_at:
            self.stopped_at.append(name)

    def _note(self, host: Host, messages: Any) -> None:
        host.notes = self._keep(tuple(dict.fromkeys((*host.notes, *map(printable, messages)))))

    def _planned(self, setting: Mapping[str, Any]) -> Planned:
        text = planned_text(setting)
        return self._plans.get(text) or self._plans.setdefault(text, planned_row(setting, text))

    def _done(self, row: Mapping[str, Any]) -> Done:
        text = done_text(row)
        return self._dones.get(text) or self._dones.setdefault(text, done_row(row, text))

    def _keep(self, value: Any) -> Any:
        """The same value for equal ones."""
        return self._once.setdefault(value, value)


def _turn_words(turn: Turn, fate: str) -> List[Tuple[str, Word]]:
    """What one turn says of its keys: those of the plan in its order, then those that no plan has."""
    change = turn.change
    rows = {row.key: row for row in change.rows} if change else {}
    found = []
    for one in turn.plan:
        row = rows.pop(one.key, None)
        overridden = one.overridden and (change is None or change.state == PRESENT)
        became = outcome(one.verdict, one.drift, overridden, row.status if row else None, fate)
        found.append((one.key, Word(one, row, became)))
    found += [(key, Word(None, row, outcome(None, (), False, row.status, fate))) for key, row in rows.items()]
    return found


def _last(before: Optional[Word], word: Word) -> Word:
    """The last word on a key of which an earlier turn has one. What was changed stays so, where a later play of the run
    only finds it as wanted."""
    if before is None:
        return word
    if before.planned and word.planned:
        kept = before.outcome == APPLIED and word.outcome == UNCHANGED
        return before if kept and before.planned.target == word.planned.target else word
    return word if word.planned else word._replace(planned=before.planned)
