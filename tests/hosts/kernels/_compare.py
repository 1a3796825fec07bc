# Holds what a kernel answered against the catalog, key by key.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Pure: answers of probe.py in, differences out (private to tests/hosts/kernels)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from _questions import NONSENSE, PORT_RANGE, PORT_START, scaled

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import MISSING, Kernel, Reading
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._builtin import Builtin, builtin, written
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._catalog import Key, every_row, per_namespace
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._history import at, release_of
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._values import canonical, same
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan._what_if import imagine

KEYS = every_row()

# What the catalog promises of a default that it computes from the memory size: nearly the share of it; the kernel first
# leaves out its reserve of free memory, which huge pages raise to 8 % of a small host and to 112 MiB of a large one.
_ABOUT = 0.01
_RESERVE, _RESERVE_MB = 0.08, 116

_PLACES = {"child": "a child", "first": "the first namespace", None: "no namespace"}


class Check(NamedTuple):
    """One statement of the catalog about one key, and what the kernel says to it."""

    key: str
    about: str
    expected: str
    found: str
    holds: bool


class Verdict(NamedTuple):
    """What a kernel says to the catalog. present: how many keys it has; checks: all of them, also those that hold."""

    kernel: Kernel
    present: int
    checks: tuple[Check, ...]

    @property
    def differences(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if not check.holds)


def compare(answers: Mapping[str, Any], options: Mapping[str, str] | None) -> Verdict:
    """Hold the answers of one kernel against the catalog.

    options: the build options of this kernel that are on, such as {"CONFIG_NET_SCHED": "y"}, since some of them take
    keys away;
    None where they are not known: then a key that needs one may be there or not.
    """
    said = answers["kernel"]
    first = Kernel(said["release"], said["memory_mb"], said["page_size"])
    checks: list[Check] = []
    for row in KEYS:
        answer = answers["keys"][row.name]
        left_out = bool(row.needs) and (
            row.needs not in options if options is not None else not answer["first"]["present"]
        )
        checks += _places(row, answer, first, left_out)
        if answer["first"]["present"]:
            checks += _defaults(row, answer, first)
            checks += _own_value(row, answer, first)
            checks += _tries(row, answer, first, said["hz"])
    return Verdict(first, sum(answer["first"]["present"] for answer in answers["keys"].values()), tuple(checks))


def _check(row: Key, about: str, expected: str, found: str) -> Check:
    return Check(row.name, about, expected, found, expected == found)


def _standing(reading: Reading) -> str:
    return "absent" if not reading.present else "writable" if reading.writable else "read-only"


def _seen(look: Mapping[str, Any]) -> Reading:
    """What the probe saw; writable only where mode and kernel agree, so that a half-open key is a difference of its
    own."""
    return Reading(look["present"], look.get("mode") == 0o644 and look["opens"], look.get("text"))


def _places(row: Key, answer: Mapping[str, Any], first: Kernel, left_out: bool) -> Iterator[Check]:
    """Present or not, and writable or not, in the first namespace and in a child."""
    for place, namespace in (("first", "host"), ("child", "container")):
        expected = MISSING if left_out else imagine(first._replace(namespace=namespace), [row.name]).reading(row.name)
        yield _check(row, f"in the {place} namespace", _standing(expected), _standing(_seen(answer[place])))
        if answer[place]["present"] and not _seen(answer[place]).writable:
            yield _check(
                row,
                f"mode in the {place} namespace",
                "0444, does not open for writing",
                f"{answer[place]['mode']:04o}, {'opens' if answer[place]['opens'] else 'does not open'} for writing",
            )


def _defaults(row: Key, answer: Mapping[str, Any], kernel: Kernel) -> Iterator[Check]:
    """The kernel's own value, in the first namespace and in a new child that starts at it."""
    own = [("first", answer["first"]["text"])]
    if answer["child"]["present"] and per_namespace(row.name, kernel) and not row.inherited:
        own.append(("child", answer["child"]["text"]))
    for place, text in own:
        yield from _default(row, f"own value in the {place} namespace", text, kernel)


def _default(row: Key, about: str, text: str, kernel: Kernel) -> Iterator[Check]:
    if row.kind == "ports":
        yield _check(row, about, at(row.default, release_of(kernel)), text)
    elements = builtin(row.name, kernel)
    if elements is None:
        # Not promised: a choice of the kernel's build, or unknown.
        return
    expected = " ".join(str(element.value) + ("" if element.exact else " or so") for element in elements)
    found = [int(word) for word in text.split()]
    words = written(row, kernel).split()
    holds = len(found) == len(elements) and all(
        _near(element, number, word, kernel) for element, number, word in zip(elements, found, words)
    )
    yield Check(row.name, about, expected, text, holds)


def _near(element: Builtin, found: int, word: str, kernel: Kernel) -> bool:
    """Whether a number is the one that the catalog gives, or as near to it as the catalog promises."""
    if element.exact:
        return found == element.value
    if word.startswith("ehash/"):
        # A power of two: where it is not certain, the next one is meant too.
        return found in (element.value, 2 * element.value)
    below = max(_ABOUT, min(_RESERVE, _RESERVE_MB / (kernel.memory_mb or 1)))
    return element.value * (1 - below) <= found <= element.value * (1 + _ABOUT)


def _own_value(row: Key, answer: Mapping[str, Any], kernel: Kernel) -> Iterator[Check]:
    """Whether a child has a value of its own, and what a new one starts with."""
    own = per_namespace(row.name, kernel)
    yield _check(row, "can be set in", _PLACES["child" if own else "first"], _PLACES[answer["where"]])
    if answer["where"] != "child" or not answer["child"]["present"]:
        return
    apart = answer["apart"]
    yield Check(
        row.name,
        "set in a child",
        "another value there than in the first namespace",
        f"{apart['child']!r} there, {apart['first']!r} in the first",
        apart["child"] != apart["first"] == answer["first"]["text"],
    )
    copied = answer["copied"]
    expected = copied["first"] if row.inherited else answer["child"]["text"]
    yield _check(
        row, f"in a new child, after the first namespace was set to {copied['first']!r}", expected, copied["child"]
    )


def _tries(row: Key, answer: Mapping[str, Any], kernel: Kernel, hz: int) -> Iterator[Check]:
    """Every value that was tried: taken or refused, and put back afterwards."""
    for tried in answer["tries"]:
        takes = _takes(row, tried, kernel, hz)
        before = "".join(f", with {name} = {text}" for name, text in tried["before"].items())
        if takes is not None:
            yield _check(
                row, f"write {tried['write']!r}{before}", "taken" if takes else "refused", _outcome(row.name, tried)
            )
        yield Check(
            row.name,
            f"after writing {tried['write']!r}",
            "prepared before, put back after",
            "not so",
            tried["prepared"] and tried["restored"],
        )


def _outcome(key: str, tried: Mapping[str, Any]) -> str:
    if tried["error"]:
        return "refused"
    if same(key, tried["read"], tried["write"]):
        return "taken"
    # Success that changes nothing is a refusal too: before 6.0 the kernel skips a negative number of pages.
    return "refused" if tried["read"] == tried["start"] else f"kept as {tried['read']!r}"


def _takes(row: Key, tried: Mapping[str, Any], kernel: Kernel, hz: int) -> bool | None:
    """Whether the kernel takes a value, by the catalog; None where that does not say."""
    text = tried["write"]
    if row.kind == "ports":
        try:
            canonical(row.name, text, kernel, None)
        except ValueError:
            return False
        return True
    if not row.numeric:
        return text != NONSENSE
    numbers = [int(word) for word in text.split()]
    limits = at(row.bounds, release_of(kernel))
    low, high = limits[-2:]
    if row.unit == "seconds":
        low, high = scaled(low, hz), scaled(high, hz)
    if max(numbers) > high:
        return False
    if low is None:
        return min(numbers) >= limits[0] or None
    return min(numbers) >= low and _in_step(row.name, numbers, tried["before"], kernel)


def _in_step(key: str, numbers: list[int], before: Mapping[str, str], kernel: Kernel) -> bool:
    """Whether the two keys of the local ports agree, as their hazards in docs/keys.md say."""
    if key == PORT_RANGE:
        return numbers[0] <= numbers[1] and _other(PORT_START, before, kernel) <= numbers[0]
    if key == PORT_START:
        return numbers[0] <= _other(PORT_RANGE, before, kernel)
    return True


def _other(key: str, before: Mapping[str, str], kernel: Kernel) -> int:
    """The first number of the other key: as it was set before, else the kernel's own; 0 where there is no such key."""
    if key in before:
        return int(before[key].split()[0])
    elements = builtin(key, kernel)
    return elements[0].value if elements else 0


def lines(name: str, differences: Iterable[Check]) -> list[str]:
    """Differences for people, one a line: kernel, key, expected, found."""
    return [
        f"{name}  {check.key}  {check.about}: expected {check.expected}, found {check.found}" for check in differences
    ]
