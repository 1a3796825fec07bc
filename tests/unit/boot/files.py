# Files of sysctl.d as plain data, for tests of the resolver and of the plan.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""foretold() reads files that are only texts by path; next_boot() puts the answer into the fields of a Host."""

from __future__ import annotations

import functools
import io
from typing import Any, Iterable

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot._forecast import Forecast, forecast
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot._procps import Procps
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot._systemd import Systemd
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import Kernel
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._values import taken

OWN = "/etc/sysctl.d/90-tcp-hardening.conf"
KERNEL = Kernel("6.12.101")


def foretold(
    files: dict[str, str],
    keys: Iterable[str],
    own: str = OWN,
    rules: Systemd | Procps | None = None,
    kernel: Kernel = KERNEL,
) -> Forecast:
    """What is left at boot by files, given as text by path."""
    return forecast(
        rules or Systemd(252),
        {path: path == own for path in files},
        lambda path: io.StringIO(files[path], newline="\n"),
        keys,
        own,
        functools.partial(taken, kernel),
    )


def next_boot(files: dict[str, str], keys: Iterable[str], kernel: Kernel, own: str = OWN) -> dict[str, Any]:
    """The same as the fields of a Host."""
    found = foretold(files, keys, own, kernel=kernel)
    boot = {key: one for key, one in found.now.items() if one.value is not None}
    beneath = {key: one for key, one in found.beneath.items() if one.value is not None}
    return {"boot": boot, "beneath": beneath, "after": found.after, "unread": found.unread}
