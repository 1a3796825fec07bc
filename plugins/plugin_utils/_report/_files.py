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
import tempfile
from typing import Any, Dict, Iterator, List, Tuple, Union

_PLAIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,150}\Z")
ENDING = ".tcp.json"
_LARGEST = 8 * 1024 * 1024  # bytes of one host's report; a real one has about 20 KiB


def file_name(host: str) -> str:
    """A file name for any inventory name.

    Names that are no plain lower-case ones carry a hash, after a sign that no plain name has.
    """
    if _PLAIN.match(host):
        return host + ENDING
    readable = re.sub(r"[^a-z0-9-]+", "_", host.lower())[:60].strip("_-")
    digest = hashlib.sha256(host.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return "%s~%s%s" % (readable, digest, ENDING)


def write(path: str, text: Union[str, Iterator[str]]) -> int:
    """Write a file, 0600, whole or not at all; a folder that is missing is made, 0700. Returns its size in bytes."""
    folder = os.path.dirname(path)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=".report-", dir=folder)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace", newline="") as stream:
            for part in [text] if isinstance(text, str) else text:
                stream.write(part)
        size = os.stat(temporary).st_size
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    return size


def found(folder: str) -> List[str]:
    """The reports in a folder and in the folders under it, in order. Links to folders are not followed."""
    paths = []
    for place, _folders, names in os.walk(folder, onerror=_raise):
        paths += [os.path.join(place, name) for name in names if name.endswith(ENDING) and not name.startswith(".")]
    return sorted(paths)


def load(path: str) -> Dict[str, Any]:
    """A JSON object out of a file; ValueError says why there is none."""
    with open(path, "rb") as stream:
        raw = stream.read(_LARGEST + 1)
    if len(raw) > _LARGEST:
        raise ValueError("larger than %d MiB" % (_LARGEST // 1024 // 1024))
    return _object(raw)


def load_large(path: str) -> Dict[str, Any]:
    """The same for a fleet's report, which has no bound."""
    with open(path, "rb") as stream:
        return _object(stream.read())


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


def _object(raw: bytes) -> Dict[str, Any]:
    value = json.loads(raw.decode("utf-8"))
    if not isinstance(value, dict):
        raise ValueError("no JSON object")
    return value


def _raise(error: OSError) -> None:
    raise error
