# Private to this collection. What earlier runs left on a host: the drop-in, the snapshot of what was before, and those
# of other drop-ins of this collection. Imported where there is any.

from __future__ import annotations

import json
import os
from typing import Any, Iterator, Mapping, NamedTuple

from .._boot._conf import assignments
from .._kernel._values import check_key, same
from ._drop_in import is_marked, may_be_ours
from ._proc import STATE_FOLDER, kept_as, machine_id, read_text


class Neighbour(NamedTuple):
    """Another drop-in of this collection on the same host."""

    path: str
    live: Mapping[str, str]  # key to the value before this collection
    wrote: Mapping[str, str]  # key to what a run set last
    lines: Mapping[str, str]  # key to what it sets at boot


def earlier(path: str, text: str) -> tuple[str, Mapping[str, str], list[str]]:
    """The drop-in's text, what its keys had before this collection set them, and its keys.

    The text is "" where the file is another's. What was before only root can see; {} for anybody else, and where it
    cannot be used. Where another drop-in of ours sets a key, that is what is beneath.
    """
    if not is_marked(text) and not may_be_ours(path):
        return "", {}, []
    kept, others, own = _kept(STATE_FOLDER, kept_as(path) + ".json"), neighbours(path), assignments(text)
    before = {}
    for key in {**own, **kept["live"]}:
        goal = goes_back_to(key, kept["live"].get(key), kept["kernels"], others)[0]
        if goal is not None:
            before[key] = goal
    return text, before, [key for key in own if not check_key(key)]


def neighbours(path: str, folder: str = STATE_FOLDER) -> list[Neighbour]:
    """The other drop-ins of this collection that have a snapshot, the one that the loader reads last at the end."""
    own, found = kept_as(path) + ".json", []
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    for name in names:
        kept = _kept(folder, name) if name.endswith(".json") and name != own else {}
        if kept.get("path"):
            lines = assignments(read_text(kept["path"]) or "")
            found.append(Neighbour(kept["path"], kept["live"], kept["wrote"], lines))
    return sorted(found, key=lambda one: os.path.basename(one.path))


def before_all(key: str, running: str, others: list[Neighbour]) -> str:
    """What a key had before this collection. running: what it has; where another drop-in's run set that, its snapshot
    tells."""
    for other in others:
        if key in other.live and same(key, running, other.wrote.get(key)):
            return other.live[key]
    return running


def shared(targets: Mapping[str, str], others: list[Neighbour]) -> Iterator[str]:
    """What to say where another drop-in of ours sets a key otherwise."""
    for other in others:
        keys = [key for key in targets if key in other.lines and not same(key, other.lines[key], targets[key])]
        if keys:
            yield (
                "%s, a drop-in of this collection too, sets %s otherwise; at boot the last file by name counts. Set "
                "each key in one of them" % (other.path, ", ".join(keys))
            )


def setter_of(key: str, others: list[Neighbour]) -> Neighbour | None:
    """The drop-in beside ours that decides a key at boot, once ours does not set it."""
    return next((other for other in reversed(others) if key in other.lines), None)


def goes_back_to(
    key: str, old: str | None, kernels: Mapping[str, str], others: list[Neighbour]
) -> tuple[str | None, str]:
    """What a key goes back to, None where that is not known; and why it is not the value that the snapshot has.

    old: that value, None where it has none; kernels: the snapshot's.
    """
    setter, then = setter_of(key, others), kernels.get(key, "")
    if setter is not None:
        return setter.lines[key], ", which %s sets" % setter.path
    if old is not None and then and then != os.uname().release:
        from ._older import own_of_this_kernel

        own = own_of_this_kernel(key, old, then)
        if own:
            return own, ", this kernel's own value; %s was that of %s" % (old, then)
    return old, ""


def _kept(folder: str, name: str) -> dict[str, Any]:
    """Path, live, wrote and kernels of a snapshot; empty where there is none, or none of this machine's to use."""
    try:
        data = json.loads(read_text("%s/%s" % (folder, name)) or "{}")
        if data["machine"] == machine_id():
            maps = {
                name: {key: " ".join(text.split()) for key, text in data[name].items()}
                for name in ("live", "wrote", "kernels")
            }
            return {"path": str(data["path"]), **maps}
    except (ValueError, LookupError, TypeError, AttributeError):
        pass
    return {"path": "", "live": {}, "wrote": {}, "kernels": {}}
