# Copyright: fleetnet.linux_tcp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Makes a fleet's report out of folders of hosts' reports, on the controller. Its documentation is
# modules/tcp_report.yml.

from __future__ import annotations

import os
import time
from typing import Any, Dict, Iterator, List, Optional, Tuple, Union

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ..plugin_utils._modes import PRIVATE, mode_of
from ..plugin_utils._report import _data as packing
from ..plugin_utils._report import _files as files
from ..plugin_utils._report import _texts as texts
from ..plugin_utils._report._changes import Former, former_from, former_of
from ..plugin_utils._report._fleet import ENDING, Fleet
from ..plugin_utils._report._page import embedded, page
from ..plugin_utils._text import printable

_NAMED = 1000  # files that could not be used, in the result and on the page
_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class ActionModule(ActionBase):
    """Reads, merges, writes. Nothing of it is done on a host."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: Optional[str] = None, task_vars: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
        """Ansible's hook: make the report; AnsibleActionFail says what is wrong with folders or options."""
        result = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(
            {
                "from": {"type": "list", "elements": "path", "required": True},
                "to": {"type": "path", "required": True},
                "before": {"type": "path"},
                "mode": {"type": "raw", "default": PRIVATE},
            }
        )
        try:
            mode = mode_of(options["mode"])
        except ValueError as error:
            raise AnsibleActionFail("mode: %s" % error) from error
        try:
            now = time.time()
            fleet, unread = _read([self._path(folder) for folder in options["from"]], now)
            former = _former(self._path(options["before"]), now) if options["before"] else None
            if not fleet.hosts:
                raise AnsibleActionFail(
                    "no usable report in %s%s; expected files HOST%s, which a run writes with"
                    " -e tcp_hardening_report_dir=FOLDER"
                    % (", ".join(options["from"]), "".join("; %s: %s" % each for each in unread[:3]), ENDING)
                )
            data = packing.pack(
                fleet,
                time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                files.collection_version(_ROOT),
                _named(unread),
                former,
            )
            to = self._path(options["to"])
            made = {} if self._task.check_mode else _write(to, fleet, data, mode)
        except FileNotFoundError as error:
            raise AnsibleActionFail(printable("%s: there is no such file or folder" % error.filename)) from None
        except (OSError, ValueError, RecursionError) as error:
            raise AnsibleActionFail(printable(error)) from error
        changes = data["changes"]
        result.update(
            changed=not self._task.check_mode,
            hosts=len(fleet.hosts),
            key_count=len(fleet.keys),
            files=made,
            duplicates=dict(fleet.duplicates),
            unread=[{"path": path, "why": why} for path, why in unread[:_NAMED]],
            unread_count=len(unread),
            changed_cells=None if changes is None else len(changes["cells"]),
        )
        return result

    def _path(self, path: str) -> str:
        """A path as a person means it: from the working folder, as everywhere on a command line."""
        return os.path.abspath(os.path.expanduser(path))


def _read(folders: List[str], now: float) -> Tuple[Fleet, List[Tuple[str, str]]]:
    """The fleet of several folders, and the files that could not be used, with why. now: seconds since 1970."""
    fleet, unread = Fleet(now), []
    paths = dict.fromkeys(path for folder in folders for path in files.found(folder))
    for path, report in files.loaded(list(paths)):
        try:
            if isinstance(report, str):
                raise ValueError(report)
            fleet.add(path, report)
        except ValueError as error:
            unread.append((printable(path), printable(error)))
    return fleet, unread


def _named(unread: List[Tuple[str, str]]) -> List[Tuple[str, str]]:
    """The first of the files that could not be used; of thousands the rest is counted."""
    more = len(unread) - _NAMED
    return unread[:_NAMED] + ([("%d more" % more, "")] if more > 0 else [])


def _former(path: str, now: float) -> Former:
    """What to compare with: a folder of hosts' reports, or the JSON file of a fleet's report."""
    if os.path.isdir(path):
        return former_of(_read([path], now)[0])
    try:
        return former_from(files.load_large(path))
    except ValueError as error:
        raise ValueError("%s: %s" % (path, error)) from error


def _write(to: str, fleet: Fleet, data: Dict[str, Any], mode: str) -> Dict[str, int]:
    """Write all files; gives their paths with their sizes in bytes."""
    made: Dict[str, Union[str, Iterator[str]]] = {
        "report.html": page(data),
        "report.json": embedded(data) + "\n",
        "report.csv": texts.csv_text(fleet),
        "report.junit.xml": texts.junit_text(fleet),
        "report.prom": texts.prometheus_text(fleet),
    }
    return {os.path.join(to, name): files.write(os.path.join(to, name), text, mode) for name, text in made.items()}
