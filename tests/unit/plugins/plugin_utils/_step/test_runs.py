# Tests of how modules get to a host: through the connection where that can be, and read at once there.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Ansible's own connections `local` and `ssh`; programs run on this machine, and only print."""

from __future__ import annotations

import subprocess
import sys
import zipfile

import pytest

pytest.importorskip("ansible.plugins.action")

from ansible import constants
from ansible.plugins.loader import become_loader, connection_loader

from ansible_collections.fleetnet.linux_tcp.tests.unit.steps import Step


def sends(variables=None, connection="ssh", become=False, style="new", **options):
    """Whether a module is sent through the connection."""
    step = Step(None)
    step.connection = connection_loader.get(connection, step.context)
    step.connection.set_options(var_options=variables or {})
    step.connection.set_become_plugin(become_loader.get("sudo") if become else None)
    if become:
        step.connection.become.set_options()
    return step.action()._is_pipelining_enabled(style, **options)


@pytest.fixture(autouse=True)
def default_settings(monkeypatch):
    monkeypatch.delenv("ANSIBLE_PIPELINING", raising=False)
    monkeypatch.setattr(constants, "DEFAULT_KEEP_REMOTE_FILES", False)


@pytest.mark.parametrize("connection", ["ssh", "local"])
def test_where_nobody_becomes_another_user_a_module_is_sent_through_the_connection(connection):
    assert sends(connection=connection) is True
    assert sends(connection=connection, become=True) is False, "sudo may want a terminal"


@pytest.mark.parametrize("value", [True, False])
def test_who_has_set_it_has_it_as_set(value, monkeypatch):
    for become in (True, False):
        assert sends({"ansible_pipelining": value}, become=become) is value
        assert sends({"ansible_ssh_pipelining": value}, become=become) is value
    monkeypatch.setenv("ANSIBLE_PIPELINING", str(value))
    assert sends() is value


def test_what_cannot_be_sent_is_not(monkeypatch):
    assert sends(style="old") is False and sends(wrap_async=True) is False
    monkeypatch.setattr(connection_loader.get("ssh", class_only=True), "has_pipelining", False)
    assert sends() is False


def test_who_wants_to_see_the_files_on_the_host_gets_them(monkeypatch):
    monkeypatch.setattr(constants, "DEFAULT_KEEP_REMOTE_FILES", True)
    assert sends() is False and sends({"ansible_pipelining": True}) is False


def executed(program):
    return Step(None).action()._low_level_execute_command(sys.executable, in_data=program)


def test_a_program_that_is_sent_runs_as_if_python_had_read_it_by_itself():
    program = b"\n".join([
        b"#!/usr/bin/python3", b"from __future__ import annotations", b"import sys", "x = 'ä'".encode(),
        b"def main(): print(__name__, len(sys.argv), x, repr(sys.stdin.read()))",
        b"if __name__ == '__main__':", b"    main()", b"    sys.exit(3)"])  # fmt: skip
    found = executed(program)
    assert (found["rc"], found["stdout"]) == (3, "__main__ 1 ä ''\n"), found


def test_a_program_that_is_sent_is_not_read_byte_by_byte():
    """/proc/self/io counts the calls of the kernel that read."""
    calls = b"print([line for line in open('/proc/self/io') if line.startswith('syscr')][0].split()[1])\n"
    found = executed(b"text = '" + b"x" * 200_000 + b"'\n" + calls)
    assert found["rc"] == 0 and int(found["stdout"]) < 20_000, found


def test_what_is_imported_from_a_zip_file_is_compiled_once_and_has_its_own_path(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for name in ("pack/__init__", "pack/part", "alone"):
            archive.writestr(name + ".py", "import sys\n")
    program = """
compiled = []
import sys
sys.addaudithook(lambda event, given: compiled.append(given[1]) if event == "compile" else None)
sys.path.insert(0, %r)
import alone, pack.part
print([alone.__file__, pack.__file__, pack.part.__file__], pack.__path__, sorted(compiled))
""" % str(tmp_path / "x.zip")
    found = executed(program.encode())
    plain = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=True, text=True).stdout
    assert found["rc"] == 0, found
    paths = [str(tmp_path / "x.zip" / name) for name in ("alone.py", "pack/__init__.py", "pack/part.py")]
    assert found["stdout"] == "%s %s %s\n" % (paths, [str(tmp_path / "x.zip" / "pack")], paths)
    assert plain.startswith(str(paths)), "as Python says it without us"


def test_a_command_without_a_program_is_left_as_it_is():
    assert Step(None).action()._low_level_execute_command("echo so")["stdout"] == "so\n"
