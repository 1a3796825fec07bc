# Private to this collection. What an earlier run left on a host: its drop-in, and the snapshot of what was before.
# Imported where there is a drop-in.

from __future__ import annotations

import json
from typing import Mapping

from .._boot._conf import assignments
from .._kernel._values import check_key
from ._drop_in import is_marked, may_be_ours
from ._proc import STATE_FOLDER, kept_as, read_text


def earlier(path: str, text: str) -> tuple[str, Mapping[str, str], list[str]]:
    """The drop-in's text, what its keys had before this collection set them, and its keys.

    The text is "" where the file is another's. What was before only root can see; {} for anybody else, and where it
    cannot be used.
    """
    if not is_marked(text) and not may_be_ours(path):
        return "", {}, []
    return text, _before(path), [key for key in assignments(text) if not check_key(key)]


def _before(path: str) -> Mapping[str, str]:
    try:
        live = json.loads(read_text("%s/%s.json" % (STATE_FOLDER, kept_as(path))) or "{}")["live"]
        return {key: " ".join(text.split()) for key, text in live.items()}
    except (ValueError, LookupError, TypeError, AttributeError):
        return {}
