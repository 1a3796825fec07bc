# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. Writes the reports of hosts while a run goes on. The callback uses it: it sees every
# result, also of hosts that failed or could not be reached, and a run without reports pays nothing for them.

from __future__ import annotations

import atexit
import os
import time
from typing import Any, Callable, Dict

from ansible import context
from ansible.template import Templar

from . import _files as files
from ._host import Reports, Run

_VARIABLE = "tcp_hardening_report_dir"
# What the staged rollout adds to the inventory.
_OWN_GROUPS = "__tcp_hardening_"
_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Writer:
    """Keeps what is known of hosts, and writes it at the end of each batch, and of the run. warn: shows a warning.

    task stands for a task's result, as callbacks get it."""

    def __init__(self, warn: Callable[[str], None]) -> None:
        self.playbook = ""
        self._warn = warn
        self._play: Any = None
        self._asked = False
        self._folder = ""
        self._reports = Reports()
        self._process = os.getpid()

    @property
    def looks_only(self) -> bool:
        """Whether a plan is all that comes of a host."""
        return self.playbook in ("audit", "preview")

    def batch(self, play: Any) -> None:
        """A play, or another batch of it, begins; what the one before did is written."""
        self.flush()
        self._play, self._asked = play, False

    def planned(self, task: Any, plan: Dict[str, Any]) -> None:
        if self._wanted(task):
            self._reports.planned(task.host.get_name(), plan, _now(), self.looks_only)
            self._group(task)

    def applied(self, task: Any, result: Dict[str, Any]) -> None:
        if self._wanted(task):
            self._reports.applied(task.host.get_name(), result, _now())

    def nothing_to_do(self, task: Any) -> None:
        if self._wanted(task):
            self._reports.nothing_to_do(task.host.get_name(), _now())

    def looked(self, task: Any, seen: Dict[str, Any]) -> None:
        if self._wanted(task):
            self._reports.looked(task.host.get_name(), seen, _now())
            self._group(task)

    def ended(self, task: Any, status: str, message: str) -> None:
        if self._wanted(task):
            self._reports.ended(task.host.get_name(), status, message, _now())
            self._group(task)

    def flush(self) -> None:
        """Write what is new. One file that cannot be written is no reason to end a run; the warning names the first."""
        if not self._folder:
            return
        run = Run(self.playbook, bool(context.CLIARGS.get("check")), files.collection_version(_ROOT))
        failed = []
        for name, text in self._reports.documents(run):
            try:
                files.write(os.path.join(self._folder, files.file_name(name)), text)
            except OSError as error:
                failed.append("%s (%s)" % (name, error))
        if failed:
            self._warn(
                "%s: reports of %d hosts could not be written, the first of %s" % (_VARIABLE, len(failed), failed[0])
            )

    def _wanted(self, task: Any) -> bool:
        if not self._asked:
            self._asked = True
            folder = self._value(task)
            if folder and not self._folder:
                # An interrupted run has reports too. Forked workers leave by another way; the test is for those that do
                # not.
                atexit.register(lambda: self.flush() if os.getpid() == self._process else None)
            self._folder = folder
        return bool(self._folder)

    def _value(self, task: Any) -> str:
        """The variable as this task and its host have it.

        Asking costs milliseconds, so one host is asked for the whole play.
        """
        manager = self._play.get_variable_manager()
        variables = manager.get_vars(play=self._play, host=task.host, task=task.task)
        folder = Templar(loader=self._play.get_loader(), variables=variables).template(variables.get(_VARIABLE, ""))
        return os.path.abspath(os.path.expanduser(str(folder))) if folder else ""

    def _group(self, task: Any) -> None:
        names = {group.get_name() for group in task.host.get_groups()} - {"all", "ungrouped"}
        groups = sorted(name for name in names if not name.startswith(_OWN_GROUPS))
        self._reports.grouped(task.host.get_name(), groups)


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
