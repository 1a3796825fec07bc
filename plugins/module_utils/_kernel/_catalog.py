# Private to this collection. Looks keys up in the catalog. The document's keys are in _document.py. The related
# ones are in _related.py, which is loaded when one of them is asked for. Pure.

from __future__ import annotations

import functools

from .._data import Kernel
from ._document import DOCUMENT
from ._history import at, release_of, since
from ._key import Key

_DOCUMENT = {row.name: row for row in DOCUMENT}


@functools.lru_cache(maxsize=None)
def row_of(key: str) -> Key | None:
    """What is known of a key; None where it is not in the catalog."""
    found = _DOCUMENT.get(key)
    if found is None:
        from ._related import RELATED

        return next((row for row in RELATED if row.name == key), None)
    return found


def every_row() -> tuple[Key, ...]:
    """All rows: the document's keys in its order, then the related ones."""
    from ._related import RELATED

    return DOCUMENT + RELATED


def bounds(key: str, kernel: Kernel) -> tuple[int, int] | None:
    """Lowest and highest accepted number of each element; None for a key without numbers or without a row."""
    row = row_of(key)
    if row is None or not row.numeric:
        return None
    low, high = (at(row.bounds, release_of(kernel)) or (None, None))[:2]
    return None if low is None or high is None else (low, high)


def removed_in(key: str, kernel: Kernel) -> str:
    """The version that dropped the key, where this kernel no longer has it; else ""."""
    row = row_of(key)
    return row.removed.split()[0] if row and row.removed and since(row.removed, release_of(kernel)) else ""


def exists(key: str, kernel: Kernel) -> bool:
    """Whether the catalog says that this kernel has the key somewhere, in the first namespace at least."""
    row = row_of(key)
    return row is not None and since(row.introduced, release_of(kernel)) and not removed_in(key, kernel)


def per_namespace(key: str, kernel: Kernel) -> bool:
    """Whether each network namespace has its own value on this kernel; True for a key that is not in the catalog."""
    row = row_of(key)
    return bool(at(row.per_namespace, release_of(kernel), False)) if row else True


def no_effect(key: str, kernel: Kernel) -> str:
    """The version from which the key is accepted and does nothing, where this kernel is as new; else ""."""
    row = row_of(key)
    return row.no_effect if row and row.no_effect and since(row.no_effect, release_of(kernel)) else ""
