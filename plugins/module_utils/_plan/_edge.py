# Private to this collection. The plan as sysctl_profile_info returns it: plain dictionaries, at the module's edge.
# Pure.

from __future__ import annotations

from typing import Any, Dict, Tuple

from .._codes import NOT_INHERITED_BY_CONTAINERS, Code
from .._data import Boot, Plan, Setting, Value


def as_result(plan: Plan) -> dict[str, Any]:
    """What the module returns of a plan; docs: RETURN in sysctl_profile_info.yml."""
    drifted = sum(bool(setting.drift) for setting in plan.settings)
    return {
        "kernel": {name: value for name, value in plan.kernel._asdict().items() if value != ""},
        "settings": [_as_dict(setting) for setting in plan.settings],
        "compliant": not drifted if plan.at_hand else None,
        "summary": _summary(plan, drifted),
        "namespaces": _namespaces(plan),
    }


def _text(value: Value | None) -> str | None:
    return None if value is None else value.text


def _as_dict(setting: Setting) -> dict[str, Any]:
    return {
        "key": setting.key,
        "wanted": setting.wanted.text,
        "running": _text(setting.running),
        "default": _text(setting.default),
        "default_estimated": setting.default_estimated,
        "boot": _boot(setting.boot),
        "target": None if setting.blindly else setting.target.text,
        "verdict": setting.verdict,
        "reason": setting.reason and str(setting.reason),
        "detail": setting.detail,
        "advice": [{"code": str(advice.code), "message": advice.message} for advice in setting.advice],
        "drift": list(setting.drift),
        "then": _then(setting.then),
    }


def _boot(found: Boot | None) -> dict[str, Any] | None:
    return found and {"value": found.value.text, "source": found.source, "loader": found.loader}


def _then(found: Tuple[Code | None, str] | None) -> dict[str, str] | None:
    return found and {"reason": str(found[0] or ""), "detail": found[1]}


def _is_unasked(setting: Setting) -> bool:
    """Whether a key is skipped that nobody asked to skip; also one that goes back now, and is skipped from then on."""
    codes = (setting.reason, setting.then[0] if setting.then else None)
    return any(code.unasked for code in codes if code is not None)


def _summary(plan: Plan, drifted: int) -> dict[str, Any]:
    reasons: Dict[str, int] = {}
    for setting in plan.settings:
        if setting.verdict == "skip":
            reason = str(setting.reason)
            reasons[reason] = reasons.get(reason, 0) + 1
    skipped = sum(reasons.values())
    returned = sum(setting.returns for setting in plan.settings)
    return {
        "total": len(plan.settings),
        "apply": len(plan.settings) - skipped - returned,
        "return": returned,
        "skip": skipped,
        "drifted": drifted,
        "reasons": reasons,
        "unasked": [setting.key for setting in plan.settings if _is_unasked(setting)],
    }


def _namespaces(plan: Plan) -> dict[str, Any] | None:
    if plan.namespaces is None:
        return None
    without = [setting.key for setting in plan.settings if setting.told(NOT_INHERITED_BY_CONTAINERS)]
    return {"count": plan.namespaces.others, "complete": plan.namespaces.complete, "without": without}
