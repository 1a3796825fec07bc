# Private to this collection. Where our own drop-in stands, and the snapshot of what was before it is lost, or another
# machine's. Imported where a first snapshot begins with a file.

from __future__ import annotations

from typing import Iterable, Iterator, Mapping

from .._boot._conf import assignments
from .._host._drop_in import is_marked
from .._kernel._values import same
from ._file_state import ABSENT
from ._records import Snapshot


def without_ours(begun: Snapshot, former: Snapshot | None, live: Mapping[str, str]) -> Snapshot:
    """A snapshot that begins, without what our own file set: that is not what was before. live: the present values.

    former: another machine's. Keys of the file are known as ours, and without an old value.
    """
    if not is_marked(begun.file.text):
        return begun
    lines = assignments(begun.file.text)
    ours = {key: text for key, text in live.items() if key in lines and same(key, text, lines[key])}
    return begun._replace(file=former.file if former else ABSENT, wrote=ours)


def unknown(snapshot: Snapshot, keys: Iterable[str]) -> Iterator[str]:
    """What to say of keys whose old values nobody knows."""
    found = [key for key in keys if key in snapshot.wrote and key not in snapshot.live]
    if found:
        yield (
            "there is no snapshot of what was before the drop-in: `restored` will take the file away, and leave %s"
            % ", ".join(found)
        )
