# Private to this collection. The plan: a profile held against one host. Pure: all it knows of the host was read before
# (_host/_read.py), or comes from the catalog (_what_if.py).

from __future__ import annotations

from typing import Dict, Mapping, Sequence, Tuple

from .._boot._conf import assignments
from .._codes import BETTER, MEMORY
from .._data import Assignment, Boot, Host, Plan, Profile, Setting, Value
from .._kernel._builtin import Builtin, builtin, builtin_text, is_read, written
from .._kernel._catalog import exists, row_of
from .._kernel._key import KEEPALIVE
from .._kernel._values import is_within, plain, value_of, value_read
from ._advice import advise, advise_better
from ._policy import IMPROVE, Standing, improved, keepalive, left_better, wishes_of
from ._profile import ProfileError, wanted_values
from ._refusals import refusals
from ._verdict import skip


def make_plan(profile: Profile, host: Host) -> Plan:
    """The plan; ProfileError where a key or a value cannot be right, or the host cannot take it."""
    wanted = wanted_values(profile, host)
    own, wishes = assignments(host.drop_in), wishes_of(host.drop_in)
    standings = {key: _standing(key, profile, host, own, wishes) for key in dict.fromkeys([*wanted, *_group(wanted)])}
    group = _group_targets(wanted, profile, host, standings)
    settings = [_setting(key, value, profile, host, standings[key], group) for key, value in wanted.items()]
    targets: Dict[str, str] = {setting.key: setting.target.text for setting in settings if not setting.reason}
    problems = list(refusals(targets, host))
    if problems:
        raise ProfileError(problems)
    if any(key not in targets for key in own):
        from ._leaving import taken_back

        def without_us(key: str, goal: Value) -> Setting:
            alone = standings[key]._replace(running=goal, now=goal, own=None, wish=None, before=None)
            return _setting(key, wanted[key], profile, host, alone, {})

        settings = taken_back(settings, own, standings, host, without_us)
    done = (_finished(setting, targets, standings.get(setting.key), profile, host) for setting in settings)
    return Plan(host.kernel, tuple(done), host.at_hand, host.namespaces)


def _finished(
    setting: Setting, targets: Mapping[str, str], standing: Standing | None, profile: Profile, host: Host
) -> Setting:
    """The same, with drift and advice."""
    if setting.returns:
        return setting._replace(drift=_drift(setting, host))
    if not setting.reason:
        exact = profile.policy_of(setting.key) != IMPROVE
        return setting._replace(drift=_drift(setting, host), advice=advise(setting, targets, host, exact))
    if setting.reason is BETTER and standing is not None:
        return setting._replace(advice=advise_better(setting, standing.boot, host))
    return setting


def _group(wanted: Mapping[str, Value]) -> tuple[str, ...]:
    return KEEPALIVE if any(key in wanted for key in KEEPALIVE) else ()


def _standing(key: str, profile: Profile, host: Host, own: Mapping[str, str], wishes: Mapping[str, str]) -> Standing:
    """What a key has, beside the wish for it."""
    text, set_by_us = host.reading(key).text, own.get(key)
    kept = None if set_by_us is None else value_of(key, set_by_us)
    running = value_of(key, text) if text is not None else None
    boot = _boot(key, host.beneath, None)
    if boot is not None and not (is_within(key, boot.value, host.kernel) and _may_be(key, boot.value, host)):
        boot = None
    before = value_of(key, host.before[key]) if kept and key in host.before else None
    if before is not None and (skip(key, before, profile, host)[0] is MEMORY or not _may_be(key, before, host)):
        before = None
    numbers = builtin(key, host.kernel) or ()
    return Standing(
        running=running if host.live else kept,
        now=running if host.live and host.at_hand else boot.value if boot else _default(key, numbers, host),
        builtin=numbers,
        boot=boot.value if boot else None,
        own=kept,
        wish=value_of(key, wishes[key]) if kept and key in wishes else kept,
        before=before,
        known=not host.at_hand or is_read(key, host.kernel),
    )


def _may_be(key: str, value: Value, host: Host) -> bool:
    """Whether the host would take a value that stands elsewhere."""
    return not any(True for _problem in refusals({key: value.text}, host))


def _group_targets(
    wanted: Mapping[str, Value], profile: Profile, host: Host, standings: Mapping[str, Standing]
) -> Dict[str, Value]:
    """The targets of the keepalive keys, as far as they are set and improved."""
    there = [key for key in KEEPALIVE if key in wanted and not skip(key, wanted[key], profile, host)[0]]
    improve = {key: wanted[key] for key in there if profile.policy_of(key) == IMPROVE}
    return keepalive(improve, {key: wanted[key] for key in there if key not in improve}, standings) if improve else {}


def _setting(
    key: str, wanted: Value, profile: Profile, host: Host, standing: Standing, group: Mapping[str, Value]
) -> Setting:
    """One key, without drift and advice."""
    text = host.reading(key).text
    running = None if text is None else value_of(key, text)
    default = _default(key, standing.builtin, host)
    target, improves = wanted, profile.policy_of(key) == IMPROVE and key not in profile.exclude
    if improves:
        target = group.get(key) or improved(key, wanted, standing)
    reason, detail = skip(key, target, profile, host)
    if improves and reason in (None, MEMORY):
        found = left_better(key, wanted, target, host, standing)
        reason, detail = found if found[0] else (reason, detail)
    return Setting(
        key=key,
        wanted=wanted,
        running=running,
        default=default,
        default_estimated=default is not None
        and not (_is_read(key, host) and all(number.exact for number in standing.builtin)),
        boot=_boot(key, host.boot, default),
        target=target,
        reason=reason,
        detail=detail or _step(running, target),
    )


def _is_read(key: str, host: Host) -> bool:
    """Whether the kernel's own value was read in a source, or in this kernel's configuration, or seen on a kernel."""
    found = host.available.get(key)
    return bool(found and found.own) or is_read(key, host.kernel)


def _default(key: str, numbers: Sequence[Builtin], host: Host) -> Value | None:
    """The kernel's own value."""
    row, found = row_of(key), host.available.get(key)
    text = builtin_text(list(numbers))
    if found and found.own:
        text = found.own
    elif text is None and row and not row.numeric:
        text = written(row, host.kernel) if exists(key, host.kernel) else None
    return None if text is None else value_of(key, text)


def _boot(key: str, decides: Mapping[str, Assignment], default: Value | None) -> Boot | None:
    """What stands after a reboot, as it is written in the file that decides."""
    found = decides.get(key)
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
    after = setting.boot.value if setting.boot else None if setting.default_estimated else setting.default
    if setting.returns:
        return ("running",) if host.live else ("boot",)
    now = ("running",) if host.live and not setting.target.same(setting.running) else ()
    return now if setting.target.same(after) else (*now, "boot")
