# Private to this collection. A host that is not at hand: imagined from the catalog alone, or as it will be at its next
# boot. Pure.

from __future__ import annotations

import re
from typing import Any, Iterable, Mapping

from .._data import MISSING, Host, Kernel, Reading
from .._kernel._catalog import exists, per_namespace, row_of
from .._kernel._history import release_of, since
from .._kernel._values import shown

_DISTRIBUTION = re.compile(r"([A-Za-z0-9._-]+( [A-Za-z0-9._-]+)?)?")


def imagine(kernel: Kernel, keys: Iterable[str]) -> Host:
    """A host of that kernel, of which nothing but its keys is known."""
    return Host(kernel, {key: _imagined(key, kernel) for key in keys}, at_hand=False)


def _imagined(key: str, kernel: Kernel) -> Reading:
    row = row_of(key)
    if row is None or not exists(key, kernel):
        return MISSING
    if kernel.namespace == "host" or per_namespace(key, kernel):
        return Reading(True, writable=True)
    return Reading(bool(row.visible_in_child) and since(row.visible_in_child, release_of(kernel)))


def at_boot(host: Host) -> Host:
    """The same host where only the next boot counts; of a container, the machine for which it is an image."""
    if host.kernel.namespace == "container":
        kernel = host.kernel._replace(namespace="host")
        keys = {key: _imagined(key, kernel) if row_of(key) else one for key, one in host.keys.items()}
        host = host._replace(kernel=kernel, keys=keys, available={})
    return host._replace(live=False)


def kernel_from(options: Mapping[str, Any]) -> Kernel:
    """The option `kernel` of sysctl_profile_info; ValueError for a release or a size that is none."""
    kernel = Kernel(*(options[name] for name in ("release", "memory_mb", "page_size", "namespace")))
    kernel = kernel._replace(distribution=options["distribution"])
    release_of(kernel)
    if not _DISTRIBUTION.fullmatch(kernel.distribution):
        raise ValueError(
            "distribution: %s is refused; expected ID and VERSION_ID of os-release, such as debian 12 or rhel"
            % shown(kernel.distribution)
        )
    for name in ("memory_mb", "page_size"):
        if options[name] is not None and options[name] <= 0:
            raise ValueError("%s: %d is refused; expected a number above 0" % (name, options[name]))
    return kernel
