# Private to this collection. What is handed to sysctl_profile, checked before it is carried out: settings and the text
# of the drop-in. Pure: it imports neither Ansible nor os.

from __future__ import annotations

from typing import Any, Sequence

from .._boot._conf import dotted, options
from .._data import Host, Profile
from .._kernel._values import canonical, check_key, shown
from ._profile import is_known, unknown, wanted_values
from ._verdict import skip


def check_settings(settings: Sequence[dict[str, Any]], host: Host) -> list[str]:
    """What is wrong with a plan that somebody hands in, before it is carried out: one sentence for each fault."""
    problems: list[str] = []
    seen: dict[str, str] = {}
    for number, setting in enumerate(settings):
        key = setting.get("key")
        fault = check_key(key)
        if fault:
            problems.append("settings[%d]: %s" % (number, fault))
        elif key in seen:
            problems.append("%s: it stands in the settings twice" % key)
        elif setting.get("verdict") == "apply":
            seen[key] = ""
            problems += [] if is_known(key, host) else [unknown(key, host)]
            try:
                seen[key] = canonical(key, setting.get("target"), host.kernel, host.reading(key).text).text
            except ValueError as exc:
                problems.append("%s: %s" % (key, exc))
            if not problems and seen[key] != setting["target"]:
                problems.append(
                    "%s: %s is not in its plain form; expected %r" % (key, shown(setting["target"]), seen[key])
                )
        elif setting.get("verdict") == "skip":
            seen[key] = ""
        else:
            problems.append("%s: verdict %s; expected apply or skip" % (key, shown(setting.get("verdict"))))
    return problems


def plain_settings(profile: Profile, host: Host) -> list[dict[str, Any]]:
    """The settings of a profile with the policy `exact`: as much of a plan as it takes to carry it out."""
    wanted = wanted_values(profile, host)
    found = []
    for key, value in wanted.items():
        reason, detail = skip(key, value, profile, host)
        verdict = "skip" if reason else "apply"
        found.append({"key": key, "target": value.text, "verdict": verdict, "reason": reason, "detail": detail})
    return found


def strays(text: str, targets: dict[str, str]) -> list[str]:
    """What the text of a drop-in sets beside or against the targets, one sentence each; also globs and bare "-key"."""
    found = []
    seen = set()
    for path, option in options(text):
        key = dotted(path)
        seen.add(key)
        if key not in targets or option.value is None:
            found.append("line %d sets %s, which the plan does not apply" % (option.line, key))
        elif option.value.split() != targets[key].split():
            found.append("%s is %s in the file and %s in the plan" % (key, option.value, targets[key]))
    return found + ["%s is in the plan, and missing in the file" % key for key in targets if key not in seen]
