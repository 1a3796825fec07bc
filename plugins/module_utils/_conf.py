# Private to this collection. The text of sysctl.d files, as systemd-sysctl takes it apart (sysctl.d(5)). Pure.

from __future__ import annotations

import re
from typing import NamedTuple

# What ends a line for systemd's read_line(): each of these characters, and their combinations once.
_LINE_END = re.compile("(?:\r\n?|\n\r?)\0?|\0")


class Option(NamedTuple):
    """What a line says of a key."""

    value: str | None  # None for a bare "-key"
    line: int


def options(text: str) -> list[tuple[str, Option]]:
    """Every line of a text that says something: (normalised path, option), in order."""
    found = []
    for number, line in enumerate(_LINE_END.split(text), 1):
        parsed = _parse(line)
        if parsed is not None:
            found.append((parsed[0], Option(parsed[1], number)))
    return found


def assignments(text: str) -> dict[str, str]:
    """The explicit assignments of one file, by dotted key; of several for a key the last."""
    return {dotted(path): option.value for path, option in dict(options(text)).items() if option.value is not None and not is_glob(path)}


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


def _parse(line: str) -> tuple[str, str | None] | None:
    """(path, value) of a line, value None for a bare "-key"; None for what is no assignment."""
    line = line.strip(" \t\r\n")
    if not line or line[0] in "#;":
        return None
    key, equals, value = line.partition("=")
    if not equals and not key.startswith("-"):
        return None
    if key.startswith("-"):
        key = key[1:]
    return _normalised(key.strip(" \t\r\n")), value.strip(" \t\r\n") if equals else None


def _normalised(key: str) -> str:
    """sysctl_normalize(): where the first separator is a dot, dots and slashes change places."""
    first = next((character for character in key if character in "/."), "/")
    if first == ".":
        key = key.translate({ord("."): "/", ord("/"): "."})
    return "/".join(part for part in key.split("/") if part and part != ".")


def dotted(path: str) -> str:
    """A normalised path as a key; a dot inside an interface name becomes a slash."""
    return path.translate({ord("."): "/", ord("/"): "."})


def is_glob(path: str) -> bool:
    """Whether a path holds one of the characters of a pattern."""
    return any(character in path for character in "*?[")
