# Private to this collection. The text of sysctl.d files, as systemd-sysctl takes it apart (sysctl.d(5)). Pure.

from __future__ import annotations

import io
import re
from typing import Iterable, Iterator, NamedTuple

FOLDERS = ("/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d")
# systemd-sysctl reads it only by a link in a folder.
LAST = "/etc/sysctl.conf"
# LONG_LINE_MAX of systemd, which gives a file up at a line that long.
_LONGEST = 1 << 20
_ENDS = re.compile("[\r\n\0]+")
_BLANKS = " \t\r\n"
_SPECIAL = re.compile(r"[*?[\\]")


class Option(NamedTuple):
    value: str | None  # None for a bare "-key"
    line: int


def lines(chunks: Iterable[str]) -> Iterator[tuple[int, str]]:
    """(number, line) of chunks that end with a newline or before.

    CR and NUL end a line too; the numbers count newlines.
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
    """(normalised path, value) of an assignment, value None for a bare "-key".

    dash: whether "-" means anything, as since systemd 245.
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
    """Where its first separator is a dot, dots and slashes of a key change places."""
    dot, slash = key.find("."), key.find("/")
    return key.translate(_SWAP) if dot >= 0 and (slash < 0 or dot < slash) else key


_SWAP = {ord("."): "/", ord("/"): "."}


def dotted(path: str) -> str:
    """A path as a key, and back."""
    return path.translate(_SWAP)


def is_glob(path: str) -> bool:
    return "*" in path or "?" in path or "[" in path


def may_match(pattern: str, path: str) -> bool:
    """Whether a glob without braces may find a path, by its plain parts alone: a quick look before a thorough one."""
    parts, names = pattern.split("/"), path.split("/")
    if len(parts) != len(names):
        return False
    return all(part == name or _SPECIAL.search(part) for part, name in zip(parts, names))


def options(text: str) -> list[tuple[str, Option]]:
    """(normalised path, option) of every line that says something."""
    found = [(parse(line), number) for number, line in lines(io.StringIO(text, newline="\n"))]
    return [(one[0], Option(one[1], number)) for one, number in found if one]


def assignments(text: str) -> dict[str, str]:
    """The explicit assignments of one file, by dotted key, the last of each."""
    return {
        dotted(path): option.value
        for path, option in dict(options(text)).items()
        if option.value is not None and not is_glob(path)
    }
