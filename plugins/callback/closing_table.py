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
  - Prints, as the last thing of a run, what became of the keys of each host (applied, unchanged, skipped, drifted or
    failed), and under it every reason and advice once, with how many hosts it concerns.
  - The first line says where the profile comes from, such as C(23 values, all the collection's own; 0 overrides, 0
    excludes). A value that is not the collection's own counts as an override.
  - Warns, before anything is changed, of files in C(group_vars) and C(host_vars) with variables of the role that lie in
    the working folder or near the inventory, and that Ansible does not read in the play.
  - Each key of a host is counted once, also where several plays of a run looked at the host. The last word on it
    counts; a key that was changed stays so where a later play finds it as wanted.
  - From 30 hosts on, hosts that are alike share a row, the worst first, and a last row has the totals. At most 40 rows
    are shown then, and at most 40 lines under them.
  - The playbooks of this collection enable it by themselves. In a playbook of your own, enable it in C(ansible.cfg) or
    with C(ANSIBLE_CALLBACKS_ENABLED).
  - Where M(fleetnet.linux_tcp.tcp_socket_info) was run several times for a host, it prints the rates of counters,
    before and after a change.
  - Says which hosts a staged rollout did not reach, since it stopped, and at which host.
  - In a run over more than 20 hosts it prints which batch it is at, how many hosts are done, failed and left, and about
    how long the rest takes. It does so for each tenth of the work, and after 30 seconds. Batches (C(serial)) count as
    one run.
  - Where the variable C(tcp_hardening_report_dir) of the role P(fleetnet.linux_tcp.tcp_hardening#role) names a folder,
    it writes a JSON file for each host there, also for one that failed or could not be reached. It asks for the
    variable once for each play, when that begins, as its first host has it. Facts, C(set_fact), and variables of tasks
    and of imported roles do not count, since a host can send facts of any name.
  - What a host sends is held against a form first. A result that is not as its module returns it fails its host in the
    table; texts are made printable, and cut where they are too long.
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
from typing import Any, Dict, List, Set

from ansible import constants, context
from ansible.module_utils.common.yaml import yaml_load  # by libyaml where that is there, ten times as fast
from ansible.plugins.callback import CallbackBase
from ansible.utils.color import stringc

from ..plugin_utils._report._writer import Writer
from ..plugin_utils._run import _intake as intake
from ..plugin_utils._run._record import Run
from ..plugin_utils._table import _closing_table, _preview
from ..plugin_utils._table._origin import origin
from ..plugin_utils._table._progress import Progress, batches
from ..plugin_utils._table._unread import unread, warning
from ..plugin_utils._table._watch import Watch
from ..plugin_utils._text import on_screen, printable

_TITLES = {
    "harden": "TCP hardening",
    "audit": "TCP audit",
    "rollback": "TCP rollback",
    "observe": "TCP observe",
    "preview": "TCP preview",
}
_DEFAULTS = os.path.join(os.path.dirname(__file__), "../../roles/tcp_hardening/defaults/main.yml")
# Playbooks in which nothing is to follow a plan.
_LOOK_ONLY = ("audit", "preview")


class CallbackModule(CallbackBase):
    """Hands results to the record of the run, and prints what is made of it."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "fleetnet.linux_tcp.closing_table"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._run = Run(lambda: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
        self._writer = Writer(self._run, self._warn)
        self._watch = Watch()
        self._progress = Progress()
        self._playbook = ""  # the one that runs now
        self._title = ""  # of the table: a key of _TITLES
        self._places: List[str] = []  # where Ansible looks for group_vars/ and host_vars/ in the play that runs now
        self._sources: List[str] = []  # of the inventory, that are files or folders
        self._looked_in: Set[str] = set()  # folders of plays for which it was looked what Ansible does not read

    def v2_playbook_on_start(self, playbook: Any) -> None:
        """Ansible's hook, as all that follow: a playbook begins. It gives the table its title."""
        # The name is the file's; there is no public one. Of several playbooks in one run the first gives the title.
        self._playbook = os.path.splitext(os.path.basename(str(getattr(playbook, "_file_name", ""))))[0]
        self._title = self._title or (self._playbook if self._playbook in _TITLES else "")
        self._writer.playbook = self._writer.playbook or self._playbook

    def v2_playbook_on_play_start(self, play: Any) -> None:
        """A play begins, or a batch of it."""
        # With serial this is called for each batch; without the restriction to a batch, the hosts are the play's.
        manager = play.get_variable_manager()
        inventory = manager._inventory
        self._sources = [source for source in map(str, inventory._sources) if os.path.exists(source)]
        self._places = [manager._loader.get_basedir(), *map(_folder, self._sources)]
        self._writer.batch(play)
        hosts = inventory.get_hosts(play.hosts, ignore_restrictions=True)
        self._progress.targets((host.get_name() for host in hosts), time.monotonic())
        # Each batch gets a copy of the play; copies share this.
        self._progress.batch(play._uuid, batches(play.serial, len(hosts)))
        # Ansible starts a process for each host and task. What is frozen, their garbage collectors leave alone, and so
        # it stays memory that all of them share (documentation of gc.freeze). What earlier batches left is collected
        # first. Before the first one there is next to nothing, and to look for it takes as long as several hosts.
        if hosts:
            if gc.get_freeze_count():
                gc.unfreeze()
                gc.collect()
            gc.freeze()

    def v2_runner_on_ok(self, result: Any) -> None:
        """A step went well on a host."""
        self._take(intake.WELL, result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        """A step was skipped on a host."""
        self._take(intake.SKIPPED, result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """A step failed on a host."""
        if not ignore_errors:
            self._take(intake.WRONG, result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """A host could not be reached."""
        self._take(intake.LOST, result)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """A playbook came to its end: write what is left, and print the table."""
        self._run.finish()
        self._writer.flush()
        if "json" in constants.DEFAULT_STDOUT_CALLBACK:
            return
        width = self._display.columns if sys.stdout.isatty() else 0
        table = _preview.lines if self._title == "preview" else _closing_table.lines
        title, check = _TITLES.get(self._title, ""), bool(context.CLIARGS.get("check"))
        lines = table(self._run, title, check, width, stringc) if self._run.hosts else []
        profile = origin(self._run, _own_values()) if lines else ""
        if profile:
            lines[0] += "   " + profile
        for line in lines + self._watch.lines():
            self._display.display(on_screen(line))

    def _take(self, way: int, task: Any) -> None:
        """Take the result of a task, and say how far the run is where it is time for that."""
        name = task.host.get_name()
        result = intake.Result(way, name, task.task.resolved_action, task.task.args, task.task.vars, task.result)
        if not intake.matters(result):
            return
        self._look_around()
        self._writer.before()
        how_far = intake.take(self._run, result, self._playbook in _LOOK_ONLY)
        self._writer.after(task)
        self._watch.looked(name, result.look)
        self._progress.came(name, how_far)
        line = self._progress.line(time.monotonic())
        if line and "json" not in constants.DEFAULT_STDOUT_CALLBACK:
            self._display.display(on_screen(line))

    def _look_around(self) -> None:
        """Warn, once for each folder of plays, of variables that lie near and that Ansible does not read there."""
        if self._places[0] in self._looked_in:
            return
        self._looked_in.add(self._places[0])
        playbooks = [path for path in map(str, context.CLIARGS.get("args", ())) if os.path.isfile(path)]
        above = [os.path.dirname(os.path.abspath(_folder(source))) for source in self._sources]
        found = unread([os.getcwd(), *map(_folder, playbooks), *above], self._places)
        if found:
            self._warn(warning(found))

    def _warn(self, text: str) -> None:
        self._display.warning(printable(text))


def _folder(path: str) -> str:
    """The folder itself, or the one that a file is in."""
    return path if os.path.isdir(path) else os.path.dirname(os.path.abspath(path))


def _own_values() -> Dict[str, Any]:
    """The collection's own profile."""
    with open(_DEFAULTS, encoding="utf-8") as stream:
        values: Dict[str, Any] = yaml_load(stream)["tcp_hardening_values"]
    return values
