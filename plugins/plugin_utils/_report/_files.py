# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. Files of reports on the controller: their names, writing them whole or not at all, reading
# folders of them.

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import tempfile
from typing import Any, Dict, Iterator, List, Tuple, Union

from .._modes import MODES, PRIVATE
from ._fleet import ENDING

_PLAIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,150}\Z")
_LARGEST = 4 * 1024 * 1024  # bytes of one host's report; a real one has about 20 KiB
_FLEET = 1024 * 1024 * 1024  # of a fleet's; one of 10,000 hosts has about 2 MiB


def file_name(host: str) -> str:
    """A file name for any inventory name.

    Names that are no plain lower-case ones carry a hash, after a sign that no plain name has.
    """
    if _PLAIN.match(host):
        return host + ENDING
    readable = re.sub(r"[^a-z0-9-]+", "_", host.lower())[:60].strip("_-")
    digest = hashlib.sha256(host.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return "%s~%s%s" % (readable, digest, ENDING)


def write(path: str, text: Union[str, Iterator[str]], mode: str = PRIVATE) -> int:
    """Write a file, whole or not at all; a folder that is missing is made. mode: one of MODES. Returns its size in
    bytes."""
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        os.makedirs(folder, mode=0o700, exist_ok=True)
        os.chmod(folder, MODES[mode])  # whatever the umask is: a web server has to come in, where that is asked for
    handle, temporary = tempfile.mkstemp(prefix=".report-", dir=folder)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace", newline="") as stream:
            for part in [text] if isinstance(text, str) else text:
                stream.write(part)
            os.fchmod(stream.fileno(), int(mode, 8))
        size = os.stat(temporary).st_size
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    return size


def found(folder: str) -> List[str]:
    """What is called like a report, in a folder and in the folders under it, in order. Links to folders are not
    followed. A folder that is called like a report is named, and not gone into."""
    paths = []
    for place, folders, names in os.walk(folder, onerror=_raise):
        names += [name for name in folders if name.endswith(ENDING)]
        folders[:] = [name for name in folders if not name.endswith(ENDING)]
        paths += [os.path.join(place, name) for name in names if name.endswith(ENDING) and not name.startswith(".")]
    return sorted(paths)


def load(path: str, largest: int = _LARGEST) -> Dict[str, Any]:
    """A JSON object out of a regular file; ValueError says why there is none. Others may write into the folder: no link
    is followed, and nothing is waited for, such as the other end of a pipe."""
    if not stat.S_ISREG(os.lstat(path).st_mode):
        raise ValueError("not a regular file")
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ValueError("not a regular file")
        raw = stream.read(largest + 1)
    if len(raw) > largest:
        raise ValueError("larger than %d MiB" % (largest // 1024 // 1024))
    value = json.loads(raw.decode("utf-8"), parse_constant=_no_number)
    if not isinstance(value, dict):
        raise ValueError("no JSON object")
    return value


def load_large(path: str) -> Dict[str, Any]:
    """The same for a fleet's report, which the operator names: it may be a link."""
    return load(os.path.realpath(path), _FLEET)


def loaded(paths: List[str]) -> Iterator[Tuple[str, Union[Dict[str, Any], str]]]:
    """Each path with its object, or with the sentence that says why there is none."""
    for path in paths:
        try:
            yield path, load(path)
        except (OSError, ValueError, RecursionError) as error:
            yield path, getattr(error, "strerror", None) or str(error)


def collection_version(root: str) -> str:
    """The version of the collection that lies in a folder, installed or as a checkout; empty where neither is there."""
    for name, pattern in (("MANIFEST.json", r'"version":\s*"([^"]+)"'), ("galaxy.yml", r"(?m)^version:\s*(\S+)")):
        try:
            with open(os.path.join(root, name), encoding="utf-8") as stream:
                match = re.search(pattern, stream.read())
        except OSError:
            continue
        if match:
            return match.group(1)
    return ""


def _no_number(name: str) -> None:
    raise ValueError("%s is no number in JSON" % name)


def _raise(error: OSError) -> None:
    raise error
