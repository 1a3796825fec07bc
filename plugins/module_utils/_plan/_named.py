# Private to this collection. Keys that hold a name, a congestion control or a queueing discipline: whether the host can
# have it. Imported where a profile has such a key. Pure.

from __future__ import annotations

from typing import Iterator

from .._data import Available

_MOST = 12  # names in a message


def refused(key: str, name: str, found: Available) -> Iterator[str]:
    """The sentence that refuses a name of which it is known that the host cannot have it."""
    if name in found.barred:
        yield (
            "%s: %s is refused: a container may not use it; on the host, tcp_allowed_congestion_control names what it "
            "may" % (key, name)
        )
    elif found.complete and name not in found.names:
        yield "%s: %s is refused: this kernel does not have it, nor a module of that name; it has %s" % (
            key,
            name,
            _listed(found),
        )


def doubtful(name: str, found: Available) -> str:
    """The sentence about a name of which it is not known whether the host can have it; "" where it is known."""
    if found.complete or name in found.names:
        return ""
    seen = "it has %s loaded" % _listed(found) if found.names else "what is loaded cannot be seen either"
    return "the kernel may not have %s: its modules cannot be seen here, and %s" % (name, seen)


def _listed(found: Available) -> str:
    more = " and %d more" % (len(found.names) - _MOST) if len(found.names) > _MOST else ""
    return ", ".join(found.names[:_MOST]) + more
