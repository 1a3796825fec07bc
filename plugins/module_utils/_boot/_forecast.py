# Private to this collection. What the files of sysctl.d leave at the next boot, and which line decides each key. The
# rules are the loader's. Pure. Proved against the loaders themselves (tests/unit/boot).

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Callable, Iterable, Mapping, NamedTuple

from .._data import Assignment, dotted

if TYPE_CHECKING:
    from ._view import Loader, State

# A note on something that is not known: what it is, and why.
UNKNOWN = "%s %s; what it sets at boot is not known"
_PAGE = 4096  # characters; the kernel reads no more of a value
_ODD = re.compile(r"[*?[]|^/|/[/.]")  # in a path that may stand for another one


class Forecast(NamedTuple):
    """What the files come to, by key."""

    now: dict[str, Assignment]  # what they leave
    after: dict[str, Assignment]  # what they set after the drop-in, once that sets every key
    beneath: dict[str, Assignment]  # what they leave without the drop-in
    unread: str  # why the drop-in is not read, "" where it is


def forecast(
    rules: Loader,
    listed: Mapping[str, bool],
    chunks: Callable[[str], Iterable[str]],
    keys: Iterable[str],
    own: str,
    taken: Callable[[str, str], bool],
) -> Forecast:
    """Read every file once, in the loader's order, and keep what concerns the keys.

    listed: the files, and whether each is the drop-in; chunks: opens one; own: the drop-in's path; taken: whether the
    kernel takes a value.
    """
    paths = {dotted(key): key for key in keys}
    concerned = functools.lru_cache(maxsize=1024)(
        lambda written: [path for path in paths if rules.concerns(written, path)]
    )
    now = then = _by_name(rules, listed)
    if own in listed or own.rpartition("/")[0] in rules.folders:
        then = _by_name(rules, [*listed, own])
    states: dict[str, tuple[State, State, State]] = {path: ({}, {}, {}) for path in paths}
    for name in sorted(then, key=lambda name: (name == rules.last, name.encode("utf-8", "surrogateescape"))):
        ours = then[name] == own or listed[then[name]]
        for number, line in rules.lines(chunks(now[name])) if name in now else ():
            written, value = rules.parse(line) or ("", None)
            for path in concerned(written) if written in paths or len(written) < _PAGE and _ODD.search(written) else ():
                good = value[:_PAGE] if value is not None and taken(paths[path], value) else None
                for state in states[path][: 2 if ours else 3]:
                    rules.put(state, written, good, "%s:%d" % (now[name], number))
        for path in paths if ours else ():
            rules.put(states[path][1], path, own, own)

    def decided(number: int) -> dict[str, Assignment]:
        """number: 0 as the files are, 1 once the drop-in sets every key, 2 without it. What it sets then is left
        out."""
        ends = {key: rules.decide(states[path][number], path) for path, key in paths.items()}
        return {key: Assignment(*one, rules.name) for key, one in ends.items() if one and one[1] != own}

    read = then is now or any(path == own or listed[path] for path in then.values())
    masked = "" if read else "a file of its name masks the drop-in; rename the drop-in"
    return Forecast(decided(0), decided(1), decided(2), masked)


def _by_name(rules: Loader, paths: Iterable[str]) -> dict[str, str]:
    """The files that count, by name: each masks the files of the same name in later folders."""
    found: dict[str, str] = {}
    for path in sorted(paths, key=lambda path: path != rules.last and rules.folders.index(path.rpartition("/")[0])):
        name = path if path == rules.last else path.rpartition("/")[2]
        if name == path or name.endswith(".conf") and (rules.hidden or name[0] != "."):
            found.setdefault(name, path)
    return found
