# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. The one place where a host's answers come in: the callback and the actions hold every
# result against its form here, and use nothing else of it. Pure.

from __future__ import annotations

from typing import Any, Dict, List, Mapping

from .._text import printable, visible
from . import _schema as schema
from ._form import Checker, Unfit

_PLAN, _APPLIED, _LOOKED, _NEXT, _VERDICT = (
    Checker(form, cut=True) for form in (schema.PLAN, schema.APPLIED, schema.LOOKED, schema.NEXT, schema.VERDICT)
)
# A result with these would change the run itself: variables, which template is read for one, and what AWX hands on.
_POWERS = ("ansible_facts", "ansible_stats", "add_host", "add_group")
# What Ansible made of a failure, whose text stands in `msg`, and what is read apart.
_LEFT_OUT = (*_POWERS, "exception", "warnings", "deprecations")
_WARNINGS = 50  # of one answer
_LONG = 200_000  # characters of a text of several lines, such as a drop-in
_LEVELS, _PARTS = 12, 200_000  # of a result in all
UNUSABLE = (Unfit, RecursionError)  # what the functions here raise for an answer that is not as its form has it


def plan(answer: Any) -> Dict[str, Any]:
    """What sysctl_profile_info returned; Unfit where it is not that."""
    found: Dict[str, Any] = _PLAN(answer)
    return found


def applied(answer: Any) -> Dict[str, Any]:
    """What sysctl_profile returned; Unfit where it is not that."""
    found: Dict[str, Any] = _APPLIED(answer)
    return found


def looked(answer: Any) -> Dict[str, Any]:
    """What tcp_socket_info returned; Unfit where it is not that."""
    found: Dict[str, Any] = _LOOKED(answer)
    return found


def following(answer: Any) -> Dict[str, Any]:
    """What the filter next_kernel made of a plan; Unfit where it is not that."""
    found: Dict[str, Any] = _NEXT(answer)
    return found


def verdict(answer: Any) -> Dict[str, Any]:
    """What the health gate said; Unfit where it is not that."""
    found: Dict[str, Any] = _VERDICT(answer)
    return found


def unusable(name: str, error: Exception) -> str:
    """What to say of an answer of a module that one of UNUSABLE was raised for."""
    return "%s returned what cannot be used: %s" % (name, error if isinstance(error, Unfit) else "it is too deep")


def harmless_or_failed(name: str, answer: Mapping[str, Any]) -> Dict[str, Any]:
    """The answer of the module of that name as harmless() leaves it; where it cannot be used, a failure."""
    try:
        return harmless(answer)
    except UNUSABLE as error:
        return {"failed": True, "msg": unusable(name, error)}


def harmless(answer: Mapping[str, Any]) -> Dict[str, Any]:
    """Any answer of a module, without what would change the run itself. Its texts keep their lines; they are printable,
    and bounded. Unfit where it is too large or too deep."""
    budget = [_PARTS]
    found = {
        printable(name, 256): _harmless(value, _LEVELS, budget)
        for name, value in answer.items()
        if name not in _LEFT_OUT
    }
    for name in ("warnings", "deprecations"):
        said = answer.get(name)
        if isinstance(said, (list, tuple)) and said:
            texts = [printable(_text_of(one)) for one in said[:_WARNINGS]]
            found[name] = texts if name == "warnings" else [{"msg": text} for text in texts]
    return found


def _text_of(said: Any) -> str:
    """The text of a warning: plain, or in one of the classes that versions of Ansible have for it."""
    if isinstance(said, Mapping):
        return str(said.get("msg", ""))
    details = getattr(said, "details", None)
    event = getattr(said, "event", None) or (details[0] if details else None)
    return str(getattr(event, "msg", said))


def _harmless(value: Any, levels: int, budget: List[int]) -> Any:
    budget[0] -= 1
    if budget[0] < 0 or levels < 0:
        raise Unfit("the result: expected at most %d parts on %d levels" % (_PARTS, _LEVELS))
    if isinstance(value, str):
        return visible(value, _LONG)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Mapping):
        return {printable(one, 256): _harmless(part, levels - 1, budget) for one, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_harmless(part, levels - 1, budget) for part in value]
    return printable(value)
