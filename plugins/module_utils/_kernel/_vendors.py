# Private to this collection. Whose kernel it is, as far as its release tells. What is not told is not known. Pure.
#
# The tables are texts: code is what costs on a host.

from __future__ import annotations

import re
from typing import Dict, Tuple

_Numbers = Tuple[int, ...]
UPSTREAM = "upstream"
# Vendor, and what only its names have behind the version. The first that fits counts. A blank continues a line.
_NAMES = r"""
upstream (?:-rc\d+)?$
oracle .*el\d+uek
elrepo .*\.elrepo
cloudlinux .*\.lve
virtuozzo .*(?:\.vz\d|stab\d)
anolis .*\.an\d
alibaba .*\.al(?:nx|\d)
openeuler .*\.oe\d
kylin .*\.ky\d
tencent -19[.-]\d{4}|.*(?:tlinux|\.t[lk]\d)
ciq .*(?:ciq|el\d+_clk)
asahi .*\.asahi
fedora .*\.fc\d
redhat .*\.el\d
amazon .*\.amzn\d
azurelinux .*\.(?:azl|cm)\d
photon .*\.ph\d
wsl -microsoft-standard
android -android\d
kali .*[+-]kali
liquorix .*-liquorix
proxmox .*-pve$
raspberrypi [+]rpt|-v[678]l?[+]
debian [+](?:deb\d|bpo)|-(?:0\.(?:bpo|deb\d+)\.)?\d+(?:-cloud|-rt)?-
 (?:amd64|arm64|armmp(?:-lpae)?|686(?:-pae)?|powerpc64le|s390x)$
ubuntu -\d+-(?:generic|lowlatency|virtual|server|aws|azure|gcp|gke|gkeop|ibm|kvm|
 oracle|oem|raspi2?|nvidia|intel|fips|realtime|bluefield|xilinx|snapdragon|iot)\b
suse -\d+\.[\d.]+-(?:default|azure|rt|preempt|64kb)
tumbleweed -\d+-(?:default|rt|64kb|longterm)$
alpine -0-(?:lts|virt|stable)$
arch -arch\d|-\d+-(?:lts|zen|hardened)$
void _\d+$
gentoo .*-gentoo
flatcar -flatcar
coreos -coreos
talos -talos
linuxkit -linuxkit
gvisor -gvisor
vyos -vyos
truenas .*[+]truenas
"""
# These keep the stable release out of their names, or name the one at which they once began.
HIDING = ["oracle", "cloudlinux", "virtuozzo", "anolis", "alibaba", "openeuler", "kylin", "tencent", "ubuntu", "suse"]
# Kernels of these have plain names, so that only os-release tells whose they are. IDs of os-release.
PLAIN = ["bottlerocket", "chromeos", "cos", "nixos", "openwrt", "slackware", "xcp-ng", "xenenterprise"]


# IDs of os-release, and the vendors whose kernels they run; of any other the ID itself.
_ALIASES = (
    " rhel:redhat centos:redhat almalinux:redhat rocky:redhat ol:redhat amzn:amazon mariner:azurelinux sles:suse"
    " sle_hpc:suse sles_sap:suse opensuse-leap:suse opensuse-tumbleweed:tumbleweed raspbian:raspberrypi "
)


def numbers(text: str) -> _Numbers:
    """The numbers of a version or a build; () for an empty text."""
    return tuple(map(int, text.split("."))) if text else ()


def _table(text: str) -> Dict[str, _Numbers]:
    words = text.split()
    return dict(zip(words[::2], map(numbers, words[1::2])))


# Whose facts were read in a source or seen on a kernel, and the newest of them: upstream's version, or the build of a
# branch of Red Hat's.
READ = _table("upstream 7.3 debian 7.3 tencent 5.4 el6 754 el7 1160 el8 553 el9 570 el10 55")
# A vendor's branch, and the one version that it has: other kernels have ".el8" in their names too.
BRANCHES = _table("el6 2.6.32 el7 3.10.0 el8 4.18.0 el9 5.14.0 el10 6.12.0 sle5.3 5.3.18 sle5.14 5.14.21")
_AMAZON, _BELOW = "amzn", (5, 10)  # Amazon's, before that
# Debian 10 to 12 keep the stable release out of the name: a build, and what it has at least reached, the steps of the
# catalog. Backports count the same builds.
DEBIAN_BUILDS = _table("4.19.0 8.98 5.10.0 22.178 6.1.0 54.190")
_VENDOR = re.compile(
    "|".join("(?P<%s>%s)" % tuple(row.split(" ", 1)) for row in _NAMES.replace("\n ", "").split("\n") if row), re.DOTALL
)
_DEBIAN = re.compile(r"-(?:0\.(?:bpo|deb\d+)\.)?(\d+)-")
_EL = re.compile(r"\.(?:el|vz|an)(\d+)")
_BUILD = re.compile(r"-(\d+(?:\.\d+)*)(?![\da-z])")


def vendor_of(upstream: _Numbers, rest: str) -> str:
    """Whose kernel it is; "" where its name does not tell. upstream, rest: the release, cut behind its version."""
    if not rest and upstream == (4, 4, 0):
        return "gvisor"  # it says so of itself, and nobody runs the first 4.4
    found = _VENDOR.match(rest)
    return (found.lastgroup or "") if found else ""


def vendor_in(distribution: str) -> str:
    """Whose kernel a distribution runs. distribution: its ID and, behind a blank, its VERSION_ID."""
    name = distribution.partition(" ")[0].lower()
    return _ALIASES.partition(" %s:" % name)[2].partition(" ")[0].strip() or name


def branch_of(vendor: str, upstream: _Numbers, rest: str) -> Tuple[str, _Numbers]:
    """The branch whose facts the kernel shares, and the build of it; "" and () for upstream's."""
    found = _EL.search(rest)
    if vendor == "amazon":
        name = _AMAZON if upstream < _BELOW else ""
    else:
        name = "sle%d.%d" % upstream[:2] if vendor == "suse" else "el6" if "stab" in rest else ""
        if vendor == "tencent":
            return "tencent%d.%d" % upstream[:2], _build(rest)
        name = name or ("el" + found.group(1) if found and vendor not in ("oracle", "elrepo") else "")
        if vendor == "redhat" and not found:
            name = next((name for name, version in BRANCHES.items() if version == upstream[:3]), "")
        name = name if BRANCHES.get(name) == upstream[:3] else ""
    return name, _build(rest) if name else ()


def _build(rest: str) -> _Numbers:
    found = _BUILD.match(rest)
    return numbers(found.group(1)) if found else ()


def debian_stable(upstream: _Numbers, rest: str) -> _Numbers:
    """The stable release that a kernel of Debian has at least reached."""
    found, step = _DEBIAN.match(rest), DEBIAN_BUILDS.get(".".join(map(str, upstream)))
    return (*upstream[:2], step[1]) if found and step and step[0] <= int(found.group(1)) else upstream
