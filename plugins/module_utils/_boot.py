# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. Which value systemd-sysctl leaves at boot, from the text of the files; pure, it opens none.
#
# The rules are those of systemd's src/sysctl/sysctl.c (read at 252 and 257) and of sysctl.d(5): folders by precedence,
# a file masks those of its name in later folders, files in the order of their names, a later assignment wins, an
# explicit key beats a glob wherever it stands, and a bare "-key" takes the key out altogether.

from __future__ import annotations

import fnmatch
import re
from typing import Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

# What ends a line for systemd's read_line(): each of these characters, and their combinations once.
_LINE_END = re.compile("(?:\r\n?|\n\r?)\0?|\0")
# In the order of precedence (sysctl.d(5), CONFIGURATION DIRECTORIES AND PRECEDENCE).
FOLDERS = ("/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d")


class File(NamedTuple):
    """One file of a folder. text: its content, "" for a link to /dev/null, None where it could not be read."""

    folder: str
    name: str
    text: Optional[str]


class Assignment(NamedTuple):
    """A value as it stands in a file, and where: source is file:line."""

    value: str
    source: str


class _Option(NamedTuple):
    value: Optional[str]  # None for a bare "-key"
    source: str


def in_order(files: Iterable[File]) -> List[File]:
    """The files that count, in the order in which they are read."""
    first: Dict[str, File] = {}
    for file in sorted(files, key=lambda file: FOLDERS.index(file.folder)):
        if file.name.endswith(".conf"):
            first.setdefault(file.name, file)
    return [first[name] for name in sorted(first)]


def put(files: Sequence[File], path: str, text: str) -> List[File]:
    """The same files with one of them replaced or added; unchanged where no loader reads the folder of `path`."""
    folder, _slash, name = path.rpartition("/")
    kept = [file for file in files if (file.folder, file.name) != (folder, name)]
    return kept + [File(folder, name, text)] if folder in FOLDERS else list(files)


def assignments(text: str) -> Dict[str, str]:
    """The explicit assignments of one file, by dotted key; of several for a key the last."""
    found = _options([File("", "", text)])
    return {_dotted(path): option.value for path, option in found.items() if option.value is not None and not _is_glob(path)}


def strays(text: str, targets: Dict[str, str]) -> List[str]:
    """What the text of a drop-in sets beside or against the targets, one sentence each; also globs and bare "-key"."""
    options = _options([File("", "", text)])
    found = []
    for path, option in options.items():
        key = _dotted(path)
        if targets.get(key) is None or option.value is None:
            found.append("line %s sets %s, which the plan does not apply" % (option.source.rpartition(":")[2], key))
        elif option.value.split() != targets[key].split():
            found.append("%s is %s in the file and %s in the plan" % (key, option.value, targets[key]))
    return found + ["%s is in the plan, and missing in the file" % key for key in targets if key.replace(".", "/") not in options]


def resolve(files: Iterable[File], keys: Iterable[str]) -> Dict[str, Assignment]:
    """For each dotted key that the files set: the value that stands after boot, and the line that decides it."""
    options = _options(in_order(files))
    globs = [(path, option) for path, option in options.items() if _is_glob(path) and option.value is not None]
    found: Dict[str, Assignment] = {}
    for key in keys:
        path = key.replace(".", "/")
        explicit = options.get(path)
        matching = [option for pattern, option in globs if _matches(path, pattern)]
        winner = explicit or (matching[-1] if matching else None)
        if winner is not None and winner.value is not None:
            found[key] = Assignment(winner.value, winner.source)
    return found


def taken_out(files: Iterable[File], key: str) -> str:
    """file:line of the bare "-key" that keeps a dotted key from being set at boot, "" where there is none."""
    option = _options(in_order(files)).get(key.replace(".", "/"))
    return option.source if option is not None and option.value is None else ""


def _options(files: Iterable[File]) -> Dict[str, _Option]:
    """All options by normalised path, in systemd's order: an assignment that changes nothing keeps its place."""
    options: Dict[str, _Option] = {}
    for file in files:
        for number, line in enumerate(_LINE_END.split(file.text or ""), 1):
            parsed = _parse(line)
            if parsed is None:
                continue
            path, value = parsed
            if path in options and options[path].value == value:
                continue
            options.pop(path, None)
            options[path] = _Option(value, "%s/%s:%d" % (file.folder, file.name, number))
    return options


def _parse(line: str) -> Optional[Tuple[str, Optional[str]]]:
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


def _dotted(path: str) -> str:
    return path.translate({ord("."): "/", ord("/"): "."})


def _is_glob(path: str) -> bool:
    return any(character in path for character in "*?[")


def _matches(path: str, pattern: str) -> bool:
    """glob(3) on /proc/sys: component by component, so * does not cross a slash."""
    parts, patterns = path.split("/"), pattern.replace("[^", "[!").split("/")
    try:
        return len(parts) == len(patterns) and all(map(fnmatch.fnmatchcase, parts, patterns))
    except re.error:  # Python 3.8 cannot take an empty range such as [z-a], which matches nothing
        return False
