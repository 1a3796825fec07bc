# Private to this collection. What the catalog holds of one key, and how such a row is written. Pure.
#
# To add a key: a row in _related.py, `make docs`, and a try on the kernels that have it (`make kernels ARGS='-k 7.2'`).
# Of markers: "5.10.262" holds from there on in 5.10.y only; el6 to el10 are Red Hat's kernels and rebuilds, el8-477 is
# 4.18.0-477.el8, el8-80.4.2 is 4.18.0-80.4.2.el8_0; amzn is Amazon's, sle5.14 SUSE's. Where a kernel's own branch has
# markers, only these count. Several markers in one string are separated by blanks, the mainline version first.

from __future__ import annotations

from typing import NamedTuple, Optional, Tuple

# A fact that changed over the years: (marker, value) pairs, oldest first.
_Texts = Tuple[Tuple[str, str], ...]
_Flags = Tuple[Tuple[str, bool], ...]
_Bounds = Tuple[Tuple[str, Tuple[Optional[int], ...]], ...]

SOURCES = "kernel sources 2.6.12 to 7.3; measured on 5.10 to 7.3, see kernels.md"
# What stands before a default that is only documented: nobody read it in a source or saw it on a kernel.
ABOUT = "about "
# Bounds: the lowest and the highest number that are let through. Two more are the kernel's own, where it takes more
# than a host needs or survives; None where that differs from kernel to kernel.
ANY = (0, 2147483647, -2147483648, 2147483647)


class Key(NamedTuple):
    """One key: what it is, and how it differs from kernel to kernel.

    A fact that changed over the years is a history: (marker, value) pairs, oldest first. A marker is an upstream
    version ("4.12"), a stable release ("5.10.262", in 5.10.y only), a vendor's branch ("el8", "amzn") or a build of it
    ("el8-477").
    """

    name: str
    meaning: str  # one line for people, without a full stop; the unit is a field of its own
    document: str = ""  # the default that the document gives, where it lists the key
    hazards: Tuple[str, ...] = ()  # sentences, the most important first
    commits: _Texts = ()  # (version, upstream commit) of changes; an id of 12 digits is from memory
    sources: str = SOURCES  # where the facts come from, in short
    kind: str = "int"  # int: numbers; word: a name such as cubic; ports: a list such as 8080,9000-9010
    unit: str = ""  # bytes, pages, seconds, milliseconds, packets, connections, ports, probes; "" where there is none
    arity: int = 1  # how many numbers the key holds
    bounds: _Bounds = (("0", ANY),)  # history: lowest and highest of each number, see ANY
    beyond: _Texts = ()  # history: what the kernel does with more than the bounds, where it does not refuse it
    sane: Tuple[int, ...] = ()  # lowest and highest of each number that anybody means; () where that is not known
    default: _Texts = ()  # history: the kernel's own value; for words see _FORMULAS in _builtin.py, and ABOUT
    better: str = "set"  # which of two values is the better one, see _direction.py
    why: str = ""  # the reason for that, for people; without a full stop
    measured: Tuple[str, ...] = ()  # the document's value, and what it does that is worse, as docs/effects.md has it
    order: Tuple[int, ...] = ()  # of a mode its numbers, the best first; of a switch that is `set`, the weaker last
    edge: Optional[int] = None  # beyond it, more of `max` or less of `min` is no longer better
    means: Tuple[Tuple[int, int], ...] = ()  # numbers that stand for another one: (0, 8) is 0 for 8
    harmful: bool = False  # any value but 0 is known to break connections
    introduced: str = "0"  # markers; "0" is 2.6.12 or before, the oldest tree that was read
    removed: str = ""  # markers of the first kernels without it
    no_effect: str = ""  # marker of the first kernel on which it is accepted and does nothing
    per_namespace: _Flags = ()  # history: whether each network namespace has its own value
    visible_in_child: str = ""  # marker: from here on a host-wide key is shown, read-only, in other namespaces
    inherited: bool = False  # a new namespace copies the first one's value instead of starting at the default
    needs: str = ""  # the build option without which the key is absent

    @property
    def numeric(self) -> bool:
        """True for a key that holds numbers."""
        return self.kind == "int"


# Judged as one quantity, the time until a dead peer is found: time + probes x interval.
KEEPALIVE = ("net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes")
# One switch with two names, which moves the forwarding of every interface and accept_redirects.
MOVERS = ("net.ipv4.ip_forward", "net.ipv4.conf.all.forwarding")
# Facts that many rows share.
C_U8 = ("5.13", "4ecc1baf362c")
C_TIME_WAIT = ("4.11", "1946e672c173")
U8: _Bounds = (("0", ANY), ("5.10.178", (0, 255)), ("5.13", (0, 255)))
ALWAYS: _Flags = (("0", True),)  # each network namespace has its own value, since ever; below, since that version
SINCE_4_6: _Flags = (("4.6", True),)
SINCE_4_11: _Flags = (("4.11", True),)
SINCE_4_15: _Flags = (("4.15", True),)
