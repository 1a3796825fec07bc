# Private to this collection. Keys that an earlier run set, and that the plan does not set any more: works out what they
# go back to. Imported where a plan has such a key.

from __future__ import annotations

from typing import List, Mapping, Tuple

from .._boot._conf import assignments
from .._codes import APPLIED, SKIPPED, UNCHANGED
from .._data import Handed, Reading
from .._host._earlier import Neighbour, goes_back_to
from .._kernel._values import same
from ._file_state import FileState
from ._kept import without
from ._records import Done, Snapshot, Wanted, Write


def without_gone(
    snapshot: Snapshot,
    before: FileState,
    change: Mapping[str, Write],
    wanted: Wanted,
    others: List[Neighbour],
) -> Snapshot:
    """The snapshot without the keys that the drop-in set until now, and that have what they go back to: they are
    nobody's concern any more. Whoever sets them next has the present value to go back to.

    before: the drop-in as it stands; change: what the run writes.
    """
    stay = [one.key for one in wanted.plan if one.target is not None and not one.returns]
    gone = []
    for key in assignments(before.text):
        if key not in stay and key in wanted.readings:
            text = change[key].after if key in change else wanted.readings[key].text
            goal = _goal(key, snapshot, others)
            if goal is not None and same(key, text, goal):
                gone.append(key)
    return without(snapshot, gone)


def _goal(key: str, kept: Snapshot | None, others: List[Neighbour]) -> str | None:
    return goes_back_to(key, kept.live.get(key) if kept else None, kept.kernels if kept else {}, others)[0]


def going_back(
    handed: Handed,
    readings: Mapping[str, Reading],
    before: FileState,
    kept: Snapshot | None,
    others: List[Neighbour],
    live: bool,
) -> Tuple[Done, Write | None]:
    """What becomes of one key: its row, and the write that it takes. Where somebody changed it since, it is left.

    before: the drop-in as it stands; kept: the snapshot; others: the drop-ins of ours beside it. live: whether the
    running value is to change too.
    """
    key = handed.key
    set_by_us = assignments(before.text).get(key)
    goal = handed.target if handed.target is not None else _goal(key, kept, others)
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
