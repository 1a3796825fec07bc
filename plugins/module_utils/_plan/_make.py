# Private to this collection. The plan: a profile held against one host. Pure: all it knows of the host was read before
# (_host/_read.py), or comes from the catalog (_what_if.py).

from __future__ import annotations

from itertools import accumulate
from typing import Dict, Tuple

from .._boot._conf import assignments
from .._codes import LOWER, MEMORY
from .._data import Boot, Host, Kernel, Plan, Profile, Setting, Value
from .._kernel._builtin import Builtin, builtin, builtin_text
from .._kernel._catalog import row_of
from .._kernel._history import at, parse_release
from .._kernel._values import plain, value_of, value_read
from ._advice import advise
from ._profile import ProfileError, wanted_values
from ._refusals import refusals
from ._verdict import skip


def make_plan(profile: Profile, host: Host) -> Plan:
    """The plan; ProfileError where a key or a value cannot be right, or the host cannot take it."""
    wanted = wanted_values(profile, host)
    own = {key: value_of(key, text) for key, text in assignments(host.drop_in).items()}
    settings = [_setting(key, value, profile, host, own.get(key)) for key, value in wanted.items()]
    targets: Dict[str, str] = {setting.key: setting.target.text for setting in settings if not setting.reason}
    problems = list(refusals(targets, host))
    if problems:
        raise ProfileError(problems)
    done = tuple(
        setting
        if setting.reason
        else setting._replace(drift=_drift(setting, host), advice=advise(setting, targets, host))
        for setting in settings
    )
    return Plan(host.kernel, done, host.at_hand, host.namespaces)


def _setting(key: str, wanted: Value, profile: Profile, host: Host, own: Value | None) -> Setting:
    """One key, without drift and advice. own: what our drop-in sets now, None where it does not."""
    text = host.reading(key).text
    running = None if text is None else value_of(key, text)
    numbers = builtin(key, host.kernel)
    default = _default(key, numbers, host.kernel)
    now = running if host.at_hand else default
    target = _target(key, wanted, profile, now, running, numbers, own)
    reason, detail = skip(key, target, profile, host)
    if reason and own is not None:
        # It leaves the drop-in, so it is judged as the next run will judge it.
        return _setting(key, wanted, profile, host, None)
    kept = now is not None and not target.same(wanted) and target.same(now) and not now.same(own)
    if reason in (None, MEMORY) and now is not None and kept:
        where = "host" if host.at_hand else "kernel"
        reason, detail = LOWER, "raise_only: the %s already has %s" % (where, now.text)
    return Setting(
        key=key,
        wanted=wanted,
        running=running,
        default=default,
        default_estimated=not all(number.exact for number in numbers or ()),
        boot=_boot(key, host, default),
        target=target,
        reason=reason,
        detail=detail or _step(running, target),
    )


def _default(key: str, numbers: list[Builtin] | None, kernel: Kernel) -> Value | None:
    """The kernel's own value."""
    row = row_of(key)
    text = builtin_text(numbers)
    if text is None and row and not row.numeric:
        text = at(row.default, parse_release(kernel.release))
    return None if text is None else value_of(key, text)


def _boot(key: str, host: Host, default: Value | None) -> Boot | None:
    """What stands after a reboot, as it is written in the file that decides."""
    found = host.boot.get(key)
    if found is None or found.value is None:
        return None
    text = found.value
    if text[:1] in ("<", ">"):
        from .._boot._tuned import modified

        raised = modified(text, default.text if default else None)
        if raised is None:
            return None
        text = raised
    return Boot(value_read(key, text)._replace(text=plain(text)), plain(found.source), found.loader)


def _target(
    key: str,
    wanted: Value,
    profile: Profile,
    now: Value | None,
    running: Value | None,
    numbers: list[Builtin] | None,
    own: Value | None,
) -> Value:
    """What is set, after the policy."""
    if profile.policy_of(key) != "raise_only" or wanted.numbers is None:
        return wanted
    raised = wanted.numbers
    built_in = tuple(number.value if number.exact else 0 for number in numbers or ())
    for floor in (running.numbers if running else None, built_in):
        if floor and len(floor) == len(raised):
            raised = tuple(map(max, raised, floor))
    target = _of_numbers(key, raised)
    if row_of(key) and (now is None or not target.same(now) or now.same(own)):
        target = _of_numbers(key, tuple(accumulate(raised, max)))
    return target


def _of_numbers(key: str, numbers: Tuple[int, ...]) -> Value:
    return value_of(key, " ".join(map(str, numbers)))


def _step(running: Value | None, target: Value) -> str:
    if running is None:
        return "becomes %s" % target.text
    if running.same(target):
        return "already %s" % target.text
    return "%s becomes %s" % (running.text or "empty", target.text or "empty")


def _drift(setting: Setting, host: Host) -> Tuple[str, ...]:
    """Where the target does not stand: now, after a reboot."""
    if not host.at_hand:
        return ()
    after = setting.boot.value if setting.boot else setting.default
    drift = ("running",) if host.live and not setting.target.same(setting.running) else ()
    return drift if setting.target.same(after) else (*drift, "boot")
