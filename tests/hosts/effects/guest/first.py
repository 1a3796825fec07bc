# The first process of a throwaway kernel: prepares it, lets a program do its job, and switches the kernel off.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""first.py PROGRAM: the program's run() gets the content of job.json beside this file.

Ends with a line ANSWERS where all went well, and with a traceback where not; a first process that fails would else
leave a kernel that hangs.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import sys
import traceback
from pathlib import Path

_POWER_OFF = 0x4321FEDC
_MODULES = ("veth", "sch_netem", "sch_plug", "sch_tbf")


def _do(program: str) -> None:
    # Imported here, so that a mistake in them is told too.
    from _job import say
    from _kernel import load, prepare
    from _sockets import many_files

    prepare()
    load(*_MODULES)
    many_files()
    job = json.loads((Path(__file__).parent / "job.json").read_text(encoding="utf-8"))
    importlib.import_module(program).run(job)
    say("ANSWERS", {})


def main() -> None:
    """Do the job and end the kernel."""
    if os.getpid() != 1:
        sys.exit("This changes the kernel that it runs on. It is only for the first process of a throwaway kernel.")
    try:
        _do(sys.argv[1])
    except Exception:  # the command shows the end of the console
        traceback.print_exc(file=sys.stdout)
    finally:
        sys.stdout.flush()
        os.sync()
        ctypes.CDLL(None).reboot(_POWER_OFF)


if __name__ == "__main__":
    main()
