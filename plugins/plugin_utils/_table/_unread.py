# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. Files of variables that lie near, and that Ansible does not read in a play. It looks
# beside the inventory and beside the play's own file, and the plays of a collection lie in the collection.

from __future__ import annotations

import os
from typing import Iterable, Iterator, List

from .._names import plural

_FOLDERS = ("group_vars", "host_vars")
_ENDINGS = ("", ".yml", ".yaml", ".json")
_MARK = b"tcp_hardening_"
_FILES = 200  # of one folder that are opened at most
_BYTES = 65536  # of one file that are read at most


def unread(near: Iterable[str], read: Iterable[str]) -> List[str]:
    """The files below group_vars/ and host_vars/ in the folders near that name a variable of the role.

    read: the folders in which Ansible looks. What cannot be opened is left out.
    """
    known = {os.path.realpath(folder) for folder in read}
    found: List[str] = []
    for folder in dict.fromkeys(map(os.path.realpath, near)):
        if folder not in known:
            found += [path for name in _FOLDERS for path in _with_mark(os.path.join(folder, name))]
    return found


def warning(paths: List[str]) -> str:
    """What to say of such files."""
    first = os.path.relpath(paths[0])
    more = " and %s beside it" % plural(len(paths) - 1, "file") if len(paths) > 1 else ""
    return (
        "%s%s: the tcp_hardening_ variables there do not count in this play. Ansible reads group_vars/ and host_vars/"
        " beside the inventory, and beside the play's own file, which lies in the collection. Put them beside the"
        " inventory, or name each file: -e @%s" % (first, more, first)
    )


def _with_mark(folder: str) -> Iterator[str]:
    for path in _files(folder):
        try:
            with open(path, "rb") as stream:
                if _MARK in stream.read(_BYTES):
                    yield path
        except OSError:
            continue


def _files(folder: str) -> List[str]:
    """The files that Ansible would take: in the folder, and in the folders in it."""
    found: List[str] = []
    for place, _folders, names in os.walk(folder):
        for name in sorted(names):
            path = os.path.join(place, name)
            if os.path.splitext(name)[1] in _ENDINGS and not name.startswith(".") and os.path.isfile(path):
                found.append(path)
        if len(found) >= _FILES:
            break
    return found[:_FILES]
