# Tests that a code stands once: nobody writes one as a literal, every row is used, and a new row is all that it takes.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The sources under plugins/, the documentation of the modules, and a code that does not exist, wired into the plan."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import sys
from pathlib import Path

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils import _codes as codes
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._data import Advice
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan import _make
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils import _next_kernel
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._report import _data as packing
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._report._fleet import Fleet
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._report._host import Head, document
from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._table._closing_table import COLUMNS
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import FIN
from ansible_collections.fleetnet.linux_tcp.tests.unit.planned import host, make_plan
from ansible_collections.fleetnet.linux_tcp.tests.unit.plugins.plugin_utils.runs import lines, new_run

ROOT = Path(__file__).resolve().parents[4]
PLUGINS = ROOT / "plugins"
SOURCES = {
    str(path.relative_to(PLUGINS)): ast.parse(path.read_text(encoding="utf-8"))
    for path in PLUGINS.rglob("*.py")
    if path.name != "_codes.py"
}
# Words that are codes, and in these files something else.
ALSO = {
    "absent": {  # a state of sysctl_profile, and of a file
        "action/tcp_hardening.py",
        "plugin_utils/_entry/_schema.py",
        "plugin_utils/_step/_told.py",
        "plugin_utils/_step/_wishes.py",
        "modules/sysctl_profile.py",
        "module_utils/_apply/_file_state.py",
        "module_utils/_apply/_load.py",
        "module_utils/_apply/_states.py",
    },
    "applied": {  # a status, and a part of a host's report and of the step's result
        "action/tcp_hardening.py",
        "plugin_utils/_entry/_schema.py",
        "plugin_utils/_run/_intake.py",
        "module_utils/_plan/_outcome.py",
        "module_utils/_apply/_states.py",
        "plugin_utils/_report/_fleet.py",
        "plugin_utils/_report/_host.py",
    },
    "refused": {"action/tcp_hardening.py", "modules/sysctl_profile_info.py"},  # a field of a plan
    "boot": {  # a field of a setting, and one of the places where it can drift
        "module_utils/_apply/_transaction.py",
        "module_utils/_apply/_undo.py",
        "module_utils/_host/_read.py",
        "module_utils/_plan/_edge.py",
        "module_utils/_plan/_leaving.py",
        "module_utils/_plan/_make.py",
        "plugin_utils/_entry/_schema.py",
        "plugin_utils/_report/_columns.py",
        "plugin_utils/_run/_rows.py",
        "plugin_utils/_table/_under.py",
    },
    "drifted": {  # a count, and a section
        "module_utils/_plan/_edge.py",
        "plugin_utils/_entry/_schema.py",
        "plugin_utils/_step/_told.py",
        "plugin_utils/_table/_under.py",
    },
    "failed": {  # how a run went, what a step without a message did, a field of a module's answer, and a section
        "plugin_utils/_entry/_results.py",
        "action/tcp_hardening.py",
        "module_utils/_plan/_outcome.py",
        "plugin_utils/_run/_intake.py",
        "plugin_utils/_table/_under.py",
    },
    "keepalive": {  # a field of tcp_socket_info, and a subject
        "module_utils/_sockets/_findings.py",
        "module_utils/_sockets/_look.py",
        "plugin_utils/_report/_data.py",
        "plugin_utils/_report/_fleet.py",
        "plugin_utils/_run/_rows.py",
    },
    "memory": {"plugin_utils/_run/_rows.py", "plugin_utils/_entry/_schema.py"},  # a field of tcp_socket_info
    "page_size": {  # a field of a kernel, and a word of a default
        "module_utils/_kernel/_builtin.py",
        "module_utils/_plan/_what_if.py",
        "plugin_utils/_entry/_schema.py",
        "modules/sysctl_profile_info.py",
    },
    "restart": {"module_utils/_sockets/_listeners.py"},  # the cause of a backlog
    "skipped": {  # a status, and a section
        "module_utils/_plan/_outcome.py",
        "module_utils/_apply/_states.py",
        "modules/sysctl_profile.py",
        "plugin_utils/_entry/_schema.py",
        "plugin_utils/_table/_under.py",
    },
    "time_wait": {  # a field of tcp_socket_info
        "plugin_utils/_entry/_schema.py",
        "plugin_utils/_report/_data.py",
        "plugin_utils/_report/_fleet.py",
        "plugin_utils/_run/_rows.py",
    },
    "unchanged": {"module_utils/_apply/_states.py", "plugin_utils/_entry/_schema.py"},  # a status
    "unfinished": {"module_utils/_plan/_outcome.py"},  # how a run went
}


def literals(tree):
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_no_code_is_written_as_a_literal(name):
    written = literals(SOURCES[name]) & set(map(str, codes.CODES))
    wrong = {word for word in written if name not in ALSO.get(word, ())}
    assert not wrong, "import the row from _codes; where the word is something else here, say so in ALSO"


def test_every_row_is_used():
    names = {name for name, row in vars(codes).items() if isinstance(row, codes.Code)}
    used = {node.id for tree in SOURCES.values() for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert names - used == set(), "a code that nobody gives"


def promised(module, kind, begin):
    """The codes that the documentation of a module lists in a sentence that begins like this."""
    text = (PLUGINS / "modules" / (module + ".yml")).read_text(encoding="utf-8")
    for sentence in re.findall(re.escape(begin) + r"\s+(V\([^.]*)\.", text):
        found = re.findall(r"V\((\w+)\)", sentence)
        if set(found) & set(codes.of_kind(kind)):
            return found
    return []


def test_the_documentation_of_the_modules_lists_the_codes_of_the_table():
    assert promised("sysctl_profile_info", "reason", "One of") == list(codes.of_kind("reason"))
    assert promised("tcp_socket_info", "finding", "A stable code, one of") == list(codes.of_kind("finding"))


def test_an_outcome_has_one_column():
    counted = [outcome for _name, outcomes in COLUMNS for outcome in outcomes]
    assert sorted(counted) == sorted(codes.of_kind("outcome"))


def generator():
    """The script that writes docs/messages.md."""
    folder = ROOT / "tools" / "docs"
    sys.path.insert(0, str(folder))
    try:
        spec = importlib.util.spec_from_file_location("messages", str(folder / "messages.py"))
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(folder))
    return module


@pytest.fixture
def brand_new(monkeypatch):
    """An advice that exists nowhere but in the table, between two others, and in the plan."""
    row = codes.Code("brand_new", "advice", "it is of today", "look", kernel_alone=True)
    place = codes.CODES.index(codes.NAT_HAZARD) + 1
    table = (*codes.CODES[:place], row, *codes.CODES[place:])
    monkeypatch.setattr(codes, "CODES", table)
    monkeypatch.setattr(codes, "RANK", {(code.kind, str(code)): place for place, code in enumerate(table)})
    real = _make.advise
    monkeypatch.setattr(
        _make,
        "advise",
        lambda setting, targets, where, exact: (
            *real(setting, targets, where, exact),
            *((Advice(row, "as new as can be"),) if where.kernel.release.startswith("7.") else ()),
        ),
    )
    return row


def test_a_new_advice_shows_up_in_the_table_in_its_place(brand_new):
    run = new_run()
    keys = {FIN: 30, "net.ipv4.tcp_tw_recycle": 1, "net.ipv4.tcp_tw_reuse": 1, "net.ipv4.tcp_timestamps": 0}
    where = host(dict.fromkeys(keys, "5"), release="7.0.1", namespace="container")
    run.planned("web1", make_plan(_make.Profile(keys, policy="exact"), where), True)
    advice = re.findall(r" (nat_hazard|brand_new|needs_timestamps) +1 host ", "\n".join(lines(run)))
    assert list(dict.fromkeys(advice)) == ["nat_hazard", "brand_new", "needs_timestamps"]


def test_a_new_advice_shows_up_in_the_preview(brand_new):
    plan = make_plan(_make.Profile({FIN: 30}), host({FIN: "60"}, release="6.12.1"))
    assert {"key": FIN, "code": "brand_new", "message": "as new as can be"} in _next_kernel.changes(plan, "7.2")


def test_a_new_advice_shows_up_in_the_filters_of_the_page(brand_new):
    run = new_run()
    run.planned("web1", make_plan(_make.Profile({FIN: 30}), host({FIN: "60"}, release="7.0.1")), True)
    fleet = Fleet()
    fleet.add("p", json.loads(document(run, "web1", Head("audit", False, "1"))))
    filters = packing.pack(fleet, "now", "1", [], None)["codes"]["advice"]
    assert filters[0] == ("brand_new", "it is of today")


def test_a_new_advice_makes_the_documentation_out_of_date(brand_new, monkeypatch, tmp_path, capsys):
    module = generator()
    monkeypatch.setattr(module, "load", lambda name: {"module_utils._codes": codes}.get(name) or _loaded(name))
    (tmp_path / "docs").mkdir()
    for name in module.DOCUMENTS:
        (tmp_path / name).write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    assert module.main(["--check", "--root", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "docs/messages.md does not match" in said and "+| `brand_new` | it is of today | look |" in said
    assert module.main(["--root", str(tmp_path)]) == 0 == module.main(["--check", "--root", str(tmp_path)])


def test_the_documentation_is_up_to_date(capsys):
    assert generator().main(["--check"]) == 0, capsys.readouterr().out


def _loaded(name):
    return importlib.import_module("ansible_collections.fleetnet.linux_tcp.plugins." + name)
