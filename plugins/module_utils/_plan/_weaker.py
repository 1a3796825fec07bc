# Private to this collection. What to say where a value is worse than what the host has of its own. Imported for values
# that are set to the letter. Pure.

from __future__ import annotations

from typing import Iterable, Iterator, Mapping, Tuple

from .._codes import WEAKER_THAN_DEFAULT, WEAKER_THAN_RUNNING, Code
from .._data import Host, Setting
from .._kernel._builtin import own_text
from .._kernel._direction import detection, is_weaker, quoted
from .._kernel._key import KEEPALIVE
from ._refusals import effective


def weaker(setting: Setting, targets: Mapping[str, str], host: Host) -> Iterator[Tuple[Code, str]]:
    """Where a value is worse than what the host has of its own, in the direction of its key.

    targets: what the plan sets, by key.
    """
    target = setting.target
    others = ((WEAKER_THAN_DEFAULT, setting.default), (WEAKER_THAN_RUNNING, setting.running))
    for code, other in others:
        if other is None or not is_weaker(setting.key, target, other):
            continue
        if setting.key in KEEPALIVE and not _is_later(code, targets, host):
            continue
        if code == WEAKER_THAN_RUNNING and other.same(setting.default):
            continue
        about = "about " if code == WEAKER_THAN_DEFAULT and setting.default_estimated else ""
        whose = "the kernel's own is" if code == WEAKER_THAN_DEFAULT else "the host now has"
        part = " in part" if len(other.numbers or ()) > 1 else ""
        said = "%s; %s %s%s, which is better%s (improve keeps it)" % (target.text, whose, about, other.text, part)
        yield code, said + quoted(setting.key, setting.wanted)


def _is_later(code: Code, targets: Mapping[str, str], host: Host) -> bool:
    """Whether a dead peer is found later than before: the keepalive keys are one quantity."""

    def seconds(texts: Iterable[str | None]) -> int | None:
        words = [text.strip() for text in texts if text is not None]
        return detection([int(word) for word in words]) if len(words) == len(KEEPALIVE) else None

    if code == WEAKER_THAN_DEFAULT:
        before = seconds(own_text(key, host.kernel) for key in KEEPALIVE)
    else:
        before = seconds(host.reading(key).text for key in KEEPALIVE)
    then = seconds(effective(key, targets, host) for key in KEEPALIVE)
    return before is None or then is None or then > before
