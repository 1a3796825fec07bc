# Private to this collection. What is set of a key, after the policy: `exact` sets what is wanted; `improve` sets it,
# number by number, where it is better than what the host has of its own. Pure.

from __future__ import annotations

import re
from typing import Callable, Dict, List, Mapping, NamedTuple, Sequence, Tuple

from .._codes import BETTER, HARMFUL, IGNORED
from .._data import Host, Value
from .._kernel._builtin import Builtin, builtin_text, is_read
from .._kernel._catalog import no_effect, row_of
from .._kernel._direction import Numbers, ascending, best, detection, quoted, rule
from .._kernel._key import KEEPALIVE
from .._kernel._values import value_of
from ._profile import POLICIES
from ._verdict import Verdict

IMPROVE = POLICIES[0]
# How the drop-in names the wish behind a line of which the host had some numbers better already.
_WISH = re.compile(r"^# wanted: (net\.[^ =]+) = (.*)$", re.MULTILINE)


class Standing(NamedTuple):
    """What a key has, beside the wish for it."""

    running: Value | None  # None also where running values do not count
    now: Value | None  # the same, and where it does not count, what a host without us comes up with
    builtin: Sequence[Builtin]  # the kernel's own numbers; () where they are not known
    boot: Value | None  # what another file sets at boot, if this collection could set it
    own: Value | None  # what our drop-in sets; None where it does not
    wish: Value | None  # for which it does
    before: Value | None  # what the host had before our drop-in set it; None where it does not, or that is not known
    known: bool  # whether the kernel's own numbers count: where they are but likely, they decide no write

    @property
    def ours(self) -> bool:
        """Whether the running value is there because an earlier run set it, and nobody changed it since."""
        return self.own is not None and self.own.same(self.running)


def wishes_of(drop_in: str) -> Dict[str, str]:
    """What was wanted where the drop-in sets something better, by key."""
    return dict(_WISH.findall(drop_in))


def of_the_host(key: str, wanted: Value, standing: Standing) -> List[Value | Numbers]:
    """What the host has of its own, each a candidate against the wanted value. What an earlier run set does not count:
    a wish that is lowered later has to take effect."""
    running = standing.running
    found: List[Value | Numbers] = []
    if running is not None and not standing.ours:
        found.append(running)
    elif running is not None and wanted.same(standing.wish):
        found.append(running)  # the same wish: what was better then is in it, and stays
    elif running is not None and standing.wish is not None:
        found.append(_not_from(key, standing.wish, running))
    if standing.before is not None:
        found.append(standing.before)
    if standing.boot is not None:
        found.append(standing.boot)
    if standing.known and standing.builtin:
        found.append(tuple(number.value if number.exact else None for number in standing.builtin))
    return found


def _not_from(key: str, wish: Value, running: Value) -> Value | Numbers:
    """The part of a value that did not come from a wish: numbers, ports of a list, or bits."""
    if rule(key) == "union":
        from .._kernel._ports import less

        return value_of(key, less(running.text, wish.text))
    if running.numbers is None or wish.numbers is None or len(wish.numbers) != len(running.numbers):
        return running
    if rule(key) == "or":
        return tuple(one & ~wished for one, wished in zip(running.numbers, wish.numbers))
    return tuple(None if one == wished else one for one, wished in zip(running.numbers, wish.numbers))


def improved(key: str, wanted: Value, standing: Standing) -> Value:
    """The better value, number by number."""
    target = best(key, wanted, of_the_host(key, wanted, standing))
    if target.same(wanted) or target.same(standing.now) and not standing.ours:
        return target  # what somebody else set is not ours to put in order
    return ascending(key, target)


def keepalive(
    wanted: Mapping[str, Value], exact: Mapping[str, Value], standings: Mapping[str, Standing]
) -> Dict[str, Value]:
    """What is set of the keepalive keys, which are judged as one.

    wanted: of those that are to be improved. exact: of those that are set to the letter. standings: of all three.
    Nothing is returned where one of their numbers is not known.
    """

    def together(of_a_key: Callable[[str], Value | None]) -> Tuple[int, ...] | None:
        """The three numbers, where of those that are to be improved this one counts."""
        values = (
            exact.get(key) or (of_a_key(key) if key in wanted else _left_alone(standings[key])) for key in KEEPALIVE
        )
        found = [value.numbers[0] for value in values if value is not None and value.numbers]
        return tuple(found) if len(found) == len(KEEPALIVE) else None

    chosen = together(wanted.__getitem__)
    if chosen is None:
        return {}
    candidates: List[Callable[[str], Value | None]] = []
    if not all(standings[key].ours for key in wanted) or all(wanted[key].same(standings[key].wish) for key in wanted):
        candidates.append(lambda key: _now(standings[key]))
    candidates.append(lambda key: standings[key].before or _now(standings[key]))
    candidates.append(lambda key: standings[key].boot or _of_kernel(standings[key]))
    candidates.append(lambda key: _of_kernel(standings[key]))
    for one in map(together, candidates):
        if one is not None and _is_sooner(one, chosen):
            chosen = one
    return {key: value_of(key, str(chosen[KEEPALIVE.index(key)])) for key in wanted}


def _of_kernel(standing: Standing) -> Value | None:
    text = builtin_text(list(standing.builtin)) if standing.known else None
    return None if text is None else value_of(KEEPALIVE[0], text)


def _now(standing: Standing) -> Value | None:
    return standing.running or _of_kernel(standing)


def _left_alone(standing: Standing) -> Value | None:
    """What a key will have that this run does not set: what an earlier run set goes back."""
    return (standing.before or _of_kernel(standing)) if standing.ours else _now(standing)


def _is_sooner(one: Tuple[int, ...], other: Tuple[int, ...]) -> bool:
    """Whether a dead peer is found sooner with one. Too few probes count on neither side."""
    mine, its = detection(one), detection(other)
    return mine is not None and its is not None and mine < its


def useless(key: str, wanted: Value, host: Host) -> Verdict:
    """Why `improve` does not set a key at all; (None, "") where it may."""
    row = row_of(key)
    if row and row.harmful and wanted.text != "0":
        return HARMFUL, "%s; the policy exact sets it all the same" % row.why
    version = no_effect(key, host.kernel)
    if version:
        return IGNORED, "this kernel takes the value and ignores it, from %s on" % version
    return None, ""


def left_better(key: str, wanted: Value, target: Value, host: Host, standing: Standing) -> Verdict:
    """Why `improve` leaves a key alone; (None, "") where it is set."""
    found = useless(key, wanted, host)
    if found[0] or target.same(wanted):
        return found
    if standing.ours:
        # What an earlier run set in its place goes, so that the host's own comes back.
        left = not target.same(standing.own) and _is_the_hosts(target, of_the_host(key, wanted, standing))
    else:
        left = target.same(standing.now)
    if not left:
        return None, ""
    whose = "host already has" if host.at_hand else "kernel already has"
    if not host.at_hand and not is_read(key, host.kernel):
        whose = "kernel likely has"
    return BETTER, "the %s %s, better than %s%s" % (whose, target.text, wanted.text, quoted(key, wanted))


def _is_the_hosts(target: Value, candidates: Sequence[Value | Numbers]) -> bool:
    """Whether nothing of the wish is in a target, so that it can be left to the host again."""
    return any(target.same(one) if isinstance(one, Value) else target.numbers == one for one in candidates)
