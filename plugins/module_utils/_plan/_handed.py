# Private to this collection. What is handed to sysctl_profile, checked before it is carried out: settings and the text
# of the drop-in. Pure: it imports neither Ansible nor os.

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Sequence

from .._boot._conf import options
from .._data import Handed, Host, Profile, dotted
from .._kernel._values import canonical, check_key, plain, shown
from ._profile import ProfileError, is_known, unknown, wanted_values

_LINE = 8192  # characters; the kernel takes no value that is longer than a page


def keys_of(settings: Sequence[Mapping[str, Any]]) -> list[str]:
    """The keys that a plan names, as far as they have the form of a key."""
    return [setting["key"] for setting in settings if not check_key(setting.get("key"))]


def check_settings(settings: Sequence[Mapping[str, Any]], host: Host) -> list[Handed]:
    """A plan that somebody hands in, checked against the host; ProfileError names each fault."""
    problems: List[str] = []
    found: Dict[str, Handed] = {}
    for number, setting in enumerate(settings):
        key, target, verdict = (setting.get(name) for name in ("key", "target", "verdict"))
        fault = check_key(key)
        if fault or not isinstance(key, str):
            problems.append("settings[%d]: %s" % (number, fault))
            continue
        if key in found:
            problems.append("%s: it stands in the settings twice" % key)
        elif verdict == "apply":
            problems += _target_problems(key, target, host)
        elif verdict == "return":
            problems += _return_problems(key, target)
        elif verdict != "skip":
            problems.append("%s: verdict %s; expected apply, return or skip" % (key, shown(verdict)))
        told = [setting.get(name) or "" for name in ("reason", "detail")]
        for text in told:
            if not isinstance(text, str):
                problems.append("%s: reason or detail %s; expected a text" % (key, shown(text)))
        found[key] = Handed(
            key, None if verdict == "skip" else target, told[0] or None, told[1], returns=verdict == "return"
        )
    if problems:
        raise ProfileError(problems)
    return list(found.values())


def _target_problems(key: str, target: Any, host: Host) -> list[str]:
    if not is_known(key, host):
        return [unknown(key, host)]
    try:
        text = canonical(key, target, host.kernel, host.reading(key).text).text
    except ValueError as exc:
        return ["%s: %s" % (key, exc)]
    return [] if text == target else ["%s: %s is not in its plain form; expected %r" % (key, shown(target), text)]


def _return_problems(key: str, target: Any) -> list[str]:
    """What a host had before may be anything that its kernel takes; None stands for the snapshot."""
    if target is None or isinstance(target, str) and plain(target) == target:
        return []
    return ["%s: %s to go back to; expected a text, or null for what the snapshot has" % (key, shown(target))]


def plain_settings(profile: Profile, host: Host) -> list[Handed]:
    """The settings of a profile with the policy `exact`: as much of a plan as it takes to carry it out.

    ProfileError where a key or a value cannot be right.
    """
    from ._verdict import skip  # the role hands in a plan, and needs no verdicts

    found = []
    for key, value in wanted_values(profile, host).items():
        reason, detail = skip(key, value, profile, host)
        found.append(Handed(key, None if reason else value.text, reason, detail))
    return found


def strays(text: str, targets: Mapping[str, str]) -> list[str]:
    """What the text of a drop-in sets beside or against the targets, one sentence each; also globs and bare "-key"."""
    # A loader may end a line where it is too long for it, and take the rest for lines of their own.
    found = [
        "line %d has %d characters; expected at most %d" % (number, len(line), _LINE)
        for number, line in enumerate(text.split("\n"), 1)
        if len(line) > _LINE
    ]
    seen = set()
    for path, option in options(text):
        key = dotted(path)
        seen.add(key)
        if key not in targets or option.value is None:
            found.append("line %d sets %s, which the plan does not apply" % (option.line, key))
        elif option.value.split() != targets[key].split():
            found.append("%s is %s in the file and %s in the plan" % (key, option.value, targets[key]))
    return found + ["%s is in the plan, and missing in the file" % key for key in targets if key not in seen]
