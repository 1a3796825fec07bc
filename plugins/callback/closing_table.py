# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Collects what the modules returned for each host, and prints the closing table when everything else has been printed.

from __future__ import annotations

DOCUMENTATION = r"""
name: closing_table
type: aggregate
short_description: A table of hosts and reasons at the end of a run
version_added: 1.0.0
description:
  - Prints, as the last thing of a run, the hosts by keys applied, unchanged, skipped, drifted and failed, and under it every
    reason and advice once, with how many hosts it concerns.
  - The playbooks of this collection enable it by themselves. In a playbook of your own, enable it in C(ansible.cfg) or with
    C(ANSIBLE_CALLBACKS_ENABLED).
  - Where M(fleetnet.linux_tcp.tcp_socket_info#module) was run several times for a host, it prints the rates of counters, before
    and after a change.
  - It prints nothing when no module of this collection was run, or when the standard output is JSON.
author:
  - fleetnet.linux_tcp contributors (@fleetnet)
requirements:
  - Enabled in C(callbacks_enabled), or a playbook of this collection.
"""

import os
import sys
from typing import Any

from ansible import constants, context
from ansible.plugins.callback import CallbackBase
from ansible.utils.color import stringc

from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._closing_table import Fleet, why
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._watch import Watch

_INFO = "fleetnet.linux_tcp.sysctl_profile_info"
_APPLY = "fleetnet.linux_tcp.sysctl_profile"
_SOCKETS = "fleetnet.linux_tcp.tcp_socket_info"
_TITLES = {"harden": "TCP hardening", "audit": "TCP audit", "rollback": "TCP rollback", "observe": "TCP observe"}


class CallbackModule(CallbackBase):
    """Hands results to Fleet and Watch and prints what they make of them."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "fleetnet.linux_tcp.closing_table"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._fleet = Fleet()
        self._watch = Watch()

    def v2_playbook_on_start(self, playbook: Any) -> None:
        # Of several playbooks in one run the first gives the title; the name is the file's, there is no public one.
        name = os.path.splitext(os.path.basename(str(getattr(playbook, "_file_name", ""))))[0]
        self._fleet.title = self._fleet.title or _TITLES.get(name, "")

    def v2_runner_on_ok(self, result: Any) -> None:
        action = result.task.resolved_action
        if action == _INFO and not result.task.args.get("kernel"):
            self._fleet.planned(result.host.get_name(), result.result)
        elif action == _APPLY:
            self._fleet.applied(result.host.get_name(), result.result)
        elif action == _SOCKETS:
            self._fleet.looked(result.host.get_name(), result.result)
            self._watch.looked(result.host.get_name(), result.result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        # An audit fails a host for its drift, which the table shows as such.
        if not ignore_errors and not result.task.vars.get("__tcp_hardening_drift"):
            self._fleet.failed(result.host.get_name(), why(result.result))

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._fleet.unreachable(result.host.get_name(), str(result.result.get("msg", "")))

    def v2_playbook_on_stats(self, stats: Any) -> None:
        if "json" in constants.DEFAULT_STDOUT_CALLBACK:
            return
        width = self._display.columns if sys.stdout.isatty() else 0
        table = self._fleet.lines(bool(context.CLIARGS.get("check")), width, stringc) if self._fleet.hosts else []
        for line in table + self._watch.lines():
            self._display.display(line)
