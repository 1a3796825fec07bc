# Private to this collection. The text of sysctl.d files, as systemd-sysctl takes it apart (sysctl.d(5)). Pure.

from __future__ import annotations

import io
import re
from typing import Iterable, Iterator, NamedTuple

from .._data import dotted

FOLDERS = ("/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d")
# systemd-sysctl reads this file only where one of the folders has a link to it.
LAST = "/etc/sysctl.conf"
# Characters. At a line of this length systemd-sysctl stops reading a file (its LONG_LINE_MAX).
_LONGEST = 1 << 20
_ENDS = re.compile("[\r\n\0]+")
_BLANKS = " \t\r\n"
_SPECIAL = re.compile(r"[*?[\\]")


class Option(NamedTuple):
    """What a line says of a path."""

    value: str | None  # None for a bare "-key"
    line: int


def lines(chunks: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Line numbers and lines of a file.

    chunks: they end with a newline, or before one. CR and NUL end a line too, but the numbers count newlines alone, as
    an editor does.
    """
    number, rest = 1, ""
    for chunk in chunks:
        whole = [chunk[:-1]]
        if rest or chunk[-1] != "\n" or "\r" in chunk or "\0" in chunk:
            *whole, rest = _ENDS.split(rest + chunk)
        for line in whole:
            if len(line) >= _LONGEST:
                return
            yield number, line
        if len(rest) >= _LONGEST:
            return
        number += chunk[-1] == "\n"
    yield number, rest


def parse(line: str, dash: bool = True) -> tuple[str, str | None] | None:
    """The normalised path and the value of an assignment; None for a line that says nothing.

    The value is None for a bare "-key". dash: whether a "-" before a key means anything, as it does since systemd 245.
    """
    line = line.strip(_BLANKS)
    if line[:1] in "#;":
        return None
    key, equals, value = line.partition("=")
    if dash and key[:1] == "-":
        key = key[1:]
    elif not equals:
        return None
    path = swapped(key.strip(_BLANKS))
    if "//" in path or "/." in path or path[:1] == "/" or path[-1:] == "/":
        path = "/".join(part for part in path.split("/") if part not in ("", "."))
    return path, value.strip(_BLANKS) if equals else None


def swapped(key: str) -> str:
    """A key as a path. Dots and slashes change places, but only where the first of them is a dot."""
    dot, slash = key.find("."), key.find("/")
    return dotted(key) if dot >= 0 and (slash < 0 or dot < slash) else key


def is_glob(path: str) -> bool:
    """Whether a path has a character that makes it a pattern."""
    return "*" in path or "?" in path or "[" in path


def may_match(pattern: str, path: str) -> bool:
    """Whether a glob without braces may find a path, by its plain parts alone: a quick look before a thorough one."""
    parts, names = pattern.split("/"), path.split("/")
    if len(parts) != len(names):
        return False
    return all(part == name or _SPECIAL.search(part) for part, name in zip(parts, names))


def options(text: str) -> list[tuple[str, Option]]:
    """The normalised path and the option of each line that says something, in their order."""
    found = [(parse(line), number) for number, line in lines(io.StringIO(text, newline="\n"))]
    return [(one[0], Option(one[1], number)) for one, number in found if one]


def assignments(text: str) -> dict[str, str]:
    """What one file assigns, by dotted key; of a key the last line counts. Globs and bare "-key" lines are left out."""
    return {
        dotted(path): option.value
        for path, option in dict(options(text)).items()
        if option.value is not None and not is_glob(path)
    }
