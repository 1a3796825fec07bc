# Private to this collection. What becomes of keys that an earlier run set, and that this one does not set any more:
# they left the profile, were excluded, or the host has something better. Imported where the drop-in sets such a key.
# Pure.

from __future__ import annotations

from typing import Callable, Mapping, Sequence

from .._codes import ABSENT, BETTER, LEFT_PROFILE, MEMORY, OTHER_NAMESPACE, READ_ONLY, REMOVED
from .._data import Host, Setting, Value
from .._kernel._values import check_key, value_of
from ._policy import Standing

# There is nothing to take back, or no way to.
_OUT_OF_REACH = (REMOVED, ABSENT, OTHER_NAMESPACE, READ_ONLY)


def taken_back(
    settings: Sequence[Setting],
    own: Mapping[str, str],
    standings: Mapping[str, Standing],
    host: Host,
    without_us: Callable[[str, Value], Setting],
) -> list[Setting]:
    """The rows of a plan, with what an earlier run set and this one does not: it goes back to what was before.

    own: what our drop-in sets, by key. without_us: the row of a key where a value stands that nobody of us set. Keys
    that left the profile get rows of their own, behind all others. Where somebody changed a value since, it is left,
    and the row says so.
    """
    found = [
        setting
        if not setting.reason or setting.reason in _OUT_OF_REACH or setting.key not in own
        else _taken_back(
            _at_the_next_run(setting, standings, host, without_us), own[setting.key], _goal(setting, host), host
        )
        for setting in settings
    ]
    planned = {setting.key for setting in settings}
    return found + [
        _gone(key, text, host) for key, text in own.items() if key not in planned and _is_within_reach(key, host)
    ]


def _is_within_reach(key: str, host: Host) -> bool:
    return not check_key(key) and host.reading(key).present and host.reading(key).writable


def _goal(setting: Setting, host: Host) -> Value | None:
    before = host.before.get(setting.key)
    if setting.reason is BETTER:
        return setting.target
    return None if before is None else value_of(setting.key, before)


def _at_the_next_run(
    setting: Setting,
    standings: Mapping[str, Standing],
    host: Host,
    without_us: Callable[[str, Value], Setting],
) -> Setting:
    """The same, with what the next run will say of it."""
    left = _goal(setting, host) if standings[setting.key].ours else setting.running
    if setting.reason is not MEMORY or left is None:
        return setting
    then = without_us(setting.key, left)
    return setting._replace(then=(then.reason, then.detail))


def _gone(key: str, text: str, host: Host) -> Setting:
    """The row of a key that is not in the profile any more."""
    found = host.reading(key).text
    running = None if found is None else value_of(key, found)
    set_by_us = value_of(key, text)
    row = Setting(
        key=key,
        wanted=set_by_us,
        running=running,
        default=None,
        default_estimated=False,
        boot=None,
        target=set_by_us,
        reason=LEFT_PROFILE,
        detail="it left the profile",
        then=(None, ""),
    )
    return _taken_back(row, text, _goal(row, host), host)


def _taken_back(setting: Setting, own: str, goal: Value | None, host: Host) -> Setting:
    """The row of a key that is to go back. goal: to what; None where only root can see that."""
    then = setting.then or (setting.reason, setting.detail)
    set_by_us = value_of(setting.key, own)
    if host.live and not set_by_us.same(setting.running):
        if setting.reason is BETTER:
            return setting  # what somebody set since is better, and its row says so already
        said = "%s; an earlier run set %s, and somebody changed it since: it stays" % (setting.detail, own)
        return setting._replace(detail=said, then=then)
    if goal is not None and goal.same(set_by_us):
        return setting._replace(then=then)
    to = "what it was before (the snapshot has it)" if goal is None else goal.text
    return setting._replace(
        target=goal or set_by_us,
        reason=LEFT_PROFILE,
        detail="%s; an earlier run set %s: it goes back to %s" % (setting.detail, own, to),
        returns=True,
        blindly=goal is None,
        then=then,
    )
