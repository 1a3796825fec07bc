# A private host for one case: the real modules run in it as Ansible starts them, and what they leave is compared.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Case is what came of one trial; Scripts makes the programs that travel to a host; the rest prepares and reads a
private host."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from ansible.executor.module_common import modify_module
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import module_loader
from ansible.template import Templar

from ansible_collections.fleetnet.linux_tcp.tests.unit import namespace
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import FIN, RANGE, RESERVED, RMEM, SOMAXCONN
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import DROP_IN, JOURNAL, STATE, get, put, tree, write

SYN = "net.ipv4.tcp_max_syn_backlog"
BEFORE = {FIN: "77", RMEM: "5000 200000 3000000", SOMAXCONN: "4000", RANGE: "32768 60999", RESERVED: "", SYN: "300"}
OLDER = {FIN: "40", RMEM: "6000 200000 3500000", SOMAXCONN: "3000"}
WANTED = {
    FIN: "30",
    RMEM: "8760 256960 4088000",
    SOMAXCONN: "2048",
    RANGE: "1024 65001",
    RESERVED: "8080,9000-9010",
    SYN: "2048",
}
_MS_BIND = 4096


class Case(NamedTuple):
    """What came of one case.

    outcome: one or two words, counted in the table; misses: a sentence for each promise that was broken.
    """

    outcome: str
    misses: list[str]


def alone(work: Callable[[], Case]) -> Case:
    """Call work in a child with a network and files of its own; whatever goes wrong there is a miss."""
    kind, found = namespace.in_child(work, namespace.enter)
    return found if kind == "value" else Case("broken off", [str(found)])


class Scripts:
    """The programs that Ansible sends to a host, each with its arguments, as files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TMPDIR": str(folder), "LC_ALL": "C.UTF-8"}

    def path(self, module: str, **arguments: Any) -> str:
        """The file with the program.

        Build it before a case enters its namespaces where it can be: that costs a tenth of a second.
        """
        name = hashlib.sha256(json.dumps([module, arguments], sort_keys=True).encode()).hexdigest()[:16]
        path = self.folder / f"{name}.py"
        if not path.exists():
            full = f"fleetnet.linux_tcp.{module}"
            found = module_loader.find_plugin_with_context(full)
            built = modify_module(
                module_name=full,
                module_path=found.plugin_resolved_path,
                module_args=arguments,
                templar=Templar(loader=DataLoader()),
                task_vars={"ansible_python_interpreter": "/usr/bin/python3"},
                module_compression="ZIP_DEFLATED",
            )
            path.write_bytes(built.b_module_data)
        return str(path)

    def start(self, module: str, more: dict[str, str] | None = None, **arguments: Any) -> subprocess.Popen[str]:
        """The module as a process. more: environment variables beside the usual ones."""
        return subprocess.Popen(
            ["/usr/bin/python3", self.path(module, **arguments)],
            env={**self.environment, **(more or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, module: str, more: dict[str, str] | None = None, **arguments: Any) -> dict[str, Any]:
        """What the module answered."""
        return answer(self.start(module, more, **arguments))


def answer(process: subprocess.Popen[str]) -> dict[str, Any]:
    """What a module answered, when it is over; `stderr` is what it said beside that."""
    said, trouble = process.communicate(timeout=60)
    try:
        return {**json.loads(said), "stderr": trouble}
    except ValueError:
        return {"failed": True, "msg": f"no answer: {said[-500:]}{trouble[-1500:]}"}


# What runs are made of, by name: how the host was before, and the arguments.
STATES = {
    "the first run": (False, {"values": WANTED, "replace": True}),
    "a later run": (True, {"values": WANTED}),
    "restored": (True, {"state": "restored"}),
    "absent": (True, {"state": "absent"}),
}


def build(scripts: Scripts) -> None:
    """Make the programs of all states, once for all cases."""
    scripts.path("sysctl_profile", values=OLDER, replace=True)
    scripts.path("sysctl_profile_info", values=WANTED)
    for _later, arguments in STATES.values():
        scripts.path("sysctl_profile", **arguments)
        scripts.path("sysctl_profile", _ansible_check_mode=True, **arguments)


def prepare(scripts: Scripts, later: bool) -> None:
    """An administrator's file and values; later: and a run of ours over them."""
    put(BEFORE)
    write(DROP_IN, "# an administrator's\nnet.ipv4.tcp_fin_timeout = 77\n", 0o640, 3, 4)
    if later:
        found = scripts.run("sysctl_profile", values=OLDER, replace=True)
        if found.get("failed"):
            raise AssertionError(f"a case could not be prepared: {found['msg']}")


def afresh(scripts: Scripts, later: bool) -> None:
    """The same on a host that was used."""
    namespace.clear("/etc", "/var/lib")
    os.mkdir("/etc/sysctl.d", 0o755)
    put(BEFORE)
    prepare(scripts, later)


def on_disk(scripts: Scripts) -> None:
    """Put the private host's files on a disk: there a run takes long enough to be hit in the middle."""
    for folder in ("/etc", "/var/lib"):
        place = tempfile.mkdtemp(prefix="host-", dir=scripts.folder)
        os.chmod(place, 0o755)
        namespace.mount(place, folder, None, _MS_BIND)
    os.mkdir("/etc/sysctl.d", 0o755)


def until_journal(process: subprocess.Popen[str]) -> None:
    """Wait until a run begins to change the host, or is over."""
    while not os.path.exists(JOURNAL) and process.poll() is None:
        pass


def world() -> tuple[Any, ...]:
    """What counts: files (but for the lock, its folder, and what is only being prepared) and live values."""
    files = {
        path: status
        for path, status in tree().items()
        if path not in (STATE, f"{STATE}/lock") and not path.endswith(".new") and "/filler" not in path
    }
    return files, {key: get(key) for key in BEFORE}


def refused(found: dict[str, Any], *causes: str) -> list[str]:
    """The misses of a run that had to be refused with a message that names these causes."""
    if not found.get("failed"):
        return ["it was not refused"]
    return [f"the message lacks {cause!r}: {found['msg'][-1500:]}" for cause in causes if cause not in found["msg"]]


def succeeded(found: dict[str, Any], what: str) -> list[str]:
    """The misses of a run that had to succeed."""
    return [f"{what} failed: {found['msg'][-1500:]}"] if found.get("failed") else []


def same(found: object, wanted: object, what: str) -> list[str]:
    """A miss where two worlds differ."""
    return [] if found == wanted else [f"{what}: {_difference(found, wanted)}"]


def _difference(found: Any, wanted: Any) -> str:
    both = zip(found, wanted) if isinstance(found, tuple) else ()
    parts = [
        f"{name}: {left.get(name)!r}, not {right.get(name)!r}"
        for left, right in both
        for name in sorted({*left, *right})
        if left.get(name) != right.get(name)
    ]
    return "; ".join(parts)[:1500] or f"{found!r}, not {wanted!r}"[:1500]
