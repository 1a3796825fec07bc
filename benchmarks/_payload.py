# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What travels to a host for one run of a module, and how long the import of its code and its run take there.

Runs in the venv of ansible-core. As a program it takes a folder: it writes each payload there as MODULE.zip, beside
run.py, and prints one line of JSON with the sizes in bytes. The benchmark and tests/unit/test_payload.py use it.
"""

from __future__ import annotations

import base64
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

MODULES = ("sysctl_profile_info", "sysctl_profile", "tcp_socket_info")

# Runs on the host, with a payload, a module and its arguments. It prints milliseconds: "ansible" for the import of
# Ansible's part, "import" for that of ours, which both have to be compiled out of the zip file, and "run"; then the
# module's exit code, and which files of ours were imported.
RUNNER = """
import io, json, os, sys, time
archive, name, arguments = sys.argv[1:4]
sys.path.insert(0, archive)
start = time.perf_counter()
from ansible.module_utils import basic
import ansible.module_utils.common.arg_spec
basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": json.loads(arguments)}).encode()
basic._ANSIBLE_PROFILE = "legacy"
out, sys.stdout = sys.stdout, io.StringIO()
begin = time.perf_counter()
module = __import__("ansible_collections.fleetnet.linux_tcp.plugins.modules." + name, fromlist=["main"])
imported = time.perf_counter()
try:
    module.main()
    code = None
except SystemExit as end:
    code = end.code
end = time.perf_counter()
ours = sorted(each for each in sys.modules if each.startswith("ansible_collections.fleetnet."))
files = [sys.modules[each].__spec__.origin for each in ours if sys.modules[each].__spec__.origin]
json.dump({"ansible": (begin - start) * 1000, "import": (imported - begin) * 1000, "run": (end - imported) * 1000,
           "code": code, "files": [os.path.relpath(each, archive) for each in files]}, out)
"""


def build(module: str) -> tuple[bytes, int]:
    """(the zip file with the module and all that it imports, bytes of the whole script that carries it)."""
    from ansible.executor.module_common import modify_module
    from ansible.parsing.dataloader import DataLoader
    from ansible.plugins.loader import module_loader
    from ansible.template import Templar

    found = module_loader.find_plugin_with_context(module)
    built = modify_module(
        module_name=module,
        module_path=found.plugin_resolved_path,
        module_args={},
        templar=Templar(loader=DataLoader()),
        task_vars={"ansible_python_interpreter": "/usr/bin/python3"},
        module_compression="ZIP_DEFLATED",
    )
    script = built.b_module_data
    longest = max(re.findall(rb"[A-Za-z0-9+/=]{1000,}", script), key=len)
    return base64.b64decode(longest), len(script)


def run(folder: Path, module: str, arguments: dict[str, object], python: str) -> dict[str, Any]:
    """One run of a payload in that folder, as RUNNER says; in a network namespace of its own where we are root.

    Raises CalledProcessError where the module could not even be started.
    """
    apart = ["unshare", "-n"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*apart, python, "-I", "run.py", f"{module}.zip", module, json.dumps(arguments)],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout)


def main() -> int:
    from ansible.plugins.loader import init_plugin_loader

    init_plugin_loader()
    folder = Path(sys.argv[1])
    (folder / "run.py").write_text(RUNNER, encoding="utf-8")
    sizes = {}
    for name in ("ansible.builtin.ping", *(f"fleetnet.linux_tcp.{module}" for module in MODULES)):
        archive, script = build(name)
        names = zipfile.ZipFile(io.BytesIO(archive))
        own = sum(entry.compress_size for entry in names.infolist() if "/fleetnet/" in entry.filename)
        sizes[name.rpartition(".")[2]] = {"zip": len(archive), "script": script, "own": own}
        (folder / f"{name.rpartition('.')[2]}.zip").write_bytes(archive)
    print(json.dumps(sizes))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
