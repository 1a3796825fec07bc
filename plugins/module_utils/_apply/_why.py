# Private to this collection. Says why something was refused, and what to do about it. Imported where that happens.

from __future__ import annotations

import errno
import os

from .._host._proc import NotTaken, Refused

_WHAT_TO_DO = {
    errno.EINVAL: "the kernel does not take this value; correct it in the profile, or exclude the key",
    errno.ENOENT: "the key, or the name that it was given, is not there; exclude the key",
    errno.EACCES: "the key cannot be written here; exclude it, or set it on the host itself",
    errno.EPERM: "this namespace may not set it; exclude it, or set it on the host itself",
    errno.EROFS: "/proc/sys is mounted read-only here; exclude the key, or set it on the host itself",
}
# Answers about the value; all others are about the moment, or about who may write.
_FOR_GOOD = (errno.EINVAL, errno.ENOENT, errno.EPERM, errno.ERANGE, errno.EOPNOTSUPP)


def write_refused(key: str, text: str, exc: OSError) -> Refused:
    """The kernel did not take a value."""
    code = errno.errorcode.get(exc.errno or 0, "unknown error")
    todo = _WHAT_TO_DO.get(exc.errno or 0, "exclude the key, or look into the host")
    return (NotTaken if exc.errno in _FOR_GOOD else Refused)(
        "%s: %r was refused: %s (%s); %s" % (key, text, exc.strerror, code, todo)
    )


def key_locked(key: str) -> Refused:
    """This run may not write a key."""
    return Refused("%s cannot be written: %s" % (key, _who("Exclude the key, or make a new plan")))


def key_gone(key: str, present: bool) -> Refused:
    """A key of the plan has no value to read. present: whether its file is there."""
    cause = "cannot be read" if present else "is not there"
    return Refused("%s: the key %s (any more); nothing was changed. Make a new plan, or exclude the key" % (key, cause))


def folder_locked(folder: str, above: str) -> Refused:
    """This run can neither write in a folder nor make it. above: the innermost part of its path that is there."""
    if not os.path.isdir(above):
        return Refused("%s is no folder; nothing was changed. Move it away" % above)
    name = folder if folder == above else "%s (for %s)" % (above, folder)
    return Refused("%s cannot be written: %s" % (name, _who("Make it writable")))


def _who(todo: str) -> str:
    """Why root, or another, may not write; and what to do about it."""
    if os.geteuid() != 0:
        return "this needs root; nothing was changed. Set become, or connect as root"
    return "it is read-only here; nothing was changed. " + todo
