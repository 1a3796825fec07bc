# Private to this collection. Whether a file that stands in the drop-in's place may be replaced: whose it is, and
# whether it is locked. Imported where there is such a file.

from __future__ import annotations

import os

from ._proc import STATE_FOLDER, Refused, kept_as, read_text

# What the drop-ins of the role and of the module sysctl_profile begin with.
_MARKS = ("written by the role fleetnet.linux_tcp", "Set by fleetnet.linux_tcp")
_HEAD = 1024  # characters in which a mark is looked for


def is_marked(text: str) -> bool:
    """Whether a text says that this product wrote it."""
    return any(mark in text[:_HEAD] for mark in _MARKS)


def refuse_foreign(path: str, text: str) -> None:
    """Refused where a text is another's than this product's; an empty file is nobody's."""
    if text.strip() and not is_marked(text):
        raise Refused(
            "%s is a file that this collection did not write; nothing was changed. Choose another path "
            "(tcp_hardening_path), move the file away, or ask for it to be replaced (tcp_hardening_replace)" % path
        )


def refuse_locked(path: str) -> None:
    """Refused where not even root may write to a file: it is immutable, or lies on a mount of its own."""
    if os.geteuid() == 0 and os.path.isfile(path) and not os.path.islink(path) and not os.access(path, os.W_OK):
        raise Refused(
            "%s cannot be replaced: it is immutable or read-only; nothing was changed. Unlock it (`chattr -i %s`), or "
            "choose another path (tcp_hardening_path)" % (path, path)
        )


def why_not(path: str, replace: bool) -> str:
    """Why sysctl_profile would refuse to replace a file, "" where nothing is known that speaks against it."""
    try:
        if not replace and not may_be_ours(path):
            refuse_foreign(path, read_text(path) or "")
        refuse_locked(path)
    except Refused as exc:
        return str(exc)
    return ""


def may_be_ours(path: str) -> bool:
    """Whether an earlier run had to do with a path; True where this user cannot know."""
    if os.path.isdir(STATE_FOLDER) and not os.access(STATE_FOLDER, os.X_OK):
        return True
    return os.path.lexists("%s/%s.json" % (STATE_FOLDER, kept_as(path)))
