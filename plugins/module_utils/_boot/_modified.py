# Private to this collection. tuned's ">5", raise to 5, and "<5", lower to 5 (plugins/base.py of tuned). Pure.

from __future__ import annotations


def modified(value: str, before: str | None) -> str | None:
    """The value that such a text leaves over another one; None where it leaves what is there.

    before: what stands there, None where that is not known; then it counts as reached.
    """
    if value[:1] not in ("<", ">"):
        return value
    new = value[1:]
    if before is None:
        return new
    try:
        raises = int(new) > int(before)
        return new if raises == (value[0] == ">") and int(new) != int(before) else None
    except ValueError:
        return value
