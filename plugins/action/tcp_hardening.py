# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Hardens a host in one step: plan, judge, render and apply, in one worker process. The plan is made by one module run
# as the play's user; a second one, as root, follows only where something is to do. Its documentation is
# modules/tcp_hardening.yml.

from __future__ import annotations

import hashlib
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional

from ansible import constants
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..plugin_utils._step import _render as render
from ..plugin_utils._step import _root as root
from ..plugin_utils._step._judge import refusal
from ..plugin_utils._step._told import told, warnings

_INFO, _PROFILE = "fleetnet.linux_tcp.sysctl_profile_info", "fleetnet.linux_tcp.sysctl_profile"
_TABLE = "fleetnet.linux_tcp.closing_table"
_PRESENT = "present"
# What ends a trial, and the state of sysctl_profile that does it.
_ENDS = {"confirm": "confirmed", "withdraw": "withdrawn"}
# The fields of a setting that are needed to set it: a quarter of the plan, so less is sent to the host.
_STEP = ("key", "verdict", "reason", "detail", "target")
# What a module's result has besides the module's own words.
_AROUND = ("changed", "failed", "invocation", "warnings", "deprecations", "ansible_facts", "exception", "diff")
_ARGUMENTS = ArgumentSpecValidator(
    {
        "mode": {"type": "str", "choices": ["harden", "plan", "look", "apply", *_ENDS], "default": "harden"},
        "values": {"type": "dict", "default": {}},
        "overrides": {"type": "dict", "default": {}},
        "exclude": {"type": "list", "elements": "str", "default": []},
        "policy": {"type": "str", "default": "exact"},
        "policies": {"type": "dict", "default": {}},
        "memory_percent": {"type": "int", "default": 50},
        "strict": {"type": "bool", "default": False},
        "boot_conflict": {"type": "str", "choices": ["warn", "fail"], "default": "warn"},
        "live": {"type": "bool", "default": True},
        "state": {"type": "str", "choices": [_PRESENT, "absent", "restored"], "default": _PRESENT},
        "path": {"type": "str", "default": "/etc/sysctl.d/90-tcp-hardening.conf"},
        "template": {"type": "str", "default": ""},
        "confirm": {"type": "int", "default": 0},
    }
)

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


class ActionModule(ActionBase):
    """Runs the two modules, and decides in between."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: Optional[str] = None, task_vars: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
        result = super().run(tmp, task_vars)
        self._vars: Dict[str, Any] = {} if task_vars is None else task_vars
        self._around: Dict[str, Any] = {}
        wishes, former = self._arguments()
        try:
            if wishes["mode"] in _ENDS:
                result.update(self._end_trial(wishes, former))
            else:
                result.update(self._harden(wishes, former))
        except _Stop as stop:
            result.update(stop.result)
        for name, found in self._around.items():
            result[name] = result[name] + found if name in result and isinstance(found, list) else found
        return result

    def _arguments(self) -> tuple[Dict[str, Any], Mapping[str, Any]]:
        """The task's arguments, checked, and the former result. That one is large, and made by this action."""
        given = dict(self._task.args)
        former = given.pop("planned", None) or {}
        found = _ARGUMENTS.validate(given)
        if found.error_messages:
            raise AnsibleActionFail("tcp_hardening: " + "; ".join(found.error_messages))
        return found.validated_parameters, former

    def _harden(self, wishes: Mapping[str, Any], former: Mapping[str, Any]) -> Dict[str, Any]:
        """Plan and judge, and apply where something is to do, or a part of that."""
        mode, state = wishes["mode"], wishes["state"]
        if mode == "apply" and "plan" not in former:
            raise AnsibleActionFail("planned: expected what mode=plan of this action returned for the host")
        ready = self._ready(wishes, former["plan"] if mode == "apply" else self._plan(wishes))
        plan = ready.plan
        applied = None
        result: Dict[str, Any] = {"changed": False, "to_do": ready.to_do}
        if mode != "apply":
            result["plan"] = plan
        if mode in ("harden", "apply") and ready.to_do:
            applied = self._as_root(plan["root"], self._apply_arguments(wishes, ready), plan)
            diff = applied.pop("diff", None)
            result.update(changed=applied["changed"], root=plan["root"])
            if self._task.diff and diff is not None:
                result["diff"] = diff
        result["applied"] = applied
        self._tell(result, told(plan, applied, ready.to_do, state, self._task.check_mode), warnings(plan))
        return result

    def _plan(self, wishes: Mapping[str, Any]) -> Dict[str, Any]:
        """The host's plan. absent and restored need no profile; a bad one must not stop them."""
        wanted = wishes["state"] == _PRESENT
        answer = self._module(
            _INFO,
            {
                "values": {**wishes["values"], **wishes["overrides"]} if wanted else {},
                "exclude": wishes["exclude"] if wanted else [],
                "policies": wishes["policies"] if wanted else {},
                **{name: wishes[name] for name in ("policy", "memory_percent", "path", "live")},
            },
        )
        if _is_bad(answer):
            raise _Stop(answer)
        return _own(answer)

    def _ready(self, wishes: Mapping[str, Any], plan: Mapping[str, Any]) -> _Ready:
        """The plan with its drop-in, where it is accepted."""
        if wishes["mode"] in ("harden", "plan"):
            refused = refusal(plan, wishes["strict"], wishes["boot_conflict"])
            if refused:
                raise _Stop(_failed({"failed": True, "msg": refused}, plan))
        if wishes["state"] != _PRESENT:
            return _Ready(plan, "", True)
        if wishes["mode"] == "look":
            return _Ready(plan, "", not plan["compliant"])
        content = self._content(wishes["template"], plan)
        digest = hashlib.sha256(content.encode("utf-8", "surrogateescape")).hexdigest()
        drifts = wishes["live"] and any("running" in setting["drift"] for setting in plan["settings"])
        return _Ready(plan, content, plan["drop_in"] != digest or drifts)

    def _content(self, template: str, plan: Mapping[str, Any]) -> str:
        """The drop-in's text. A site's own template is found as the module `template` finds one."""
        path = self._find_needle("templates", template) if template else render.TEMPLATE
        try:
            return render.drop_in(plan, path)
        except (OSError, ValueError) as error:
            raise _Stop(_failed({"failed": True, "msg": "%s; nothing was changed" % error}, plan)) from error

    def _apply_arguments(self, wishes: Mapping[str, Any], ready: _Ready) -> Dict[str, Any]:
        return {
            "settings": [{name: setting[name] for name in _STEP} for setting in ready.plan["settings"]],
            "content": ready.content,
            **{name: wishes[name] for name in ("path", "state", "live", "confirm")},
        }

    def _end_trial(self, wishes: Mapping[str, Any], former: Mapping[str, Any]) -> Dict[str, Any]:
        """Confirm or withdraw the trial that an earlier result of this action has."""
        trial = (former.get("applied") or {}).get("trial")
        if not trial:
            raise AnsibleActionFail("planned: expected what mode=apply of this action returned for a trial")
        arguments = {"path": wishes["path"], "state": _ENDS[wishes["mode"]], "trial": trial}
        applied = self._as_root(former.get("root", False), arguments, None)
        applied.pop("diff", None)
        return {"changed": applied["changed"], "applied": applied, "msg": "\n".join(applied["messages"])}

    def _as_root(self, is_root: bool, arguments: Dict[str, Any], plan: Optional[Mapping[str, Any]]) -> Dict[str, Any]:
        """Run sysctl_profile as root; the step ends where that fails. is_root: the play's user is root already."""
        forbidden = not is_root and root.is_forbidden(self, self._vars)
        try:
            if is_root or forbidden:
                answer = self._module(_PROFILE, arguments)
            else:
                with root.as_root(self, self._vars):
                    answer = self._module(_PROFILE, arguments)
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
        return _own(answer, keep=("changed", "diff"))

    def _module(self, name: str, arguments: Dict[str, Any]) -> Dict[str, Any]:
        """Run a module; what Ansible itself has to hear of it is kept for the result of the step."""
        answer: Dict[str, Any] = self._execute_module(module_name=name, module_args=arguments, task_vars=self._vars)
        for said in ("warnings", "deprecations"):
            if answer.get(said):
                self._around[said] = [*self._around.get(said, []), *answer.pop(said)]
        if self._discovered_interpreter_key:
            self._around["ansible_facts"] = {self._discovered_interpreter_key: self._discovered_interpreter}
        return answer

    def _tell(self, result: Dict[str, Any], lines: List[str], warned: Iterable[str]) -> None:
        """Put the lines into the result. Where no closing table follows, show them, and warn."""
        result["msg"] = "\n".join(lines)
        if _TABLE in constants.CALLBACKS_ENABLED or self._task.no_log:
            return
        result["warnings"] = list(warned)
        if "json" not in constants.DEFAULT_STDOUT_CALLBACK:
            name = self._vars.get("inventory_hostname", "")
            colour = constants.COLOR_CHANGED if result["changed"] else constants.COLOR_OK
            Display().display("%s: %s" % (name, result["msg"]), color=colour)


def _is_bad(answer: Mapping[str, Any]) -> bool:
    return bool(answer.get("failed") or answer.get("unreachable") or answer.get("rc"))


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
