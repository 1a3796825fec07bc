# Private to this collection. Which of two values of a key is the better one, in the key's own direction: its row says
# max, min, wide, union, or, order or set. The lowest number is not the weakest everywhere: a shorter time-out, a wider
# range and a longer list are better. A key without a row has no direction. Pure.

from __future__ import annotations

from itertools import accumulate
from typing import Callable, Dict, Optional, Sequence, Tuple

from .._data import Value
from ._catalog import row_of
from ._key import Key
from ._values import value_of

# What else counts beside the value that is wanted. A number may be missing: it is not known, or does not count.
Numbers = Tuple[Optional[int], ...]

_FEWEST_PROBES = 2


def rule(key: str) -> str:
    """The rule of a key: max, min, wide, union, or, order or set."""
    row = row_of(key)
    return row.better if row else "set"


def quoted(key: str, wanted: Value) -> str:
    """The end of a sentence that says what was measured of a value; "" for any but the document's where it is worse."""
    row = row_of(key)
    return "; measured " + row.measured[1] if row and row.measured[:1] == (wanted.text,) else ""


def best(key: str, wanted: Value, others: Sequence[Value | Numbers]) -> Value:
    """The best of a wanted value and of others, number by number. Among equals, and where there is no better, the
    wanted one."""
    row = row_of(key)
    if row is None or row.better == "set":
        return wanted
    if row.better == "union":
        return _united(key, [wanted, *(one for one in others if isinstance(one, Value))])
    if wanted.numbers is None:
        return wanted
    found = wanted.numbers
    for other in others:
        numbers = other.numbers if isinstance(other, Value) else other
        if numbers and len(numbers) == len(found):
            found = tuple(
                mine if one is None else _better(row, place, mine, one)
                for place, (mine, one) in enumerate(zip(found, numbers))
            )
    return wanted if found == wanted.numbers else of_numbers(key, found)


def of_numbers(key: str, numbers: Sequence[int]) -> Value:
    """Numbers as a value."""
    return value_of(key, " ".join(map(str, numbers)))


def ascending(key: str, value: Value) -> Value:
    """The same with numbers that ascend; each is at least as large as before."""
    return value if value.numbers is None else of_numbers(key, tuple(accumulate(value.numbers, max)))


def is_weaker(key: str, one: Value, other: Value | None) -> bool:
    """Whether a value is worse than another one in any of its numbers. False for a key that knows no better."""
    row = row_of(key)
    if row is None or other is None:
        return False
    if row.better == "union":
        return not _united(key, [one, other]).same(one)
    if one.numbers is None or other.numbers is None or len(one.numbers) != len(other.numbers):
        return False
    if row.better == "set":
        weakest = row.order[-1:]
        return one.numbers != other.numbers and one.numbers == weakest
    return any(
        _better(row, place, mine, its) != mine for place, (mine, its) in enumerate(zip(one.numbers, other.numbers))
    )


def detection(numbers: Sequence[int]) -> int | None:
    """Seconds until a dead peer is found. numbers: as in KEEPALIVE; None where so few probes are not meant."""
    time, interval, probes = numbers
    return time + interval * probes if probes >= _FEWEST_PROBES else None


def _better(row: Key, place: int, mine: int, other: int) -> int:
    """The better of two numbers of a key; mine where neither is. place: of the number in the key."""
    return _RULES[row.better](row, place, mine, other)


def _max(row: Key, place: int, mine: int, other: int) -> int:
    bound = other if row.edge is None else min(other, row.edge)
    return bound if bound > mine else mine


def _min(row: Key, place: int, mine: int, other: int) -> int:
    meaning = dict(row.means)
    if row.edge is not None and other < row.edge:
        return mine
    return other if meaning.get(other, other) < meaning.get(mine, mine) else mine


def _wide(row: Key, place: int, mine: int, other: int) -> int:
    return max(mine, other) if place else min(mine, other)


def _or(row: Key, place: int, mine: int, other: int) -> int:
    return mine | other


def _order(row: Key, place: int, mine: int, other: int) -> int:
    if mine not in row.order or other not in row.order:
        return mine
    return min(mine, other, key=row.order.index)


_RULES: Dict[str, Callable[[Key, int, int, int], int]] = {
    "max": _max,
    "min": _min,
    "wide": _wide,
    "or": _or,
    "order": _order,
}


def _united(key: str, lists: Sequence[Value]) -> Value:
    """Every port of several lists of ports; the first list as it is, where the others add nothing."""
    from ._ports import is_ports, listed, ranges

    wanted = lists[0]
    found = value_of(key, listed(ranges(",".join(one.text for one in lists if one.text and is_ports(one.text)))))
    return wanted if found.same(wanted) else found
