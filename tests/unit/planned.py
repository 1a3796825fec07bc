# Makes plans for tests, as the module returns them; and the whole catalog, by key.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The plan as plain dictionaries, which is what everybody outside of the planner sees of it."""

from __future__ import annotations

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel._catalog import every_row
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan import _make
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan._edge import as_result

CATALOG = {row.name: row for row in every_row()}


def make_plan(profile, host):
    """What sysctl_profile_info returns for a profile on a host; ProfileError as the planner raises it."""
    return as_result(_make.make_plan(profile, host))
