# Private to this collection. The next boot as it is followed: what those who set keys work with, and what stands so
# far. Pure.

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Dict, Iterable, Mapping, NamedTuple, Sequence

from .._data import Assignment

if TYPE_CHECKING:
    from ._view import Loader, View


class Scene(NamedTuple):
    """What those who write before and after the loader work with."""

    keys: Sequence[str]
    accepts: Callable[[str, str], bool]  # whether the kernel takes a text for a key
    view: View
    own: str  # the path of the drop-in
    listed: Callable[[Loader], Mapping[str, bool]]  # the files that a loader reads, and whether each is the drop-in
    chunks: Callable[[str], Iterable[str]]  # the lines of a file
    say: Callable[[str], None]  # takes a sentence about what is not known


class Standing:
    """What stands after the next boot, as far as it has been followed."""

    def __init__(self) -> None:
        self.now: Dict[str, Assignment] = {}  # by key
        self.beneath: Dict[str, Assignment] = {}  # what would stand without the drop-in, by key
        self.after: Dict[str, Assignment] = {}  # what others set after the drop-in, by key
        self.unread = ""  # why the drop-in is not read, "" where it is
