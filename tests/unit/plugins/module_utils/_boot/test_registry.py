# Tests of the registries of loaders and of other writers: names that people meet, and what is loaded for whom.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The schema of reports and the documentation of the plan know every name; a usual host loads no rare rules."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot import _loaders, _writers
from ansible_collections.fleetnet.linux_tcp.tests.unit.boot.programs import PROGRAMS

ROOT = Path(__file__).resolve().parents[5]
WRITERS = _writers.BEFORE + _writers.AFTER
NAMES = [*_loaders.LOADERS, *(row.name for row in WRITERS)]
PACKAGE = "ansible_collections.fleetnet.linux_tcp.plugins.module_utils._boot"


class Nothing:
    """A host of which nothing can be read."""

    def text(self, path):
        return None

    def is_file(self, path):
        return False

    def is_folder(self, path):
        return False

    def real(self, path):
        return path

    def version(self, pattern, *programs):
        return None

    def starts(self, service):
        return False


def test_each_name_stands_once():
    assert len(set(NAMES)) == len(NAMES)
    assert [row.load().name for row in WRITERS] == [row.name for row in WRITERS]


def test_the_schema_of_reports_knows_every_name_and_no_other():
    schema = json.loads((ROOT / "docs" / "report-schema.json").read_text(encoding="utf-8"))
    boot = schema["properties"]["settings"]["items"]["properties"]["boot"]
    assert set(boot["properties"]["loader"]["enum"]) == {None, *NAMES}


def test_the_documentation_of_the_plan_knows_every_name():
    text = (ROOT / "plugins" / "modules" / "sysctl_profile_info.yml").read_text(encoding="utf-8")
    told = re.search(r"loader:\n(.*?)type: str", text, re.DOTALL).group(1)
    assert set(re.findall(r"V\(([a-z-]+)\)", told)) == set(NAMES)


def test_each_loader_is_compared_with_its_program():
    assert list(PROGRAMS) == list(_loaders.LOADERS), "a loader without a row in tests/unit/boot/programs.py"


@pytest.mark.parametrize("name", _loaders.LOADERS)
def test_a_loader_is_not_in_charge_of_a_host_that_does_not_have_it(name):
    assert _loaders.LOADERS[name](Nothing()) is None


def test_where_nothing_is_known_systemd_is_assumed_and_that_is_said():
    loader, note = _loaders.loader_of(Nothing())
    assert loader.name is None and "is not known" in note


@pytest.mark.parametrize("row", WRITERS, ids=[row.name for row in WRITERS])
def test_without_a_trace_nobody_writes(row):
    assert not row.trace(Nothing())


@pytest.mark.parametrize("word", ["sysctl.net.core.somaxconn=5", "sysctl/net/core/somaxconn=5"])
def test_a_trace_on_the_command_line(word):
    view = Nothing()
    view.text = {"/proc/cmdline": "quiet %s ro" % word}.get
    assert _writers.BEFORE[0].trace(view)


def test_what_is_told_of_who_wrote():
    profile = "/usr/lib/tuned/throughput-performance/tuned.conf:7"
    assert _writers.told_of("tuned", profile)[0] == "profile throughput-performance of tuned, as shipped"
    assert _writers.told_of("tuned", "/etc/sysctl.d/10-x.conf:1") == ("", "")
    assert _writers.told_of("ufw", "/etc/ufw/sysctl.conf:3") == ("IPT_SYSCTL of ufw", "")
    assert _writers.told_of("systemd-sysctl", "/x:1") == _writers.told_of(None, "/x:1") == ("", "")


SCRIPT = """
import sys
from %s import _forecast, _loaders, _scene, _writers

class Usual:
    text = lambda self, path: None
    is_folder = lambda self, path: path == "/run/systemd/system"
    real = lambda self, path: path
    version = lambda self, pattern, *programs: (252,) if b"systemd" in pattern else None
    starts = lambda self, service: False

loader = _loaders.loader_of(Usual())[0]
scene = _scene.Scene((), None, Usual(), "", None, None, None)
_writers.let_write(_writers.BEFORE + _writers.AFTER, _scene.Standing(), scene)
assert loader.concerns("net/ipv4/conf/*/rp_filter", "net/ipv4/tcp_sack") is False
print(*sorted(name.rpartition(".")[2] for name in sys.modules if name.startswith("%s.")))
"""


def test_on_a_usual_host_no_other_rules_are_loaded():
    """systemd boots it, nobody else writes, and a glob of the distribution's files means no key of ours."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT % (PACKAGE, PACKAGE)],
        stdout=subprocess.PIPE,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert done.stdout.decode().split() == ["_conf", "_forecast", "_loaders", "_scene", "_systemd", "_writers"]
