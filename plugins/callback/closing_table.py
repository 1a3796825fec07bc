# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Collects what the modules returned for each host: prints how far a long run is, writes a report of each host where
# that was asked for, and prints the closing table when everything else has been printed.

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
  - Where M(fleetnet.linux_tcp.tcp_socket_info) was run several times for a host, it prints the rates of counters, before
    and after a change.
  - Says which hosts a staged rollout did not reach, since it stopped, and at which host.
  - In a run over more than 20 hosts it prints how many are done, failed and left, for each tenth of the work, and after 30 seconds.
    Batches (C(serial)) count as one run.
  - Where the variable C(tcp_hardening_report_dir) of the role P(fleetnet.linux_tcp.tcp_hardening#role) names a folder, it writes a
    JSON file for each host there, also for one that failed or could not be reached. It asks for the variable once for each play,
    as its first host has it.
  - It prints nothing when no module of this collection was run, or when the standard output is JSON.
author:
  - fleetnet.linux_tcp contributors (@fleetnet)
requirements:
  - Enabled in C(callbacks_enabled), or a playbook of this collection.
"""

import gc
import os
import sys
import time
from typing import Any, Callable

from ansible import constants, context
from ansible.plugins.callback import CallbackBase
from ansible.utils.color import stringc

from ..plugin_utils._report._writer import Writer
from ..plugin_utils._table._closing_table import Fleet, why
from ..plugin_utils._table._preview import Preview
from ..plugin_utils._table._progress import Progress
from ..plugin_utils._table._watch import Watch

_INFO = "fleetnet.linux_tcp.sysctl_profile_info"
_APPLY = "fleetnet.linux_tcp.sysctl_profile"
_SOCKETS = "fleetnet.linux_tcp.tcp_socket_info"
_SAID_ELSEWHERE = {"__tcp_hardening_drift", "__tcp_hardening_again"}
_TITLES = {
    "harden": "TCP hardening",
    "audit": "TCP audit",
    "rollback": "TCP rollback",
    "observe": "TCP observe",
    "preview": "TCP preview",
}


class CallbackModule(CallbackBase):
    """Hands results to Fleet, Watch, Progress and Writer, and prints what they make of them."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "fleetnet.linux_tcp.closing_table"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._fleet = Fleet()
        self._watch = Watch()
        self._progress = Progress()
        self._writer = Writer(self._display.warning)

    def v2_playbook_on_start(self, playbook: Any) -> None:
        # Of several playbooks in one run the first gives the title; the name is the file's, there is no public one.
        name = os.path.splitext(os.path.basename(str(getattr(playbook, "_file_name", ""))))[0]
        if name == "preview" and not self._fleet.title:
            self._fleet = Preview()
        self._fleet.title = self._fleet.title or _TITLES.get(name, "")
        self._writer.playbook = self._writer.playbook or name

    def v2_playbook_on_play_start(self, play: Any) -> None:
        # With serial this is asked for each batch; the hosts of all batches are the play's without the restriction to
        # one.
        inventory = play.get_variable_manager()._inventory
        self._writer.batch(play)
        self._progress.targets(
            (host.get_name() for host in inventory.get_hosts(play.hosts, ignore_restrictions=True)), time.monotonic()
        )
        # Ansible starts a process for each host and task. What is frozen, their garbage collectors leave alone, and so
        # it stays memory that all of them share (documentation of gc.freeze).
        gc.unfreeze()
        gc.collect()
        gc.freeze()

    def v2_runner_on_ok(self, result: Any) -> None:
        action, name = result.task.resolved_action, result.host.get_name()
        if action == _INFO and not result.task.args.get("kernel"):
            self._fleet.planned(name, result.result)
            self._writer.planned(result, result.result)
            self._went_on(self._progress.done if self._writer.looks_only else self._progress.looked, name)
        elif action == _APPLY:
            self._fleet.applied(name, result.result)
            self._writer.applied(result, result.result)
            if not result.result.get("trial"):
                self._went_on(self._progress.done, name)
        elif result.task.vars.get("__tcp_hardening_sorts"):
            self._fleet.waits(name)
        elif isinstance(self._fleet, Preview) and "__tcp_hardening_next" in result.result.get("ansible_facts", ()):
            self._fleet.previewed(name, result.result["ansible_facts"]["__tcp_hardening_next"])
        elif "__tcp_hardening_verdict" in result.result.get("ansible_facts", ()):
            self._fleet.judged(name, result.result["ansible_facts"]["__tcp_hardening_verdict"])
        elif action == _SOCKETS and not result.task.vars.get("__tcp_hardening_gate"):
            self._fleet.looked(name, result.result)
            self._writer.looked(result, result.result)
            self._watch.looked(name, result.result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        if result.task.resolved_action == _APPLY or result.task.vars.get("__tcp_hardening_sorts"):
            self._writer.nothing_to_do(result)
            self._went_on(self._progress.done, result.host.get_name())

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        # An audit fails a host for its drift, which the table shows as such. A host that was rescued fails once more.
        if not ignore_errors and not _SAID_ELSEWHERE.intersection(result.task.vars):
            self._fleet.failed(result.host.get_name(), why(result.result))
            self._writer.ended(result, "failed", why(result.result))
            self._went_on(self._progress.failed, result.host.get_name())

    def v2_runner_on_unreachable(self, result: Any) -> None:
        message = str(result.result.get("msg", ""))
        self._fleet.unreachable(result.host.get_name(), message)
        self._writer.ended(result, "unreachable", message)
        self._went_on(self._progress.failed, result.host.get_name())

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._writer.flush()
        if "json" in constants.DEFAULT_STDOUT_CALLBACK:
            return
        width = self._display.columns if sys.stdout.isatty() else 0
        table = self._fleet.lines(bool(context.CLIARGS.get("check")), width, stringc) if self._fleet.hosts else []
        for line in table + self._watch.lines():
            self._display.display(line)

    def _went_on(self, what: Callable[[str], None], name: str) -> None:
        """Count a host, and say how far the run is where it is time for that."""
        what(name)
        line = self._progress.line(time.monotonic())
        if line and "json" not in constants.DEFAULT_STDOUT_CALLBACK:
            self._display.display(line)
