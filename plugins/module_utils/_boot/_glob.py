# Private to this collection. Patterns as the C library's glob(3) and fnmatch(3) take them. Pure: of the C library it
# calls fnmatch alone, which only computes.

from __future__ import annotations

import ctypes
import re

_BRACES = re.compile(r"(?<!\\)\{((?:\\.|[^{}\\])*)\}")
_COMMA = re.compile(r"(?<!\\),")
_MOST = 256  # alternatives of one pattern; braces beyond that are left as they stand
_libc = ctypes.CDLL(None)


def alternatives(pattern: str) -> list[str]:
    """What {a,b} stands for, as glob(3) takes it."""
    found = [pattern]
    while len(found) < _MOST:
        braces = _BRACES.search(found[0])
        if not braces:
            break
        one = found.pop(0)
        found += [one[: braces.start()] + part + one[braces.end() :] for part in _COMMA.split(braces.group(1))]
    return found


def matches(pattern: str, path: str) -> bool:
    """Whether glob(3) finds a path, component by component."""
    parts, names = pattern.split("/"), path.split("/")
    return len(parts) == len(names) and all(map(fnmatch, parts, names))


def fnmatch(pattern: str, name: str) -> bool:
    """Whether fnmatch(3) without flags takes a name; * crosses slashes."""
    return bool(_libc.fnmatch(pattern.encode("latin-1"), name.encode(), 0) == 0)
