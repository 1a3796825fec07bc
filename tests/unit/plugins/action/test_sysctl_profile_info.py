# Tests of the action sysctl_profile_info: what is done on the controller around the one module run.
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""The module's part is a plan that is made here."""

from __future__ import annotations

import types

import pytest

pytest.importorskip("ansible.plugins.action", reason="needs ansible-core, which targets lack")

from ansible_collections.fleetnet.linux_tcp.plugins.action.sysctl_profile_info import ActionModule
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._kernel import Kernel, Reading
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._plan import make_plan
from ansible_collections.fleetnet.linux_tcp.plugins.module_utils._verdict import Host, Profile

FIN, RECYCLE, BACKLOG = "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_tw_recycle", "net.core.netdev_max_backlog"


def call(monkeypatch, **arguments):
    """(what the action returns, the arguments of each module run)."""
    runs = []

    def on_the_host(_self, name, module_args, task_vars):
        assert name == "fleetnet.linux_tcp.sysctl_profile_info"
        runs.append(module_args)
        host = Host(Kernel("4.9.0", 8192), {key: Reading(True, True, "0") for key in arguments["values"]})
        return dict(make_plan(Profile(module_args["values"]), host), changed=False, root=True, drop_in="x")

    monkeypatch.setattr(ActionModule, "_execute_module", on_the_host)
    task = types.SimpleNamespace(args=arguments, async_val=0, check_mode=False, diff=False)
    shell = types.SimpleNamespace(tmpdir="/nowhere")
    made = ActionModule(task, types.SimpleNamespace(_shell=shell), None, None, None, None)
    return made.run(task_vars={}), runs


def test_a_host_is_asked_once_and_gets_its_advice_here(monkeypatch):
    found, runs = call(monkeypatch, values={RECYCLE: 1})
    assert runs == [{"values": {RECYCLE: 1}}]
    assert [advice["code"] for advice in found["settings"][0]["advice"]] == ["nat_hazard"]
    assert found["drop_in"] == "x" and found["next_kernel"] is None and "seen" not in found


def test_the_next_kernel_takes_no_run_of_its_own(monkeypatch):
    found, runs = call(monkeypatch, values={RECYCLE: 1, FIN: 30}, next_kernel=7.2)
    assert runs == [{"values": {RECYCLE: 1, FIN: 30}}]
    assert found["next_kernel"]["release"] == "7.2"
    assert [(change["key"], change["code"]) for change in found["next_kernel"]["changes"]] == [(RECYCLE, "removed")]


def test_what_if_looks_at_no_host(monkeypatch):
    found, runs = call(monkeypatch, values={RECYCLE: 1, FIN: 30}, kernel={"release": "4.9.0", "memory_mb": 8192})
    assert not runs
    assert found["kernel"] == {"release": "4.9.0", "memory_mb": 8192, "page_size": 4096, "namespace": "host"}
    assert (found["compliant"], found["drop_in"], found["changed"]) == (None, "", False)
    recycle, fin = found["settings"]
    assert (recycle["verdict"], fin["running"], fin["boot"], fin["drift"]) == ("apply", None, None, [])
    inside, _runs = call(monkeypatch, values={BACKLOG: 1}, kernel={"release": "4.9.0", "namespace": "container"})
    assert inside["settings"][0]["reason"] == "other_namespace"


@pytest.mark.parametrize("arguments, expected", [
    ({"kernel": {"release": "Windows"}}, "kernel: 'Windows' is not"), ({"next_kernel": "7"}, "next_kernel: '7' is not"),
    ({"kernel": {"release": "7.2"}, "values": {FIN: "soon"}}, "The profile cannot be used, nothing was changed. net.ipv4.tcp_fin_timeout"),
])  # fmt: skip
def test_what_cannot_be_is_refused_before_any_host_is_asked(monkeypatch, arguments, expected):
    found, runs = call(monkeypatch, **{"values": {FIN: 30}, **arguments})
    assert found["failed"] and found["msg"].startswith(expected) and not runs
