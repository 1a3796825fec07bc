# Private to this collection. Writes live values, straight to /proc/sys, each read back; all of them or an error.

from __future__ import annotations

import errno
import os

from .._host._proc import Refused, proc_path, read_key
from .._kernel._values import same

_WHAT_TO_DO = {
    errno.EINVAL: "the kernel does not take this value; correct it in the profile, or exclude the key",
    errno.ENOENT: "the key, or the name that it was given, is not there; exclude the key",
    errno.EACCES: "the key cannot be written here; exclude it, or set it on the host itself",
    errno.EPERM: "this namespace may not set it; exclude it, or set it on the host itself",
    errno.EROFS: "/proc/sys is mounted read-only here; exclude the key, or set it on the host itself",
}


def write_key(key: str, text: str) -> None:
    """Write one value and read it back; Refused where the kernel says no or keeps something else."""
    try:
        descriptor = os.open(proc_path(key), os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(descriptor, (text + "\n").encode("ascii"))
        finally:
            os.close(descriptor)
    except OSError as exc:
        code = errno.errorcode.get(exc.errno or 0, "unknown error")
        advice = _WHAT_TO_DO.get(exc.errno or 0, "exclude the key, or look into the host")
        raise Refused("%s: %r was refused: %s (%s); %s" % (key, text, exc.strerror, code, advice)) from exc
    found = read_key(key).text
    if not same(key, found, text):
        raise Refused(
            "%s: %r was accepted, but reads back as %r; something else may be writing this key" % (key, text, found)
        )


def write_all(wanted: dict[str, str]) -> None:
    """Write the values that differ.

    Refused, and every key that was not accepted as it was before, where one stays refused.

    Keys can depend on each other (ip_unprivileged_port_start on ip_local_port_range), so a refused one is tried again
    while
    others succeed. A failed triplet may be half written: it is put back at once.
    """
    before = {key: read_key(key).text for key in wanted}
    pending = {key: text for key, text in wanted.items() if not same(key, before[key], text)}
    while pending:
        refusals = {}
        for key, text in pending.items():
            try:
                write_key(key, text)
            except Refused as exc:
                refusals[key] = exc
                _put_back(key, before[key])
        if len(refusals) == len(pending):
            # All of them: the first may be refused only because another one was.
            raise Refused(". ".join(str(refusal) for refusal in refusals.values()))
        pending = {key: pending[key] for key in refusals}


def _put_back(key: str, text: object) -> None:
    """After a refusal: the whole old value again. The undo tries once more."""
    if isinstance(text, str) and not same(key, read_key(key).text, text):
        try:
            write_key(key, " ".join(text.split()))
        except Refused:
            pass
