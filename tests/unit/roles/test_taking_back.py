# Tests that a bad profile is no obstacle to taking back: what the role hands to its modules then, and what they say.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The arguments of the role's steps as Ansible makes them; the real modules with these arguments, on a private host."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml")
template = pytest.importorskip("ansible.template")
parsing = pytest.importorskip("ansible.parsing.dataloader")

from ansible_collections.fleetnet.linux_tcp.plugins.modules import sysctl_profile, sysctl_profile_info  # noqa: E402
from ansible_collections.fleetnet.linux_tcp.tests.unit.keys import FIN  # noqa: E402
from ansible_collections.fleetnet.linux_tcp.tests.unit.module_run import run_module  # noqa: E402
from ansible_collections.fleetnet.linux_tcp.tests.unit.namespace import DROP_IN, get, isolated, put, tree  # noqa: E402

ROLE = Path(__file__).resolve().parents[3] / "roles" / "tcp_hardening"
MODULES = {
    "fleetnet.linux_tcp.sysctl_profile_info": sysctl_profile_info,
    "fleetnet.linux_tcp.sysctl_profile": sysctl_profile,
}
STEP_FIELDS = ("key", "verdict", "reason", "detail", "target")
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


def step(name, found):
    """Run a step of the role: its only module, with the arguments that Ansible makes of the variables."""
    (task,) = yaml_of(ROLE / "tasks" / name)
    (module,) = set(task) & set(MODULES)
    trust = getattr(template, "trust_as_template", lambda plain: plain)
    templar = template.Templar(loader=parsing.DataLoader(), variables=found)
    arguments = {
        key: templar.template(trust(text)) for key, text in task[module].items() if key not in ("confirm", "content")
    }
    if module.endswith("sysctl_profile"):
        arguments["content"] = found["__tcp_hardening_content"]
    return run_module(MODULES[module], json.loads(json.dumps(arguments)))


def role(state, broken=None):
    """Plan and apply, as tasks/main.yml does; both results."""
    found = variables(state, broken)
    plan = step("plan.yml", found)
    if plan.get("failed"):
        return plan, None
    steps = [{field: one[field] for field in STEP_FIELDS} for one in plan["settings"]]
    content = "".join("%s = %s\n" % (one["key"], one["target"]) for one in steps if one["verdict"] == "apply")
    return plan, step("apply.yml", {**found, "__tcp_hardening_steps": steps, "__tcp_hardening_content": content})


@isolated
@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_profile_fails_where_it_is_to_be_set(broken):
    plan, applied = role("present", broken)
    assert plan["failed"] and "nothing was changed" in plan["msg"] and applied is None


@isolated
@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("state", ["absent", "restored"])
def test_a_broken_profile_is_no_obstacle_to_taking_back(state, broken):
    put({FIN: "77"})
    before = tree("/etc"), get(FIN)
    assert role("present")[1]["changed"] and get(FIN) == "30"
    plan, applied = role(state, broken)
    assert not plan.get("failed"), plan.get("msg")
    assert plan["settings"] == [] and applied["changed"], applied.get("msg")
    if state == "restored":
        assert (tree("/etc"), get(FIN)) == before
    else:
        assert DROP_IN not in tree("/etc") and get(FIN) == "30"
