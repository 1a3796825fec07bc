# Private to this collection. Which key was meant by a name that is none. Imported where a key is refused. Pure.

from __future__ import annotations

import difflib
import re
from typing import Iterable

from ._catalog import every_row

_OTHER_TREES = re.compile(r"(?:abi|debug|dev|fs|kernel|user|vm)[./]|net[./](?:bridge|ipv6|mptcp|netfilter|unix)[./]")
_PREFIX = re.compile(r"_?(?:proc_sys_)?(?:net_)?(?:core_|ipv4_)?(?:tcp_)?")
_INTERFACE = re.compile(r"(net\.ipv4\.(?:conf|neigh))\.([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+)\.([a-z0-9_]+)")
_ALIKE = 0.75  # of difflib's ratio, 0 to 1
_LONGEST = 100  # characters; no key is longer, and difflib is slow with long texts


def meant(written: str, known: Iterable[str] = ()) -> str:
    """The key that was meant, "" where none is near. known: keys beside those of the catalog."""
    if len(written) > _LONGEST:
        return ""
    names = {}
    for key in [*known, *(row.name for row in every_row())]:
        names[_bare(key)] = key
    found = difflib.get_close_matches(_bare(written), names, 1, _ALIKE)
    return names[found[0]] if found else ""


def _bare(key: str) -> str:
    """What tells keys apart: without folders, and the same for dots, slashes and blanks."""
    return _PREFIX.sub("", re.sub(r"[^a-z0-9]+", "_", key.strip().lower()), count=1)


def hint(written: str, known: Iterable[str] = ()) -> str:
    """What to do about a name that is no key here, as the end of a sentence; "" where nothing can be said."""
    if _OTHER_TREES.match(written):
        return "; set it with ansible.posix.sysctl, or in a file of your own in /etc/sysctl.d"
    dots = _INTERFACE.fullmatch(written)
    if dots:
        folder, name, last = dots.groups()
        return "; a dot in an interface's name is written as a slash: %s.%s.%s" % (folder, name.replace(".", "/"), last)
    key = meant(written, known)
    return "; did you mean %s?" % key if key and key != written else ""
