# Private to this collection. Kernel releases, and how a fact that changed over the years is looked up. Pure.

from __future__ import annotations

import functools
import re
from typing import Dict, NamedTuple, Sequence, Tuple, TypeVar

_Fact = TypeVar("_Fact")
_Point = Tuple[int, ...]

# A vendor's branch only at these upstream versions (from, below): kernels of ELRepo and Oracle have ".el8" in their
# names too.
_BRANCHES: Dict[str, Tuple[_Point, _Point]] = {
    "el6": ((2, 6, 32), (2, 6, 33)),
    "el7": ((3, 10, 0), (3, 10, 1)),
    "el8": ((4, 18, 0), (4, 18, 1)),
    "el9": ((5, 14, 0), (5, 14, 1)),
    "el10": ((6, 12, 0), (6, 12, 1)),
    "amzn": ((0,), (5, 10)),
}
# Debian 11 and 12 keep the stable release out of the name: (build, release that it has at least reached), the steps of
# the catalog.
_DEBIAN_BUILDS: Dict[_Point, Tuple[int, int]] = {(5, 10, 0): (22, 178), (6, 1, 0): (54, 190)}
_DEBIAN = re.compile(r"-(\d+)(?:-cloud|-rt)?-(?:amd64|arm64|armmp(?:-lpae)?|686(?:-pae)?|powerpc64le|s390x)")
_RELEASE = re.compile(r"(\d+(?:\.\d+)+)(.*)", re.DOTALL)
_BUILD = re.compile(r"-(\d+)")
_VENDOR = re.compile(r"\.(el\d+|amzn)(?=[\d._]|$)")


class Release(NamedTuple):
    """A release, taken apart: 4.18.0-477.el8 is (4, 18, 0), "el8" and 477."""

    upstream: _Point
    branch: str  # a vendor's, "" for none
    build: int  # of that branch, 0 for none


@functools.lru_cache(maxsize=None)
def parse_release(text: str) -> Release:
    """Take a release apart; ValueError where it does not begin with a version."""
    match = _RELEASE.match(text)
    if not match:
        raise ValueError(f"{text!r} is not a kernel release; expected one such as 6.12.101 or 3.10.0-1160.el7.x86_64")
    upstream = tuple(int(number) for number in match.group(1).split("."))
    vendor = _VENDOR.search(match.group(2))
    if vendor:
        first, below = _BRANCHES.get(vendor.group(1), ((), ()))
        if first <= upstream < below:
            number = _BUILD.match(match.group(2))
            return Release(upstream, vendor.group(1), int(number.group(1)) if number else 0)
    debian = _DEBIAN.fullmatch(match.group(2))
    build, stable = _DEBIAN_BUILDS.get(upstream, (0, 0))
    if debian and 0 < build <= int(debian.group(1)):
        upstream = (*upstream[:2], stable)
    return Release(upstream, "", 0)


@functools.lru_cache(maxsize=None)
def _marker(text: str) -> Release:
    """A point in history: "4.12", "5.10.262", "el7" (its first build), "el8-477"."""
    if text[0].isdigit():
        return Release(tuple(int(number) for number in text.split(".")), "", 0)
    branch, _dash, build = text.partition("-")
    return Release((), branch, int(build or 0))


def _reached(point: tuple[int, ...], upstream: tuple[int, ...]) -> bool:
    """Since 3.0 three numbers name a stable release; other series go without it."""
    if len(point) == 3 and point >= (3,) and point[:2] != upstream[:2]:
        return False
    return point <= upstream


def at(history: Sequence[Tuple[str, _Fact]], release: Release, otherwise: _Fact | None = None) -> _Fact | None:
    """The fact that holds for a release, out of (marker, fact) pairs in the order of history; else `otherwise`.

    Where the release is of a vendor's branch that has markers of its own, only these count.
    """
    points = [(_marker(marker), fact) for marker, fact in history]
    own = [(point, fact) for point, fact in points if release.branch and point.branch == release.branch]
    if own:
        reached = [fact for point, fact in own if point.build <= release.build]
    else:
        reached = [fact for point, fact in points if not point.branch and _reached(point.upstream, release.upstream)]
    return reached[-1] if reached else otherwise


def since(markers: str, release: Release) -> bool:
    """Whether the release has reached one of the markers, such as "4.5 el7"."""
    return bool(at([(marker, True) for marker in markers.split()], release, False))
