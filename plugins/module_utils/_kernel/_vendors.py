# Private to this collection. Whose kernel it is, as far as its release tells. What is not told is not known. Pure.

from __future__ import annotations

import re
from typing import Dict, Tuple

UPSTREAM = "upstream"
# Vendor, and what only its names have behind the version. The first that fits counts.
_NAMES = (
    (UPSTREAM, r"(?:-rc\d+)?$"),
    ("oracle", r".*el\d+uek"),
    ("elrepo", r".*\.elrepo"),
    ("cloudlinux", r".*\.lve"),
    ("virtuozzo", r".*(?:\.vz\d|stab\d)"),
    ("anolis", r".*\.an\d"),
    ("alibaba", r".*\.al(?:nx|\d)"),
    ("openeuler", r".*\.oe\d"),
    ("kylin", r".*\.ky\d"),
    ("tencent", r"-19[.-]\d{4}|.*(?:tlinux|\.t[lk]\d)"),
    ("ciq", r".*(?:ciq|el\d+_clk)"),
    ("asahi", r".*\.asahi"),
    ("fedora", r".*\.fc\d"),
    ("redhat", r".*\.el\d"),
    ("amazon", r".*\.amzn\d"),
    ("azurelinux", r".*\.(?:azl|cm)\d"),
    ("photon", r".*\.ph\d"),
    ("wsl", r"-microsoft-standard"),
    ("android", r"-android\d"),
    ("kali", r".*[+-]kali"),
    ("liquorix", r".*-liquorix"),
    ("proxmox", r".*-pve$"),
    ("raspberrypi", r"[+]rpt|-v[678]l?[+]"),
    (
        "debian",
        r"[+](?:deb\d|bpo)|-(?:0\.(?:bpo|deb\d+)\.)?\d+(?:-cloud|-rt)?-"
        r"(?:amd64|arm64|armmp(?:-lpae)?|686(?:-pae)?|powerpc64le|s390x)$",
    ),
    (
        "ubuntu",
        r"-\d+-(?:generic|lowlatency|virtual|server|aws|azure|gcp|gke|gkeop|ibm|kvm|oracle|oem|raspi2?|nvidia|intel|"
        r"fips|realtime|bluefield|xilinx|snapdragon|iot)\b",
    ),
    ("suse", r"-\d+\.[\d.]+-(?:default|azure|rt|preempt|64kb)"),
    ("tumbleweed", r"-\d+-(?:default|rt|64kb|longterm)$"),
    ("alpine", r"-0-(?:lts|virt|stable)$"),
    ("arch", r"-arch\d|-\d+-(?:lts|zen|hardened)$"),
    ("void", r"_\d+$"),
    ("gentoo", r".*-gentoo"),
    ("flatcar", r"-flatcar"),
    ("coreos", r"-coreos"),
    ("talos", r"-talos"),
    ("linuxkit", r"-linuxkit"),
    ("gvisor", r"-gvisor"),
    ("vyos", r"-vyos"),
    ("truenas", r".*[+]truenas"),
)
# These keep the stable release out of their names, or name the one at which they once began.
HIDING = frozenset(
    ("oracle", "cloudlinux", "virtuozzo", "anolis", "alibaba", "openeuler", "kylin", "tencent", "ubuntu", "suse")
)
# Whose facts were read in a source or seen on a kernel, and the newest of them: upstream's version, or the build of a
# branch of Red Hat's.
READ: Dict[str, Tuple[int, ...]] = {
    UPSTREAM: (7, 3),
    "debian": (7, 3),
    "el6": (754,),
    "el7": (1160,),
    "el8": (553,),
    "el9": (570,),
    "el10": (55,),
}
# Kernels of these distributions have plain names, so that only os-release tells whose they are.
PLAIN = frozenset(("bottlerocket", "chromeos", "cos", "nixos", "openwrt", "slackware", "xcp-ng", "xenenterprise"))
# A branch of Red Hat or Amazon only at these upstream versions (from, below): others have ".el8" in their names too.
_BRANCHES: Dict[str, Tuple[Tuple[int, ...], Tuple[int, ...]]] = {
    "el6": ((2, 6, 32), (2, 6, 33)),
    "el7": ((3, 10, 0), (3, 10, 1)),
    "el8": ((4, 18, 0), (4, 18, 1)),
    "el9": ((5, 14, 0), (5, 14, 1)),
    "el10": ((6, 12, 0), (6, 12, 1)),
    "amzn": ((0,), (5, 10)),
}
# Debian 10 to 12 keep the stable release out of the name: (build, release that it has at least reached), the steps of
# the catalog. Backports count the same builds.
_DEBIAN_BUILDS: Dict[Tuple[int, ...], Tuple[int, int]] = {
    (4, 19, 0): (8, 98),
    (5, 10, 0): (22, 178),
    (6, 1, 0): (54, 190),
}
_VENDOR = re.compile("|".join("(?P<%s>%s)" % row for row in _NAMES), re.DOTALL)
_DEBIAN = re.compile(r"-(?:0\.(?:bpo|deb\d+)\.)?(\d+)-")
_EL = re.compile(r"\.(?:el|vz|an)(\d+)")
_BUILD = re.compile(r"-(\d+(?:\.\d+)*)(?![\da-z])")


def vendor_of(upstream: tuple[int, ...], rest: str) -> str:
    """Whose kernel it is; "" where its name does not tell. upstream, rest: the release, cut behind its version."""
    if not rest and upstream == (4, 4, 0):
        return "gvisor"  # it says so of itself, and nobody runs the first 4.4
    found = _VENDOR.match(rest)
    return (found.lastgroup or "") if found else ""


def branch_of(vendor: str, upstream: tuple[int, ...], rest: str) -> tuple[str, tuple[int, ...]]:
    """The branch whose facts the kernel shares, and the build of it; "" and () for upstream's."""
    if vendor in ("oracle", "elrepo"):
        return "", ()
    found = _EL.search(rest)
    name = "amzn" if vendor == "amazon" else "el6" if "stab" in rest else "el" + found.group(1) if found else ""
    first, below = _BRANCHES.get(name, ((), ()))
    if not first <= upstream < below:
        return "", ()
    build = _BUILD.match(rest)
    return name, tuple(map(int, build.group(1).split("."))) if build else ()


def debian_stable(upstream: tuple[int, ...], rest: str) -> tuple[int, ...]:
    """The stable release that a kernel of Debian has at least reached."""
    found, (build, stable) = _DEBIAN.match(rest), _DEBIAN_BUILDS.get(upstream, (0, 0))
    return (*upstream[:2], stable) if found and 0 < build <= int(found.group(1)) else upstream
