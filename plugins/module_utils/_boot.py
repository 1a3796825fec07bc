# Private to this collection. Which value systemd-sysctl leaves at boot, from the text of the files; pure, it opens none.
#
# The rules are those of sysctl.d(5): folders by precedence,
# a file masks those of its name in later folders, files in the order of their names, a later assignment wins, an
# explicit key beats a glob wherever it stands, and a bare "-key" takes the key out altogether.

from __future__ import annotations

import fnmatch
import re
from typing import Iterable, NamedTuple, Sequence

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._conf import is_glob, options

# In the order of precedence (sysctl.d(5), CONFIGURATION DIRECTORIES AND PRECEDENCE).
FOLDERS = ("/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d")


class File(NamedTuple):
    """One file of a folder. text: its content, "" for a link to /dev/null, None where it could not be read."""

    folder: str
    name: str
    text: str | None


class Assignment(NamedTuple):
    """A value as it stands in a file, and where: source is file:line."""

    value: str
    source: str


class _Decided(NamedTuple):
    value: str | None  # None for a bare "-key"
    source: str


def in_order(files: Iterable[File]) -> list[File]:
    """The files that count, in the order in which they are read."""
    first: dict[str, File] = {}
    for file in sorted(files, key=lambda file: FOLDERS.index(file.folder)):
        if file.name.endswith(".conf"):
            first.setdefault(file.name, file)
    return [first[name] for name in sorted(first)]


def put(files: Sequence[File], path: str, text: str) -> list[File]:
    """The same files with one of them replaced or added; unchanged where no loader reads the folder of `path`."""
    folder, _slash, name = path.rpartition("/")
    kept = [file for file in files if (file.folder, file.name) != (folder, name)]
    return kept + [File(folder, name, text)] if folder in FOLDERS else list(files)


def resolve(files: Iterable[File], keys: Iterable[str]) -> dict[str, Assignment]:
    """For each dotted key that the files set: the value that stands after boot, and the line that decides it."""
    decided = _collected(in_order(files))
    globs = [(path, option) for path, option in decided.items() if is_glob(path) and option.value is not None]
    found: dict[str, Assignment] = {}
    for key in keys:
        path = key.replace(".", "/")
        explicit = decided.get(path)
        matching = [option for pattern, option in globs if _matches(path, pattern)]
        winner = explicit or (matching[-1] if matching else None)
        if winner is not None and winner.value is not None:
            found[key] = Assignment(winner.value, winner.source)
    return found


def taken_out(files: Iterable[File], key: str) -> str:
    """file:line of the bare "-key" that keeps a dotted key from being set at boot, "" where there is none."""
    option = _collected(in_order(files)).get(key.replace(".", "/"))
    return option.source if option is not None and option.value is None else ""


def _collected(files: Iterable[File]) -> dict[str, _Decided]:
    """All options by normalised path, in systemd's order: an assignment that changes nothing keeps its place."""
    found: dict[str, _Decided] = {}
    for file in files:
        for path, option in options(file.text or ""):
            if path in found and found[path].value == option.value:
                continue
            found.pop(path, None)
            found[path] = _Decided(option.value, "%s/%s:%d" % (file.folder, file.name, option.line))
    return found


def _matches(path: str, pattern: str) -> bool:
    """glob(3) on /proc/sys: component by component, so * does not cross a slash."""
    parts, patterns = path.split("/"), pattern.replace("[^", "[!").split("/")
    try:
        return len(parts) == len(patterns) and all(map(fnmatch.fnmatchcase, parts, patterns))
    except re.error:  # Python 3.8 cannot take an empty range such as [z-a], which matches nothing
        return False
