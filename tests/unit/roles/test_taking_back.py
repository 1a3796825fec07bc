# Tests that a bad profile is no obstacle to taking back: what the role hands to its modules then, and what they say.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The arguments of the role's steps as Ansible makes them; the real modules with these arguments, on a private host."""

from __future__ import annotations

from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml")
pytest.importorskip("ansible.template")

from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import FIN  # noqa: E402
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import DROP_IN, get, isolated, put, tree  # noqa: E402
from ansible_collections.fleetnet.linux_tcp.tests.unit.steps import ROLE as ROLE_OF_TASK  # noqa: E402
from ansible_collections.fleetnet.linux_tcp.tests.unit.steps import Step, real  # noqa: E402

ROLE = Path(__file__).resolve().parents[3] / "roles" / "tcp_hardening"
# Each is refused where it counts.
BROKEN = {
    "values": {FIN: "soon"},
    "values with a foreign key": {"kernel.panic": 1},
    "overrides": {"net.ipv4.tcp_no_such_key": 1},
    "exclude": ["kernel.panic"],
    "exclude with a misspelt key": ["net.ipv4.tcp_fin_timout"],
    "policies": {FIN: "sometimes"},
}


def yaml_of(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def variables(state, broken=None):
    """The role's variables, one of them broken."""
    found = {**yaml_of(ROLE / "defaults" / "main.yml"), "tcp_hardening_state": state}
    if broken:
        found["tcp_hardening_" + broken.split()[0]] = BROKEN[broken]
    return found


def role(monkeypatch, state, broken=None):
    """The role's step, with the role's variables and the real modules."""
    (task,) = yaml_of(ROLE / "tasks" / "main.yml")
    assert task["fleetnet.linux_tcp.tcp_hardening"] == {"mode": "harden"}
    one = Step(real, variables(state, broken))
    one.task._role = ROLE_OF_TASK
    return one.run(monkeypatch, mode="harden")


@isolated
@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_profile_fails_where_it_is_to_be_set(broken, monkeypatch):
    result = role(monkeypatch, "present", broken)
    assert result["failed"] and "nothing was changed" in result["msg"] and "applied" not in result


@isolated
@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("state", ["absent", "restored"])
def test_a_broken_profile_is_no_obstacle_to_taking_back(state, broken, monkeypatch):
    put({FIN: "77"})
    before = tree("/etc"), get(FIN)
    assert role(monkeypatch, "present")["changed"] and get(FIN) == "30"
    result = role(monkeypatch, state, broken)
    assert not result.get("failed"), result.get("msg")
    assert result["plan"]["settings"] == [] and result["changed"]
    if state == "restored":
        assert (tree("/etc"), get(FIN)) == before
    else:
        assert DROP_IN not in tree("/etc") and get(FIN) == "30"
