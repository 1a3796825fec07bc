# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Which part of plugins/ may use which: layers, no circles, relative imports, no files and no Ansible in what is pure.

All rules are in `complaints`, which takes the files as text: each rule is also seen to fail, on a file made up for it.
Imports inside functions count as well as those at the top.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Iterator, NamedTuple

import pytest

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
COLLECTION = "ansible_collections.fleetnet.linux_tcp"

# A part of module_utils, and the parts it may import besides itself.
USES = {
    "_codes": set(),
    "_data": {"_codes"},
    "_kernel": {"_codes", "_data"},
    "_boot": {"_codes", "_data", "_kernel"},
    "_plan": {"_codes", "_data", "_kernel", "_boot"},
    "_host": {"_codes", "_data", "_kernel", "_boot"},
    "_apply": {"_codes", "_data", "_kernel", "_boot", "_plan", "_host"},
    "_sockets": {"_codes", "_data", "_kernel", "_host"},
    # How a module's files are compiled; the modules alone use it.
    "_zip": set(),
    # What a module says last; the modules alone use it.
    "_utf8": set(),
}
PURE = {"_codes", "_data", "_kernel", "_boot", "_plan"}
# What of the standard library does nothing but compute. io: for StringIO. ctypes: for the C library's fnmatch.
COMPUTES = {
    *("__future__", "typing", "collections", "dataclasses", "difflib", "enum", "functools", "itertools", "operator"),
    *("re", "string", "textwrap", "unicodedata", "io", "json", "csv", "xml", "base64", "hashlib"),
    *("bisect", "calendar", "ctypes", "difflib", "ipaddress", "math", "posixpath", "statistics", "time"),
}
# Parts of plugin_utils that read or write files or use Ansible. All others are pure, and may use the pure parts of
# module_utils.
DOES_IO = {
    "_table._unread",
    "_report._files",
    "_report._page",
    "_report._writer",
    "_step._render",
    "_step._root",
    "_step._runs",
}
# Parts of plugin_utils that know nothing of each other.
APART = (("_report", "_table"),)
# What a module must not take along to a host, however indirectly.
LEAVES_BEHIND = {
    "modules.sysctl_profile_info": {"_apply", "_sockets"},
    "modules.sysctl_profile": {"_sockets"},
    "modules.tcp_socket_info": {"_apply", "_plan"},
}


class Import(NamedTuple):
    """One import. ours: it is a file of plugins/, and name its path with dots; else name is as it is written."""

    line: int
    name: str
    ours: bool


def read() -> dict[str, str]:
    """Every Python file below plugins/: "module_utils._plan._make" to its text."""
    return {
        ".".join(path.relative_to(PLUGINS).with_suffix("").parts): path.read_text(encoding="utf-8")
        for path in PLUGINS.rglob("*.py")
    }


def imports(name: str, text: str, names: set[str]) -> Iterator[Import]:
    """The imports of a file, wherever they stand in it. names: all files there are."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(node.lineno, alias.name, False)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield Import(node.lineno, node.module or "", False)
        elif isinstance(node, ast.ImportFrom):
            base = name.split(".")[: -node.level] + (node.module.split(".") if node.module else [])
            for alias in node.names:
                inner = ".".join([*base, alias.name])
                yield Import(node.lineno, inner if inner in names else ".".join(base), True)


def part(name: str) -> str:
    """The part of module_utils or plugin_utils that a file belongs to: "_plan" of "module_utils._plan._make"."""
    return name.split(".")[1]


def is_pure(name: str) -> bool:
    """Whether a file may only compute."""
    folder, _dot, rest = name.partition(".")
    return (folder == "module_utils" and part(name) in PURE) or (folder == "plugin_utils" and rest not in DOES_IO)


def _of_one(name: str, text: str, names: set[str]) -> Iterator[str]:
    folder = name.split(".")[0]
    if folder == "module_utils" and part(name) not in USES:
        yield f"{name}: the part {part(name)} has no row in USES"
        return
    for line, target, ours in imports(name, text, names):
        where = f"{name}:{line} imports {target}"
        other = target.split(".")[0]
        if not ours and (target == COLLECTION or target.startswith(f"{COLLECTION}.")):
            yield f"{where}: write it as a relative import"
        elif ours and target not in names:
            yield f"{where}: there is no such file"
        elif ours and folder == "module_utils" and other != "module_utils":
            yield f"{where}: module_utils travels to hosts, and takes along nothing from elsewhere"
        elif ours and folder == "module_utils" and part(target) not in USES[part(name)] | {part(name)}:
            yield f"{where}: {part(name)} may use {', '.join(sorted(USES[part(name)])) or 'nothing'}"
        elif ours and folder == "plugin_utils" and other == "module_utils" and part(target) not in PURE:
            yield f"{where}: the controller uses only the pure parts, {', '.join(sorted(PURE))}"
        elif ours and folder == "plugin_utils" and other == folder:
            if any({part(name), part(target)} == set(pair) for pair in APART):
                yield f"{where}: these two know nothing of each other"
            elif is_pure(name) and not is_pure(target):
                yield f"{where}: what is pure may not use what reads or writes files"
        elif not ours and is_pure(name) and target.split(".")[0] not in COMPUTES:
            yield f"{where}: this file is pure; it may use {', '.join(sorted(COMPUTES))}"
    if is_pure(name):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("open", "print"):
                yield f"{name}:{node.lineno} calls {node.func.id}: this file is pure"
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "io":
                if node.attr != "StringIO":
                    yield f"{name}:{node.lineno} uses io.{node.attr}: this file is pure"


def _graph(files: dict[str, str]) -> dict[str, set[str]]:
    names = set(files)
    return {name: {one.name for one in imports(name, text, names) if one.ours} for name, text in files.items()}


def reached(graph: dict[str, set[str]], start: str) -> set[str]:
    """All files that a file imports, directly or not."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for target in graph.get(waiting.pop(), set()) - found:
            found.add(target)
            waiting.append(target)
    return found


def complaints(files: dict[str, str]) -> list[str]:
    """Everything that breaks a rule. files: name to text, as `read` gives them."""
    names = set(files)
    found = [text for name in sorted(files) for text in _of_one(name, files[name], names)]
    graph = _graph(files)
    for name in sorted(graph):
        if name in reached(graph, name):
            found.append(f"{name} imports itself, by way of others")
        for target in sorted(reached(graph, name)):
            if target.startswith("module_utils.") and part(target) in LEAVES_BEHIND.get(name, ()):
                found.append(f"{name} takes {target} along")
    return found


def test_the_layers_hold() -> None:
    files = read()
    assert len(files) > 50 and all(f"module_utils.{name}" in " ".join(files) for name in USES)
    assert complaints(files) == []


@pytest.mark.parametrize("name", sorted(DOES_IO))
def test_what_is_not_pure_is_there(name: str) -> None:
    assert f"plugin_utils.{name}" in read()


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("module_utils._codes", "from ._data import Kernel", "_codes may use nothing"),
        ("module_utils._data", "from ._kernel import _a", "_data may use _codes"),
        ("module_utils._kernel._x", "from .._boot._a import b", "_kernel may use _codes, _data"),
        ("module_utils._boot._x", "from .._plan import _a", "_boot may use _codes, _data, _kernel"),
        ("module_utils._boot._x", "from .._host._a import b", "_boot may use"),
        ("module_utils._plan._x", "def late():\n    from .._host._a import b", "_plan:2|_plan may use"),
        ("module_utils._host._x", "from .._plan._a import b", "_host may use"),
        ("module_utils._host._x", "from .._apply._a import b", "_host may use"),
        ("module_utils._apply._x", "from .._sockets._a import b", "_apply may use"),
        ("module_utils._sockets._x", "from .._plan._a import b", "_sockets may use"),
        ("module_utils._sockets._x", "from .._boot._a import b", "_sockets may use"),
        ("module_utils._new._x", "", "has no row in USES"),
        ("module_utils._plan._x", "from ...plugin_utils._health import b", "nothing from elsewhere"),
        ("module_utils._plan._x", "import os", "is pure"),
        ("module_utils._plan._x", "import os.path", "is pure"),
        ("module_utils._boot._x", "import subprocess", "is pure"),
        ("module_utils._kernel._x", "from ansible.module_utils.basic import AnsibleModule", "is pure"),
        ("module_utils._boot._x", "from pathlib import Path", "is pure"),
        ("module_utils._boot._x", 'text = open("/etc/passwd").read()', "calls open"),
        ("module_utils._boot._x", 'import io\ntext = io.open("/etc/passwd")', "uses io.open"),
        ("module_utils._host._x", f"from {COLLECTION}.plugins.module_utils._data import Kernel", "relative import"),
        ("modules.new", f"import {COLLECTION}.plugins.module_utils._data", "relative import"),
        ("filter.new", "from ..plugin_utils._nowhere import a", "no such file"),
        ("plugin_utils._x", "from ..module_utils._host._a import b", "only the pure parts"),
        ("plugin_utils._report._x", "from .._table._a import b", "know nothing of each other"),
        ("plugin_utils._x", "import os", "is pure"),
        ("plugin_utils._x", "from ._report._files import a", "reads or writes files"),
        ("modules.sysctl_profile_info", "from ..module_utils._apply._a import b", "takes module_utils._apply._a along"),
        ("modules.tcp_socket_info", "from ..module_utils._plan._a import b", "takes module_utils._plan._a along"),
        ("module_utils._plan._a", "from ._b import c", "imports itself"),
        ("plugin_utils._x", "from . import _x", "imports itself"),
    ],
)
def test_each_rule_can_fail(name: str, text: str, complaint: str) -> None:
    files = {f"module_utils.{one}": "" for one in ("_codes", "_data")}
    files.update({f"module_utils.{one}._a": "" for one in USES if one not in ("_codes", "_data", "_zip")})
    files.update({"module_utils._plan._b": "def late():\n    from ._a import c", "plugin_utils._health": ""})
    files.update({"plugin_utils._table._a": "", "plugin_utils._report._files": "import os"})
    assert complaints(files) == []
    files[name] = text
    found = complaints(files)
    assert found and any(word in found[0] for word in complaint.split("|"))
