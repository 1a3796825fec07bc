# Private to this collection. Reads and checks what was kept on a host: the snapshot here, journals with its help in
# _undo.py. Imported where there is something to read.

from __future__ import annotations

import json
from typing import Any, Callable, TypeVar

from .._host._proc import Refused
from .._kernel._values import check_key
from ._file_state import FileState
from ._records import FORMAT, Snapshot

_Kept = TypeVar("_Kept")

_DAMAGED = "%s cannot be used: %s; nothing was changed. Look into it, and move it away"


def snapshot_from(data: Any) -> Snapshot:
    """A snapshot out of JSON; KeyError, TypeError, ValueError or AttributeError where it is none."""
    path, file = common_from(data)
    for key, text in [pair for name in ("live", "wrote", "kernels") for pair in data[name].items()]:
        check_pair(key, text)
    left, machine, made = data["left"], data["machine"], tuple(data["made"])
    if not all(isinstance(text, str) for text in (left, machine, *made)):
        raise TypeError("it holds no text of a drop-in, no machine, or no folders: %r, %r, %r" % (left, machine, made))
    return Snapshot(path, file, data["live"], data["wrote"], left, machine, data["kernels"], made)


def common_from(data: Any) -> tuple[str, FileState]:
    """(path, file) of a snapshot or a journal; errors as for `snapshot_from`."""
    if data["format"] != FORMAT:
        raise ValueError("its format %s is not that of this version of the collection, %d" % (data["format"], FORMAT))
    if not isinstance(data["path"], str):
        raise TypeError("its path is %r" % data["path"])
    return data["path"], state_from(data["file"])


def check_pair(key: Any, text: Any) -> None:
    """ValueError where this is no key and its value."""
    if check_key(key) or not isinstance(text, str):
        raise ValueError("it holds %r for %r" % (text, key))


def load(path: str, parse: Callable[[Any], _Kept]) -> _Kept | None:
    """What a JSON file keeps, None where there is no file; Refused where it is damaged.

    parse: makes it of the data, and raises as `snapshot_from` does.
    """
    try:
        with open(path, encoding="utf-8") as stream:
            return parse(json.load(stream))
    except FileNotFoundError:
        return None
    except KeyError as exc:
        raise Refused(_DAMAGED % (path, "it lacks %s" % exc)) from exc
    except (OSError, ValueError, TypeError, AttributeError) as exc:
        raise Refused(_DAMAGED % (path, exc)) from exc


def state_from(data: dict[str, Any]) -> FileState:
    """A state out of JSON; KeyError, TypeError or ValueError where it is none."""
    if data["kind"] not in ("absent", "file", "link"):
        raise ValueError("%r is no state of a file" % data["kind"])
    if not isinstance(data["content"], str):
        raise TypeError("%r is no content of a file" % data["content"])
    state = FileState(data["kind"], data["content"], int(data["mode"]), int(data["uid"]), int(data["gid"]))
    data["content"].encode("utf-8", "surrogateescape")  # UnicodeEncodeError is a ValueError
    return state
