# Private to this collection. Old values of a kernel that does not run any more. Imported where a snapshot has one.

from __future__ import annotations

from typing import Sequence

from .._kernel._builtin import Builtin, builtin, builtin_text
from .._kernel._values import same
from ._proc import read_kernel


def own_of_this_kernel(key: str, text: str, release: str) -> str:
    """What this kernel has by itself where an older one had a value by itself; "" where that is not known, or the same.

    text: the value; release: the older kernel's.
    """
    now = read_kernel()
    former, present = (_exactly(builtin(key, kernel)) for kernel in (now._replace(release=release), now))
    if former is None or present is None or not same(key, former, text) or same(key, present, text):
        return ""
    return present


def _exactly(numbers: Sequence[Builtin] | None) -> str | None:
    return builtin_text(list(numbers)) if numbers and all(number.exact for number in numbers) else None
