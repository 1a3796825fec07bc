# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. Writes the reports of hosts while a run goes on, where that was asked for. The callback
# uses it, since only a callback hears of hosts that failed or could not be reached.

from __future__ import annotations

import atexit
import os
from typing import Any, Callable, Dict, Tuple

from ansible import context
from ansible.errors import AnsibleError
from ansible.template import Templar

from .._modes import PRIVATE, mode_of
from .._run._record import Run
from .._text import printable
from . import _files as files
from ._host import Head, document

_VARIABLE, _MODE = "tcp_hardening_report_dir", "tcp_hardening_report_mode"
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
        self._play = ""  # the one that runs now, by its number, which its batches share
        self._trouble = ""  # why its reports are not written, to be said where there would be any
        self._folder = ""
        self._mode = PRIVATE
        self._process = os.getpid()

    def batch(self, play: Any) -> None:
        """A play, or another batch of it, begins; what the one before did is written. Whether reports are asked for is
        found out now, before a host has said anything."""
        self.flush()
        if play._uuid == self._play:
            return
        self._play, self._trouble = play._uuid, ""
        try:
            folder, mode = self._wished(play)
            self._mode = mode_of(mode)
        except (AnsibleError, ValueError) as error:
            folder, self._trouble = "", printable(error)
        if folder and not self._folder:
            # A run that is interrupted has reports too. Workers are forks of this process and must not write.
            atexit.register(lambda: self.flush() if os.getpid() == self._process else None)
        self._folder = folder
        self._run.with_reports = bool(folder)

    def before(self) -> None:
        """A result comes that reports would be made of."""
        if self._trouble:
            self._warn("no reports are written: %s" % self._trouble)
            self._trouble = ""

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
                files.write(
                    os.path.join(self._folder, files.file_name(name)), document(self._run, name, head), self._mode
                )
            except OSError as error:
                failed.append("%s (%s)" % (name, error))
        if failed:
            self._warn(
                "%s: reports of %d hosts could not be written, the first of %s" % (_VARIABLE, len(failed), failed[0])
            )

    def _wished(self, play: Any) -> Tuple[str, Any]:
        """The folder, "" for none, and the mode of its files, as the play and its first host have them."""
        manager = play.get_variable_manager()
        hosts = manager._inventory.get_hosts(play.hosts)
        if not hosts:
            return "", PRIVATE
        variables = _without_facts(manager).get_vars(play=play, host=hosts[0], include_hostvars=False)
        templar = Templar(loader=play.get_loader(), variables=variables)
        folder, mode = (templar.template(variables.get(name) or "") for name in (_VARIABLE, _MODE))
        return os.path.abspath(os.path.expanduser(str(folder))) if folder else "", mode or PRIVATE


class _NoFacts(Dict[str, Any]):
    """A cache of facts that knows no host."""

    def get(self, name: str, default: Any = None) -> Any:
        """Nothing; Ansible's own cache raises KeyError in some versions, and gives the default in others."""
        return {}


def _without_facts(manager: Any) -> Any:
    """The variables of Ansible without anything that a host has said, in this run or, by way of a cache, in another."""
    found = object.__new__(type(manager))
    found.__dict__.update(manager.__dict__)
    found._fact_cache, found._nonpersistent_fact_cache, found._vars_cache = _NoFacts(), {}, {}
    return found
