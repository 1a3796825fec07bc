# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. What-if: a host as the catalog imagines it, for a kernel that is not at hand. Pure.

from __future__ import annotations

from typing import Any, Dict, Iterable

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils import _catalog as catalog
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._host_reading import Host, Reading
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel import Kernel, parse_release, since


def imagine(kernel: Kernel, keys: Iterable[str]) -> Host:
    """A host of that kernel with its keys present or not, writable or not, and nothing else known."""
    return Host(kernel, {key: _imagined(key, kernel) for key in keys}, at_hand=False)


def _imagined(key: str, kernel: Kernel) -> Reading:
    if not catalog.exists(key, kernel):
        return Reading(False)
    if kernel.namespace == "host" or catalog.per_namespace(key, kernel):
        return Reading(True, writable=True)
    visible = catalog.CATALOG[key].visible_in_child
    return Reading(bool(visible) and since(visible, parse_release(kernel.release)))


def kernel_from(options: Dict[str, Any]) -> Kernel:
    """The `kernel` option of sysctl_profile_info; ValueError for a release or a size that is none."""
    kernel = Kernel(options["release"], options["memory_mb"], options["page_size"], options["namespace"])
    parse_release(kernel.release)
    for name in ("memory_mb", "page_size"):
        if options[name] is not None and options[name] <= 0:
            raise ValueError("%s: %d is refused; expected a number above 0" % (name, options[name]))
    return kernel
