# Private to this collection. Writes live values, straight to /proc/sys, each read back; all of them or an error.

from __future__ import annotations

import os
from typing import Iterator, List, Mapping, Sequence, Tuple

from .._host._proc import NotTaken, Refused, proc_path, read_value
from .._kernel._values import PAGE, same
from ._records import Write

_ROUNDS = 3  # of writing again


def write_key(key: str, text: str) -> None:
    """Write one value and read it back; Refused where the kernel says no or keeps something else."""
    try:
        descriptor = os.open(proc_path(key), os.O_WRONLY | os.O_CLOEXEC)
        try:
            for part in _parts(text):
                os.write(descriptor, part.encode("ascii"))
        finally:
            os.close(descriptor)
    except OSError as exc:
        from ._why import write_refused

        raise write_refused(key, text, exc) from exc
    found = read_value(key)
    if not same(key, found, text):
        raise NotTaken(
            "%s: %r was accepted, but reads back as %r; something else may be writing this key" % (key, text, found)
        )


def _parts(text: str) -> Iterator[str]:
    """A value in pieces that the kernel takes in one write: it would leave out what is behind a page, without a word.
    Only lists of ports are as long, and it adds the next piece to them."""
    while len(text) > PAGE:
        cut = text.rfind(",", 0, PAGE) + 1 or PAGE
        yield text[:cut]
        text = text[cut:]
    yield text + "\n"


def write_all(writes: Sequence[Write]) -> None:
    """Write values. Refused where one stays refused; then each key that was not accepted is as before."""
    refused = write_what_goes(writes)
    if refused:
        # All of them: the first may be refused only because another one was.
        raise Refused(". ".join(str(why) for _write, why in refused))


def write_what_goes(writes: Sequence[Write]) -> List[Tuple[Write, Refused]]:
    """Write values. Returns those that stay refused, with the reasons; their keys are as before.

    Keys can depend on each other (ip_unprivileged_port_start on ip_local_port_range), so a refused one is tried again
    while others succeed. A failed triplet may be half written: it is put back at once.
    """
    pending = list(writes)
    refused: List[Tuple[Write, Refused]] = []
    while pending:
        refused = []
        for write in pending:
            try:
                write_key(write.key, write.after)
            except Refused as exc:
                refused.append((write, exc))
                _put_back(write)
        if len(refused) == len(pending):
            break
        pending = [write for write, _why in refused]
    return refused


def make_stand(targets: Mapping[str, str]) -> None:
    """Read every key once more, and write again what another one moved (ip_forward moves accept_redirects). Refused
    where they do not all stand then."""
    moved: list[str] = []
    for _round in range(_ROUNDS):
        moved = [key for key, text in targets.items() if not same(key, read_value(key), text)]
        for key in moved:
            write_key(key, targets[key])
        if not moved:
            return
    raise Refused(
        "%s: does not stay as it is set; another key of the profile changes it too. Leave one of them out"
        % ", ".join(moved)
    )


def _put_back(write: Write) -> None:
    """After a refusal: the whole old value again. Where that fails, the undo of the run tries once more."""
    if write.before is not None and not same(write.key, read_value(write.key), write.before):
        try:
            write_key(write.key, write.before)
        except Refused:
            pass
