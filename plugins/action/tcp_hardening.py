# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Hardens a host in one step: plan, judge, render and apply, in one worker process. The plan is made by one module run
# as the play's user; a second one, as root, follows only where something is to do. Its documentation is
# modules/tcp_hardening.yml.

from __future__ import annotations

import hashlib
from typing import Any, Callable, Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple

from ansible import constants
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from ansible.utils.display import Display

from ..plugin_utils._entry import _results as entry
from ..plugin_utils._step import _render as render
from ..plugin_utils._step._judge import refusal
from ..plugin_utils._step._play import from_facts, unknown_in
from ..plugin_utils._step._runs import Runs
from ..plugin_utils._step._stats import statistics
from ..plugin_utils._step._told import told, warnings
from ..plugin_utils._step._twice import mark, twice
from ..plugin_utils._step._wishes import PREFIX, WishError, Wishes, wishes

_INFO, _PROFILE = "fleetnet.linux_tcp.sysctl_profile_info", "fleetnet.linux_tcp.sysctl_profile"
_SOCKETS = "fleetnet.linux_tcp.tcp_socket_info"
_TABLE = "fleetnet.linux_tcp.closing_table"
_PRESENT, _RESTORED = "present", "restored"
# What ends a trial, and the state of sysctl_profile that does it.
_ENDS = {"confirm": "confirmed", "withdraw": "withdrawn"}
# The fields of a setting that are needed to set it: a quarter of the plan, so less is sent to the host.
_STEP = ("key", "verdict", "reason", "detail", "target")
# What a module's result has besides the module's own words.
_AROUND = ("changed", "failed", "invocation", "warnings", "deprecations", "ansible_facts", "exception", "diff")
_FIRST = ("harden", "plan", "look", "rollout")  # what a host's step can begin with
_MODES = (*_FIRST, "apply", *_ENDS)
_ROLE = "fleetnet.linux_tcp.tcp_hardening"
_REGISTERED = "__tcp_hardening_step"  # what the role registers its step as
# The group of the hosts that wait for their batch; the play that follows runs for it.
_WAITING = "__tcp_hardening_to_do"

# Ansible imports this file before it starts the worker processes. What is compiled here, none of them has to compile.
render.compiled(render.TEMPLATE)


class _Stop(Exception):
    """The result with which the step ends early."""

    def __init__(self, result: Mapping[str, Any]) -> None:
        super().__init__()
        self.result = dict(result)


class _Ready(NamedTuple):
    """A plan that is accepted."""

    plan: Mapping[str, Any]
    content: str  # of the drop-in
    to_do: bool


class ActionModule(Runs):
    """Runs the modules, and decides in between."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: Optional[str] = None, task_vars: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
        """Ansible's hook: the step of one host, with its result."""
        result = super().run(tmp, task_vars)
        try:
            mode, template, wished, former = self._arguments()
            if mode in _ENDS:
                result.update(self._end_trial(mode, wished, former))
            else:
                result.update(self._harden(mode, template, wished, former))
        except _Stop as stop:
            result.update(stop.result)
        for name, found in self.around.items():
            result[name] = result[name] + found if name in result and isinstance(found, list) else found
        return result

    def _arguments(self) -> Tuple[str, str, Wishes, Mapping[str, Any]]:
        """Mode, template, what is wished for the host, and the former result."""
        given = dict(self._task.args)
        mode, template = given.pop("mode", "harden"), given.pop("template", None) or ""
        former = given.pop("planned", None) or {}
        if mode not in _MODES:
            raise AnsibleActionFail("mode: %s is refused; expected one of %s" % (mode, ", ".join(_MODES)))
        variables = {PREFIX + name: value for name, value in given.items()}
        if self._is_of_role():
            variables = {**self._others(variables), **variables}
            forged = from_facts(self._vars)
            if forged:
                raise _refused(forged, "nothing was changed")
            if mode in _FIRST:
                problems = unknown_in(self._vars, str(variables.get(PREFIX + "state", _PRESENT)))
                if problems:
                    raise _refused(problems, "no host of this play was changed")
        try:
            return mode, template, wishes(variables), former
        except WishError as error:
            problems = error.problems
            if not self._is_of_role():
                problems = [text[len(PREFIX) :] if text.startswith(PREFIX) else text for text in problems]
            raise _refused(problems, "nothing was changed") from error

    def _is_of_role(self) -> bool:
        role = getattr(self._task, "_role", None)
        return role is not None and role.get_name() == _ROLE

    def _others(self, known: Mapping[str, Any]) -> Dict[str, Any]:
        """The host's variables that begin like the role's, also those that the role does not know. What the task passes
        on counts in their place."""
        names = [name for name in self._vars if name.startswith(PREFIX) and name not in known]
        return {name: self._templar.template(self._vars[name]) for name in names}

    @staticmethod
    def _foretold(plan: Mapping[str, Any], to_do: bool) -> None:
        """The step ends here where the plan knows already that the drop-in cannot be replaced."""
        if to_do and plan.get("refused"):
            raise _Stop(_failed({"failed": True, "msg": plan["refused"]}, plan))

    def _harden(self, mode: str, template: str, wished: Wishes, former: Mapping[str, Any]) -> Dict[str, Any]:
        """Plan and judge, and apply where something is to do, or a part of that."""
        if mode == "apply" and "plan" not in former:
            raise AnsibleActionFail("planned: expected what mode=plan of this action returned for the host")
        staged = mode == "rollout"
        if staged:
            mode = "harden" if wished.at_once else "plan"
        ready = self._ready(mode, template, wished, former["plan"] if mode == "apply" else self._plan(wished))
        plan = ready.plan
        if mode in ("harden", "plan") and wished.state == _PRESENT:
            self._foretold(plan, ready.to_do)
        applied = None
        result: Dict[str, Any] = {"changed": False, "to_do": ready.to_do}
        if mode != "apply":
            result["plan"] = plan
        if mode in ("harden", "apply") and ready.to_do:
            applied = self._as_root(plan["root"], self._apply_arguments(wished, ready), plan)
            diff = applied.pop("diff", None)
            result.update(changed=applied["changed"], root=plan["root"])
            if self._task.diff and diff is not None:
                result["diff"] = diff
        result["applied"] = applied
        if staged and mode == "plan" and ready.to_do:
            result.update(self.joined(_WAITING))
        elif wished.sockets and (staged or mode in ("harden", "look")):
            result["sockets"] = self._sockets(plan, wished.path, mode != "look")
        # Once for each host: one that waits for its batch, or tries new values, has them at the end of that.
        if not (mode == "plan" and ready.to_do or applied and applied.get("trial")):
            changed = result["changed"] if applied else None
            result["ansible_stats"] = statistics(self._name(), ready.to_do, changed)
        lines, warned = told(plan, applied, ready.to_do, wished.state, self._task.check_mode), warnings(plan)
        if mode in ("harden", "plan") and wished.state == _PRESENT and self._is_of_role():
            result["used"] = mark(wished)
            again = twice(self._vars.get(_REGISTERED), result["used"])
            if again:
                lines, warned = [*lines, "  warning: " + again], [*warned, again]
                if applied:
                    applied["messages"].append(again)
        if wished.path != wishes({}).path:
            lines[0] = "%s: %s" % (wished.path, lines[0])  # a host may have several
        self._tell(result, lines, warned)
        return result

    def _plan(self, wished: Wishes) -> Dict[str, Any]:
        """The host's plan. absent and restored need no profile; a bad one must not stop them."""
        wanted = wished.state == _PRESENT
        answer = self.module(
            _INFO,
            {
                "values": wished.values if wanted else {},
                "exclude": wished.exclude if wanted else [],
                "policy": wished.policy,
                "policies": wished.policies if wanted else {},
                "memory_percent": wished.memory_percent,
                "path": wished.path,
                "live": wished.live,
                "replace": wished.replace,
            },
        )
        if _is_bad(answer):
            raise _Stop(answer)
        plan = {"root": False, "drop_in": "", **_fitting(entry.plan, _own(answer), _INFO)}
        return plan if wanted else _without_keys(plan)

    def _ready(self, mode: str, template: str, wished: Wishes, plan: Mapping[str, Any]) -> _Ready:
        """The plan with its drop-in, where it is accepted."""
        if mode in ("harden", "plan"):
            refused = refusal(plan, wished.strict, wished.boot_conflict)
            if refused:
                raise _Stop(_failed({"failed": True, "msg": refused}, plan))
        if wished.state != _PRESENT:
            return _Ready(plan, "", True)
        if mode == "look":
            return _Ready(plan, "", not plan["compliant"])
        content = self._content(template, plan)
        digest = hashlib.sha256(content.encode("utf-8", "surrogateescape")).hexdigest()
        drifts = wished.live and any("running" in setting["drift"] for setting in plan["settings"])
        return _Ready(plan, content, plan["drop_in"] != digest or drifts)

    def _content(self, template: str, plan: Mapping[str, Any]) -> str:
        """The drop-in's text. A site's own template is found as the module `template` finds one."""
        path = self._find_needle("templates", template) if template else render.TEMPLATE
        try:
            return render.drop_in(plan, path)
        except (OSError, ValueError) as error:
            raise _Stop(_failed({"failed": True, "msg": "%s; nothing was changed" % error}, plan)) from error

    def _apply_arguments(self, wished: Wishes, ready: _Ready) -> Dict[str, Any]:
        return {
            "settings": [{name: setting[name] for name in _STEP} for setting in ready.plan["settings"]],
            "content": ready.content,
            "path": wished.path,
            "state": wished.state,
            "live": wished.live,
            "replace": wished.replace,
            "force": wished.force,
            "exclude": wished.exclude if wished.state == _RESTORED else [],
            # The role's variable of this name is for the staged rollout, which passes it on where it wants a trial.
            "confirm": wished.confirm if "confirm" in self._task.args else 0,
        }

    def _end_trial(self, mode: str, wished: Wishes, former: Mapping[str, Any]) -> Dict[str, Any]:
        """Confirm or withdraw the trial that an earlier result of this action has."""
        trial = (former.get("applied") or {}).get("trial")
        if not trial:
            raise AnsibleActionFail("planned: expected what mode=apply of this action returned for a trial")
        arguments = {"path": wished.path, "state": _ENDS[mode], "trial": trial}
        applied = self._as_root(former.get("root", False), arguments, None)
        applied.pop("diff", None)
        result = {"changed": applied["changed"], "applied": applied, "msg": "\n".join(applied["messages"])}
        if mode == "confirm":
            result["ansible_stats"] = statistics(self._name(), True, True)
        return result

    def _name(self) -> str:
        return str(self._vars.get("inventory_hostname", ""))

    def _as_root(self, is_root: bool, arguments: Dict[str, Any], plan: Optional[Mapping[str, Any]]) -> Dict[str, Any]:
        """Run sysctl_profile as root; the step ends where that fails. is_root: the play's user is root already."""
        try:
            answer, forbidden = self.module_as_root(_PROFILE, arguments, is_root)
        except AnsibleConnectionFailure as error:
            raise _Stop(_failed({"unreachable": True, "msg": str(error)}, plan)) from error
        except AnsibleError as error:
            raise _Stop(_failed({"failed": True, "msg": str(error)}, plan)) from error
        if _is_bad(answer):
            if forbidden:
                answer["msg"] = "%s. It ran as %s, since ansible_become is false for this host" % (
                    answer.get("msg", "failed"),
                    self._get_remote_user() or "the account that connects",
                )
            raise _Stop(_failed(answer, plan))
        done = {"changed": False, **_fitting(entry.applied, _own(answer, keep=("changed",)), _PROFILE)}
        return {**done, "diff": answer["diff"]} if "diff" in answer else done

    def _sockets(self, plan: Mapping[str, Any], path: str, root: bool) -> Dict[str, Any]:
        """What tcp_socket_info sees. A host does not fail because its sockets could not be seen; the closing table says
        why instead. root: look as root, who alone sees the programs of all users."""
        running = {setting["key"]: setting["running"] for setting in plan["settings"] if setting["running"]}
        arguments = {"former": running, "path": path}
        try:
            answer, _forbidden = self.module_as_root(_SOCKETS, arguments, plan["root"] or not root)
        except AnsibleError as error:
            return {"msg": str(error)}
        return _own(answer)

    def _tell(self, result: Dict[str, Any], lines: List[str], warned: Iterable[str]) -> None:
        """Put the lines into the result. Where no closing table follows, show them, and warn."""
        result["msg"] = "\n".join(lines)
        if _TABLE in constants.CALLBACKS_ENABLED or self._task.no_log:
            return
        result["warnings"] = list(warned)
        if "json" not in constants.DEFAULT_STDOUT_CALLBACK:
            colour = constants.COLOR_CHANGED if result["changed"] else constants.COLOR_OK
            Display().display("%s: %s" % (self._name(), result["msg"]), color=colour)


def _fitting(form: Callable[[Any], Dict[str, Any]], answer: Any, name: str) -> Dict[str, Any]:
    """An answer as its form has it; the step ends where it is not so."""
    try:
        return form(answer)
    except entry.UNUSABLE as error:
        raise _Stop({"failed": True, "msg": entry.unusable(name, error)}) from error


def _refused(problems: List[str], untouched: str) -> _Stop:
    said = "The variables cannot be used, %s. %s" % (untouched, "; ".join(problems))
    return _Stop({"failed": True, "msg": said, "problems": problems})


def _is_bad(answer: Mapping[str, Any]) -> bool:
    return bool(answer.get("failed") or answer.get("unreachable") or answer.get("rc"))


def _without_keys(plan: Dict[str, Any]) -> Dict[str, Any]:
    """The plan of a host that is to be taken back. What an earlier run set is then no matter of the profile's, which is
    empty: sysctl_profile does it all by the snapshot."""
    summary = {name: type(found)() for name, found in plan["summary"].items()}
    return {**plan, "settings": [], "compliant": True, "summary": summary}


def _own(answer: Mapping[str, Any], keep: Iterable[str] = ()) -> Dict[str, Any]:
    """A module's own words of its result."""
    return {
        name: found
        for name, found in answer.items()
        if name in keep or (name not in _AROUND and not name.startswith("_ansible"))
    }


def _failed(answer: Mapping[str, Any], plan: Optional[Mapping[str, Any]]) -> Dict[str, Any]:
    """A failure, with the plan. It stands in `invocation`, which Ansible prints from -vvv on only: a screen of plan
    would hide the message."""
    arguments = (answer.get("invocation") or {}).get("module_args")
    return {**answer, "invocation": {"module_args": arguments, **({"plan": plan} if plan else {})}}
