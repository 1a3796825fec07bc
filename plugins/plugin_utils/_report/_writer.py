# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. Writes the reports of hosts while a run goes on, where that was asked for. The callback
# uses it, since only a callback hears of hosts that failed or could not be reached.

from __future__ import annotations

import atexit
import os
from typing import Any, Callable

from ansible import context
from ansible.template import Templar

from .._run._record import Run
from . import _files as files
from ._host import Head, document

_VARIABLE = "tcp_hardening_report_dir"
# What the staged rollout adds to the inventory.
_OWN_GROUPS = "__tcp_hardening_"
_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Writer:
    """Writes what is new in the record of a run: at the end of each batch, and of the run. warn: shows a warning.

    task stands for a task's result, as callbacks get it.
    """

    def __init__(self, run: Run, warn: Callable[[str], None]) -> None:
        self.playbook = ""
        self._run = run
        self._warn = warn
        self._play: Any = None
        self._asked = False
        self._folder = ""
        self._process = os.getpid()

    def batch(self, play: Any) -> None:
        """A play, or another batch of it, begins; what the one before did is written."""
        self.flush()
        self._play, self._asked = play, False

    def before(self, task: Any) -> None:
        """Find out whether reports are asked for. To be called before the record takes the result."""
        if not self._asked:
            self._asked = True
            folder = self._value(task)
            if folder and not self._folder:
                # A run that is interrupted has reports too. Workers are forks of this process and must not write.
                atexit.register(lambda: self.flush() if os.getpid() == self._process else None)
            self._folder = folder
            self._run.with_reports = bool(folder)

    def after(self, task: Any) -> None:
        """Add what the inventory says of the host. To be called when the record has taken the result."""
        if self._folder:
            names = {group.get_name() for group in task.host.get_groups()} - {"all", "ungrouped"}
            groups = tuple(sorted(name for name in names if not name.startswith(_OWN_GROUPS)))
            self._run.grouped(task.host.get_name(), groups)

    def flush(self) -> None:
        """Write what is new. A file that cannot be written does not end the run; the warning names the first."""
        names = self._run.touched()
        if not self._folder:
            return
        head = Head(self.playbook, bool(context.CLIARGS.get("check")), files.collection_version(_ROOT))
        failed = []
        for name in names:
            try:
                files.write(os.path.join(self._folder, files.file_name(name)), document(self._run, name, head))
            except OSError as error:
                failed.append("%s (%s)" % (name, error))
        if failed:
            self._warn(
                "%s: reports of %d hosts could not be written, the first of %s" % (_VARIABLE, len(failed), failed[0])
            )

    def _value(self, task: Any) -> str:
        """The variable as this task and its host have it.

        Asking costs milliseconds, so one host is asked for the whole play.
        """
        manager = self._play.get_variable_manager()
        variables = manager.get_vars(play=self._play, host=task.host, task=task.task)
        folder = Templar(loader=self._play.get_loader(), variables=variables).template(variables.get(_VARIABLE, ""))
        return os.path.abspath(os.path.expanduser(str(folder))) if folder else ""
