# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. Which results of hosts matter, and what each of them means for the record of the run. What
# is in a result is held against its form first (_entry). Pure.

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Optional

from .._entry import _results as entry
from .._entry._form import Unfit
from ._record import Run

_STEP = "fleetnet.linux_tcp.tcp_hardening"  # the role's one step: plan, or what was applied, or both
_LOOK = "look"  # its mode in which nothing is to follow
_ROLLOUT = "rollout"  # and that in which a host that has something to do waits for its batch
_INFO = "fleetnet.linux_tcp.sysctl_profile_info"
_APPLY = "fleetnet.linux_tcp.sysctl_profile"
_SET_FACT = "ansible.builtin.set_fact"
_SOCKETS = "fleetnet.linux_tcp.tcp_socket_info"
# Marks that tasks of the role carry among their variables, and facts that they set.
_GATE = "__tcp_hardening_gate"  # a look for the health gate alone
_DRIFT = "__tcp_hardening_drift"  # the end of an audit, which fails a host for its drift or is skipped
_AGAIN = "__tcp_hardening_again"  # fails a host once more for what was told before
_NEXT = "__tcp_hardening_next"
_VERDICT = "__tcp_hardening_verdict"

_LAST = 2000  # characters of what a host said

# How a step went, and how far its result brought its host.
WELL, SKIPPED, WRONG, LOST = range(4)
NOWHERE, PLANNED, DONE, ENDED = range(4)


class Result(NamedTuple):
    """A result of a task on a host, as callbacks get it."""

    way: int  # how the step went
    host: str
    action: str  # the full name of the module
    args: Mapping[str, Any]  # of the task
    marks: Mapping[str, Any]  # the task's variables
    data: Mapping[str, Any]  # what the module returned

    @property
    def facts(self) -> Mapping[str, Any]:
        """The facts that the role's own tasks set. What a host says are its facts does not count."""
        found = self.data.get("ansible_facts") if self.action == _SET_FACT else None
        return found if isinstance(found, Mapping) else {}

    @property
    def kind(self) -> str:
        """Which step it is of; "" where it does not matter."""
        if self.action == _STEP:
            return "step"
        if self.action == _INFO:
            return "" if self.args.get("kernel") else "plan"
        if self.action == _APPLY:
            return "apply"
        if self.marks.get(_DRIFT):
            return "drift"
        if self.action == _SOCKETS:
            return "" if self.marks.get(_GATE) else "look"
        return "preview" if _NEXT in self.facts else "judge" if _VERDICT in self.facts else ""

    @property
    def plan(self) -> Optional[Mapping[str, Any]]:
        """The plan that the role's step has in its result. Where it failed, Ansible would print a plan that stands
        open, so it stands in `invocation` then."""
        held = self.data if self.way == WELL else self.data.get("invocation")
        found = held.get("plan") if self.action == _STEP and isinstance(held, Mapping) else None
        return found if isinstance(found, Mapping) else None

    @property
    def looked(self) -> Optional[Mapping[str, Any]]:
        """What a look at the host's sockets gave, by itself or as a part of the role's step."""
        if self.way != WELL:
            return None
        found = self.data if self.kind == "look" else self.data.get("sockets") if self.kind == "step" else None
        return found if isinstance(found, Mapping) else None

    @property
    def look(self) -> Mapping[str, Any]:
        """The same as its form has it; empty where there is none, or it cannot be used."""
        try:
            return {} if self.looked is None else entry.looked(self.looked)
        except Unfit:
            return {}


def matters(result: Result) -> bool:
    """Whether a result says anything of its host that the record does not have."""
    if result.way == WRONG:
        return not result.marks.get(_AGAIN)
    if result.way == SKIPPED:
        return result.kind in ("apply", "drift")
    return result.way == LOST or result.kind != ""


def take(run: Run, result: Result, looks_only: bool) -> int:
    """Take a result that matters; how far it brought its host. One that is not as its module returns it fails its host.

    looks_only: whether nothing is to follow a plan, as in an audit.
    """
    try:
        return _taken(run, result, looks_only)
    except entry.UNUSABLE as error:
        run.failed(result.host, entry.unusable(result.action, error))
        return ENDED


def _taken(run: Run, result: Result, looks_only: bool) -> int:
    name, data = result.host, result.data
    if result.way in (WRONG, LOST) and result.plan is not None:
        try:
            run.planned(name, entry.plan(result.plan), False)
        except Unfit:
            pass  # why it failed says more
    if result.way == LOST:
        run.unreachable(name, str(data.get("msg") or ""))
        return ENDED
    if result.way == SKIPPED or result.kind == "drift":
        # Drift is no failure of the host; the outcomes of its keys say it.
        run.nothing_follows(name)
        return DONE
    if result.way == WRONG:
        run.failed(name, why(data))
        return ENDED
    return _went_well(run, result, looks_only)


def _went_well(run: Run, result: Result, looks_only: bool) -> int:
    name, data, kind = result.host, result.data, result.kind
    if kind == "step":
        return _stepped(run, result, looks_only)
    if kind == "plan":
        run.planned(name, entry.plan(data), looks_only)
        return DONE if looks_only else PLANNED
    if kind == "apply":
        done = entry.applied(data)
        run.applied(name, done)
        return NOWHERE if done.get("trial") else DONE
    if kind == "look":
        _looked(run, name, data)
    elif kind == "preview":
        run.previewed(name, entry.following(result.facts[_NEXT]))
    elif kind == "judge":
        run.judged(name, entry.verdict(result.facts[_VERDICT]))
    return NOWHERE


def _looked(run: Run, name: str, found: Mapping[str, Any]) -> None:
    """A look at the sockets, which fails no host."""
    try:
        run.looked(name, entry.looked(found), why(found))
    except Unfit as error:
        run.looked(name, {}, entry.unusable(_SOCKETS, error))


def _stepped(run: Run, result: Result, looks_only: bool) -> int:
    """The role's step, or a part of it, went well."""
    name, applied = result.host, result.data.get("applied")
    far = NOWHERE
    if result.plan is not None:
        last = looks_only or result.args.get("mode") == _LOOK
        run.planned(name, entry.plan(result.plan), last)
        far = DONE if last else PLANNED
    if applied is not None:
        done = entry.applied(applied)
        run.applied(name, done)
        far = NOWHERE if done.get("trial") else DONE
    elif not result.data.get("to_do", True):
        run.nothing_follows(name)
        far = DONE
    elif result.args.get("mode") == _ROLLOUT:
        run.waits(name)
    if result.looked is not None:
        _looked(run, name, result.looked)
    return far


def why(data: Mapping[str, Any]) -> str:
    """Why a step failed, out of its result. Where a module could not even start, the last line that the host said goes
    with it."""
    said = str(data.get("module_stderr") or data.get("module_stdout") or "")[-_LAST:].strip().splitlines()
    message = str(data.get("msg") or "failed")
    return "%s: %s" % (message, said[-1]) if said else message
