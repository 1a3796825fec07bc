# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Kills the module at each of its steps, each time on a host that is set up anew, and then runs it once more.

killed.py SETUP runs on the test host as root. SETUP is JSON: {"drop_in": [text, mode, uid, gid] or null,
"live": {path: value}}.
The module is the very file that the role's first run sent here, with its arguments; ANSIBLE_KEEP_REMOTE_FILES left it.
Prints JSON: the number of steps, how many of the deaths left a journal, and what was wrong, as sentences. It leaves a
host on which the module died at the last step that leaves a journal: there is the most to put back.
"""

from __future__ import annotations

import base64
import glob
import importlib
import json
import os
import re
import runpy
import shutil
import signal
import sys
from itertools import count
from typing import Any

_FOLDER = "/etc/sysctl.d"
_DROP_IN = _FOLDER + "/90-tcp-hardening.conf"
_STATE = "/var/lib/fleetnet.linux_tcp"
_JOURNAL = _STATE + "/90-tcp-hardening.journal"
_HEALED = ["an earlier run had died in the middle; %s and the live values were put back first" % _DROP_IN]
# The calls that can leave something half done; so can opening a file for writing.
_STEPS = frozenset(
    ["write", "flush", "fsync", "replace", "unlink", "mkdir", "rmdir", "chmod", "fchmod", "fchown", "flock"]
)
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


def _count_down(left: int) -> None:
    """Kill this process right before its step of that number."""

    def step() -> None:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    def called(_frame: Any, event: str, function: Any) -> None:
        if event == "c_call" and function.__name__ in _STEPS:
            # os.replace, but not str.replace; and what is written to a text stream waits in memory until it is flushed.
            owner = type(getattr(function, "__self__", None)).__name__
            if owner in ("module", "BufferedWriter") or (owner, function.__name__) == ("TextIOWrapper", "flush"):
                step()

    def heard(event: str, args: tuple[Any, ...]) -> None:
        if event == "open" and args[2] & _WRITES:
            step()

    sys.addaudithook(heard)
    sys.setprofile(called)


class _Module:
    """The module's file. What it imports is loaded here once, out of its own archive, for all the runs to come."""

    def __init__(self) -> None:
        self._path = min(glob.glob("/root/.ansible/tmp/*/AnsiballZ_sysctl_profile.py"), key=os.path.getmtime)
        with open(self._path, encoding="utf-8") as stream:
            archive = max(re.findall("[A-Za-z0-9+/=]+", stream.read()), key=len)
        with open(self._path + ".zip", "wb") as stream:
            stream.write(base64.b64decode(archive))
        sys.path.insert(0, self._path + ".zip")
        ours = "ansible_collections.fleetnet.linux_tcp.plugins.module_utils._apply."
        for name in ("ansible.module_utils.basic", ours + "_states", ours + "_undo"):
            importlib.import_module(name)

    def run(self, death: int = 0) -> tuple[int, dict[str, Any]]:
        """Run it to its end, or to its death: its exit code, minus 9 where it was killed, and what it returned."""
        reader, writer = os.pipe()
        pid = os.fork()
        if not pid:
            os.dup2(writer, 1)
            sys.argv[:] = [self._path]
            if death:
                _count_down(death)
            runpy.run_path(self._path, run_name="__main__")
            sys.exit("the module did not exit by itself")
        os.close(writer)
        with os.fdopen(reader, "rb") as stream:
            said = stream.read()
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), json.loads(said) if said.strip() else {}


def _set_up(wanted: dict[str, Any]) -> Any:
    """The host as it was before the first run; its world."""
    shutil.rmtree(_STATE, ignore_errors=True)
    for path in glob.glob(_FOLDER + "/*tcp-hardening*") + glob.glob(_FOLDER + "/.*tcp-hardening*"):
        os.unlink(path)
    if wanted["drop_in"]:
        text, mode, uid, gid = wanted["drop_in"]
        with open(_DROP_IN, "w", encoding="utf-8") as stream:
            stream.write(text)
        os.chown(_DROP_IN, uid, gid)
        os.chmod(_DROP_IN, mode)
    for path, value in wanted["live"].items():
        with open(path, "w", encoding="ascii") as stream:
            stream.write(value + "\n")
    return _world(wanted)


def _world(wanted: dict[str, Any], staged: bool = True) -> Any:
    """What counts: the values, and the files but for the lock and its folder. staged: prepared ones too."""
    files = {}
    for path in glob.glob(_FOLDER + "/*") + glob.glob(_FOLDER + "/.*") + glob.glob(_STATE + "/*"):
        if path != _STATE + "/lock" and (staged or not path.endswith((".new", "fleetnet-new"))):
            about = os.stat(path)
            with open(path, "rb") as stream:
                files[path] = (about.st_mode, about.st_uid, about.st_gid, stream.read())
    values = {}
    for path in wanted["live"]:
        with open(path, encoding="ascii") as stream:
            values[path] = stream.read().split()
    return files, values


def _survey(module: _Module, wanted: dict[str, Any]) -> dict[str, Any]:
    _set_up(wanted)
    faults = [] if module.run()[0] == 0 else ["the run that nobody kills failed"]
    after = _world(wanted)
    left_a_journal = []
    for number in count(1):
        before = _set_up(wanted)
        if module.run(death=number)[0] != -signal.SIGKILL:
            break
        interrupted = os.path.exists(_JOURNAL)
        if interrupted:
            left_a_journal.append(number)
        elif _world(wanted, staged=False) not in (before, after):
            faults.append("died at %d, without a journal: neither as before nor as after" % number)
        code, result = module.run()
        if code or result["messages"] != (_HEALED if interrupted else []):
            faults.append(
                "died at %d, the next run ended with %d and said %s"
                % (number, code, result.get("messages", result.get("msg")))
            )
        if _world(wanted) != after:
            faults.append("died at %d: the next run did not leave what a run leaves that nobody kills" % number)
    _set_up(wanted)
    module.run(death=left_a_journal[-1])
    return {"steps": number - 1, "journals": len(left_a_journal), "faults": faults}


print(json.dumps(_survey(_Module(), json.loads(sys.argv[1]))))
