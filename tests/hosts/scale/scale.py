# Starts, lists and ends light hosts on this machine, to try what a fleet of hundreds does.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""scale.py up COUNT | list | run COMMAND...

| down: `run` gives a command the network of the hosts; "INVENTORY" in it names their inventory.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from lab import Lab, LabError

FOLDER = Path(__file__).resolve().parents[3] / ".cache" / "scale" / "lab"


def main() -> int:
    """The command: start or stop a laboratory of light hosts."""
    lab = Lab(FOLDER)
    match sys.argv[1:]:
        case ["up", count] if count.isdecimal() and 0 < int(count) <= 1000:
            lab.up(int(count), bound=False)
            print(f"{count} hosts; their inventory is {lab.inventory}")
        case ["list"]:
            for host in lab.hosts():
                print(f"{host['name']}  {host['address']:<12}  {host['namespace']}")
            print(f"{len(lab.hosts())} hosts")
        case ["run", *command] if command:
            if not lab.pid():
                raise LabError("there are no hosts; `scale.py up 10` starts ten")
            command = [*lab.inside(), *(str(lab.inventory) if word == "INVENTORY" else word for word in command)]
            os.execvp(command[0], command)
        case ["down"]:
            lab.down()
        case _:
            raise LabError(str(__doc__))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except LabError as error:
        sys.exit(f"error: {error}")
