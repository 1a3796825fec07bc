# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Writes down what the collection's modules returned, and every failure, so that a scenario's tests can look at it.

One JSON object a line in results.jsonl beside molecule's other files; hardened.py reads it for the fixture `runs`.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any

from ansible import context
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: recorded_results
type: notification
short_description: Records results for the tests of a molecule scenario
description: Writes results of the modules of fleetnet.linux_tcp, and failures, into a file.
"""

_COLLECTION = "fleetnet.linux_tcp."


class CallbackModule(CallbackBase):
    """Appends to the file as results come in.

    `run` tells one run of ansible-playbook from the others: when it began.
    """

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "recorded_results"

    def __init__(self) -> None:
        super().__init__()
        self._path = os.path.join(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], "results.jsonl")
        self._run = time.time_ns()
        self._playbook = ""

    def v2_playbook_on_start(self, playbook: Any) -> None:
        self._playbook = os.path.basename(str(playbook._file_name))

    def v2_runner_on_ok(self, result: Any) -> None:
        if result.task.resolved_action.startswith(_COLLECTION):
            self._write(result, failed=False)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._write(result, failed=True)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._write(result, failed=True)

    def _write(self, result: Any, failed: bool) -> None:
        line = {
            "run": self._run,
            "playbook": self._playbook,
            "check": bool(context.CLIARGS.get("check")),
            "host": result.host.get_name(),
            "action": result.task.resolved_action.removeprefix(_COLLECTION),
            "failed": failed,
            "result": result.result,
        }
        with open(self._path, "a", encoding="utf-8") as stream:
            stream.write(json.dumps(line, default=str) + "\n")
