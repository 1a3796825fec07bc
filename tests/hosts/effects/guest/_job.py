# What every program of the guest begins and ends with: it is the first process, takes a job, and ends the kernel.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The job is job.json beside this file. Answers are lines of JSON on the console, each after a word for its kind."""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from _effect import Case, Effect, Values
from _kernel import load, power_off, prepare
from _sockets import many_files

_MODULES = ("veth", "sch_netem", "sch_plug", "sch_tbf")


def say(mark: str, found: Mapping[str, Any]) -> None:
    """One line for the command on the other side."""
    print(f"{mark} {json.dumps(found)}", flush=True)


def figure(effect: Effect, one: Case, wanted: Values) -> dict[str, Any]:
    """What is measured once: the figure and the seconds it took, or the error."""
    start = time.monotonic()
    try:
        found: dict[str, Any] = {"value": effect.measure(wanted, **one.parameters)}
    except Exception as error:  # the others can still be measured
        found = {"error": f"{type(error).__name__}: {error}"}
    return {**found, "seconds": round(time.monotonic() - start, 2)}


def serve(work: Callable[[Mapping[str, Any]], None]) -> None:
    """Do the job and end the kernel."""
    if os.getpid() != 1:
        sys.exit("This changes the kernel that it runs on. It is only for the first process of a throwaway kernel.")
    try:
        prepare()
        load(*_MODULES)
        many_files()
        work(json.loads((Path(__file__).parent / "job.json").read_text(encoding="utf-8")))
        say("ANSWERS", {})
    except Exception:  # the command shows the end of the console
        traceback.print_exc(file=sys.stdout)
    finally:
        sys.stdout.flush()
        power_off()
