# Tests of the faster import out of a zip file, each in a process of its own.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""compile_once(): paths stay what they were, and each module is compiled once."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils import _zip

FILES = {
    "outer/__init__.py": "",
    "outer/inner/__init__.py": "from . import leaf\n",
    "outer/inner/leaf.py": "WORD = 'leaf'\n",
    "single.py": "import outer.inner\n",
}
# Prints, as JSON, how often each file was compiled, the path of each module, and what a missing one says.
SCRIPT = """
import importlib, json, sys, zipimport
sys.path.insert(0, sys.argv[1])
if len(sys.argv) > 2:
    exec(compile(open(sys.argv[2]).read(), sys.argv[2], "exec"))
    compile_once()
counts = {}
original = zipimport._compile_source
def counted(path, source):
    counts[path] = counts.get(path, 0) + 1
    return original(path, source)
zipimport._compile_source = counted
names = ("single", "outer", "outer.inner", "outer.inner.leaf")
paths = {name: importlib.import_module(name).__file__ for name in names}
origins = {name: sys.modules[name].__spec__.origin for name in names}
try:
    zipimport.zipimporter(sys.argv[1]).get_filename("nowhere")
    missing = ""
except zipimport.ZipImportError as error:
    missing = str(error)
print(json.dumps([counts, paths, origins, sys.modules["outer.inner"].leaf.WORD, missing]))
"""


def imported(archive, *arguments):
    """What the script prints, with or without compile_once()."""
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(archive), *arguments], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout.decode())


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "payload.zip"
    with zipfile.ZipFile(str(path), "w", zipfile.ZIP_DEFLATED) as out:
        for name, text in FILES.items():
            out.writestr(name, text)
    return path


def test_each_module_is_compiled_once_and_nothing_else_changes(archive):
    before = imported(archive)
    after = imported(archive, str(Path(_zip.__file__)))
    if sys.version_info < (3, 14):
        assert set(before[0].values()) == {2}, "Python itself compiles once by now: compile_once() can go"
    assert set(after[0].values()) == {1} and len(after[0]) == len(FILES)
    assert after[1:] == before[1:], "paths, origins, what was imported, and the error for a missing module"
    assert before[0].keys() == after[0].keys() and "nowhere" in after[4]
