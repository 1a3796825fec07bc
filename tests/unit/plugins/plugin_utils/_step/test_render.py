# Tests of rendering the drop-in: to the letter what Ansible makes of the template, and once compiled.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""What the text has to say of a plan is tested beside the role."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytest.importorskip("jinja2")

from ansible_collections.fleetnet.linux_tcp.plugins.plugin_utils._step import _render
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import FIN, RESERVED, RMEM, SOMAXCONN
from ansible_collections.fleetnet.linux_tcp.tests.unit.plugins.plugin_utils.runs import (
    FRESH,
    going_back,
    planned,
)

PLAN = planned(wanted={"net.core.somaxconn": 8192, "net.ipv4.tcp_fin_timeout": 30, "net.ipv4.tcp_tw_recycle": 1,
                       RESERVED: ""}, running={**FRESH, RESERVED: "8080"})  # fmt: skip
EXPECTED = """\
# TCP settings, written by the role fleetnet.linux_tcp.tcp_hardening. Changes made in this file are overwritten.
# The profile's values are a published table from the time of Linux 2.6 to 3.x (docs/profile.md of the collection).
# A value of your own: tcp_hardening_overrides. A key to leave alone: tcp_hardening_exclude.
# Back to what was before: ansible-playbook fleetnet.linux_tcp.rollback

# longest listen queue of one port (document's default: 128)
net.core.somaxconn = 8192

# how long FIN-WAIT-2 is held, in seconds (document's default: 60)
net.ipv4.tcp_fin_timeout = 30

# fast recycling of TIME-WAIT sockets (document's default: 0)
# skipped (removed): the kernel dropped it in 4.12
# net.ipv4.tcp_tw_recycle = 1

# %s
net.ipv4.ip_local_reserved_ports = %s
"""


def test_to_the_letter():
    meaning = _render.told(RESERVED)["meaning"]
    assert _render.drop_in(PLAN) == EXPECTED % (meaning, "")


def test_what_goes_back_is_written_as_the_next_run_will_write_it():
    again = planned({SOMAXCONN: "8192", FIN: "60"}, {SOMAXCONN: 8192})
    assert _render.drop_in(going_back()) == _render.drop_in(again), "it left the profile: there is no line about it"
    assert _render.drop_in(going_back(as_root=False)) == _render.drop_in(again)
    wanted = {SOMAXCONN: 8192, FIN: 30}
    again = planned({SOMAXCONN: "8192", FIN: "60"}, wanted, exclude=[FIN])
    assert _render.drop_in(going_back(wanted=wanted, exclude=[FIN])) == _render.drop_in(again)
    assert "# skipped (excluded): " in _render.drop_in(again) and "None" not in _render.drop_in(again)


def test_a_key_that_somebody_changed_is_written_as_the_next_run_will_write_it():
    wanted = {SOMAXCONN: 8192, FIN: 30}
    changed = going_back(wanted=wanted, exclude=[FIN], running={FIN: "45"})
    assert [row["verdict"] for row in changed["settings"]] == ["apply", "skip"]
    assert _render.drop_in(changed) == _render.drop_in(planned({SOMAXCONN: "8192", FIN: "45"}, wanted, exclude=[FIN]))


def test_what_the_host_has_better_stays_and_the_wish_is_named():
    running = {RMEM: "4096 131072 33554432"}
    text = _render.drop_in(planned(running, {RMEM: "8760 256960 4088000"}, policy="improve"))
    assert text.endswith(
        "\n# The host has something better of its own, and it stays. The profile's value:\n"
        "# wanted: net.ipv4.tcp_rmem = 8760 256960 4088000\n"
        "net.ipv4.tcp_rmem = 8760 256960 33554432\n"
    )
    assert "# wanted" not in _render.drop_in(planned(running, {RMEM: "8760 256960 4088000"}))


def test_a_template_of_ones_own_can_go_over_the_settings_twice(tmp_path):
    path = tmp_path / "own.j2"
    path.write_text("{{ plan.settings | length }}{% for one in plan.settings %} {{ one.key }}{% endfor %}")
    assert _render.drop_in(going_back(), str(path)) == "1 net.core.somaxconn"


def test_the_same_as_by_ansibles_lookup(tmp_path):
    """What Ansible's lookup `template` makes of the file, asked in a process of its own."""
    core = pytest.importorskip("ansible.release")
    assert core.__version__
    import json
    import subprocess
    import sys

    vars_file = tmp_path / "vars.json"
    vars_file.write_text(json.dumps({"plan": PLAN}))
    done = subprocess.run(
        [os.path.join(os.path.dirname(sys.executable), "ansible"), "localhost", "-c", "local", "-m",
         "ansible.builtin.copy", "-e", "@%s" % vars_file, "-a",
         json.dumps({"content": "{{ lookup('ansible.builtin.template', '%s') }}" % _render.TEMPLATE,
                     "dest": str(tmp_path / "out")})],
        env=dict(os.environ, ANSIBLE_COLLECTIONS_PATH=next(path for path in sys.path if os.path.isdir(
            os.path.join(path, "ansible_collections"))), ANSIBLE_HOME=str(tmp_path / "home")),
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "out").read_text() == _render.drop_in(PLAN)


def test_a_template_is_compiled_once():
    assert _render.compiled(_render.TEMPLATE) is _render.compiled(_render.TEMPLATE)


@pytest.mark.parametrize(
    "text, complaint",
    [
        ("one\n{% for %}\n", ":2: "),
        ("{{ plan.nothing }}", "'dict object' has no attribute 'nothing'"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ plan.settings | nosuch }}", "No filter named 'nosuch'"),
    ],
)
def test_a_faulty_template_is_named(text, complaint, tmp_path):
    path = tmp_path / "own.j2"
    path.write_text(text)
    with pytest.raises(ValueError, match="template: .*own.j2") as refusal:
        _render.drop_in(PLAN, str(path))
    assert complaint in str(refusal.value)


def test_what_a_host_says_is_no_template():
    plan = {"settings": [dict(PLAN["settings"][2], detail="{{ 7 * 7 }}")]}
    assert "# skipped (removed): {{ 7 * 7 }}\n" in _render.drop_in(plan)


def test_it_is_the_roles_own_template():
    assert Path(_render.TEMPLATE).name == "tcp_hardening.conf.j2" and "/roles/tcp_hardening/" in _render.TEMPLATE
