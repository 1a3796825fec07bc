# Private to this collection. Keys that change others beside themselves: what could not be put back is refused. Imported
# where such a key is to be written.

from __future__ import annotations

import os
from typing import Sequence

from .._data import dotted
from .._host._proc import Refused, proc_path, read_value
from .._kernel._key import MOVERS
from ._records import Write

_CONF, _REDIRECTS = "net.ipv4.conf", "net.ipv4.conf.all.accept_redirects"


def moves(key: str, other: str) -> bool:
    """Whether the kernel may change another key where this one is written; tried on every kernel of `make kernels`.

    devinet_conf_proc() in net/ipv4/devinet.c: what stands in conf.default is copied to each interface of which nobody
    has set the key; the old value is copied back in the same way. Forwarding: see below.
    """
    folder, _dot, name = other.rpartition(".")
    if key in MOVERS:
        return other in (*MOVERS, _REDIRECTS) or name == "forwarding" and folder.startswith(_CONF + ".")
    return key == "%s.default.%s" % (_CONF, name) and folder.startswith(_CONF + ".") and folder != _CONF + ".all"


def refuse_what_could_not_come_back(writes: Sequence[Write]) -> None:
    """Refused where a write moves keys that writing the old value again would not put back.

    inet_forward_change() in net/ipv4/devinet.c: forwarding of all interfaces becomes the same, accept_redirects of all
    the opposite. So the old state comes back where it was like that before.
    """
    own = {write.key for write in writes}
    for write in writes:
        if write.key not in MOVERS or write.before is None:
            continue
        try:
            names = sorted(os.listdir(proc_path(_CONF)))
        except OSError:
            continue
        keys = [key for key in ("%s.%s.forwarding" % (_CONF, dotted(name)) for name in names) if key not in own]
        odd = [key for key in keys if key not in MOVERS and read_value(key) not in (None, write.before)]
        opposite = "0" if write.before != "0" else "1"
        if _REDIRECTS not in own and read_value(_REDIRECTS) not in (None, opposite):
            odd.append(_REDIRECTS)
        if odd:
            raise Refused(
                "%s: it would change %s too, and the old values could not be put back; nothing was changed. Set the "
                "keys of the single interfaces instead, or add these keys to the profile"
                % (write.key, ", ".join(odd[:5]))
            )
