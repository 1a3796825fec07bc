# Private to this collection. What a host tells of its kernel beside the name. Imported where the name does not tell
# whose kernel it is, or the kernel tells more.

from __future__ import annotations

import re

from .._data import Kernel
from .._kernel._vendors import PLAIN
from ._proc import read_text

# Ubuntu's: "Ubuntu 5.15.0-151.161-generic 5.15.180".
_SIGNATURE = "/proc/version_signature"
_OS_RELEASE = ("/etc/os-release", "/usr/lib/os-release")


def identified(kernel: Kernel) -> Kernel:
    """The kernel with its stable release and its distribution, as far as they can be read."""
    stable = re.search(r" (\d+(?:\.\d+)+)$", read_text(_SIGNATURE) or "")
    return kernel._replace(
        stable=stable.group(1) if stable else "",
        # A container's os-release says nothing of the kernel.
        distribution=_distribution() if kernel.namespace == "host" and "-" not in kernel.release else "",
    )


def _distribution() -> str:
    """ID and VERSION_ID of os-release, of those whose kernels have plain names; "" for any other."""
    text = next(filter(None, map(read_text, _OS_RELEASE)), "")
    found = dict(re.findall(r"""^(ID|VERSION_ID)=["']?([A-Za-z0-9._-]+)""", text, re.MULTILINE))
    words = [found[name] for name in ("ID", "VERSION_ID") if name in found]
    return " ".join(words) if found.get("ID") in PLAIN else ""
