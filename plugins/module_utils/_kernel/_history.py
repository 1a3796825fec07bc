# Private to this collection. Kernel releases, and how a fact that changed over the years is looked up. Pure.

from __future__ import annotations

import functools
import re
from typing import NamedTuple, Sequence, Tuple, TypeVar

from .._data import Kernel
from ._vendors import HIDING, READ, UPSTREAM, branch_of, debian_stable, numbers, vendor_in, vendor_of

_Fact = TypeVar("_Fact")
_Point = Tuple[int, ...]

_RELEASE = re.compile(r"(\d+(?:\.\d+)+)(.*)", re.DOTALL)


class Release(NamedTuple):
    """A release, taken apart: 4.18.0-477.10.1.el8_8 is (4, 18, 0), "el8", (477, 10, 1) and "redhat"."""

    upstream: _Point  # with the stable release, as far as it is known
    branch: str  # whose facts it shares, such as "el8"; "" for upstream's
    build: _Point  # of that branch, () for none
    vendor: str  # "" where that is not known
    hidden: bool  # the stable release is this one or a later one

    @property
    def read(self) -> bool:
        """Whether facts of this vendor's kernels were read in a source, or seen on a kernel."""
        of_red_hat = self.vendor == "redhat"
        newest = READ.get(self.branch if of_red_hat else self.vendor)
        return newest is not None and (self.build if of_red_hat else self.upstream)[: len(newest)] <= newest


def release_of(kernel: Kernel) -> Release:
    """The release of a kernel, with all that the kernel tells beside its name; ValueError where it has no version."""
    return parse_release(kernel.release, kernel.stable, kernel.distribution)


@functools.lru_cache(maxsize=None)
def parse_release(text: str, stable: str = "", distribution: str = "") -> Release:
    """Take a release apart; ValueError where it does not begin with a version.

    stable: the upstream release that the kernel names elsewhere, "" for none. distribution: ID and VERSION_ID of
    os-release, "" where that is not known; it counts where the name does not tell whose kernel it is.
    """
    match = _RELEASE.match(text)
    if not match:
        raise ValueError(f"{text!r} is not a kernel release; expected one such as 6.12.101 or 3.10.0-1160.el7.x86_64")
    upstream, rest = numbers(match.group(1)), match.group(2)
    vendor = vendor_of(upstream, rest)
    if distribution and vendor in ("", UPSTREAM):
        vendor = vendor_in(distribution)
    branch, build = branch_of(vendor, upstream, rest)
    hidden = vendor in HIDING or vendor == "redhat" and not build
    if vendor == "debian":
        upstream = debian_stable(upstream, rest)
    told = _RELEASE.match(stable)
    if told and not branch and numbers(told.group(1))[:2] == upstream[:2]:
        upstream, hidden = numbers(told.group(1)), False
    return Release(upstream, branch, build, vendor, hidden)


@functools.lru_cache(maxsize=None)
def _marker(text: str) -> Release:
    """A point in history: "4.12", "5.10.262", "el7" (its first build), "el8-80.4.2"."""
    if text[0].isdigit():
        return Release(numbers(text), "", (), "", False)
    branch, _dash, build = text.partition("-")
    return Release((), branch, numbers(build), "", False)


def _reached(point: tuple[int, ...], upstream: tuple[int, ...]) -> bool:
    """Since 3.0 three numbers name a stable release; other series go without it."""
    if len(point) == 3 and point >= (3,) and point[:2] != upstream[:2]:
        return False
    return point <= upstream


def at(history: Sequence[Tuple[str, _Fact]], release: Release, otherwise: _Fact | None = None) -> _Fact | None:
    """The fact that holds for a release, out of (marker, fact) pairs in the order of history; else `otherwise`.

    Where the release is of a vendor's branch that has markers of its own, only these count.
    """
    reached = [fact for point, fact in _those_that_count(history, release) if _has(release, point)]
    return reached[-1] if reached else otherwise


def is_known(history: Sequence[Tuple[str, object]], release: Release) -> bool:
    """Whether at() of it was read in a source or seen on a kernel, and holds whatever the release keeps to itself."""
    if not release.read:
        return False
    if not release.hidden:
        return True
    latest = release._replace(upstream=(*release.upstream[:2], 1 << 30), build=release.build or (1 << 30,))
    return at(history, release) == at(history, latest)


def _those_that_count(history: Sequence[Tuple[str, _Fact]], release: Release) -> list[Tuple[Release, _Fact]]:
    points = [(_marker(marker), fact) for marker, fact in history]
    own = [(point, fact) for point, fact in points if release.branch and point.branch == release.branch]
    return own or [(point, fact) for point, fact in points if not point.branch]


def _has(release: Release, point: Release) -> bool:
    return point.build <= release.build if point.branch else _reached(point.upstream, release.upstream)


def since(markers: str, release: Release) -> bool:
    """Whether the release has reached one of the markers, such as "4.5 el7"."""
    return bool(at([(marker, True) for marker in markers.split()], release, False))
