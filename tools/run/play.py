# Runs one of the collection's playbooks: on a throwaway fleet, or on the hosts of an inventory of your own.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""`make harden`, `make audit`, `make rollback`, `make observe` and `make preview`; INVENTORY and ARGS come from the
environment."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import environment
from base import CACHE, COLLECTION, ROOT, Problem, as_root, listed, main, run

PLAYBOOKS = ("harden", "audit", "rollback", "observe", "preview")
FLEET = ROOT / "tests" / "hosts" / "fleet"


def own_inventory(given: str) -> str:
    """The user's inventory as ansible-playbook takes it; a path is looked at now, because Ansible only warns about a
    missing one."""
    if "," in given:
        return given
    path = Path(given).expanduser()
    if not path.exists():
        raise Problem(
            f"INVENTORY={given}: there is no such file or folder (looked in {Path.cwd()}). "
            "Name an inventory file, or hosts with a comma: INVENTORY=host1,host2,"
        )
    return str(path)


def fleet_inventory() -> str:
    """Start the throwaway fleet, or find it running."""
    environment.debian_packages(listed(FLEET / "packages.txt"), "for the throwaway fleet")
    run(as_root([sys.executable, str(FLEET / "fleet.py"), "up"]), env=environment.clean_environment())
    return str(CACHE / "fleet" / "inventory.yml")


def arguments() -> list[str]:
    """What the user adds to ansible-playbook, from ARGS."""
    try:
        return shlex.split(os.environ.get("ARGS", ""))
    except ValueError as error:
        raise Problem(f"ARGS={os.environ['ARGS']}: {error}. Quote it as for a shell.") from None


def entry() -> int:
    """Run a playbook of the collection, on the throwaway fleet or on the user's inventory."""
    name = sys.argv[1] if len(sys.argv) == 2 else ""
    if name not in PLAYBOOKS:
        raise Problem(f"usage: play.py {'|'.join(PLAYBOOKS)}")
    extra = arguments()
    given = os.environ.get("INVENTORY", "").strip()
    inventory = own_inventory(given) if given else ""
    venv = environment.venv(environment.RUN_VENV)
    environment.collection_link()
    inventory = inventory or fleet_inventory()
    command = [str(venv / "bin" / "ansible-playbook"), f"{COLLECTION}.{name}", "-i", inventory, *extra]
    # Replaces this process: nothing can come after the playbook's table, and its exit code is the exit code.
    sys.stdout.flush()
    os.execve(command[0], command, environment.play_environment())
    return 0


if __name__ == "__main__":
    main(entry)
