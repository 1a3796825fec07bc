# Private to this collection. Keys that an earlier run set, and that the plan does not set any more: works out what they
# go back to. Imported where a plan has such a key.

from __future__ import annotations

from typing import Mapping, Tuple

from .._boot._conf import assignments
from .._codes import APPLIED, SKIPPED, UNCHANGED
from .._data import Handed, Reading
from .._kernel._values import same
from ._file_state import FileState
from ._records import Done, Snapshot, Write


def going_back(
    handed: Handed, readings: Mapping[str, Reading], before: FileState, kept: Snapshot | None, live: bool
) -> Tuple[Done, Write | None]:
    """What becomes of one key: its row, and the write that it takes. Where somebody changed it since, it is left.

    before: the drop-in as it stands; kept: the snapshot. live: whether the running value is to change too.
    """
    key = handed.key
    set_by_us = assignments(before.text).get(key)
    goal = handed.target if handed.target is not None else (kept.live.get(key) if kept else None)
    if not live:
        return Done(key, goal or "", APPLIED, None, "no longer set at boot"), None
    text = readings[key].text
    running = None if text is None else " ".join(text.split())
    if set_by_us is None or running is None or not same(key, running, set_by_us):
        return Done(key, "", SKIPPED, handed.reason, "it has %s, which no run of ours set; left" % running), None
    if goal is None:
        said = "what it was before is not known; %s stays until the next boot" % running
        return Done(key, "", SKIPPED, handed.reason, said), None
    if same(key, running, goal):
        return Done(key, goal, UNCHANGED, None, "no longer set at boot"), None
    return Done(key, goal, APPLIED, None, "%s goes back to %s" % (running, goal)), Write(key, running, goal)
