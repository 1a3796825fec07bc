# Private to this collection. The typed data of a change: what is wanted, written and kept, and what came of it.

from __future__ import annotations

from typing import Dict, Mapping, NamedTuple, Optional, Sequence, Tuple

from .._data import Handed, Reading
from ._file_state import FileState

FORMAT = 4  # of snapshot and journal
STAGED = ".new"  # the ending of a file that is being written


class Wanted(NamedTuple):
    """What `present` is to set, checked, and the one reading of the host that all of a run goes by."""

    plan: Sequence[Handed]
    readings: Mapping[str, Reading]  # by key
    content: str  # the text of the drop-in; it sets what the plan applies, and nothing else


NOTHING = Wanted((), {}, "")


class Write(NamedTuple):
    """One live value that is to change. Values are words separated by single blanks."""

    key: str
    before: str | None  # as it was read; None where it could not be read
    after: str  # as it is to be


class Snapshot(NamedTuple):
    """What a host had before this collection changed it. It is kept until it is restored."""

    path: str  # of the drop-in
    file: FileState  # what stood at that path
    live: Dict[str, str]  # key to value, of each key that was ever set; not where what it was before is not known
    wrote: Dict[str, str] = {}  # key to the value that a run set last; another one is somebody's
    left: str = ""  # the text of the drop-in that a run wrote last; another one is somebody's
    machine: str = ""  # the machine's id; on another one, a clone, the old values mean nothing
    kernels: Dict[str, str] = {}  # key to the release of the kernel that had the value
    made: Tuple[str, ...] = ()  # folders that were made for the drop-in, the innermost first


class Journal(NamedTuple):
    """What a run is about to change, and what it takes to undo it."""

    boot: str  # the kernel's name for this boot
    path: str  # of the drop-in
    file: FileState  # what stands at that path before the change
    live: Tuple[Write, ...]
    snapshot_path: str
    snapshot: Optional[Snapshot]  # as it is before the change; None where there is none
    made: Tuple[str, ...]  # folders that the run makes for the drop-in, the innermost first
    until: int  # of a trial: nanoseconds since boot at which it ends; else 0
    after: Optional[FileState]  # what is to stand at the path; None where it stays
    forgets: bool  # whether the snapshot is used up


class Change(NamedTuple):
    """What a run changes, worked out and not yet begun."""

    before: FileState  # the drop-in as it stands
    file: Optional[FileState]  # the drop-in to be; None where it stays
    live: Tuple[Write, ...]  # only what differs
    kept: Optional[Snapshot]  # the snapshot as it stands; None where there is none
    snapshot: Optional[Snapshot]  # the snapshot to be; None where it is used up
    stand: Mapping[str, str] = {}  # what has to stand in the end, by key; also what is not written
    lenient: bool = False  # a value that the kernel does not take is left, and stays in the snapshot
    unmade: Tuple[str, ...] = ()  # folders that are to go in the end, where nobody else put something into them

    @property
    def needed(self) -> bool:
        """Whether there is anything to do. A larger snapshot alone is no reason to begin."""
        return self.file is not None or bool(self.live) or (self.kept is not None and self.snapshot is None)


class Done(NamedTuple):
    """What became of a key, or in check mode would become."""

    key: str
    value: str  # what was to be set; "" where it is skipped or taken back
    status: str  # one of the outcomes applied, unchanged, skipped
    reason: Optional[str]  # the plan's, for a skip
    detail: str  # one sentence for people


class Difference(NamedTuple):
    """Texts for --diff."""

    name: str
    before: str
    after: str


class Work(NamedTuple):
    """What a run is about to do, worked out and not yet begun."""

    change: Change
    done: Sequence[Done]
    said: Sequence[str] = ()  # for people
    stuck: Sequence[str] = ()  # keys that cannot be put back here


class Outcome(NamedTuple):
    """What a run did, or in check mode would do."""

    changed: bool
    done: Sequence[Done] = ()
    diff: Sequence[Difference] = ()
    said: Sequence[str] = ()  # for people
    trial: str = ""  # the name of the trial that began
    stuck: Sequence[str] = ()  # keys that could not be put back
